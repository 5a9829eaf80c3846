/* Tests of core/log_line: both forms, and what a peer cannot do to them. */
#include "core/log_line.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "core/json_check.h"

static const struct attempt_story two[] = {
    {0, 0, 412000, ATTEMPT_CANCELLED, 0, NULL, 0},
    {1, 300000, 412000, ATTEMPT_SUCCESS, 200, NULL, 0},
};
static const struct answer_race won = {2, 1, two, 2};

/* 2026-11-21T01:02:03.123Z */
static struct log_line line_for(const char *target) {
  return (struct log_line){.wall_us = 1795222923123456,
                           .client = slice_of("127.0.0.1:53412"),
                           .request_id = slice_of("id-1"),
                           .method = slice_of("GET"),
                           .target = slice_of(target),
                           .status = 200,
                           .outcome = "success",
                           .duration_us = 412345,
                           .body_bytes = 200,
                           .race = &won};
}

struct page {
  char storage[LOG_LINE_BYTES + 1];
  struct text text;
};

typedef void writer(struct text *out, const struct log_line *line);

static const char *write_line(struct page *page, writer *form,
                              const struct log_line *line) {
  text_init(&page->text, page->storage, LOG_LINE_BYTES);
  form(&page->text, line);
  cr_expect_not(page->text.cut, "cut");
  page->storage[page->text.len] = '\0';
  return page->storage;
}

static void expect_line(writer *form, const struct log_line *line,
                        const char *want) {
  static struct page page;
  cr_expect_str_eq(write_line(&page, form, line), want, "got\n%swanted\n%s",
                   page.storage, want);
}

static void expect_holds(writer *form, const struct log_line *line,
                         const char *part) {
  static struct page page;
  cr_expect(strstr(write_line(&page, form, line), part), "no '%s' in %s", part,
            page.storage);
}

/* One line of bytes that no terminal obeys, and JSON where it is to be. */
static void expect_tame(writer *form, const struct log_line *line) {
  static struct page page;
  const char *text = write_line(&page, form, line);
  size_t len = page.text.len;
  for (size_t i = 0; i + 1 < len; i++)
    cr_assert((unsigned char)text[i] >= 0x20 && text[i] != 0x7f,
              "byte %02x at %zu of %s", (unsigned char)text[i], i, text);
  cr_expect_eq(text[len - 1], '\n');
  if (form != log_line_json) return;
  struct json_check check;
  json_check_init(&check, JSON_DEPTH_MAX);
  enum json_verdict fed = json_check_feed(&check, text, len);
  cr_expect(fed == JSON_WHOLE && json_check_end(&check) == JSON_WHOLE,
            "no JSON: %s", text);
}

Test(log_line, tells_a_race_as_json) {
  struct log_line line = line_for("/smart/x");
  expect_line(log_line_json, &line,
              "{\"time\":\"2026-11-21T01:02:03.123Z\","
              "\"client\":\"127.0.0.1:53412\",\"id\":\"id-1\","
              "\"method\":\"GET\",\"target\":\"/smart/x\",\"status\":200,"
              "\"outcome\":\"success\",\"ms\":412.3,\"bytes\":200,"
              "\"attempts\":["
              "{\"target\":0,\"start\":0.0,\"end\":412.0,"
              "\"result\":\"cancelled\"},"
              "{\"target\":1,\"start\":300.0,\"end\":412.0,"
              "\"result\":\"success\",\"status\":200}]}\n");
}

Test(log_line, tells_a_race_as_text) {
  struct log_line line = line_for("/smart/x");
  expect_line(log_line_text, &line,
              "01:02:03.123 GET /smart/x 200 success 412.3ms"
              "  #0 0.0-412.0 cancelled  #1 300.0-412.0 success\n");
}

Test(log_line, names_the_status_of_a_failed_attempt) {
  struct attempt_story attempt = {0, 0, 5000, ATTEMPT_STATUS, 503, "busy", 0};
  struct answer_race race = {1, -1, &attempt, 1};
  struct log_line line = line_for("/smart");
  line.race = &race;
  expect_holds(log_line_text, &line, "  #0 0.0-5.0 status 503\n");
  expect_holds(log_line_json, &line, "\"result\":\"status\",\"status\":503}]");
}

Test(log_line, counts_the_resends_of_an_attempt) {
  struct attempt_story attempt = {
      .result = ATTEMPT_SUCCESS, .status = 200, .resends = 1};
  struct answer_race race = {1, 0, &attempt, 1};
  struct log_line line = line_for("/smart");
  line.race = &race;
  expect_holds(log_line_json, &line, "\"status\":200,\"resends\":1}]");
}

Test(log_line, without_a_race_there_are_no_attempts) {
  struct log_line line = line_for("/healthz");
  line.race = NULL;
  expect_holds(log_line_json, &line, ",\"attempts\":[]}\n");
  expect_holds(log_line_text, &line, "412.3ms\n");
}

Test(log_line, shows_a_client_that_left) {
  struct log_line line = line_for("/smart");
  line.status = 0;
  line.outcome = "gone";
  expect_holds(log_line_json, &line, "\"status\":0,\"outcome\":\"gone\"");
  expect_holds(log_line_text, &line, " GET /smart - gone 412.3ms");
}

Test(log_line, shows_what_could_not_be_read_as_a_dash) {
  struct log_line line = line_for("");
  line.method = (struct slice){NULL, 0};
  line.target = (struct slice){NULL, 0};
  line.request_id = (struct slice){NULL, 0};
  expect_holds(log_line_text, &line, "03.123 - - 200");
  expect_holds(log_line_json, &line,
               "\"id\":\"\",\"method\":\"\",\"target\":\"\"");
}

Test(log_line, writes_only_the_path_of_a_target) {
  static const char *const cases[][2] = {
      {"/smart/x?key=secret", "/smart/x"},
      {"/smart?a?b", "/smart"},
      {"/smart#secret", "/smart"},
      {"?secret", "-"},
      {"http://user:secret@host/smart/x?key=secret", "/smart/x"},
      {"http://user:secret@host", "/"},
      {"http://user:secret?@host/x", "/"},
      {"/smart/http://h/x", "/smart/http://h/x"},
      {"*", "*"},
      {"host:443", "host:443"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct log_line line = line_for(cases[i][0]);
    char part[64];
    snprintf(part, sizeof part, " GET %s 200 ", cases[i][1]);
    expect_holds(log_line_text, &line, part);
  }
}

Test(log_line, escapes_what_a_peer_could_forge_a_line_with) {
  struct log_line line = line_for("/a b\r\n\x1b[2J\"\\\x7f\xc2\x9b\xff");
  expect_holds(log_line_text, &line,
               " /a\\x20b\\x0d\\x0a\\x1b[2J\\x22\\x5c\\x7f\\xc2\\x9b\\xff ");
  expect_holds(log_line_json, &line,
               "\"/a b\\r\\n\\u001b[2J\\\"\\\\\\u007f\\u009b\xef\xbf\xbd\"");
  line.method = line.client = line.request_id = line.target;
  expect_tame(log_line_text, &line);
  expect_tame(log_line_json, &line);
}

Test(log_line, shortens_what_is_too_long) {
  char target[8192];
  memset(target, 'a', sizeof target);
  target[0] = '/';
  struct log_line line = line_for("");
  line.target = (struct slice){target, sizeof target};
  expect_holds(log_line_text, &line, "aaa... 200 success");
  expect_holds(log_line_json, &line, "aaa...\",\"status\"");
}

Test(log_line, stays_below_its_limit_whatever_comes) {
  static char noise[8192];
  struct attempt_story attempts[20];
  memset(noise, '\x01', sizeof noise);
  for (size_t i = 0; i < 20; i++)
    attempts[i] = (struct attempt_story){
        UINT32_MAX, INT64_MIN, INT64_MIN, ATTEMPT_STATUS, INT32_MIN, NULL, 0};
  struct answer_race race = {UINT32_MAX, -1, attempts, UINT32_MAX};
  struct slice all = {noise, sizeof noise};
  struct log_line line = {.wall_us = INT64_MAX,
                          .client = all,
                          .request_id = all,
                          .method = all,
                          .target = all,
                          .status = INT32_MIN,
                          .outcome = "success",
                          .duration_us = INT64_MIN,
                          .body_bytes = 1,
                          .race = &race};
  expect_tame(log_line_text, &line);
  expect_tame(log_line_json, &line);
}

Test(log_line, says_how_many_attempts_it_left_out) {
  struct attempt_story attempts[256] = {{0, 0, 0, ATTEMPT_SUCCESS, 0, NULL, 0}};
  struct answer_race race = {256, -1, attempts, 256};
  struct log_line line = line_for("/all");
  line.race = &race;
  expect_holds(log_line_text, &line, "  #15 0.0-0.0 success  and 240 more\n");
  expect_holds(log_line_json, &line, "}],\"attempts_left_out\":240}\n");
}

Test(log_line, every_room_too_small_sets_cut) {
  static writer *const forms[] = {log_line_json, log_line_text};
  struct log_line line = line_for("/smart/x");
  for (size_t i = 0; i < 2; i++) {
    static struct page page;
    write_line(&page, forms[i], &line);
    for (size_t cap = 1, whole = page.text.len; cap < whole; cap++) {
      text_init(&page.text, page.storage, cap);
      forms[i](&page.text, &line);
      cr_expect(page.text.cut, "not cut at %zu of %zu", cap, whole);
    }
  }
}

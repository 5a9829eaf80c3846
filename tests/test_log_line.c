/* Tests of core/log_line: both forms, and what a peer cannot do to them. */
#include "core/log_line.h"

#include <criterion/criterion.h>

#include "support/rows.h"
#include "support/words.h"

enum { T0 = 7000000 }; /* when races start here */

#define WALL_US INT64_C(1795222923123456) /* 2026-11-21T01:02:03.123Z */

static const struct attempt_record two[] = {
    {.start_us = T0, .end_us = T0 + 412000, .end.result = ATTEMPT_CANCELLED},
    {.target = 1,
     .kind = ATTEMPT_HEDGE,
     .start_us = T0 + 300000,
     .end_us = T0 + 412000,
     .end = {ATTEMPT_SUCCESS, .status = 200}},
};

static struct race_record race_for(const char *path) {
  return (struct race_record){.peer = slice_of("127.0.0.1:53412"),
                              .id = slice_of("id-1"),
                              .method = slice_of("GET"),
                              .path = slice_of(path),
                              .status = 200,
                              .outcome = OUTCOME_SUCCESS,
                              .winner = 1,
                              .start_us = T0,
                              .end_us = T0 + 412345,
                              .bytes = 200,
                              .started = 2,
                              .attempts = two,
                              .count = 2};
}

struct page {
  char storage[LOG_LINE_BYTES + 1];
  struct text text;
};

typedef void writer(struct text *out, const struct race_record *race,
                    int64_t wall_us);

static const char *write_line(struct page *page, writer *form,
                              const struct race_record *race, int64_t wall_us) {
  text_init(&page->text, page->storage, LOG_LINE_BYTES);
  form(&page->text, race, wall_us);
  cr_expect_not(page->text.cut, "cut");
  page->storage[page->text.len] = '\0';
  return page->storage;
}

static void expect_line(writer *form, const struct race_record *race,
                        const char *want) {
  static struct page page;
  cr_expect_str_eq(write_line(&page, form, race, WALL_US), want,
                   "got\n%swanted\n%s", page.storage, want);
}

static void expect_holds(writer *form, const struct race_record *race,
                         const char *part) {
  static struct page page;
  cr_expect(strstr(write_line(&page, form, race, WALL_US), part),
            "no '%s' in %s", part, page.storage);
}

/* One line of bytes that no terminal obeys, and JSON where it is to be. */
static void expect_tame(writer *form, const struct race_record *race,
                        int64_t wall_us) {
  static struct page page;
  const char *text = write_line(&page, form, race, wall_us);
  size_t len = page.text.len;
  for (size_t i = 0; i + 1 < len; i++)
    cr_assert((unsigned char)text[i] >= 0x20 && text[i] != 0x7f,
              "byte %02x at %zu of %s", (unsigned char)text[i], i, text);
  cr_expect_eq(text[len - 1], '\n');
  if (form == log_line_json) words_expect_json((struct slice){text, len});
}

Test(log_line, tells_a_race_as_json) {
  struct race_record race = race_for("/smart/x");
  expect_line(log_line_json, &race,
              "{\"time\":\"2026-11-21T01:02:03.123Z\","
              "\"client\":\"127.0.0.1:53412\",\"id\":\"id-1\","
              "\"method\":\"GET\",\"target\":\"/smart/x\",\"status\":200,"
              "\"outcome\":\"success\",\"ms\":412.3,\"bytes\":200,"
              "\"attempts\":["
              "{\"target\":0,\"kind\":\"primary\",\"start\":0.0,\"end\":412.0,"
              "\"result\":\"cancelled\"},"
              "{\"target\":1,\"kind\":\"hedge\",\"start\":300.0,\"end\":412.0,"
              "\"result\":\"success\",\"status\":200}]}\n");
}

Test(log_line, tells_a_race_as_text) {
  struct race_record race = race_for("/smart/x");
  expect_line(log_line_text, &race,
              "01:02:03.123 GET /smart/x 200 success 412.3ms"
              "  #0 0.0-412.0 cancelled  #1 hedge 300.0-412.0 success\n");
}

Test(log_line, tells_route_upstream_trace_and_rescue_where_there_are_any) {
  struct race_record race = race_for("/smart/x");
  const struct trace_context trace = {
      .high = 0x4bf92f3577b34da6, .low = 0xa3ce929d0e0e4736, .span = 0xb7};
  struct attempt_record attempts[] = {two[0], two[1]};
  attempts[1].span = 0xf067aa0ba902b7;
  race.attempts = attempts;
  race.route = slice_of("/smart");
  race.upstream = slice_of("to");
  race.trace = &trace;
  race.rescued = RESCUE_SLOW;
  race.saved_us = 245600;
  expect_holds(log_line_json, &race,
               "\"id\":\"id-1\","
               "\"trace_id\":\"4bf92f3577b34da6a3ce929d0e0e4736\","
               "\"span_id\":\"00000000000000b7\",\"route\":\"/smart\","
               "\"upstream\":\"to\",\"method\":\"GET\"");
  expect_holds(log_line_json, &race,
               "\"bytes\":200,\"rescued\":\"slow\",\"saved_ms\":245.6,");
  expect_holds(log_line_json, &race,
               "\"kind\":\"hedge\",\"span_id\":\"00f067aa0ba902b7\",");
  expect_holds(log_line_text, &race,
               "  trace 4bf92f3577b34da6a3ce929d0e0e4736\n");
  race.saved_us = 0;
  expect_holds(log_line_json, &race, "\"rescued\":\"slow\",\"attempts\"");
  race.rescued = RESCUE_FAILED;
  expect_holds(log_line_json, &race, "\"rescued\":\"failed\",\"attempts\"");
}

Test(log_line, names_the_status_of_a_failed_attempt) {
  struct attempt_record attempt = {.start_us = T0,
                                   .end_us = T0 + 5000,
                                   .end = {ATTEMPT_STATUS, .status = 503},
                                   .error = "busy"};
  struct race_record race = race_for("/smart");
  race.attempts = &attempt;
  race.count = 1;
  expect_holds(log_line_text, &race, "  #0 0.0-5.0 status 503\n");
  expect_holds(log_line_json, &race, "\"result\":\"status\",\"status\":503}]");
}

Test(log_line, names_what_refused_an_attempt_and_how_long_it_waited) {
  struct attempt_record attempt = {.start_us = T0 + 5000,
                                   .end_us = T0 + 5000,
                                   .queued_us = 5000,
                                   .refused_by = GATE_QUEUE,
                                   .end.result = ATTEMPT_REFUSED};
  struct race_record race = race_for("/smart");
  race.attempts = &attempt;
  race.count = 1;
  expect_holds(log_line_text, &race, "  #0 5.0-5.0 refused queue queued 5.0\n");
  expect_holds(log_line_json, &race,
               "\"queued\":5.0,\"result\":\"refused\","
               "\"refused_by\":\"queue\"}]");
}

Test(log_line, counts_the_resends_of_an_attempt) {
  struct attempt_record attempt = {.start_us = T0,
                                   .end_us = T0,
                                   .end = {ATTEMPT_SUCCESS, .status = 200},
                                   .resends = 1};
  struct race_record race = race_for("/smart");
  race.attempts = &attempt;
  race.count = 1;
  expect_holds(log_line_json, &race, "\"status\":200,\"resends\":1}]");
}

Test(log_line, tells_of_no_gap_and_counts_none) {
  struct attempt_record attempts[40] = {0};
  for (unsigned i = 1; i < 40; i += 2)
    attempts[i] = (struct attempt_record){
        .target = i, .start_us = T0 + 1000, .end_us = T0 + 2000};
  struct race_record race = race_for("/all");
  race.attempts = attempts;
  race.count = 4;
  expect_holds(log_line_text, &race,
               "ms  #0 1.0-2.0 success  #1 1.0-2.0 success\n");
  expect_holds(log_line_json, &race,
               ",\"attempts\":["
               "{\"target\":1,\"kind\":\"primary\",\"start\":1.0,\"end\":2.0,"
               "\"result\":\"success\"},"
               "{\"target\":3,\"kind\":\"primary\",\"start\":1.0,\"end\":2.0,"
               "\"result\":\"success\"}]}\n");
  race.count = 33;
  expect_holds(log_line_text, &race, "  #15 1.0-2.0 success\n");
  expect_holds(log_line_json, &race, "\"success\"}]}\n");
  race.count = 40;
  expect_holds(log_line_text, &race, "  #15 1.0-2.0 success  and 4 more\n");
  expect_holds(log_line_json, &race, "}],\"attempts_left_out\":4}\n");
}

Test(log_line, without_a_race_there_are_no_attempts) {
  struct race_record race = race_for("/healthz");
  race.attempts = NULL;
  race.count = 0;
  expect_holds(log_line_json, &race, ",\"attempts\":[]}\n");
  expect_holds(log_line_text, &race, "412.3ms\n");
}

Test(log_line, shows_a_client_that_left) {
  struct race_record race = race_for("/smart");
  race.status = 0;
  race.outcome = OUTCOME_GONE;
  expect_holds(log_line_json, &race, "\"status\":0,\"outcome\":\"gone\"");
  expect_holds(log_line_text, &race, " GET /smart - gone 412.3ms");
}

Test(log_line, shows_what_could_not_be_read_as_a_dash) {
  struct race_record race = race_for("");
  race.method = (struct slice){NULL, 0};
  race.path = (struct slice){NULL, 0};
  race.id = (struct slice){NULL, 0};
  expect_holds(log_line_text, &race, "03.123 - - 200");
  expect_holds(log_line_json, &race,
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
  EACH_ROW (row, cases) {
    struct race_record race = race_for((*row)[0]);
    expect_holds(log_line_text, &race, words_of(" GET %s 200 ", (*row)[1]));
  }
}

Test(log_line, escapes_what_a_peer_could_forge_a_line_with) {
  struct race_record race = race_for("/a b\r\n\x1b[2J\"\\\x7f\xc2\x9b\xff");
  expect_holds(log_line_text, &race,
               " /a\\x20b\\x0d\\x0a\\x1b[2J\\x22\\x5c\\x7f\\xc2\\x9b\\xff ");
  expect_holds(log_line_json, &race,
               "\"/a b\\r\\n\\u001b[2J\\\"\\\\\\u007f\\u009b\xef\xbf\xbd\"");
  race.method = race.peer = race.id = race.path;
  expect_tame(log_line_text, &race, WALL_US);
  expect_tame(log_line_json, &race, WALL_US);
}

Test(log_line, shortens_what_is_too_long) {
  char target[8192];
  memset(target, 'a', sizeof target);
  target[0] = '/';
  struct race_record race = race_for("");
  race.path = (struct slice){target, sizeof target};
  expect_holds(log_line_text, &race, "aaa... 200 success");
  expect_holds(log_line_json, &race, "aaa...\",\"status\"");
}

/* What a count of 2^32 - 1 attempts would need beyond one below 10. */
enum { DIGITS_MORE = 9 };

Test(log_line, stays_below_its_limit_whatever_comes) {
  static char noise[8192];
  static const struct trace_context trace = {.high = 1, .span = 2};
  struct attempt_record attempts[20];
  memset(noise, '\x01', sizeof noise);
  for (size_t i = 0; i < 20; i++)
    attempts[i] = (struct attempt_record){
        .target = UINT32_MAX,
        .start_us = INT64_MIN,
        .first_byte_us = INT64_MIN,
        .end_us = INT64_MIN,
        .end = {ATTEMPT_REFUSED, .status = INT32_MIN},
        .refused_by = GATE_SLOW_TARGET,
        .kind = ATTEMPT_PRIMARY,
        .name = "an-upstream-with-32-letters-in-it/63",
        .span = UINT64_MAX,
        .resends = UINT8_MAX,
        .queued_us = UINT32_MAX,
    };
  struct slice all = {noise, sizeof noise};
  struct race_record race = {.peer = all,
                             .id = all,
                             .method = all,
                             .path = all,
                             .route = all,
                             .upstream = all,
                             .trace = &trace,
                             .rescued = RESCUE_SLOW,
                             .saved_us = INT64_MIN,
                             .would = {INT64_MIN, INT64_MIN, 1.0f},
                             .status = INT32_MIN,
                             .outcome = OUTCOME_CLIENT_ERROR,
                             .end_us = INT64_MIN,
                             .bytes = INT64_MAX,
                             .started = UINT32_MAX,
                             .attempts = attempts,
                             .count = 20};
  expect_tame(log_line_text, &race, INT64_MAX);
  expect_tame(log_line_json, &race, INT64_MAX);
  static writer *const forms[] = {log_line_json, log_line_text};
  for (size_t i = 0; i < 2; i++) {
    static struct page page;
    text_init(&page.text, page.storage, LOG_LINE_BYTES - DIGITS_MORE);
    forms[i](&page.text, &race, INT64_MAX);
    cr_expect_not(page.text.cut, "cut at %zu", page.text.len);
  }
}

Test(log_line, says_how_many_attempts_it_left_out) {
  struct attempt_record attempts[256];
  for (size_t i = 0; i < 256; i++)
    attempts[i] = (struct attempt_record){.start_us = T0, .end_us = T0};
  struct race_record race = race_for("/all");
  race.attempts = attempts;
  race.count = 256;
  expect_holds(log_line_text, &race, "  #15 0.0-0.0 success  and 240 more\n");
  expect_holds(log_line_json, &race, "}],\"attempts_left_out\":240}\n");
}

Test(log_line, every_room_too_small_sets_cut) {
  static writer *const forms[] = {log_line_json, log_line_text};
  struct race_record race = race_for("/smart/x");
  for (size_t i = 0; i < 2; i++) {
    static struct page page;
    write_line(&page, forms[i], &race, WALL_US);
    for (size_t cap = 1, whole = page.text.len; cap < whole; cap++) {
      text_init(&page.text, page.storage, cap);
      forms[i](&page.text, &race, WALL_US);
      cr_expect(page.text.cut, "not cut at %zu of %zu", cap, whole);
    }
  }
}

Test(log_line, a_retry_is_told_as_one) {
  struct race_record race = race_for("/smart");
  struct attempt_record attempts[] = {two[0], two[1]};
  attempts[1].kind = ATTEMPT_RETRY;
  race.attempts = attempts;
  expect_holds(log_line_text, &race, "  #1 retry 300.0-412.0 success");
  expect_holds(log_line_json, &race,
               "{\"target\":1,\"kind\":\"retry\",\"start\":300.0,");
}

/* ---- what hedging would have done ---- */

Test(log_line, tells_what_a_hedge_that_was_not_started_would_have_saved) {
  struct race_record race = race_for("/smart");
  race.would = (struct race_would){.hedge_us = 62000, .save_us = 245600};
  expect_holds(log_line_json, &race,
               "\"bytes\":200,\"would_hedge_ms\":62.0,\"would_save_ms\":245.6,"
               "\"would_rescue_percent\":0,\"attempts\":[");
  expect_holds(log_line_text, &race, "  would hedge at 62.0, save 245.6\n");
}

Test(log_line, tells_the_odds_that_it_would_have_saved_a_failure) {
  struct race_record race = race_for("/smart");
  race.would = (struct race_would){.hedge_us = 62000, .rescue = 0.987f};
  expect_holds(log_line_json, &race, "\"would_rescue_percent\":99,");
  expect_holds(log_line_text, &race, "  would hedge at 62.0, rescue 99%\n");
}

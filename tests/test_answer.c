/* Tests of core/answer: heads byte for byte, and problems that stay JSON. */
#include "core/answer.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "support/rows.h"
#include "support/words.h"

static const struct answer_more nothing_more;

#define DATE "Sun, 06 Nov 1994 08:49:37 GMT"
#define OURS                                                                   \
  "Content-Length: 7\r\nVia: 1.1 hedgerow-ab\r\nX-Request-ID: id-1\r\n\r\n"

static const struct answer_framing plain;

static struct answer_ours ours_of(const struct race_record *race,
                                  struct answer_framing framing) {
  return (struct answer_ours){.race = race,
                              .request_id = slice_of("id-1"),
                              .via_line = slice_of("Via: 1.1 hedgerow-ab\r\n"),
                              .date_line = slice_of("Date: " DATE "\r\n"),
                              .framing = framing};
}

static void expect_text(const struct text *got, const char *want) {
  words_expect_slice(text_slice_of(got), want);
  cr_expect_not(got->cut, "cut");
}

static void pass(struct text *out, const char *fields,
                 const struct race_record *race,
                 struct answer_framing framing) {
  struct answer_ours ours = ours_of(race, framing);
  answer_passed_head(out, 200, slice_of(fields), 7, &ours, &nothing_more);
}

/* What becomes of the upstream's field lines; its Date makes ours needless. */
static void expect_passed(const char *lines, const char *want) {
  char fields[8192], expected[8192];
  snprintf(fields, sizeof fields, "Date: x\r\n%s", lines);
  snprintf(expected, sizeof expected, "HTTP/1.1 200 OK\r\nDate: x\r\n%s%s",
           want, OURS);
  EMPTY_TEXT(out, 16384);
  pass(&out, fields, NULL, plain);
  expect_text(&out, expected);
}

static void expect_own(const struct answer_own *own,
                       const struct race_record *race,
                       struct answer_framing framing, const char *want) {
  EMPTY_TEXT(out, 4096);
  struct answer_ours ours = ours_of(race, framing);
  answer_own_head(&out, own, &ours, (struct slice){0});
  expect_text(&out, want);
}

enum { T0 = 7000000 }; /* when races start here */

static const struct attempt_record three[] = {
    {.start_us = T0, .end_us = T0 + 412345, .end.result = ATTEMPT_CANCELLED},
    {.target = 1,
     .start_us = T0 + 300000,
     .end_us = T0 + 412345,
     .end = {ATTEMPT_SUCCESS, .status = 200},
     .error = ""},
    {.start_us = T0 + 300000,
     .end_us = T0 + 350000,
     .end = {ATTEMPT_STATUS, .status = 503},
     .error = "the upstream said \"no\""},
};
static const struct race_record won = {
    .started = 3, .winner = 1, .start_us = T0, .attempts = three, .count = 3};
static const struct race_record lost = {
    .started = 3, .winner = -1, .start_us = T0, .attempts = three, .count = 3};

Test(answer, knows_the_registered_phrases) {
  static const struct {
    int status;
    const char *reason;
  } cases[] = {{200, "OK"},
               {226, "IM Used"},
               {308, "Permanent Redirect"},
               {404, "Not Found"},
               {413, "Content Too Large"},
               {429, "Too Many Requests"},
               {431, "Request Header Fields Too Large"},
               {451, "Unavailable For Legal Reasons"},
               {504, "Gateway Timeout"},
               {505, "HTTP Version Not Supported"},
               {508, "Loop Detected"},
               {511, "Network Authentication Required"},
               {99, "Unknown"},
               {306, "Unknown"},
               {427, "Unknown"},
               {499, "Unknown"},
               {599, "Unknown"},
               {-1, "Unknown"},
               {999, "Unknown"}};
  EACH_ROW (row, cases)
    cr_expect(slice_equal(http_reason(row->status), slice_of(row->reason)),
              "of %d", row->status);
}

#define PASSES(name, lines, want)                                              \
  Test(answer, name) { expect_passed(lines, want); }

PASSES(passes_end_to_end_fields_in_order_and_spelling,
       "content-TYPE:application/json\r\nETag: \"a\"\r\n"
       "Set-Cookie: a=1\r\nSet-Cookie:  b=2\r\nX-Empty:\r\n"
       "Hedged: yes\r\nTENT: 1\r\nX-Obs: \xff\r\n",
       "content-TYPE:application/json\r\nETag: \"a\"\r\n"
       "Set-Cookie: a=1\r\nSet-Cookie:  b=2\r\nX-Empty:\r\n"
       "Hedged: yes\r\nTENT: 1\r\nX-Obs: \xff\r\n")
PASSES(drops_every_hop_by_hop_field,
       "Connection: close\r\nKEEP-ALIVE: timeout=5\r\n"
       "Proxy-Authenticate: Basic\r\nProxy-Authorization: x\r\n"
       "proxy-connection: x\r\nTE: trailers\r\nTrailer: X\r\n"
       "Transfer-Encoding: chunked\r\nUpgrade: h2c\r\nA: b\r\n",
       "A: b\r\n")
PASSES(drops_what_is_ours_to_say,
       "content-length: 99\r\nx-request-id: theirs\r\n"
       "Hedge-Winner: 9\r\nhedge-: x\r\nContent-Language: de\r\n",
       "Content-Language: de\r\n")
PASSES(drops_what_connection_names_before_and_behind_it,
       "X-One: 1\r\nKeep: k\r\nConnection: close, x-one ,,X-Two\r\n"
       "X-Two: 2\r\nX-Three: 3\r\nConnection:\tX-Three\r\n",
       "Keep: k\r\n")

Test(answer, adds_its_date_when_connection_names_the_upstreams) {
  EMPTY_TEXT(out, 4096);
  pass(&out, "Date: x\r\nConnection: date\r\n", NULL, plain);
  expect_text(&out, "HTTP/1.1 200 OK\r\nDate: " DATE "\r\n" OURS);
}

Test(answer, passes_no_field_of_an_upstream_that_names_too_many) {
  char lines[4096] = "A: b\r\n";
  for (int i = 0; i < 33; i++)
    sprintf(lines + strlen(lines), "Connection: x-%d\r\n", i);
  strcat(lines, "x-32: 1\r\n");
  EMPTY_TEXT(out, 16384);
  pass(&out, lines, NULL, plain);
  expect_text(&out, "HTTP/1.1 200 OK\r\nDate: " DATE "\r\n" OURS);
}

PASSES(drops_lines_that_are_no_fields,
       "no colon\r\nA: 1\r\n folded: x\r\nB : 2\r\n: empty\r\n"
       "C: 3\x01\r\nD: 4\r\nunended",
       "A: 1\r\nD: 4\r\n")

Test(answer, says_the_status_in_its_own_words) {
  static const struct {
    int status;
    const char *line;
  } cases[] = {
      {404, "HTTP/1.1 404 Not Found\r\n"},
      {299, "HTTP/1.1 299 Unknown\r\n"},
      {502, "HTTP/1.1 502 Bad Gateway\r\n"},
  };
  EACH_ROW (row, cases) {
    char want[512];
    EMPTY_TEXT(out, 4096);
    struct answer_ours ours = ours_of(NULL, plain);
    answer_passed_head(&out, row->status, (struct slice){NULL, 0}, 7, &ours,
                       &nothing_more);
    snprintf(want, sizeof want, "%sDate: " DATE "\r\n" OURS, row->line);
    expect_text(&out, want);
  }
}

Test(answer, a_body_in_chunks_has_no_length) {
  EMPTY_TEXT(out, 4096);
  answer_passed_head(
      &out, 200, slice_of("Date: x\r\nContent-Length: 9\r\n"), ANSWER_CHUNKED,
      &(struct answer_ours){.framing = {.close = true}}, &nothing_more);
  expect_text(&out, "HTTP/1.1 200 OK\r\nDate: x\r\n"
                    "Transfer-Encoding: chunked\r\n"
                    "Connection: close\r\n\r\n");
}

Test(answer, tells_the_race_behind_the_upstreams_own_timing_and_via) {
  EMPTY_TEXT(out, 4096);
  pass(&out, "Via: 1.1 up\r\nServer-Timing: db;dur=1\r\nDate: x\r\n", &won,
       (struct answer_framing){.keep_alive_1_0 = true});
  expect_text(&out,
              "HTTP/1.1 200 OK\r\nVia: 1.1 up\r\nServer-Timing: db;dur=1\r\n"
              "Date: x\r\nContent-Length: 7\r\nConnection: keep-alive\r\n"
              "Hedge-Attempts: 3\r\nHedge-Winner: 1\r\n"
              "Server-Timing: attempt-0;start=0.0;dur=412.3;desc=cancelled, "
              "attempt-1;start=300.0;dur=112.3;desc=success, "
              "attempt-2;start=300.0;dur=50.0;desc=status\r\n"
              "Via: 1.1 hedgerow-ab\r\nX-Request-ID: id-1\r\n\r\n");
}

Test(answer, names_no_winner_where_there_is_none) {
  struct answer_own own = {.status = 503, .retry_after_s = 1};
  struct race_record refused = {.winner = -1, .start_us = T0};
  expect_own(&own, &refused, plain,
             "HTTP/1.1 503 Service Unavailable\r\nDate: " DATE "\r\n"
             "Cache-Control: no-store\r\nRetry-After: 1\r\n"
             "Content-Length: 0\r\nHedge-Attempts: 0\r\n"
             "Via: 1.1 hedgerow-ab\r\nX-Request-ID: id-1\r\n\r\n");
}

Test(answer, writes_the_head_of_a_problem) {
  struct answer_own own = {.status = 405,
                           .content_type = ANSWER_PROBLEM_TYPE,
                           .length = 7,
                           .allow = "GET, HEAD"};
  expect_own(&own, NULL, (struct answer_framing){.close = true},
             "HTTP/1.1 405 Method Not Allowed\r\nDate: " DATE "\r\n"
             "Content-Type: application/problem+json\r\n"
             "Cache-Control: no-store\r\nAllow: GET, HEAD\r\n"
             "Content-Length: 7\r\nConnection: close\r\n"
             "Via: 1.1 hedgerow-ab\r\nX-Request-ID: id-1\r\n\r\n");
}

Test(answer, says_how_much_of_a_gather_succeeded) {
  struct answer_own own = {.status = 200,
                           .content_type = "application/json",
                           .length = 7,
                           .gathered = true,
                           .completed = 2,
                           .items = 3};
  expect_own(&own, NULL, plain,
             "HTTP/1.1 200 OK\r\nDate: " DATE "\r\n"
             "Content-Type: application/json\r\n"
             "Hedge-Completed: 2/3\r\n" OURS);
}

Test(answer, leaves_out_what_is_empty) {
  struct answer_own own = {.status = 200};
  EMPTY_TEXT(out, 256);
  answer_own_head(&out, &own, &(struct answer_ours){0}, (struct slice){0});
  expect_text(&out, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
}

/* The digits that a count of 2^32 - 1 would have more than one below 10. */
enum { DIGITS_MORE = 9 };

Test(answer, fits_the_room_that_its_header_promises) {
  struct attempt_record attempts[20];
  for (size_t i = 0; i < 20; i++)
    attempts[i] = (struct attempt_record){
        .target = UINT32_MAX,
        .start_us = INT64_MIN / 4,
        .end_us = INT64_MAX / 4,
        .end = {ATTEMPT_TOO_LARGE, .status = 200},
    };
  struct race_record race = {.started = UINT32_MAX,
                             .winner = INT32_MAX,
                             .attempts = attempts,
                             .count = 20};
  struct answer_own own = {.status = 431,
                           .content_type = "",
                           .allow = "",
                           .length = INT64_MAX,
                           .retry_after_s = UINT32_MAX,
                           .gathered = true,
                           .completed = UINT32_MAX,
                           .items = UINT32_MAX};
  char storage[ANSWER_HEAD_BYTES + 64];
  struct text out;
  text_init(&out, storage, ANSWER_HEAD_BYTES + 3 - DIGITS_MORE);
  struct answer_ours ours = {.race = &race,
                             .request_id = slice_of("i"),
                             .via_line = slice_of("v"),
                             .date_line = slice_of("d"),
                             .framing = {.keep_alive_1_0 = true}};
  answer_own_head(&out, &own, &ours, (struct slice){0});
  cr_expect_not(out.cut, "cut at %zu", out.len);

  const char *fields = "A:b\r\nC:\r\n";
  text_init(&out, storage,
            ANSWER_HEAD_BYTES + strlen(fields) + 3 - DIGITS_MORE);
  ours.framing = plain;
  answer_passed_head(&out, 431, slice_of(fields), INT64_MAX, &ours,
                     &nothing_more);
  cr_expect_not(out.cut, "cut at %zu", out.len);
}

Test(answer, tells_of_sixteen_timings_and_counts_the_others) {
  struct attempt_record attempts[18];
  for (size_t i = 0; i < 18; i++)
    attempts[i] = (struct attempt_record){.start_us = T0, .end_us = T0};
  struct race_record race = {.started = 18,
                             .winner = -1,
                             .start_us = T0,
                             .attempts = attempts,
                             .count = 18};
  struct answer_own own = {.status = 200};
  EMPTY_TEXT(out, 4096);
  answer_own_head(&out, &own, &(struct answer_ours){.race = &race},
                  (struct slice){0});
  const char *head = text_end(&out);
  cr_expect(strstr(head, "attempt-15;") && !strstr(head, "attempt-16;") &&
                strstr(head, "desc=success, more;desc=\"2 left out\"\r\n"),
            "%s", head);
}

/* ---- gaps: attempts that never came to be ---- */

/* One that is told at each odd place, none at the others. */
static void every_other(struct attempt_record *attempts, unsigned count) {
  memset(attempts, 0, count * sizeof *attempts);
  for (unsigned i = 1; i < count; i += 2)
    attempts[i] = (struct attempt_record){
        .target = i, .start_us = T0 + 1000, .end_us = T0 + 2000};
}

static struct race_record race_of(const struct attempt_record *attempts,
                                  unsigned count) {
  return (struct race_record){
      .winner = -1, .start_us = T0, .attempts = attempts, .count = count};
}

Test(answer, numbers_the_timings_of_attempts_that_came_to_be) {
  struct attempt_record attempts[5];
  every_other(attempts, 5);
  struct race_record race = race_of(attempts, 5);
  struct answer_own own = {.status = 200};
  expect_own(&own, &race, plain,
             "HTTP/1.1 200 OK\r\nDate: " DATE "\r\nContent-Length: 0\r\n"
             "Hedge-Attempts: 0\r\n"
             "Server-Timing: attempt-0;start=1.0;dur=1.0;desc=success, "
             "attempt-1;start=1.0;dur=1.0;desc=success\r\n"
             "Via: 1.1 hedgerow-ab\r\nX-Request-ID: id-1\r\n\r\n");
}

Test(answer, counts_no_gap_among_the_timings_that_it_left_out) {
  struct attempt_record attempts[36];
  char storage[4096];
  struct text out;
  every_other(attempts, 36);
  for (unsigned count = 31; count <= 36; count++) {
    struct race_record race = race_of(attempts, count);
    struct answer_own own = {.status = 200};
    char want[32];
    text_init(&out, storage, sizeof storage);
    answer_own_head(&out, &own, &(struct answer_ours){.race = &race},
                    (struct slice){0});
    snprintf(want, sizeof want, "desc=\"%u left out\"", count / 2 - 16);
    cr_expect_eq(strstr(text_end(&out), want) != NULL, count / 2 > 16,
                 "of %u: %s", count, storage);
  }
}

Test(answer, tells_no_timing_where_all_are_gaps) {
  struct attempt_record attempts[2] = {0};
  struct race_record race = race_of(attempts, 2);
  struct answer_own own = {.status = 200};
  expect_own(&own, &race, plain,
             "HTTP/1.1 200 OK\r\nDate: " DATE "\r\nContent-Length: 0\r\n"
             "Hedge-Attempts: 0\r\n"
             "Via: 1.1 hedgerow-ab\r\nX-Request-ID: id-1\r\n\r\n");
}

Test(answer, a_problem_tells_of_no_gap_and_counts_none) {
  struct attempt_record attempts[8];
  char storage[1024];
  struct text out;
  every_other(attempts, 8);
  struct race_record race = race_of(attempts, 4);
  text_init(&out, storage, sizeof storage);
  answer_problem(&out, 502, slice_of("x"), &race);
  expect_text(
      &out,
      "{\"type\":\"about:blank\",\"title\":\"Bad Gateway\",\"status\":502,"
      "\"detail\":\"x\",\"attempts\":["
      "{\"target\":1,\"started_ms\":1.0,\"ended_ms\":2.0,"
      "\"result\":\"success\"},"
      "{\"target\":3,\"started_ms\":1.0,\"ended_ms\":2.0,"
      "\"result\":\"success\"}]}");
  race.count = 8;
  text_init(&out, storage, ANSWER_PROBLEM_BYTES);
  answer_problem(&out, 502, slice_of("x"), &race);
  cr_expect(strstr(text_end(&out), "\"attempts_left_out\":2}"), "%s", storage);
}

Test(answer, every_room_too_small_for_a_head_sets_cut) {
  const char *fields = "A: b\r\nX-One: 1\r\n";
  char storage[1024];
  struct text out;
  text_init(&out, storage, sizeof storage);
  pass(&out, fields, &won, plain);
  size_t whole = out.len;
  for (size_t cap = 1; cap < whole; cap++) {
    text_init(&out, storage, cap);
    pass(&out, fields, &won, plain);
    cr_expect(out.cut, "not cut at %zu", cap);
  }
}

Test(answer, a_problem_tells_what_happened_to_each_attempt) {
  EMPTY_TEXT(out, 2048);
  answer_problem(&out, 502, slice_of("Every attempt failed."), &lost);
  expect_text(
      &out,
      "{\"type\":\"about:blank\",\"title\":\"Bad Gateway\",\"status\":502,"
      "\"detail\":\"Every attempt failed.\",\"attempts\":["
      "{\"target\":0,\"started_ms\":0.0,\"ended_ms\":412.3,"
      "\"result\":\"cancelled\"},"
      "{\"target\":1,\"started_ms\":300.0,\"ended_ms\":412.3,"
      "\"result\":\"success\",\"status\":200},"
      "{\"target\":0,\"started_ms\":300.0,\"ended_ms\":350.0,"
      "\"result\":\"status\",\"status\":503,"
      "\"error\":\"the upstream said \\\"no\\\"\"}]}");
  words_expect_json(text_slice_of(&out));
}

Test(answer, a_problem_without_a_race_has_no_attempts) {
  EMPTY_TEXT(out, 512);
  answer_problem(&out, 404, slice_of("No such path."), NULL);
  expect_text(&out, "{\"type\":\"about:blank\",\"title\":\"Not Found\","
                    "\"status\":404,\"detail\":\"No such path.\"}");
}

Test(answer, a_problem_is_json_in_every_room) {
  char storage[2048];
  struct text out;
  for (size_t room = 1; room < 700; room++) {
    text_init(&out, storage, room);
    answer_problem(&out, 431, slice_of("a \"detail\" \xff\x1b of some length"),
                   &lost);
    if (room < ANSWER_PROBLEM_BYTES)
      cr_expect(out.len == 0 && out.cut, "wrote %zu into %zu", out.len, room);
    else words_expect_json(text_slice_of(&out));
    cr_expect_eq(out.cap, room);
  }
  cr_expect_not(out.cut, "699 bytes are enough, and it was cut");
}

Test(answer, a_problem_counts_the_attempts_that_it_had_to_leave_out) {
  char storage[512];
  struct text out;
  text_init(&out, storage, ANSWER_PROBLEM_BYTES);
  answer_problem(&out, 502, slice_of("x"), &lost);
  cr_expect(out.cut);
  const char *json = text_end(&out);
  words_expect(json, "cancelled\"}],\"attempts_left_out\":2}");
}

Test(answer, a_problem_gives_up_a_detail_before_its_form) {
  char detail[400];
  memset(detail, 'x', sizeof detail);
  EMPTY_TEXT(out, 300);
  answer_problem(&out, 504, (struct slice){detail, sizeof detail}, NULL);
  cr_expect(out.cut);
  cr_expect_str_eq(text_end(&out), "{\"type\":\"about:blank\",\"title\":"
                                   "\"Gateway Timeout\",\"status\":504}");
}

Test(answer, a_problem_fits_the_room_that_its_header_promises) {
  enum { N = 20, ERROR = 100 };
  char error[ERROR + 1], storage[N * (160 + 6 * ERROR) + 1024];
  memset(error, '\x01', ERROR);
  error[ERROR] = '\0';
  struct attempt_record attempts[N];
  for (size_t i = 0; i < N; i++)
    attempts[i] = (struct attempt_record){
        .target = UINT32_MAX,
        .start_us = INT64_MIN,
        .end_us = INT64_MIN,
        .end = {ATTEMPT_TOO_LARGE, .status = INT32_MIN},
        .error = error,
    };
  struct race_record race = {
      .started = N, .winner = -1, .attempts = attempts, .count = N};
  struct text out;
  text_init(&out, storage,
            ANSWER_PROBLEM_BYTES + 6 * ERROR +
                N * (ANSWER_PROBLEM_ATTEMPT_BYTES + 6 * ERROR));
  answer_problem(&out, 431, slice_of(error), &race);
  cr_expect_not(out.cut, "cut at %zu of %zu", out.len, out.cap);
  words_expect_json(text_slice_of(&out));
}

Test(answer, links_of_the_upstream_are_rewritten_where_a_route_wants_it) {
  struct base_url base;
  cr_assert(!base_url_parse(&base, slice_of("http://h/v1")));
  const struct links_rule rule = {
      .base = &base, .route = slice_of("/users"), .stripped = true};
  const struct answer_more more = {.links = &rule, .cors = true};
  EMPTY_TEXT(out, 4096);
  answer_passed_head(&out, 200,
                     slice_of("Location: /v1/7\r\nContent-Location: "
                              "http://h/v1/8\r\nLink: </v1/9>; rel=x\r\n"
                              "Access-Control-Allow-Origin: *\r\n"),
                     2, &(struct answer_ours){0}, &more);
  cr_expect_str_eq(text_end(&out), "HTTP/1.1 200 OK\r\n"
                                   "Location: /users/7\r\n"
                                   "Content-Location: /users/8\r\n"
                                   "Link: </users/9>; rel=x\r\n"
                                   "Content-Length: 2\r\n\r\n");
}

Test(answer, an_upstreams_vary_stays_where_it_says_what_ours_says) {
  const struct answer_more more = {
      .varies = true, .fields = slice_of("Vary: Accept-Encoding\r\n")};
  EMPTY_TEXT(out, ANSWER_HEAD_BYTES);
  answer_passed_head(&out, 200,
                     slice_of("vary: accept-encoding\r\n"
                              "Vary: Accept-Encoding, Origin\r\n"),
                     2, &(struct answer_ours){0}, &more);
  cr_expect_str_eq(text_end(&out), "HTTP/1.1 200 OK\r\n"
                                   "Vary: Accept-Encoding, Origin\r\n"
                                   "Vary: Accept-Encoding\r\n"
                                   "Content-Length: 2\r\n\r\n");
}

/* Tests of core/record: an attempt as JSON in both spellings, to the byte, and
 * which attempts are told of. */
#include "core/record.h"

#include <criterion/criterion.h>
#include <string.h>

#include "support/words.h"

enum { T0 = 7000000 }; /* when races start here */

/* An /all with hedges has tens of thousands of them. */
_Static_assert(sizeof(struct attempt_record) <= 128,
               "a record of an attempt stays small");

static void expect_json(const struct attempt_record *attempt,
                        enum record_style style, const char *want) {
  char storage[512];
  struct text out;
  text_init(&out, storage, sizeof storage);
  attempt_record_json(&out, attempt, T0, style);
  cr_expect_str_eq(text_end(&out), want, "got\n%s\nwanted\n%s", storage, want);
}

static void expect_both(const struct attempt_record *attempt,
                        const char *in_problem, const char *in_log) {
  expect_json(attempt, RECORD_IN_PROBLEM, in_problem);
  expect_json(attempt, RECORD_IN_LOG, in_log);
}

Test(record, a_target_has_a_name_where_there_is_a_file) {
  const struct attempt_record attempt = {.target = 4, .name = "users/1"};
  EMPTY_TEXT(out, 256);
  attempt_record_json(&out, &attempt, 0, RECORD_IN_PROBLEM);
  cr_expect(strstr(text_end(&out), "{\"target\":4,\"name\":\"users/1\","), "%s",
            out_storage);
}

Test(record, an_attempt_is_told_in_two_spellings) {
  struct attempt_record attempt = {.target = 3,
                                   .start_us = T0 + 300000,
                                   .end_us = T0 + 412399,
                                   .end = {ATTEMPT_STATUS, .status = 503},
                                   .error = "the upstream said \"no\"\n",
                                   .resends = 1};
  expect_both(
      &attempt,
      "{\"target\":3,\"started_ms\":300.0,\"ended_ms\":412.3,"
      "\"result\":\"status\",\"status\":503,"
      "\"error\":\"the upstream said \\\"no\\\"\\n\"}",
      "{\"target\":3,\"kind\":\"primary\",\"start\":300.0,\"end\":412.3,"
      "\"result\":\"status\",\"status\":503,\"resends\":1}");
}

/* A loser is cancelled late, and its first byte tells how slow it was. */
Test(record, the_log_tells_when_the_first_byte_came) {
  struct attempt_record attempt = {.start_us = T0,
                                   .first_byte_us = T0 + 51299,
                                   .end_us = T0 + 300000,
                                   .end.result = ATTEMPT_CANCELLED};
  expect_both(&attempt,
              "{\"target\":0,\"started_ms\":0.0,\"ended_ms\":300.0,"
              "\"result\":\"cancelled\"}",
              "{\"target\":0,\"kind\":\"primary\",\"start\":0.0,"
              "\"first_byte\":51.2,\"end\":300.0,\"result\":\"cancelled\"}");
}

Test(record, a_retry_is_told_as_one) {
  struct attempt_record attempt = {.start_us = T0,
                                   .end_us = T0,
                                   .kind = ATTEMPT_RETRY,
                                   .end.result = ATTEMPT_TRANSPORT};
  expect_both(&attempt,
              "{\"target\":0,\"kind\":\"retry\",\"started_ms\":0.0,"
              "\"ended_ms\":0.0,\"result\":\"transport\"}",
              "{\"target\":0,\"kind\":\"retry\",\"start\":0.0,"
              "\"end\":0.0,\"result\":\"transport\"}");
  attempt.kind = ATTEMPT_HEDGE;
  expect_json(&attempt, RECORD_IN_LOG,
              "{\"target\":0,\"kind\":\"hedge\",\"start\":0.0,\"end\":0.0,"
              "\"result\":\"transport\"}");
}

Test(record, a_refused_one_is_told_with_what_refused_it) {
  struct attempt_record attempt = {.start_us = T0,
                                   .end_us = T0,
                                   .refused_by = GATE_SLOW_TARGET,
                                   .end.result = ATTEMPT_REFUSED};
  expect_both(&attempt,
              "{\"target\":0,\"started_ms\":0.0,\"ended_ms\":0.0,"
              "\"result\":\"refused\",\"refused_by\":\"slow_target\"}",
              "{\"target\":0,\"kind\":\"primary\",\"start\":0.0,\"end\":0.0,"
              "\"result\":\"refused\",\"refused_by\":\"slow_target\"}");
}

Test(record, what_stood_in_line_tells_how_long) {
  struct attempt_record attempt = {.start_us = T0 + 30000,
                                   .end_us = T0 + 42000,
                                   .queued_us = 30000,
                                   .end = {ATTEMPT_SUCCESS, .status = 200}};
  expect_both(&attempt,
              "{\"target\":0,\"started_ms\":30.0,\"ended_ms\":42.0,"
              "\"queued_ms\":30.0,\"result\":\"success\",\"status\":200}",
              "{\"target\":0,\"kind\":\"primary\",\"start\":30.0,\"end\":42.0,"
              "\"queued\":30.0,\"result\":\"success\",\"status\":200}");
}

Test(record, what_did_not_happen_is_left_out) {
  struct attempt_record attempt = {
      .start_us = T0, .end_us = T0, .end.result = ATTEMPT_CANCELLED};
  static const char in_problem[] = "{\"target\":0,\"started_ms\":0.0,"
                                   "\"ended_ms\":0.0,\"result\":\"cancelled\"}";
  static const char in_log[] =
      "{\"target\":0,\"kind\":\"primary\",\"start\":0.0,\"end\":0.0,"
      "\"result\":\"cancelled\"}";
  expect_both(&attempt, in_problem, in_log);
  attempt.error = "";
  expect_both(&attempt, in_problem, in_log);
}

Test(record, every_result_is_told_by_its_name) {
  for (int i = 0; i < ATTEMPT_RESULTS; i++) {
    enum attempt_result result = (enum attempt_result)i;
    struct attempt_record attempt = {
        .start_us = T0, .end_us = T0 + 1000, .end.result = result};
    const char *want =
        words_of("{\"target\":0,\"kind\":\"primary\",\"start\":0.0,\"end\":1.0,"
                 "\"result\":\"%s\"%s}",
                 attempt_result_name(result),
                 result == ATTEMPT_REFUSED ? ",\"refused_by\":\"open\"" : "");
    expect_json(&attempt, RECORD_IN_LOG, want);
  }
}

Test(record, the_largest_of_each_number_is_told) {
  struct attempt_record attempt = {.target = UINT32_MAX,
                                   .start_us = T0,
                                   .end_us = T0 + INT64_C(3600000000),
                                   .end = {ATTEMPT_SUCCESS, .status = 999},
                                   .resends = UINT8_MAX};
  expect_json(&attempt, RECORD_IN_LOG,
              "{\"target\":4294967295,\"kind\":\"primary\",\"start\":0.0,"
              "\"end\":3600000.0,"
              "\"result\":\"success\",\"status\":999,\"resends\":255}");
}

Test(record, every_room_too_small_sets_cut) {
  struct attempt_record attempt = {.start_us = T0,
                                   .end_us = T0 + 1000,
                                   .end = {ATTEMPT_STATUS, .status = 500},
                                   .error = "why"};
  char storage[256];
  struct text out;
  text_init(&out, storage, sizeof storage);
  attempt_record_json(&out, &attempt, T0, RECORD_IN_PROBLEM);
  for (size_t cap = 1, whole = out.len; cap < whole; cap++) {
    text_init(&out, storage, cap);
    attempt_record_json(&out, &attempt, T0, RECORD_IN_PROBLEM);
    cr_expect(out.cut, "not cut at %zu of %zu", cap, whole);
  }
}

/* ---- gaps ---- */

/* A letter is an attempt, a point a gap. */
static void expect_told(const char *records, const char *want) {
  struct attempt_record attempts[16] = {0};
  struct race_record race = {.attempts = attempts,
                             .count = (unsigned)strlen(records)};
  char told[16] = "";
  for (unsigned i = 0; i < race.count; i++)
    if (records[i] != '.')
      attempts[i] = (struct attempt_record){.start_us = 1,
                                            .target = (uint32_t)records[i]};
  unsigned at = 0, count = 0;
  const struct attempt_record *attempt;
  while ((attempt = race_record_next(&race, &at)))
    told[count++] = (char)attempt->target;
  told[count] = '\0';
  cr_expect_str_eq(told, want, "of '%s': '%s'", records, told);
  cr_expect_eq(at, race.count, "of '%s': at %u", records, at);
  cr_expect_eq(race_record_left(&race, 0), count, "of '%s': %u", records,
               race_record_left(&race, 0));
}

Test(record, gaps_are_passed_by) {
  expect_told("abc", "abc");
  expect_told(".a..b.", "ab");
  expect_told("a.....", "a");
  expect_told(".....a", "a");
  expect_told("....", "");
  expect_told("", "");
}

Test(record, a_race_without_attempts_tells_of_none) {
  struct race_record race = {.attempts = NULL};
  unsigned at = 0;
  cr_expect_null(race_record_next(&race, &at));
  cr_expect_eq(race_record_left(&race, 0), 0);
}

Test(record, the_next_one_is_behind_the_one_that_was_told) {
  struct attempt_record attempts[4] = {{.start_us = 1}, {0}, {.start_us = 1}};
  struct race_record race = {.attempts = attempts, .count = 4};
  unsigned at = 0;
  cr_expect_eq(race_record_next(&race, &at), &attempts[0]);
  cr_expect_eq(at, 1);
  cr_expect_eq(race_record_next(&race, &at), &attempts[2]);
  cr_expect_eq(at, 3);
  cr_expect_null(race_record_next(&race, &at));
  cr_expect_null(race_record_next(&race, &at));
  cr_expect_eq(at, 4);
}

/* ---- Retry-After ---- */

static struct attempt_record asked_to_wait(int64_t end_us, uint32_t ms) {
  return (struct attempt_record){
      .start_us = T0,
      .end_us = T0 + end_us,
      .end = {ATTEMPT_STATUS, .status = 503, .retry_after_ms = ms}};
}

static void expect_wait(const struct attempt_record *attempts, unsigned count,
                        unsigned want_s) {
  const struct race_record race = {.start_us = T0,
                                   .end_us = T0 + 400000,
                                   .attempts = attempts,
                                   .count = count};
  unsigned got_s = race_record_retry_after_s(&race);
  cr_expect_eq(got_s, want_s, "%u s", got_s);
}

Test(record, the_soonest_of_all_waits_counts_from_the_end_of_the_race) {
  struct attempt_record attempts[] = {asked_to_wait(100000, 7000),
                                      asked_to_wait(400000, 3000),
                                      asked_to_wait(200000, UINT32_MAX)};
  expect_wait(attempts, 3, 3);
  expect_wait(attempts, 1, 7);
  expect_wait(attempts + 2, 1, 4294968);
}

Test(record, a_wait_that_is_over_is_none) {
  struct attempt_record attempts[] = {asked_to_wait(100000, 300),
                                      asked_to_wait(100000, 301)};
  expect_wait(attempts, 1, 0);
  expect_wait(attempts + 1, 1, 1);
  expect_wait(attempts, 2, 0);
}

Test(record, a_response_without_a_wait_makes_it_none) {
  struct attempt_record attempts[] = {asked_to_wait(100000, 7000),
                                      asked_to_wait(400000, 0)};
  expect_wait(attempts, 2, 0);
  expect_wait(attempts, 0, 0);
}

Test(record, attempts_without_a_response_have_no_say) {
  struct attempt_record attempts[] = {
      {.start_us = T0, .end.result = ATTEMPT_TRANSPORT},
      asked_to_wait(400000, 7000),
      {.start_us = T0, .end.result = ATTEMPT_REFUSED},
      {.start_us = 0, .end = {ATTEMPT_STATUS, .status = 500}},
      {.start_us = T0, .end = {ATTEMPT_TIMEOUT, .status = 503}},
      {.start_us = T0, .end = {ATTEMPT_CANCELLED, .status = 200}}};
  expect_wait(attempts, 6, 7);
  expect_wait(attempts, 1, 0);
}

Test(record, the_log_alone_tells_the_span) {
  const struct attempt_record attempt = {.kind = ATTEMPT_HEDGE,
                                         .span = 0xf067aa0ba902b7,
                                         .start_us = T0,
                                         .end_us = T0};
  expect_json(&attempt, RECORD_IN_LOG,
              "{\"target\":0,\"kind\":\"hedge\","
              "\"span_id\":\"00f067aa0ba902b7\",\"start\":0.0,"
              "\"end\":0.0,\"result\":\"success\"}");
  expect_json(&attempt, RECORD_IN_PROBLEM,
              "{\"target\":0,\"started_ms\":0.0,\"ended_ms\":0.0,"
              "\"result\":\"success\"}");
}

/* core/race_json: a race as the admin listener tells it. */
#include "core/race_json.h"

#include <criterion/criterion.h>
#include <string.h>

#include "support/words.h"

#define WALL_US INT64_C(1795222923123456) /* 2026-11-21T01:02:03.123Z */

enum { T0 = 7000000 };

static char storage[RACE_JSON_BYTES + 1];

static const char *written(const struct race_copy *copy) {
  struct text text;
  text_init(&text, storage, RACE_JSON_BYTES);
  race_json(&text, copy, 17);
  cr_assert_not(text.cut);
  words_expect_json(text_slice_of(&text));
  return text_end(&text);
}

Test(race_json, a_rescue_from_slowness) {
  static const struct trace_context trace = {.high = 1, .low = 2, .span = 3};
  static struct race_copy copy = {
      .wall_us = WALL_US,
      .race = {.peer = SLICE("127.0.0.1:46458"),
               .id = SLICE("e2ae"),
               .route = SLICE("/smart"),
               .upstream = SLICE("to"),
               .method = SLICE("GET"),
               .path = SLICE("/smart"),
               .trace = &trace,
               .status = 200,
               .outcome = OUTCOME_SUCCESS,
               .winner = 1,
               .rescued = RESCUE_SLOW,
               .saved_us = 245678,
               .would = {62000, 99900, 0.5f},
               .start_us = T0,
               .end_us = T0 + 602400,
               .bytes = 12,
               .attempts = copy.attempts,
               .count = 2},
      .attempts = {{.start_us = T0,
                    .first_byte_us = T0 + 1234,
                    .end_us = T0 + 602400,
                    .host = SLICE("127.0.0.1:9000"),
                    .end.result = ATTEMPT_CANCELLED,
                    .error = "the race was won",
                    .name = "users/0",
                    .resends = 2,
                    .span = 0xabc},
                   {.start_us = T0 + 300000,
                    .end_us = T0 + 602400,
                    .number = 1,
                    .kind = ATTEMPT_HEDGE,
                    .target = 4,
                    .host = SLICE("127.0.0.1:9004"),
                    .end = {ATTEMPT_SUCCESS, .status = 200},
                    .queued_us = 1500}}};
  cr_expect_str_eq(
      written(&copy),
      "{\"seq\":17,\"time\":\"2026-11-21T01:02:03.123Z\","
      "\"client\":\"127.0.0.1:46458\",\"id\":\"e2ae\","
      "\"trace_id\":\"00000000000000010000000000000002\","
      "\"span_id\":\"0000000000000003\","
      "\"route\":\"/smart\",\"upstream\":\"to\",\"method\":\"GET\","
      "\"target\":\"/smart\",\"status\":200,\"outcome\":\"success\","
      "\"ms\":602.4,\"bytes\":12,\"winner\":1,\"rescued\":\"slow\","
      "\"saved_ms\":245.6,\"would_hedge_ms\":62.0,\"would_save_ms\":99.9,"
      "\"would_rescue_percent\":50,\"attempts\":["
      "{\"number\":0,\"kind\":\"primary\",\"target\":0,\"name\":\"users/"
      "0\",\"host\":\"127.0.0.1:9000\",\"span_id\":\"0000000000000abc\","
      "\"start\":0.0,\"first_byte\":1.2,\"end\":602.4,"
      "\"result\":\"cancelled\",\"status\":null,\"refused_by\":null,"
      "\"error\":\"the race was won\",\"queued_ms\":null,\"resends\":2},"
      "{\"number\":1,\"kind\":\"hedge\",\"target\":4,"
      "\"name\":null,\"host\":\"127.0.0.1:9004\",\"span_id\":null,"
      "\"start\":300.0,\"first_byte\":null,\"end\":602.4,"
      "\"result\":\"success\",\"status\":200,\"refused_by\":null,"
      "\"error\":null,\"queued_ms\":1.5,\"resends\":0}],\"attempts_left_out\":"
      "0}");
}

Test(race_json, what_there_is_not_is_null) {
  struct race_copy copy = {
      .race = {.outcome = OUTCOME_REJECTED, .status = 404, .winner = -1}};
  const char *json = written(&copy);
  EACH_WORD (text,
             "\"trace_id\":null|\"upstream\":null|\"winner\":null|"
             "\"rescued\":null|\"saved_ms\":null|\"route\":\"\"|"
             "\"attempts\":[]|\"id\":\"\"|\"status\":404|\"span_id\":null|"
             "\"would_hedge_ms\":null,\"would_save_ms\":null,|"
             "\"would_rescue_percent\":null")
    words_expect(json, text);
}

Test(race_json, time_of_which_nothing_is_known_is_null) {
  struct race_copy copy = {.race = {.winner = 1, .rescued = RESCUE_SLOW}};
  cr_expect(strstr(written(&copy), "\"rescued\":\"slow\",\"saved_ms\":null"));
}

Test(race_json, a_refusal_says_by_whom) {
  struct race_copy copy = {.race.winner = -1};
  copy.race.attempts = copy.attempts;
  copy.race.count = 1;
  copy.attempts[0] = (struct attempt_record){.start_us = 1,
                                             .end_us = 1,
                                             .end.result = ATTEMPT_REFUSED,
                                             .refused_by = GATE_BUDGET};
  cr_expect(strstr(written(&copy), "\"refused_by\":\"budget\""), "%s", storage);
}

/* What no page, no line and no stream of events may take for more than text. */
Test(race_json, what_a_client_sends_stays_within_its_string) {
  struct race_copy copy = {
      .race = {.id = SLICE("</script>\r\n\"\\\xe2\x80\xa8'<!--\xff\x1b"),
               .winner = -1}};
  const char *json = written(&copy);
  words_expect(json, "\"id\":\"\\u003c/script\\u003e\\r\\n\\\"\\\\\\u2028'"
                     "\\u003c!--\xef\xbf\xbd\\u001b\"");
  cr_expect_null(strpbrk(json, "<>\r\n\x1b"), "%s", json);
}

Test(race_json, the_longest_copy_fits) {
  static struct race_copy copy;
  static char escaped[RACE_COPY_PATH], error[RACE_COPY_ERROR + 1];
  memset(escaped, 1, sizeof escaped);
  memset(error, 1, RACE_COPY_ERROR);
  const struct slice name = {escaped, RACE_COPY_NAME};
  copy.wall_us = INT64_MAX;
  copy.left_out = INT32_MAX;
  copy.race = (struct race_record){.peer = name,
                                   .id = name,
                                   .method = name,
                                   .upstream = name,
                                   .path = {escaped, RACE_COPY_PATH},
                                   .route = {escaped, RACE_COPY_ROUTE},
                                   .winner = INT32_MAX,
                                   .end_us = INT64_MAX,
                                   .bytes = INT64_MAX,
                                   .would = {INT64_MAX, INT64_MAX, 1},
                                   .attempts = copy.attempts,
                                   .count = RACE_COPY_ATTEMPTS};
  for (unsigned i = 0; i < RACE_COPY_ATTEMPTS; i++)
    copy.attempts[i] = (struct attempt_record){.start_us = INT64_MAX,
                                               .first_byte_us = INT64_MAX,
                                               .end_us = INT64_MAX,
                                               .host = name,
                                               .error = error,
                                               .name = error,
                                               .end.status = INT32_MAX,
                                               .target = UINT32_MAX,
                                               .queued_us = UINT32_MAX,
                                               .span = UINT64_MAX};
  cr_expect_lt(strlen(written(&copy)), RACE_JSON_BYTES);
}

/* Tests of core/otlp: a race as spans, to the byte; what a peer cannot do to
 * them; and that a race that finds no room leaves nothing behind. Whether a
 * collector takes them is checked by scripts/check-otlp. */
#include "core/otlp.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "support/rows.h"
#include "support/words.h"

#define WALL_US INT64_C(1795222923123456)

enum { T0 = 7000000, ROOM = 2 * OTLP_RACE_BYTES };

static char storage[ROOM + 1];

static const struct trace_context trace = {
    .high = 0x4bf92f3577b34da6,
    .low = 0xa3ce929d0e0e4736,
    .parent = 0xf067aa0ba902b7,
    .span = 0xb7,
    .flags = TRACE_SAMPLED,
};

static struct race_copy rescued(void) {
  return (struct race_copy){
      .wall_us = WALL_US,
      .race = {.peer = SLICE("127.0.0.1:46458"),
               .id = SLICE("e2ae"),
               .route = SLICE("/smart"),
               .upstream = SLICE("to"),
               .method = SLICE("GET"),
               .path = SLICE("/smart/x"),
               .trace = &trace,
               .status = 200,
               .outcome = OUTCOME_SUCCESS,
               .winner = 1,
               .rescued = RESCUE_FAILED,
               .start_us = T0,
               .end_us = T0 + 602400,
               .bytes = 12,
               .count = 2},
      .attempts = {{.start_us = T0,
                    .first_byte_us = T0 + 1234,
                    .end_us = T0 + 2000,
                    .host = SLICE("[::1]:9000"),
                    .end = {ATTEMPT_STATUS, .status = 503},
                    .error = "status 503",
                    .span = 0xabc},
                   {.start_us = T0 + 2000,
                    .end_us = T0 + 602400,
                    .number = 1,
                    .kind = ATTEMPT_HEDGE,
                    .target = 4,
                    .host = SLICE("api.example.com"),
                    .end = {ATTEMPT_SUCCESS, .status = 200},
                    .span = 0xdef}}};
}

/* What was written around the races is left out. */
static const char *written(struct race_copy *copy, unsigned spans) {
  struct text text;
  copy->race.attempts = copy->attempts;
  text_init(&text, storage, ROOM);
  cr_expect_eq(otlp_add(&text, copy, true), spans);
  cr_expect_eq(otlp_spans(&copy->race), spans);
  cr_assert_not(text.cut);
  return text_end(&text);
}

static void expect_holds(struct race_copy *copy, unsigned spans,
                         const char *part) {
  const char *all = written(copy, spans);
  cr_expect_not_null(strstr(all, part), "no %s in %s", part, all);
}

static void expect_json(struct race_copy *copy) {
  struct text text;
  copy->race.attempts = copy->attempts;
  text_init(&text, storage, ROOM);
  otlp_begin(&text, slice_of("0.1.0"), slice_of("id"));
  cr_expect_gt(otlp_add(&text, copy, true), 0);
  cr_expect_gt(otlp_add(&text, copy, false), 0);
  otlp_end(&text);
  cr_assert_not(text.cut);
  words_expect_json(text_slice_of(&text));
}

Test(otlp, a_race_is_a_span_and_one_for_each_attempt) {
  struct race_copy copy = rescued();
  cr_expect_str_eq(
      written(&copy, 3),
      "{\"traceId\":\"4bf92f3577b34da6a3ce929d0e0e4736\","
      "\"spanId\":\"00000000000000b7\",\"parentSpanId\":\"00f067aa0ba902b7\","
      "\"flags\":1,\"name\":\"GET /smart\",\"kind\":2,"
      "\"startTimeUnixNano\":\"1795222922521056000\","
      "\"endTimeUnixNano\":\"1795222923123456000\",\"attributes\":["
      "{\"key\":\"http.request.method\",\"value\":{\"stringValue\":\"GET\"}},"
      "{\"key\":\"http.route\",\"value\":{\"stringValue\":\"/smart\"}},"
      "{\"key\":\"url.path\",\"value\":{\"stringValue\":\"/smart/x\"}},"
      "{\"key\":\"url.scheme\",\"value\":{\"stringValue\":\"http\"}},"
      "{\"key\":\"client.address\",\"value\":{\"stringValue\":\"127.0.0.1\"}},"
      "{\"key\":\"client.port\",\"value\":{\"intValue\":\"46458\"}},"
      "{\"key\":\"http.response.status_code\",\"value\":{\"intValue\":\"200\"}}"
      ",{\"key\":\"http.response.body.size\",\"value\":{\"intValue\":\"12\"}},"
      "{\"key\":\"hedgerow.request_id\",\"value\":{\"stringValue\":\"e2ae\"}},"
      "{\"key\":\"hedgerow.upstream\",\"value\":{\"stringValue\":\"to\"}},"
      "{\"key\":\"hedgerow.outcome\",\"value\":{\"stringValue\":\"success\"}},"
      "{\"key\":\"hedgerow.rescued\",\"value\":{\"stringValue\":\"failed\"}}]},"
      "{\"traceId\":\"4bf92f3577b34da6a3ce929d0e0e4736\","
      "\"spanId\":\"0000000000000abc\",\"parentSpanId\":\"00000000000000b7\","
      "\"flags\":1,\"name\":\"GET\",\"kind\":3,"
      "\"startTimeUnixNano\":\"1795222922521056000\","
      "\"endTimeUnixNano\":\"1795222922523056000\",\"attributes\":["
      "{\"key\":\"http.request.method\",\"value\":{\"stringValue\":\"GET\"}},"
      "{\"key\":\"server.address\",\"value\":{\"stringValue\":\"::1\"}},"
      "{\"key\":\"server.port\",\"value\":{\"intValue\":\"9000\"}},"
      "{\"key\":\"hedgerow.attempt.kind\",\"value\":{\"stringValue\":"
      "\"primary\"}},"
      "{\"key\":\"hedgerow.attempt.target\",\"value\":{\"intValue\":\"0\"}},"
      "{\"key\":\"http.response.status_code\",\"value\":{\"intValue\":\"503\"}}"
      ",{\"key\":\"hedgerow.attempt.result\",\"value\":{\"stringValue\":"
      "\"status\"}},"
      "{\"key\":\"error.type\",\"value\":{\"stringValue\":\"503\"}},"
      "{\"key\":\"hedgerow.attempt.first_byte_ms\",\"value\":{\"doubleValue\":"
      "1.2}}],\"status\":{\"code\":2,\"message\":\"status 503\"}},"
      "{\"traceId\":\"4bf92f3577b34da6a3ce929d0e0e4736\","
      "\"spanId\":\"0000000000000def\",\"parentSpanId\":\"00000000000000b7\","
      "\"flags\":1,\"name\":\"GET\",\"kind\":3,"
      "\"startTimeUnixNano\":\"1795222922523056000\","
      "\"endTimeUnixNano\":\"1795222923123456000\",\"attributes\":["
      "{\"key\":\"http.request.method\",\"value\":{\"stringValue\":\"GET\"}},"
      "{\"key\":\"server.address\",\"value\":{\"stringValue\":"
      "\"api.example.com\"}},"
      "{\"key\":\"http.request.resend_count\",\"value\":{\"intValue\":\"1\"}},"
      "{\"key\":\"hedgerow.attempt.kind\",\"value\":{\"stringValue\":\"hedge\"}"
      "},{\"key\":\"hedgerow.attempt.target\",\"value\":{\"intValue\":\"4\"}},"
      "{\"key\":\"hedgerow.attempt.won\",\"value\":{\"boolValue\":true}},"
      "{\"key\":\"http.response.status_code\",\"value\":{\"intValue\":\"200\"}}"
      ",{\"key\":\"hedgerow.attempt.result\",\"value\":{\"stringValue\":"
      "\"success\"}}]}");
}

Test(otlp, what_stands_around_them_makes_it_one_json_text) {
  struct race_copy copy = rescued();
  expect_json(&copy);
  static const char head[] =
      "{\"resourceSpans\":[{\"resource\":{\"attributes\":["
      "{\"key\":\"service.name\",\"value\":{\"stringValue\":\"hedgerow\"}},"
      "{\"key\":\"service.version\",\"value\":{\"stringValue\":\"0.1.0\"}},"
      "{\"key\":\"service.instance.id\",\"value\":{\"stringValue\":\"id\"}}]},"
      "\"scopeSpans\":[{\"scope\":{\"name\":\"hedgerow\","
      "\"version\":\"0.1.0\"},\"spans\":[{\"traceId\"";
  cr_expect(slice_starts_with(slice_of(storage), slice_of(head)), "%.400s",
            storage);
}

Test(otlp, a_trace_that_begins_here_has_no_parent) {
  struct race_copy copy = rescued();
  struct trace_context own = trace;
  own.parent = 0;
  copy.race.trace = &own;
  expect_holds(&copy, 3, "\"spanId\":\"00000000000000b7\",\"flags\":1,");
}

Test(otlp, the_state_of_the_trace_stands_in_each_span) {
  struct race_copy copy = rescued();
  cr_expect_null(strstr(written(&copy, 3), "traceState"));
  copy.race.trace_state = slice_of("a=1,b=\"");
  expect_holds(&copy, 3,
               "\"spanId\":\"00000000000000b7\",\"parentSpanId\":"
               "\"00f067aa0ba902b7\",\"traceState\":\"a=1,b=\\\"\",\"flags\"");
  expect_holds(&copy, 3,
               "\"spanId\":\"0000000000000def\",\"parentSpanId\":"
               "\"00000000000000b7\",\"traceState\":\"a=1,b=\\\"\",\"flags\"");
}

Test(otlp, only_failures_are_errors) {
  static const struct {
    enum attempt_result result;
    const char *part;
  } rows[] = {
      {ATTEMPT_CANCELLED, "\"cancelled\"}}]}"},
      {ATTEMPT_TIMEOUT,
       "{\"stringValue\":\"timeout\"}}],\"status\":{\"code\":2"},
      {ATTEMPT_TRANSPORT, "{\"stringValue\":\"transport\"}}],\"status\":"},
      {ATTEMPT_REFUSED, "{\"key\":\"hedgerow.attempt.refused_by\",\"value\":"
                        "{\"stringValue\":\"budget\"}}]}"},
  };
  EACH_ROW (row, rows) {
    struct race_copy copy = rescued();
    copy.attempts[1].end = (struct attempt_end){.result = row->result};
    copy.attempts[1].refused_by = GATE_BUDGET;
    expect_holds(&copy, 3, row->part);
  }
}

Test(otlp, a_request_fails_by_its_status_or_its_outcome) {
  struct race_copy copy = rescued();
  copy.race.outcome = OUTCOME_DEADLINE;
  copy.race.status = 504;
  expect_holds(&copy, 3,
               "{\"key\":\"error.type\",\"value\":{\"stringValue\":\"504\"}}");
  copy.race.outcome = OUTCOME_FAILED; /* broke off while it was passed on */
  copy.race.status = 200;
  expect_holds(
      &copy, 3,
      "{\"key\":\"error.type\",\"value\":{\"stringValue\":\"failed\"}}");
  copy.race.outcome = OUTCOME_GONE;
  copy.race.status = 0;
  copy.race.count = 0;
  cr_expect_null(strstr(written(&copy, 1), "error.type"));
  cr_expect_null(strstr(written(&copy, 1), "status_code"));
}

Test(otlp, time_of_which_nothing_is_known_is_not_told) {
  struct race_copy copy = rescued();
  copy.race.rescued = RESCUE_SLOW;
  cr_expect_null(strstr(written(&copy, 3), "saved_ms"));
  copy.race.saved_us = 1500;
  expect_holds(
      &copy, 3,
      "{\"key\":\"hedgerow.saved_ms\",\"value\":{\"doubleValue\":1.5}}");
}

Test(otlp, a_method_of_nobodys_is_told_beside_the_name) {
  struct race_copy copy = rescued();
  copy.race.method = slice_of("BREW");
  expect_holds(&copy, 3, "\"name\":\"_OTHER /smart\"");
  expect_holds(&copy, 3,
               "{\"key\":\"http.request.method_original\",\"value\":"
               "{\"stringValue\":\"BREW\"}}");
}

Test(otlp, places_with_and_without_a_port) {
  static const struct {
    const char *place, *part;
  } rows[] = {
      {"h", "{\"stringValue\":\"h\"}},{\"key\":\"hedgerow"},
      {"h:80", "{\"stringValue\":\"h\"}},{\"key\":\"server.port\",\"value\":"
               "{\"intValue\":\"80\"}}"},
      {"[::1]", "{\"stringValue\":\"::1\"}},{\"key\":\"hedgerow"},
      {"h:", "{\"stringValue\":\"h:\"}},{\"key\":\"hedgerow"},
      {"10", "{\"stringValue\":\"10\"}},{\"key\":\"hedgerow"},
      {":1", "{\"stringValue\":\":1\"}},{\"key\":\"hedgerow"},
  };
  EACH_ROW (row, rows) {
    struct race_copy copy = rescued();
    copy.attempts[0].host = slice_of(row->place);
    expect_holds(&copy, 3, row->part);
  }
}

Test(otlp, what_hedging_would_have_brought_is_told) {
  struct race_copy copy = rescued();
  cr_expect_null(strstr(written(&copy, 3), "would"));
  copy.race.would = (struct race_would){62000, 245678, 0.99f};
  expect_holds(
      &copy, 3,
      "{\"key\":\"hedgerow.would_hedge_ms\",\"value\":{\"doubleValue\":62.0}},"
      "{\"key\":\"hedgerow.would_save_ms\",\"value\":{\"doubleValue\":245.6}},"
      "{\"key\":\"hedgerow.would_rescue_percent\",\"value\":{\"intValue\":"
      "\"99\"}}");
  expect_json(&copy);
}

Test(otlp, whatever_a_peer_sends_it_is_json_and_has_room) {
  static char noise[RACE_COPY_PATH], error[RACE_COPY_ERROR + 1];
  memset(noise, '\x01', sizeof noise);
  memset(error, '\x02', RACE_COPY_ERROR);
  struct race_copy copy = rescued();
  copy.race.path = (struct slice){noise, sizeof noise};
  copy.race.route = (struct slice){noise, RACE_COPY_ROUTE};
  copy.race.upstream = copy.race.peer = copy.race.id = copy.race.method =
      (struct slice){noise, RACE_COPY_NAME};
  copy.race.trace_state = (struct slice){noise, TRACE_STATE_BYTES};
  copy.race.would = (struct race_would){INT64_MAX, INT64_MAX, 1};
  copy.race.count = RACE_COPY_ATTEMPTS;
  copy.left_out = 100;
  for (unsigned i = 0; i < RACE_COPY_ATTEMPTS; i++) {
    copy.attempts[i] = copy.attempts[0];
    copy.attempts[i].host = (struct slice){noise, RACE_COPY_NAME};
    copy.attempts[i].error = error;
    copy.attempts[i].queued_us = UINT32_MAX;
    copy.attempts[i].resends = UINT8_MAX;
  }
  expect_json(&copy);
  cr_expect_lt(strlen(written(&copy, 17)), (size_t)OTLP_RACE_BYTES);
}

Test(otlp, what_finds_no_room_leaves_nothing_behind) {
  struct race_copy copy = rescued();
  const size_t whole = strlen(written(&copy, 3));
  for (size_t cap = 16; cap < whole; cap++) {
    struct text text;
    text_init(&text, storage, cap);
    text_str(&text, "before");
    cr_assert_eq(otlp_add(&text, &copy, false), 0);
    cr_assert_eq(text.len, 6);
    cr_assert_not(text.cut);
  }
}

#define PARTIAL(inside) "{\"partialSuccess\":{" inside "}}"
#define WHY(why) PARTIAL("\"errorMessage\":\"" why "\"")

Test(otlp, what_a_collector_has_not_kept_is_read) {
  static const struct {
    const char *answer;
    uint64_t rejected;
    const char *why;
  } rows[] = {
      {"", 0, ""},
      {"{}", 0, ""},
      {PARTIAL(""), 0, ""},
      {PARTIAL("\"rejectedSpans\":\"5\""), 5, ""},
      {" { \"partialSuccess\" : { \"rejectedSpans\" : 12 , \"errorMessage\""
       ":\"no\"} } ",
       12, "no"},
      {PARTIAL("\"rejectedSpans\":\"0\",\"errorMessage\":\"soon\""), 0, "soon"},
      {PARTIAL("\"rejectedSpans\":99999999999999999999"), 9999999999, ""},
      {PARTIAL("\"rejectedSpans\":-1"), 0, ""},
      {PARTIAL("\"rejectedSpans\":null,\"errorMessage\":null"), 0, ""},
      {"{\"rejectedSpans\":3}", 0, ""},
      {WHY("\\\"rejectedSpans\\\":7"), 0, "\\\"rejectedSpans\\\":7"},
      {WHY("a\\n\\u001b[2Jb \x7f\xc2\x9b"), 0,
       "a\\n\\u001b[2Jb \\x7f\\xc2\\x9b"},
  };
  EACH_ROW (row, rows) {
    const struct otlp_reply reply = otlp_reply(slice_of(row->answer));
    cr_expect(reply.is_one, "%s", row->answer);
    cr_expect_eq(reply.rejected, row->rejected, "%s", row->answer);
    cr_expect_str_eq(reply.why, row->why, "%s", row->answer);
  }
}

Test(otlp, what_is_no_json_object_is_no_collectors_answer) {
  EACH_WORD (text, "0|[]|\"ok\"|ok| |<html>{}</html>|{} {}|"
                   "{\"partialSuccess\":{\"rejectedSpans\":|\x1f\x8b|"
                   "[{\"partialSuccess\":{\"rejectedSpans\":1}}]") {
    const struct otlp_reply reply = otlp_reply(slice_of(text));
    cr_expect_not(reply.is_one, "%s", text);
    cr_expect_eq(reply.rejected, 0, "%s", text);
  }
}

Test(otlp, a_long_message_of_a_collector_is_cut) {
  char answer[1024], end[sizeof "xxx..."];
  snprintf(answer, sizeof answer, WHY("%0500d"), 0);
  memset(strstr(answer, "000"), 'x', 500);
  const struct otlp_reply reply = otlp_reply(slice_of(answer));
  const size_t len = strlen(reply.why);
  cr_assert_eq(len, OTLP_WHY_BYTES - 1);
  memcpy(end, reply.why + len - 6, sizeof end);
  cr_expect_str_eq(end, "xxx...");
}

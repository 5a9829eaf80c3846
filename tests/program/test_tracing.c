/* Traces by the built program: which trace an attempt is told, which span it
 * is, and what becomes of what clients send. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "support/folder.h"
#include "support/rows.h"
#include "support/scene.h"
#include "support/stage.h"
#include "support/words.h"

TestSuite(tracing, .fini = folder_remove);

#define ID "4bf92f3577b34da6a3ce929d0e0e4736"
#define SPAN "00f067aa0ba902b7"
#define PARENT "traceparent: 00-" ID "-" SPAN "-01\r\n"

struct span {
  char id[17];
};

/* The span that this attempt is of the trace. */
static struct span span_of(const struct arrival *arrival, const char *flags) {
  static const char name[] = "\r\ntraceparent: 00-" ID "-";
  struct span span = {0};
  const char *at = strstr(arrival->request, name);
  cr_assert_not_null(at, "no such trace in %s", arrival->request);
  at += strlen(name);
  memcpy(span.id, at, 16);
  cr_assert_eq(strspn(span.id, "0123456789abcdef"), 16, "%s", span.id);
  cr_assert_str_neq(span.id, SPAN, "the client's own span was sent on");
  cr_assert_eq(at[16], '-');
  cr_assert_eq(strncmp(at + 17, flags, 2), 0, "%s", arrival->request);
  cr_assert_eq(strncmp(at + 19, "\r\n", 2), 0, "%s", arrival->request);
  words_expect_none(at, "traceparent");
  return span;
}

Test(tracing, each_attempt_is_a_span_of_its_own_in_the_clients_trace) {
  SCOPED(stage) s = stage_open("--hedge-after", "1ms");
  struct span spans[3];
  client_get_with(s.client, "/smart", PARENT "tracestate: a=1, b=2\r\n");
  for (unsigned k = 0; k < 3; k++) {
    struct arrival *arrival = origin_await_attempt(s.origin, k);
    spans[k] = span_of(arrival, "01");
    arrival_expect_field(arrival, "tracestate", "a=1, b=2");
    if (k == 2) arrival_answer_json(arrival, 200, "[1]");
  }
  client_expect(s.client, 200, "[1]");
  cr_expect_str_neq(spans[0].id, spans[1].id);
  cr_expect_str_neq(spans[0].id, spans[2].id);
  cr_expect_str_neq(spans[1].id, spans[2].id);
}

Test(tracing, the_flags_go_on_and_unknown_ones_do_not) {
  SCOPED(stage) s = stage_open("--hedges", "0");
  client_get_with(s.client, "/smart", "traceparent: 00-" ID "-" SPAN "-00\r\n");
  struct arrival *arrival = origin_await(s.origin);
  (void)span_of(arrival, "00");
  stage_serve(&s, arrival, 200, "1");
  client_get_with(s.client, "/smart",
                  "TraceParent: cc-" ID "-" SPAN "-ff-more\r\n");
  arrival = origin_await(s.origin);
  (void)span_of(arrival, "03");
  stage_serve(&s, arrival, 200, "2");
}

Test(tracing, a_bad_trace_is_none_and_its_state_goes_with_it) {
  static const char *const fields[] = {
      "",
      "tracestate: a=1\r\n",
      "traceparent: 00-" ID "-" SPAN "-0\r\ntracestate: a=1\r\n",
      "traceparent: ff-" ID "-" SPAN "-01\r\ntracestate: a=1\r\n",
      "traceparent: 00-00000000000000000000000000000000-" SPAN "-01\r\n",
      "traceparent: 00-" ID "-0000000000000000-01\r\ntracestate: a=1\r\n",
      PARENT PARENT "tracestate: a=1\r\n",
  };
  SCOPED(stage) s = stage_open("--hedges", "0");
  EACH_ROW (row, fields) {
    client_get_with(s.client, "/smart", *row);
    struct arrival *arrival = origin_await(s.origin);
    arrival_expect_none(arrival, "traceparent", "tracestate");
    stage_serve(&s, arrival, 200, "1");
  }
}

Test(tracing, a_bad_state_is_dropped_and_the_trace_goes_on) {
  static const char *const states[] = {
      "tracestate: a\r\n",
      "tracestate: a=1\r\ntracestate: B=2\r\n",
      "tracestate: a=1,b=2,c=3,d=4,e=5,f=6,g=7,h=8,i=9,j=10,k=11\r\n"
      "tracestate: a=1,b=2,c=3,d=4,e=5,f=6,g=7,h=8,i=9,j=10,k=11\r\n"
      "tracestate: a=1,b=2,c=3,d=4,e=5,f=6,g=7,h=8,i=9,j=10,k=11\r\n",
  };
  SCOPED(stage) s = stage_open("--hedges", "0");
  EACH_ROW (row, states) {
    client_get_with(s.client, "/smart", words_of(PARENT "%s", *row));
    struct arrival *arrival = origin_await(s.origin);
    (void)span_of(arrival, "01");
    arrival_expect_field(arrival, "tracestate", NULL);
    stage_serve(&s, arrival, 200, "1");
  }
}

Test(tracing, states_of_several_fields_cross_in_their_order) {
  SCOPED(stage) s = stage_open("--hedges", "0");
  client_get_with(s.client, "/smart",
                  "tracestate: a=1\r\n" PARENT "tracestate: b=2\r\n");
  struct arrival *arrival = origin_await(s.origin);
  (void)span_of(arrival, "01");
  cr_expect_not_null(
      strstr(arrival->request, "tracestate: a=1\r\ntracestate: b=2\r\n"), "%s",
      arrival->request);
  stage_serve(&s, arrival, 200, "1");
}

Test(tracing, with_pass_both_fields_cross_as_they_came) {
  SCOPED(stage) s = stage_open("--hedges", "0", "--trace-context", "pass");
  client_get_with(s.client, "/smart",
                  "traceparent: what\r\ntracestate: whatever\r\n");
  struct arrival *arrival = origin_await(s.origin);
  arrival_expect_field(arrival, "traceparent", "what");
  arrival_expect_field(arrival, "tracestate", "whatever");
  stage_serve(&s, arrival, 200, "1");
}

Test(tracing, an_upstream_may_be_spared_the_trace) {
  SCOPED(stage) s = stage_open("--hedges", "0", "--drop-header", "traceparent",
                               "--drop-header", "tracestate");
  client_get_with(s.client, "/smart", PARENT "tracestate: a=1\r\n");
  struct arrival *arrival = origin_await(s.origin);
  arrival_expect_none(arrival, "traceparent", "tracestate");
  stage_serve(&s, arrival, 200, "1");
}

Test(tracing, a_target_may_have_a_trace_of_its_own) {
  SCOPED(stage) s =
      stage_open("--hedges", "0", "--header", "traceparent: mine");
  client_get_with(s.client, "/smart", PARENT);
  struct arrival *arrival = origin_await(s.origin);
  arrival_expect_field(arrival, "traceparent", "mine");
  stage_serve(&s, arrival, 200, "1");
}

Test(tracing, items_of_a_gather_are_spans_of_one_trace) {
  SCOPED(scene) s =
      scene_open("upstreams:\n  a: {targets: [$A]}\n  b: {targets: [$B]}\n"
                 "routes:\n"
                 "  - {path: /a, upstream: a}\n"
                 "  - {path: /b, upstream: b, trace_context: pass}\n"
                 "  - {path: /both, gather: [/a, /b]}\n");
  scene_send(&s, "GET", "/both", PARENT, NULL);
  struct arrival *first = origin_await(s.a);
  struct arrival *second = origin_await(s.b);
  (void)span_of(first, "01");
  arrival_expect_field(second, "traceparent", "00-" ID "-" SPAN "-01");
  arrival_answer_json(first, 200, "1");
  arrival_answer_json(second, 200, "2");
  client_expect(s.client, 200, "[1,2]");
}

/* ---- the log ---- */

static void expect_log(const struct program *program, const char *text,
                       bool there) {
  cr_expect_eq(strstr(program->out, text) != NULL, there,
               "%s%s in the log:\n%s", there ? "no " : "", text, program->out);
}

Test(tracing, the_log_tells_the_ids_that_the_upstream_was_sent) {
  SCOPED(stage) s = stage_open("--hedges", "0", "--log", "json");
  char want[128];
  client_get_with(s.client, "/smart", PARENT);
  struct arrival *arrival = origin_await(s.origin);
  struct span span = span_of(arrival, "01");
  stage_serve(&s, arrival, 200, "1");
  client_get(s.client, "/nowhere");
  client_expect_problem(s.client, 404);
  client_leave(s.client);
  program_stop(s.program);
  expect_log(s.program, "\"trace_id\":\"" ID "\",\"span_id\":\"", true);
  expect_log(s.program, "\"route\":\"/smart\",\"upstream\":\"to\",", true);
  snprintf(want, sizeof want,
           "{\"target\":0,\"kind\":\"primary\",\"span_id\":\"%s\",", span.id);
  expect_log(s.program, want, true);
  expect_log(s.program, "\",\"method\":\"GET\",\"target\":\"/nowhere\"", true);
}

Test(tracing, only_the_asked_for_requests_are_logged) {
  SCOPED(stage) s = stage_open("--hedges", "1", "--hedge-after", "9s", "--log",
                               "json", "--log-only", "rescued,failed,slow:60s");
  stage_serve(&s, stage_ask(&s, "/smart/plain"), 200, "1");
  arrival_answer_json(stage_ask_primary(&s, "/smart/rescued"), 500, "2");
  stage_serve(&s, origin_await_attempt(s.origin, 1), 200, "2");
  arrival_answer_json(stage_ask_primary(&s, "/smart/failed"), 500, "3");
  arrival_answer_json(origin_await_attempt(s.origin, 1), 500, "3");
  client_expect_problem(s.client, 502);
  client_get(s.client, "/nowhere");
  client_expect_problem(s.client, 404);
  client_leave(s.client);
  program_stop(s.program);
  expect_log(s.program, "/smart/plain", false);
  expect_log(s.program, "/nowhere", false);
  expect_log(s.program, "/smart/failed", true);
  expect_log(s.program, "/smart/rescued", true);
  expect_log(s.program, "\"rescued\":\"failed\",", true);
}

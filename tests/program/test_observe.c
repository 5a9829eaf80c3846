/* --observe by the built program: that nothing but the primary is ever sent, and
 * that the log, SIGUSR1 and the end tell what hedges would have done. */
#include <criterion/criterion.h>
#include <signal.h>

#include "support/folder.h"
#include "support/operator.h"
#include "support/scene.h"
#include "support/stage.h"
#include "support/words.h"

TestSuite(observe, .fini = folder_remove);

#define stage_open_observed(...)                                               \
  stage_open("--observe", "on", "--log", "json", "--hedge-after", __VA_ARGS__)

/* ---- nothing is sent ---- */

/* The hedge's time comes with the primary's, so every answer is late. */
Test(observe, a_late_answer_is_waited_for_and_the_log_tells_of_its_hedge) {
  SCOPED(stage) s = stage_open_observed("0ms");
  struct arrival *primary = stage_ask_primary(&s, "/smart");
  origin_expect_no_arrival(s.origin);
  arrival_answer_json(primary, 200, OK);
  reply_expect_story(client_expect(s.client, 200, OK), "1", "0");
  origin_expect_no_arrival(s.origin);
  program_expect_log(s.program, "\"would_hedge_ms\":0.0,\"would_save_ms\":0.0,"
                                "\"would_rescue_percent\":0,\"attempts\":[");
}

Test(observe, the_admin_listener_tells_of_a_hedge_as_the_log_does) {
  SCOPED(stage) s = stage_open_observed("0ms", "--admin", "127.0.0.1:0");
  arrival_answer_json(stage_ask_primary(&s, "/smart"), 200, OK);
  (void)client_await_reply(s.client);
  OWNED(client) client = operator_new(s.program);
  reply_expect_in_body(operator_get(client, "/api/v1/races"),
                       "\"would_hedge_ms\":0.0,\"would_save_ms\":0.0,"
                       "\"would_rescue_percent\":0,\"attempts\":[");
}

Test(observe, a_failure_is_passed_on_and_brings_nothing_forward) {
  SCOPED(stage) s = stage_open_observed("9s", "--retries", "2");
  arrival_answer_json(stage_ask_primary(&s, "/smart"), 500, "{}");
  reply_expect_story(client_expect_problem(s.client, 502), "1", NULL);
  origin_expect_no_arrival(s.origin);
  program_expect_log(s.program, "\"would_hedge_ms\":");
}

Test(observe, an_answer_before_the_hedges_time_has_no_such_word) {
  SCOPED(stage) s = stage_open_observed("9s");
  stage_serve(&s, stage_ask_primary(&s, "/smart"), 200, OK);
  program_stop(s.program);
  words_expect_none(s.program->out, "would");
}

/* Its hedge is due at once, when all is well; it ends after many a 503, which
 * shut the gate. */
Test(observe, the_gate_is_asked_when_the_hedge_is_due) {
  SCOPED(stage) s = stage_open_observed("0ms");
  OWNED(client) others = client_new(s.program->port);
  struct arrival *late = stage_ask_primary(&s, "/smart");
  for (int i = 0; i < 32; i++) {
    client_get_with(others, "/smart", "Hedge: off\r\n");
    arrival_answer_json(origin_await_attempt(s.origin, 0), 503, "{}");
    (void)client_await_reply(others);
  }
  client_get(others, "/smart");
  arrival_answer_json(origin_await_attempt(s.origin, 0), 200, OK);
  client_expect(others, 200, OK);
  program_signal(s.program, SIGUSR1);
  program_await_notice(s.program, "observed /smart: 1 requests, 0.00 %");
  stage_serve(&s, late, 200, OK);
  client_leave(others);
  client_leave(s.client);
  program_stop(s.program);
  words_expect(s.program->err, "observed /smart: 2 requests, 50.00 %");
}

Test(observe, the_items_of_all_are_not_hedged_either) {
  SCOPED(stage) s = stage_open_observed("0ms");
  client_get(s.client, "/all?hedge=1&x=2");
  for (unsigned i = 0; i < 3; i++)
    arrival_answer_json(origin_await(s.origin), 200, OK);
  client_expect(s.client, 200, "[" OK "," OK "," OK "]");
  origin_expect_no_arrival(s.origin);
}

/* ---- what is told of it all ---- */

Test(observe, sigusr1_and_the_end_tell_what_would_have_been) {
  SCOPED(stage) s = stage_open_observed("9s");
  program_signal(s.program, SIGUSR1);
  program_await_notice(s.program, "observed no request yet");
  stage_serve(&s, stage_ask_primary(&s, "/smart"), 200, OK);
  program_signal(s.program, SIGUSR1);
  program_await_notice(s.program,
                       "observed /smart: nothing would be gained, at 0.00 %");
  program_await_notice(s.program, "observed /smart: 1 requests, 0.00 %");
  stage_serve(&s, stage_ask_primary(&s, "/smart"), 200, OK);
  program_stop(s.program);
  words_expect(s.program->err, "observed /smart: 2 requests, 0.00 %");
}

Test(observe, a_reload_forgets_nothing) {
  SCOPED(stage) s = stage_open_observed("9s");
  stage_serve(&s, stage_ask_primary(&s, "/smart"), 200, OK);
  program_reload(s.program, "hedgerow: reloaded");
  stage_serve(&s, stage_ask_primary(&s, "/smart"), 200, OK);
  program_signal(s.program, SIGUSR1);
  program_await_notice(s.program, "observed /smart: 2 requests");
}

Test(observe, sigusr1_tells_the_counts_where_nothing_is_observed) {
  SCOPED(stage) s = stage_open("--hedges", "0");
  program_signal(s.program, SIGUSR1);
  program_await_notice(s.program, "0 requests were answered");
  program_await_notice(s.program, "0 attempts have ended");
  stage_serve(&s, stage_ask_primary(&s, "/smart"), 200, OK);
  program_signal(s.program, SIGUSR1);
  program_await_notice(s.program, "1 requests were answered: 1 success");
  program_await_notice(s.program, "1 attempts have ended: 1 success");
  program_stop(s.program);
  words_expect_none(s.program->err, "observed");
}

Test(observe, one_route_is_observed_and_the_other_hedges) {
  SCOPED(scene) s = scene_open("upstreams:\n"
                               "  a: { targets: [{ url: \"$A\" }] }\n"
                               "  b: { targets: [{ url: \"$B\" }] }\n"
                               "  c: { targets: [{ url: \"$C\" }] }\n"
                               "defaults: { hedge_after: 0ms, hedges: 1 }\n"
                               "routes:\n"
                               "  - { path: /a, upstream: a, observe: on }\n"
                               "  - { path: /b, upstream: b }\n"
                               "  - { path: /c, upstream: c }\n");
  arrival_answer_json(scene_ask(&s, s.a, "/a"), 200, OK);
  reply_expect_story(client_await_reply(s.client), "1", "0");
  client_get(s.client, "/b");
  struct arrival *primary = origin_await_attempt(s.b, 0);
  arrival_answer_json(origin_await_attempt(s.b, 1), 200, OK);
  arrival_await_closed(primary);
  reply_expect_story(client_await_reply(s.client), "2", "1");
  scene_expect_silence(&s);
  program_signal(s.program, SIGUSR1);
  program_await_notice(s.program, "observed /a: 1 requests, 100.00 %");
}

Test(observe, items_of_a_gather_count_for_the_routes_that_they_name) {
  SCOPED(scene) s = scene_open("upstreams:\n"
                               "  a: { targets: [{ url: \"$A\" }] }\n"
                               "  bc: { targets: [{ url: \"$B\" }, "
                               "{ url: \"$C\" }] }\n"
                               "defaults: { hedge_after: 0ms, observe: on }\n"
                               "routes:\n"
                               "  - { path: /a, upstream: a }\n"
                               "  - { path: /bc, upstream: bc }\n"
                               "  - { path: /g, gather: [{ path: /a }, "
                               "{ path: /bc }, { url: \"$C/x\" }] }\n");
  arrival_answer_json(scene_ask(&s, s.a, "/g"), 200, "1");
  arrival_answer_json(origin_await(s.b), 200, "2");
  arrival_answer_json(origin_await(s.c), 200, "3");
  client_expect(s.client, 200, "[1,2,3]");
  scene_expect_silence(&s);
  program_signal(s.program, SIGUSR1);
  program_await_notice(s.program, "observed /a: 1 requests, 100.00 %");
  program_await_notice(s.program, "observed /bc: 1 requests, 100.00 %");
  program_await_notice(s.program, "observed URLs of gathers: 1 requests");
}

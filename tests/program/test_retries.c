/* --retries and --backoff by the built program: which failures are followed by
 * another attempt, and that the log and the problem tell it as what it is. The
 * hedges are off: whatever comes after the primary is a retry. */
#include <criterion/criterion.h>
#include <string.h>

#include "support/folder.h"
#include "support/hurry.h"
#include "support/scene.h"
#include "support/stage.h"

TestSuite(retries, .fini = folder_remove);

#define stage_open_retrying(...)                                               \
  stage_open("--hedges", "0", "--backoff", "5ms", "--log", "json",             \
             "--retries", __VA_ARGS__)

/* ---- what is retried ---- */

Test(retries, a_failure_is_retried_and_what_that_brings_is_the_answer) {
  SCOPED(stage) s = stage_open_retrying("2");
  arrival_answer_json(stage_ask_primary(&s, "/smart"), 500, "{}");
  arrival_answer(origin_await_attempt(s.origin, 1), 200, "", "<html>");
  arrival_answer_json(origin_await_attempt(s.origin, 2), 200, OK);
  reply_expect_story(client_expect(s.client, 200, OK), "3", "2");
  program_expect_log(s.program, "\"kind\":\"retry\"");
}

Test(retries, when_each_try_has_failed_the_problem_tells_of_all) {
  SCOPED(stage) s = stage_open_retrying("1");
  arrival_answer_json(stage_ask_primary(&s, "/smart"), 500, "{}");
  arrival_answer(origin_await_attempt(s.origin, 1), 200, "", "<html>");
  const struct reply *reply = client_expect_problem(s.client, 502);
  reply_expect_story(reply, "2", NULL);
  reply_expect_result(reply, 0, "status");
  reply_expect_result(reply, 1, "bad_json");
  reply_expect_in_body(reply, "{\"target\":0,\"kind\":\"retry\",");
}

Test(retries, an_attempt_out_of_its_time_is_retried) {
  hurry_open();
  SCOPED(stage) s =
      stage_open_retrying("1", "--attempt-timeout", "30s", "--timeout", "60s");
  struct arrival *primary = stage_ask_primary(&s, "/smart");
  hurry_by(30);
  arrival_answer_json(origin_await_attempt(s.origin, 1), 200, OK);
  arrival_await_closed(primary);
  reply_expect_story(client_await_reply(s.client), "2", "1");
}

static void expect_no_retry(int status, const char *fields, int answered) {
  SCOPED(stage) s = stage_open_retrying("1", "--timeout", "5s");
  arrival_answer(stage_ask(&s, "/smart"), status, fields, "{}");
  const struct reply *reply = client_await_reply(s.client);
  cr_expect_eq(reply->status, answered, "%s%s", reply->head, reply->body);
  reply_expect_field(reply, "Hedge-Attempts", "1");
  origin_expect_no_arrival(s.origin);
}

Test(retries, a_4xx_is_not_retried) { expect_no_retry(404, "", 404); }

Test(retries, a_429_is_retried) {
  SCOPED(stage) s = stage_open_retrying("1");
  arrival_answer(stage_ask_primary(&s, "/smart"), 429, "Retry-After: 0\r\n",
                 "{}");
  arrival_answer_json(origin_await_attempt(s.origin, 1), 200, OK);
  reply_expect_story(client_await_reply(s.client), "2", "1");
}

Test(retries, a_retry_after_beyond_the_deadline_is_the_end) {
  expect_no_retry(503, "Retry-After: 6\r\n", 502);
}

Test(retries, a_retry_after_that_is_over_is_none) {
  SCOPED(stage) s = stage_open_retrying("1");
  arrival_answer(stage_ask_primary(&s, "/smart"), 503,
                 "Retry-After: Fri, 31 Dec 1999 23:59:59 GMT\r\n", "{}");
  arrival_answer_json(origin_await_attempt(s.origin, 1), 200, OK);
  reply_expect_story(client_await_reply(s.client), "2", "1");
}

Test(retries, a_client_that_wants_one_attempt_gets_one) {
  SCOPED(stage) s = stage_open_retrying("1");
  client_get_with(s.client, "/smart", "Hedge: off\r\n");
  arrival_answer_json(origin_await(s.origin), 500, "{}");
  const struct reply *reply = client_expect_problem(s.client, 502);
  reply_expect_field(reply, "Hedge-Attempts", "1");
}

/* ---- beside hedges ---- */

Test(retries, come_after_the_hedge_that_a_failure_brings_forward) {
  SCOPED(stage) s = stage_open("--hedges", "1", "--hedge-after", "9s",
                               "--retries", "1", "--log", "json");
  arrival_answer_json(stage_ask_primary(&s, "/smart"), 500, "{}");
  arrival_answer_json(origin_await_attempt(s.origin, 1), 500, "{}");
  arrival_answer_json(origin_await_attempt(s.origin, 2), 500, "{}");
  const struct reply *reply = client_expect_problem(s.client, 502);
  reply_expect_story(reply, "3", NULL);
  const char *kind = strstr(reply->body, "\"kind\":\"retry\"");
  cr_expect(kind && !strstr(kind + 1, "\"kind\""), "%s", reply->body);
}

/* ---- what may go out once ---- */

/* $A is asked first. */
static struct scene open_two(struct origin *first) {
  return scene_open_on(
      first, origin_new(), origin_new(),
      "upstreams: {a: {targets: [$A, $B]}}\n"
      "routes: [{path: /a, upstream: a, hedges: 0, retries: 1}]\n");
}

Test(retries, a_retry_after_does_not_hold_who_asks_another) {
  SCOPED(scene) s = open_two(origin_new());
  arrival_answer(scene_ask(&s, s.a, "/a"), 503, "Retry-After: 60\r\n", "{}");
  arrival_answer_json(origin_await(s.b), 200, OK);
  reply_expect_story(client_await_reply(s.client), "2", "1");
}

Test(retries, a_post_that_reached_nobody_is_retried) {
  SCOPED(scene) s = open_two(origin_new_deaf());
  client_post(s.client, "/a", "{}");
  struct arrival *arrival = origin_await(s.b);
  arrival_expect_body(arrival, "{}", 2);
  arrival_answer_json(arrival, 200, OK);
  reply_expect_story(client_await_reply(s.client), "2", "1");
}

Test(retries, a_post_that_was_answered_is_not_retried) {
  SCOPED(scene) s = open_two(origin_new());
  client_post(s.client, "/a", "{}");
  arrival_answer_json(origin_await(s.a), 503, "{}");
  client_expect_problem(s.client, 502);
  scene_expect_silence(&s);
}

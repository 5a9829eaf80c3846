/* --success-if and --fail-if by the built program: a 200 that says no is a
 * failure like any other, wherever an answer is judged. */
#include <criterion/criterion.h>
#include <string.h>

#include "support/folder.h"
#include "support/scene.h"
#include "support/stage.h"
#include "support/words.h"

TestSuite(rules, .fini = folder_remove);

#define YES "{\"status\":\"ok\"}"
#define NO "{\"status\":\"s3cret\"}"
#define RULE "/status == \"ok\""
#define NEVER "--hedge-after", "60s", "--timeout", "60s"

/* ---- races ---- */

Test(rules, a_200_that_says_no_brings_a_hedge_forward) {
  SCOPED(stage) s =
      stage_open(NEVER, "--success-if", RULE, "--log", "json", "--hedges", "1");
  arrival_answer_json(stage_ask_primary(&s, "/smart"), 200, NO);
  arrival_answer_json(origin_await_attempt(s.origin, 1), 200, YES);
  reply_expect_story(client_expect(s.client, 200, YES), "2", "1");
  program_expect_log(s.program, "\"result\":\"rule\",\"status\":200");
}

Test(rules, a_problem_names_the_rule_and_not_the_body) {
  SCOPED(stage) s =
      stage_open("--hedges", "0", "--fail-if", "/status != \"ok\"");
  arrival_answer_json(stage_ask(&s, "/smart"), 200, NO);
  const struct reply *reply = client_expect_problem(s.client, 502);
  reply_expect_result(reply, 0, "rule");
  reply_expect_in_body(reply, "the JSON breaks a rule: fail_if holds: "
                              "/status != \\\"ok\\\"");
  words_expect_none(reply->body, "s3cret");
}

Test(rules, a_failure_by_a_rule_is_retried) {
  SCOPED(stage) s = stage_open("--hedges", "0", "--retries", "1", "--backoff",
                               "5ms", "--success-if", RULE);
  arrival_answer_json(stage_ask_primary(&s, "/smart"), 200, NO);
  arrival_answer_json(origin_await_attempt(s.origin, 1), 200, YES);
  reply_expect_story(client_await_reply(s.client), "2", "1");
}

/* However the body is framed. */
static void expect_ruled(const char *bytes, const char *result) {
  SCOPED(stage) s = stage_open("--hedges", "0", "--success-if", RULE);
  struct arrival *arrival = stage_ask(&s, "/smart");
  arrival_send(arrival, bytes);
  arrival_close(arrival);
  const struct reply *reply = client_await_reply(s.client);
  if (result) reply_expect_result(reply, 0, result);
  else reply_expect(reply, 200, YES);
}

Test(rules, a_body_is_looked_at_whole_however_it_is_framed) {
#define CHUNKED "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
#define UNTIL_CLOSE "HTTP/1.1 200 OK\r\n\r\n"
  expect_ruled(CHUNKED "7\r\n{\"statu\r\n8\r\ns\":\"ok\"}\r\n0\r\n\r\n", NULL);
  expect_ruled(CHUNKED "7\r\n{\"statu\r\n8\r\ns\":\"no\"}\r\n0\r\n\r\n",
               "rule");
  expect_ruled(UNTIL_CLOSE YES, NULL);
  expect_ruled(UNTIL_CLOSE NO, "rule");
  expect_ruled(UNTIL_CLOSE "{\"status\":\"ok\"", "bad_json");
}

Test(rules, errors_upstream_passes_on_what_says_no) {
  SCOPED(stage) s =
      stage_open("--hedges", "0", "--success-if", RULE, "--errors", "upstream");
  stage_serve(&s, stage_ask(&s, "/smart"), 200, NO);
}

/* What says no, and is not passed on, does not displace a 4xx. */
Test(rules, a_final_4xx_is_the_answer_beside_what_says_no) {
  SCOPED(stage) s = stage_open(NEVER, "--hedges", "1", "--success-if", RULE,
                               "--final", "4xx");
  arrival_answer_json(stage_ask_primary(&s, "/smart"), 200, NO);
  stage_serve(&s, origin_await_attempt(s.origin, 1), 404, "{}");
}

/* ---- gathers ---- */

Test(rules, an_item_of_all_that_says_no_is_null) {
  SCOPED(stage) s = stage_open("--hedges", "0", "--success-if", RULE);
  client_post(s.client, "/all", "[\"/a\",\"/b\"]");
  for (unsigned i = 0; i < 2; i++) {
    struct arrival *arrival = origin_await(s.origin);
    bool first = strstr(arrival->request, "GET /a ") != NULL;
    arrival_answer_json(arrival, 200, first ? NO : YES);
  }
  client_expect(s.client, 200, "[null," YES "]");
}

Test(rules, an_item_of_a_gather_goes_by_the_rules_of_its_own_route) {
  SCOPED(scene) s = scene_open(
      "upstreams: {a: {targets: [$A]}}\n"
      "routes:\n"
      "  - {path: /ruled, upstream: a, hedges: 0, success_if: '" RULE "'}\n"
      "  - {path: /free, upstream: a, hedges: 0}\n"
      "  - {path: /both, gather: [/ruled, /free]}\n");
  client_get(s.client, "/both");
  for (unsigned i = 0; i < 2; i++)
    arrival_answer_json(origin_await(s.a), 200, NO);
  client_expect(s.client, 200, "[null," NO "]");
}

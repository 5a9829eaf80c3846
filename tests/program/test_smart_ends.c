/* GET /smart through the built program where nobody wins: the deadline, failures
 * all round, final answers, refusals, and clients that leave. */
#include <criterion/criterion.h>
#include <string.h>

#include "support/hurry.h"
#include "support/stage.h"
#include "support/words.h"

#define SOON "--hedge-after", "30ms"
#define NEVER "--hedge-after", "20s"

static struct stage stage_with_three_held(struct arrival *held[3]) {
  struct stage s = stage_open(SOON, "--timeout", "40s");
  client_get(s.client, "/smart");
  for (unsigned k = 0; k < 3; k++) held[k] = origin_await_attempt(s.origin, k);
  return s;
}

/* ---- nobody wins ---------------------------------------------------------- */

Test(smart_ends, the_deadline_is_a_504_that_tells_of_each_attempt) {
  struct arrival *held[3];
  hurry_open();
  SCOPED(stage) s = stage_with_three_held(held);
  hurry_by(40);
  const struct reply *reply = client_expect_problem(s.client, 504);
  reply_expect_story(reply, "3", NULL);
  for (unsigned k = 0; k < 3; k++) {
    reply_expect_result(reply, k, "timeout");
    arrival_await_closed(held[k]);
  }
}

/* The deadline of 40 s ends it behind this head, and the problem says so. */
static void expect_ended_behind(struct stage *s, struct arrival *arrival,
                                const char *head, const char *told) {
  arrival_send(arrival, head);
  program_await_notice(s->program,
                       words_of(": received %zu bytes", strlen(head)));
  hurry_by(40);
  reply_expect_in_body(client_expect_problem(s->client, 504), told);
  arrival_await_closed(arrival);
}

Test(smart_ends, the_deadline_holds_between_a_head_and_the_end_of_its_body) {
  hurry_open();
  SCOPED(stage) s = stage_open("--hedges", "0", "--trace", "on");
  struct arrival *primary = stage_ask(&s, "/smart?timeout=40000");
  expect_ended_behind(&s, primary,
                      "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{\"a\":",
                      "\"result\":\"timeout\",\"status\":200,");
}

/* Its head alone is no answer: no hedge is held back for it. */
Test(smart_ends, a_429_that_the_deadline_cuts_short_is_no_rate_limit) {
  hurry_open();
  SCOPED(stage) s = stage_open("--hedges", "1", "--hedge-after", "50s",
                               "--timeout", "40s", "--trace", "on");
  struct arrival *primary = stage_ask(&s, "/smart");
  expect_ended_behind(&s, primary,
                      "HTTP/1.1 429 No\r\nContent-Length: 9\r\n\r\n",
                      "\"result\":\"timeout\",\"status\":429,");
  primary = stage_ask_primary(&s, "/smart");
  arrival_answer_first(primary, 500, "{}");
  stage_serve(&s, origin_await_attempt(s.origin, 1), 200, OK);
}

Test(smart_ends, the_log_tells_the_status_of_a_loser_whose_head_was_there) {
  SCOPED(stage) s = stage_open(SOON, "--hedges", "1", "--trace", "on");
  struct arrival *primary = stage_ask_primary(&s, "/smart");
  struct arrival *hedge = origin_await_attempt(s.origin, 1);
  arrival_send(primary, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{\"a\":");
  program_await_notice(s.program, ": received 43 bytes");
  stage_serve(&s, hedge, 200, OK);
  arrival_await_closed(primary);
  stage_expect_log(&s, "\"result\":\"cancelled\",\"status\":200");
}

Test(smart_ends, the_configured_deadline_holds_where_the_client_names_none) {
  SCOPED(stage) s = stage_open(NEVER, "--timeout", "200ms");
  struct arrival *primary = stage_ask(&s, "/smart");
  client_expect_problem(s.client, 504);
  arrival_await_closed(primary);
}

Test(smart_ends, a_clients_deadline_is_clamped_to_the_maximum) {
  SCOPED(stage) s =
      stage_open(NEVER, "--timeout", "100ms", "--max-timeout", "200ms");
  struct arrival *primary =
      stage_ask(&s, "/smart?timeout=99999999999999999999999");
  client_expect_problem(s.client, 504);
  arrival_await_closed(primary);
}

Test(smart_ends, when_every_attempt_failed_a_502_tells_of_each) {
  SCOPED(stage) s = stage_open(NEVER, "--on-failure", "all");
  arrival_answer_json(stage_ask_primary(&s, "/smart"), 500, "{}");
  arrival_answer(origin_await_attempt(s.origin, 1), 200, "", "<html>");
  arrival_reset(origin_await_attempt(s.origin, 2));
  const struct reply *reply = client_expect_problem(s.client, 502);
  reply_expect_story(reply, "3", NULL);
  reply_expect_result(reply, 0, "status");
  reply_expect_result(reply, 1, "bad_json");
  reply_expect_result(reply, 2, "transport");
}

Test(smart_ends, when_every_attempt_is_a_4xx_the_primarys_reaches_the_client) {
  SCOPED(stage) s = stage_open(NEVER, "--on-failure", "all");
  arrival_answer(stage_ask_primary(&s, "/smart"), 404, "X-From: primary\r\n",
                 "no <such> thing");
  arrival_answer_json(origin_await_attempt(s.origin, 1), 410, "{}");
  arrival_answer_json(origin_await_attempt(s.origin, 2), 400, "{}");
  const struct reply *reply = client_expect(s.client, 404, "no <such> thing");
  reply_expect_field(reply, "X-From", "primary");
  reply_expect_field(reply, "Hedge-Attempts", "3");
}

Test(smart_ends, a_429_reaches_the_client_with_its_retry_after) {
  SCOPED(stage) s = stage_open("--hedges", "0");
  arrival_answer(stage_ask(&s, "/smart"), 429, "Retry-After: 7\r\n", "slow");
  reply_expect_field(client_expect(s.client, 429, "slow"), "Retry-After", "7");
}

static void expect_wait_after(const char *first, const char *second,
                              const char *want) {
  SCOPED(stage) s = stage_open("--hedges", "1", "--hedge-after", "0ms");
  struct arrival *primary = stage_ask_primary(&s, "/smart");
  struct arrival *hedge = origin_await_attempt(s.origin, 1);
  arrival_answer(primary, 503, first, "busy");
  arrival_answer(hedge, 503, second, "busy");
  reply_expect_field(client_expect_problem(s.client, 502), "Retry-After", want);
}

Test(smart_ends, the_least_retry_after_of_all_stays_in_the_502) {
  expect_wait_after("Retry-After: 200\r\n", "Retry-After: 100\r\n", "100");
  expect_wait_after("Retry-After: Fri, 31 Dec 9999 23:59:59 GMT\r\n",
                    "Retry-After: 100\r\n", "100");
}

Test(smart_ends, a_retry_after_of_one_alone_does_not) {
  expect_wait_after("Retry-After: 200\r\n", "", NULL);
  expect_wait_after("", "Retry-After: 200\r\n", NULL);
  expect_wait_after("Retry-After: 200\r\n", "Retry-After: soon\r\n", NULL);
}

Test(smart_ends, a_4xx_that_was_cut_is_not_passed_on) {
  SCOPED(stage) s = stage_open("--hedges", "0");
  struct arrival *primary = stage_ask(&s, "/smart");
  arrival_send(primary, "HTTP/1.1 404 Not\r\nContent-Length: 100\r\n\r\nhalf");
  arrival_close(primary);
  client_expect_problem(s.client, 502);
}

/* ---- --final 4xx ---------------------------------------------------------- */

Test(smart_ends, a_final_4xx_is_the_answer_at_once) {
  SCOPED(stage) s = stage_open(NEVER, "--final", "4xx");
  arrival_answer_json(stage_ask(&s, "/smart"), 404, "{\"gone\":1}");
  const struct reply *reply = client_expect(s.client, 404, "{\"gone\":1}");
  reply_expect_field(reply, "Hedge-Attempts", "1");
  origin_expect_no_arrival(s.origin);
}

Test(smart_ends, a_hedges_final_4xx_ends_the_race_at_once) {
  SCOPED(stage) s = stage_open(SOON, "--final", "4xx", "--hedges", "1");
  struct arrival *primary = stage_ask_primary(&s, "/smart?timeout=60000");
  stage_serve(&s, origin_await_attempt(s.origin, 1), 404, "{\"no\":1}");
  arrival_await_closed(primary);
}

Test(smart_ends, a_4xx_without_final_waits_for_what_is_in_flight) {
  SCOPED(stage) s = stage_open(SOON, "--hedges", "1");
  struct arrival *primary = stage_ask_primary(&s, "/smart");
  arrival_answer_first(origin_await_attempt(s.origin, 1), 404, "{}");
  stage_serve(&s, primary, 200, OK);
}

/* ---- a cap refuses a hedge ------------------------------------------------ */

Test(smart_ends, a_refused_hedge_is_told_and_the_race_does_not_wait_for_it) {
  hurry_open();
  SCOPED(stage) s = stage_open("--hedge-after", "0ms", "--max-attempts", "1");
  struct arrival *primary = stage_ask_primary(&s, "/smart?timeout=40000");
  hurry_by(40);
  const struct reply *reply = client_expect_problem(s.client, 504);
  reply_expect_result(reply, 0, "timeout");
  reply_expect_result(reply, 1, "refused");
  reply_expect_result(reply, 2, "refused");
  reply_expect_field(reply, "Hedge-Attempts", "1");
  arrival_await_closed(primary);
  origin_expect_no_arrival(s.origin);
}

Test(smart_ends, the_primary_wins_although_its_hedges_were_refused) {
  SCOPED(stage) s = stage_open("--hedge-after", "0ms", "--max-attempts", "1");
  arrival_answer_json(stage_ask_primary(&s, "/smart"), 200, OK);
  reply_expect_story(client_await_reply(s.client), "1", "0");
  origin_expect_no_arrival(s.origin);
}

/* ---- the client leaves ---------------------------------------------------- */

Test(smart_ends, a_client_that_leaves_before_the_hedges_cancels_the_primary) {
  SCOPED(stage) s = stage_open(NEVER);
  struct arrival *primary = stage_ask(&s, "/smart");
  client_leave(s.client);
  arrival_await_closed(primary);
  origin_expect_no_arrival(s.origin);
}

static void expect_all_closed(struct stage *s, struct arrival *held[3]) {
  for (unsigned k = 0; k < 3; k++) arrival_await_closed(held[k]);
  origin_expect_no_arrival(s->origin);
  stage_close(s);
}

Test(smart_ends, a_client_that_leaves_after_the_hedges_cancels_every_attempt) {
  struct arrival *held[3];
  struct stage s = stage_with_three_held(held);
  client_leave(s.client);
  expect_all_closed(&s, held);
}

Test(smart_ends, a_client_that_resets_cancels_every_attempt) {
  struct arrival *held[3];
  struct stage s = stage_with_three_held(held);
  client_reset(s.client);
  expect_all_closed(&s, held);
}

Test(smart_ends, a_client_that_ends_its_direction_while_it_waits_has_left) {
  struct arrival *held[3];
  struct stage s = stage_with_three_held(held);
  client_end(s.client);
  client_await_close(s.client);
  expect_all_closed(&s, held);
}

Test(smart_ends, a_client_that_leaves_between_head_and_body_cancels) {
  SCOPED(stage) s = stage_open(NEVER);
  struct arrival *primary = stage_ask(&s, "/smart");
  arrival_send(primary, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{\"a\":");
  client_leave(s.client);
  arrival_await_closed(primary);
}

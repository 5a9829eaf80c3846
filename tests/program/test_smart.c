/* GET /smart through the built program: when attempts start and who wins. The
 * upstream is scripted (support/origin.h), so each test says an order of
 * events. Hedges that must come are 30 ms away, hedges that must not come by
 * themselves 20 s.
 *
 * Every order of events is in test_race.c. Races that nobody wins are in
 * test_smart_ends.c, what an answer must be to count as a success in
 * test_failures.c, what crosses the proxy in which direction in
 * test_passing.c, a second target in test_upstream_faults.c. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "support/hurry.h"
#include "support/stage.h"

#define SOON "--hedge-after", "30ms"
#define NEVER "--hedge-after", "20s"

/* ---- the three ways to win ---------------------------------------------- */

Test(smart, a_primary_that_wins_before_the_timer_is_the_only_request) {
  SCOPED(stage) s = stage_open(NEVER);
  struct arrival *primary = stage_ask(&s, "/smart");
  arrival_expect_field(primary, "Hedge-Attempt", "0");
  arrival_answer_json(primary, 200, OK);
  reply_expect_story(client_expect(s.client, 200, OK), "1", "0");
  origin_expect_no_arrival(s.origin);
}

Test(smart, a_hedge_wins_and_the_losers_are_closed) {
  SCOPED(stage) s = stage_open(SOON);
  struct arrival *primary = stage_ask_primary(&s, "/smart");
  struct arrival *first = origin_await_attempt(s.origin, 1);
  struct arrival *second = origin_await_attempt(s.origin, 2);
  arrival_answer_json(second, 200, OK);
  reply_expect_story(client_expect(s.client, 200, OK), "3", "2");
  arrival_await_closed(primary);
  arrival_await_closed(first);
}

Test(smart, the_primary_may_still_win_after_the_hedges_started) {
  SCOPED(stage) s = stage_open(SOON);
  struct arrival *primary = stage_ask_primary(&s, "/smart");
  struct arrival *first = origin_await_attempt(s.origin, 1);
  struct arrival *second = origin_await_attempt(s.origin, 2);
  arrival_answer_json(primary, 200, OK);
  reply_expect_story(client_expect(s.client, 200, OK), "3", "0");
  arrival_await_closed(first);
  arrival_await_closed(second);
}

Test(smart, a_loser_that_was_sending_its_body_is_closed) {
  SCOPED(stage) s = stage_open(SOON);
  struct arrival *primary = stage_ask_primary(&s, "/smart");
  arrival_send(primary, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"a\"");
  stage_serve(&s, origin_await_attempt(s.origin, 1), 200, OK);
  arrival_await_closed(primary);
}

Test(smart, a_success_needs_the_whole_body) {
  SCOPED(stage) s = stage_open(SOON);
  struct arrival *primary = stage_ask_primary(&s, "/smart");
  struct arrival *hedge = origin_await_attempt(s.origin, 1);
  arrival_send(primary,
               "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{\"who\":");
  stage_serve(&s, hedge, 200, "{\"who\":1}");
}

Test(smart, the_number_of_hedges_is_a_flag) {
  hurry_open();
  SCOPED(stage) s = stage_open(SOON, "--hedges", "1");
  struct arrival *primary = stage_ask_primary(&s, "/smart?timeout=40000");
  struct arrival *hedge = origin_await_attempt(s.origin, 1);
  hurry_by(40);
  const struct reply *reply = client_expect_problem(s.client, 504);
  reply_expect_field(reply, "Hedge-Attempts", "2");
  origin_expect_no_arrival(s.origin);
  arrival_await_closed(primary);
  arrival_await_closed(hedge);
}

Test(smart, a_staggered_second_hedge_waits_longer_than_the_first) {
  SCOPED(stage) s = stage_open(SOON, "--stagger", "20s");
  struct arrival *primary = stage_ask_primary(&s, "/smart");
  arrival_answer_json(origin_await_attempt(s.origin, 1), 200, OK);
  reply_expect_story(client_await_reply(s.client), "2", "1");
  arrival_await_closed(primary);
  origin_expect_no_arrival(s.origin);
}

Test(smart, a_winner_larger_than_any_socket_buffer_arrives_whole) {
  SCOPED(stage) s = stage_open(SOON);
  size_t len = 8 * 1024 * 1024;
  char *body = malloc(len + 1);
  for (size_t i = 0; i < len; i++)
    body[i] = (char)('a' + (i * 31 + i / 7) % 26);
  body[0] = body[len - 1] = '"';
  body[len] = '\0';
  struct arrival *primary = stage_ask_primary(&s, "/smart");
  struct arrival *first = origin_await_attempt(s.origin, 1);
  arrival_answer_json(origin_await_attempt(s.origin, 2), 200, body);
  arrival_await_closed(primary); /* before the client has read a byte */
  arrival_await_closed(first);
  const struct reply *reply = client_await_reply(s.client);
  reply_expect_story(reply, "3", "2");
  cr_assert(reply->body_len == len && memcmp(reply->body, body, len) == 0,
            "%zu bytes came, or others than were sent", reply->body_len);
  free(body);
}

Test(smart, two_clients_race_at_once_and_each_gets_its_own_answer) {
  SCOPED(stage) s = stage_open(NEVER);
  OWNED(client) other = client_new(s.program->port);
  struct arrival *one = stage_ask(&s, "/smart/one");
  client_get(other, "/smart/two");
  struct arrival *two = origin_await(s.origin);
  arrival_answer_json(two, 200, "2");
  client_expect(other, 200, "2");
  stage_serve(&s, one, 200, "1");
}

/* ---- failures and the hedges that wait ---------------------------------- */

Test(smart, a_failure_brings_one_hedge_forward) {
  SCOPED(stage) s = stage_open(NEVER);
  arrival_answer_json(stage_ask_primary(&s, "/smart"), 500, "{}");
  arrival_answer_json(origin_await_attempt(s.origin, 1), 200, OK);
  reply_expect_story(client_expect(s.client, 200, OK), "2", "1");
  origin_expect_no_arrival(s.origin);
}

Test(smart, a_403_is_a_failure_as_any_other) {
  SCOPED(stage) s = stage_open(NEVER);
  arrival_answer_json(stage_ask_primary(&s, "/smart"), 403, "{\"no\":1}");
  arrival_answer_json(origin_await_attempt(s.origin, 1), 200, OK);
  reply_expect_story(client_expect(s.client, 200, OK), "2", "1");
}

Test(smart, on_failure_all_brings_every_hedge_forward) {
  SCOPED(stage) s = stage_open(NEVER, "--on-failure", "all");
  arrival_answer_json(stage_ask_primary(&s, "/smart"), 500, "{}");
  struct arrival *first = origin_await_attempt(s.origin, 1);
  struct arrival *second = origin_await_attempt(s.origin, 2);
  arrival_answer_json(first, 200, OK);
  reply_expect_story(client_await_reply(s.client), "3", "1");
  arrival_await_closed(second);
}

Test(smart, on_failure_wait_brings_none_forward) {
  SCOPED(stage) s = stage_open(NEVER, "--on-failure", "wait");
  arrival_answer_json(stage_ask_primary(&s, "/smart"), 500, "{}");
  const struct reply *reply = client_expect_problem(s.client, 502);
  reply_expect_field(reply, "Hedge-Attempts", "1");
  origin_expect_no_arrival(s.origin);
}

/* The hedges' own time is behind the deadline, so nothing is left to wait for
 * and the race is settled by its primary alone. */
static void expect_nothing_brought_forward_by(int status, const char *fields,
                                              int answered) {
  SCOPED(stage) s = stage_open(NEVER);
  arrival_answer(stage_ask_primary(&s, "/smart"), status, fields, "{}");
  const struct reply *reply = client_await_reply(s.client);
  cr_assert(reply->status == answered, "%s%s", reply->head, reply->body);
  reply_expect_field(reply, "Hedge-Attempts", "1");
  origin_expect_no_arrival(s.origin);
}

Test(smart, a_429_brings_no_hedge_forward) {
  expect_nothing_brought_forward_by(429, "", 429);
}

Test(smart, a_failure_with_retry_after_brings_no_hedge_forward) {
  expect_nothing_brought_forward_by(503, "Retry-After: 1\r\n", 502);
}

Test(smart, an_attempts_own_limit_is_a_failure) {
  hurry_open();
  SCOPED(stage) s = stage_open("--hedge-after", "50s", "--timeout", "60s",
                               "--attempt-timeout", "30s");
  struct arrival *primary = stage_ask_primary(&s, "/smart");
  hurry_by(30);
  arrival_answer_json(origin_await_attempt(s.origin, 1), 200, OK);
  arrival_await_closed(primary);
  reply_expect_story(client_await_reply(s.client), "2", "1");
}

/* Upstream connections, through the built program: kept ones are used again,
 * and one that died meanwhile costs the client nothing: the request is sent
 * again on a fresh one, as the same attempt (a resend). And connections that
 * never come about. */
#include <criterion/criterion.h>

#include "support/stage.h"

#define NEVER "--hedge-after", "20s"

Test(kept, an_upstream_connection_is_kept_and_used_again) {
  SCOPED(stage) s = stage_open(NEVER);
  struct arrival *kept = stage_exchange(&s);
  client_get(s.client, "/smart");
  arrival_await_next(kept);
  stage_serve(&s, kept, 200, "2");
}

static void expect_replaced(void (*end)(struct arrival *)) {
  SCOPED(stage) s = stage_open(NEVER, "--on-failure", "wait");
  struct arrival *kept = stage_exchange(&s);
  client_get(s.client, "/smart");
  arrival_await_next(kept);
  end(kept);
  stage_serve(&s, origin_await_attempt(s.origin, 0), 200, "2");
  reply_expect_story(&s.client->reply, "1", "0"); /* a resend, no attempt */
}

Test(kept, a_kept_connection_that_dies_under_a_request_is_replaced) {
  expect_replaced(arrival_close);
}

Test(kept, a_kept_connection_that_is_reset_under_a_request_is_replaced) {
  expect_replaced(arrival_reset);
}

Test(kept, a_kept_connection_that_closed_while_idle_is_replaced) {
  SCOPED(stage) s = stage_open(NEVER, "--on-failure", "wait");
  arrival_close(stage_exchange(&s));
  arrival_answer_json(stage_ask_primary(&s, "/smart"), 200, "2");
  reply_expect_story(client_await_reply(s.client), "1", "0");
}

Test(kept, a_kept_connection_that_died_after_a_byte_is_a_failure) {
  SCOPED(stage) s = stage_open(NEVER, "--hedges", "0");
  struct arrival *kept = stage_exchange(&s);
  client_get(s.client, "/smart");
  arrival_await_next(kept);
  arrival_send(kept, "HTTP/1.1 200 OK\r\n");
  arrival_close(kept);
  reply_expect_result(client_expect_problem(s.client, 502), 0, "transport");
  origin_expect_no_arrival(s.origin);
}

Test(kept, a_fresh_connection_that_dies_is_a_failure_and_not_replaced) {
  SCOPED(stage) s = stage_open("--hedges", "0");
  client_get(s.client, "/smart");
  arrival_close(origin_await(s.origin));
  reply_expect_result(client_expect_problem(s.client, 502), 0, "transport");
  origin_expect_no_arrival(s.origin);
}

/* While it connects, a socket is libcurl's alone: what is watched for it must
 * go when the attempt is cancelled, or the next socket of its number is never
 * heard of. */
Test(kept, a_cancelled_connect_leaves_nothing_behind) {
  OWNED(origin) stuck = origin_new_stuck();
  SCOPED(stage) s =
      stage_open("--hedges", "0", "--all", stuck->url, "--workers", "1");
  client_get(s.client, "/all?timeout=50");
  client_expect(s.client, 200, "[null]");
  stage_exchange(&s);
  client_get(s.client, "/all?timeout=50");
  client_expect(s.client, 200, "[null]");
}

Test(kept, a_client_that_leaves_while_hedgerow_connects_is_let_go) {
  struct origin *stuck = origin_new_stuck();
  SCOPED(stage) s = stage_open_on(stuck, "--to", stuck->url, NEVER);
  client_get(s.client, "/smart");
  client_end(s.client);
  client_await_close(s.client);
}

Test(kept, a_connect_that_hangs_has_a_limit_of_its_own) {
  struct origin *stuck = origin_new_stuck(), *good = origin_new();
  struct stage s = stage_open_on(stuck, "--to", stuck->url, "--to", good->url,
                                 NEVER, "--connect-timeout", "50ms");
  client_get(s.client, "/smart");
  arrival_answer_json(origin_await_attempt(good, 1), 200, OK);
  reply_expect_story(client_await_reply(s.client), "2", "1");
  stage_close(&s);
  origin_free(good);
}

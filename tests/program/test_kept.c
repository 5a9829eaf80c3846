/* Upstream connections, through the built program: kept ones are used again,
 * and one that died meanwhile costs the client nothing: the request is sent
 * again on a fresh one, as the same attempt (a resend). For how long they are
 * kept. And connections that never come about. */
#include <criterion/criterion.h>

#include "support/folder.h"
#include "support/hurry.h"
#include "support/scene.h"
#include "support/stage.h"

TestSuite(kept, .fini = folder_remove);

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

/* ---- for how long ---- */

/* The client's own connection outlives all of it. */
#define open_hurried(...)                                                      \
  (hurry_open(), stage_open("--workers", "1", "--hedges", "0",                 \
                            "--keepalive-timeout", "60m", __VA_ARGS__))

static void expect_used(struct stage *s, struct arrival *kept,
                        const char *fields) {
  client_get(s->client, "/smart");
  arrival_await_next(kept);
  arrival_answer(kept, 200, fields, OK);
  client_expect(s->client, 200, OK);
}

static void expect_kept_for(unsigned seconds, struct stage *s,
                            const char *fields) {
  struct arrival *kept = stage_ask(s, "/smart");
  arrival_answer(kept, 200, fields, OK);
  client_expect(s->client, 200, OK);
  hurry_by(seconds / 2);
  expect_used(s, kept, fields);
  hurry_by(seconds / 2); /* it counts from the last answer */
  expect_used(s, kept, fields);
  hurry_by(seconds);
  arrival_await_closed(kept);
  stage_exchange(s);
}

Test(kept, an_idle_connection_is_closed_after_a_minute) {
  SCOPED(stage) s = open_hurried("--log", "json");
  expect_kept_for(60, &s, "");
}

Test(kept, how_long_it_is_kept_can_be_set) {
  SCOPED(stage) s = open_hurried("--upstream-keepalive-timeout", "10m");
  expect_kept_for(600, &s, "");
}

Test(kept, the_upstream_may_keep_it_for_less) {
  SCOPED(stage) s = open_hurried("--log", "json");
  expect_kept_for(39, &s, "Keep-Alive: timeout=40, max=1000\r\n");
}

Test(kept, the_upstream_may_not_keep_it_for_longer) {
  SCOPED(stage) s = open_hurried("--upstream-keepalive-timeout", "40s");
  expect_kept_for(40, &s, "Keep-Alive: timeout=600\r\n");
}

/* The one that ends first does not wait for the others. */
Test(kept, each_connection_has_a_time_of_its_own) {
  SCOPED(stage) s = open_hurried("--log", "json");
  OWNED(client) other = client_new(s.program->port);
  struct arrival *longer = stage_ask(&s, "/smart");
  client_get(other, "/smart");
  struct arrival *shorter = origin_await(s.origin);
  arrival_answer_json(longer, 200, OK);
  client_expect(s.client, 200, OK);
  arrival_answer(shorter, 200, "Keep-Alive: timeout=21\r\n", OK);
  client_expect(other, 200, OK);
  hurry_by(20);
  arrival_await_closed(shorter);
  expect_used(&s, longer, "");
}

Test(kept, a_server_that_keeps_for_a_second_is_left_at_once) {
  SCOPED(stage) s = stage_open("--hedges", "0");
  struct arrival *arrival = stage_ask(&s, "/smart");
  arrival_answer(arrival, 200, "Keep-Alive: timeout=1\r\n", OK);
  arrival_await_closed(arrival);
  client_expect(s.client, 200, OK);
}

Test(kept, none_is_where_none_is_to_be_and_the_upstream_is_told) {
  SCOPED(stage) s =
      stage_open("--hedges", "0", "--upstream-keepalive-timeout", "0ms");
  for (unsigned i = 0; i < 2; i++) {
    struct arrival *arrival = stage_exchange(&s);
    arrival_expect_field(arrival, "Connection", "close");
    arrival_await_closed(arrival);
  }
}

#define SHARED                                                                 \
  "workers: 1\nkeepalive_timeout: 60m\ndefaults: {hedges: 0}\n"                \
  "upstreams:\n"                                                               \
  "  short: {targets: [$A], upstream_keepalive_timeout: 20s}\n"                \
  "  none: {targets: [$A], upstream_keepalive_timeout: 0s}\n"                  \
  "  long: {targets: [$A]}\n"                                                  \
  "routes:\n"                                                                  \
  "  - {path: /short, upstream: short}\n"                                      \
  "  - {path: /none, upstream: none}\n"                                        \
  "  - {path: /long, upstream: long}\n"

Test(kept, upstreams_of_one_origin_may_differ) {
  hurry_open();
  SCOPED(scene) s = scene_open(SHARED);
  struct arrival *kept = scene_ask(&s, s.a, "/long");
  scene_serve(&s, kept, 200, "1");
  struct arrival *unkept = scene_ask(&s, s.a, "/none");
  scene_serve(&s, unkept, 200, "2");
  arrival_await_closed(unkept);
  hurry_by(20);
  scene_serve(&s, scene_ask(&s, s.a, "/short"), 200, "3");
  hurry_by(20);
  client_get(s.client, "/long");
  arrival_await_next(kept);
  scene_serve(&s, kept, 200, "4");
}

/* ---- those that never come about ---- */

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

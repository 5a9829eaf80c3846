/* Routes that gather others, through the built program: order and names, each
 * item by the rules of its own route, and what a required one does. */
#include <criterion/criterion.h>

#include "support/folder.h"
#include "support/hurry.h"
#include "support/scene.h"
#include "support/words.h"

TestSuite(gather, .fini = folder_remove);

/* Users are at $A, orders at $B; the test says the gather. */
#define ROUTES(gather)                                                         \
  "upstreams:\n"                                                               \
  "  users:\n"                                                                 \
  "    targets: [{url: $A/v1, headers: {X-Key: users}}]\n"                     \
  "  orders: {targets: [$B], token_file: token}\n"                             \
  "routes:\n"                                                                  \
  "  - {path: /users, upstream: users, strip_prefix: true, hedges: 0,\n"       \
  "     success: any, headers: {X-Route: users}}\n"                            \
  "  - {path: /orders, upstream: orders, hedges: 1, hedge_after: 1ms,\n"       \
  "     timeout: 60s}\n"                                                       \
  "  - {path: /dashboard, timeout: 60s, gather: " gather "}\n"

#define open_gather(gather)                                                    \
  (folder_write("token", "t0ken\n"), scene_open(ROUTES(gather)))

static void answer_next(struct origin *origin, const char *line, int status,
                        const char *body) {
  struct arrival *arrival = origin_await(origin);
  arrival_expect_line(arrival, line);
  arrival_answer_json(arrival, status, body);
}

#define TWO "[/users/me?a=1, /users/b?]"

Test(gather, bodies_come_in_the_order_of_the_items) {
  SCOPED(scene) s = open_gather(TWO);
  client_get_with(s.client, "/dashboard?timeout=50000&x=1", "");
  struct arrival *me = origin_await(s.a), *b = origin_await(s.a);
  arrival_expect_line(me, "GET /v1/me?a=1 HTTP/1.1");
  arrival_expect_line(b, "GET /v1/b? HTTP/1.1");
  arrival_answer_json(b, 200, "[2]");
  arrival_answer_json(me, 200, "{\"a\": 1}");
  const struct reply *reply = client_expect(s.client, 200, "[{\"a\": 1},[2]]");
  reply_expect_field(reply, "Hedge-Completed", "2/2");
}

Test(gather, names_make_it_an_object) {
  SCOPED(scene) s = open_gather("[{path: /users/me, as: me}, {url: "
                                "\"$A/v1/x?k=2\", as: 'the \"x\"'}]");
  client_get(s.client, "/dashboard");
  answer_next(s.a, "GET /v1/me HTTP/1.1", 200, "1");
  answer_next(s.a, "GET /v1/x?k=2 HTTP/1.1", 200, "2");
  client_expect(s.client, 200, "{\"me\":1,\"the \\\"x\\\"\":2}");
}

Test(gather, what_fails_is_null_and_is_judged_as_json) {
  SCOPED(scene) s = open_gather(TWO);
  client_get_with(s.client, "/dashboard?detail=1", "If-None-Match: \"1\"\r\n");
  struct arrival *me = origin_await(s.a);
  arrival_expect_field(me, "If-None-Match", NULL);
  arrival_answer(me, 200, "", "no JSON"); /* success: any would take it */
  answer_next(s.a, "GET /v1/b? HTTP/1.1", 500, "1");
  const struct reply *reply = client_await_reply(s.client);
  reply_expect_field(reply, "Hedge-Completed", "0/2");
  reply_expect_in_body(reply, "\"status\":500");
  reply_expect_in_body(reply, "\"body\":null");
}

Test(gather, each_item_has_the_fields_of_its_own_route_and_target) {
  SCOPED(scene) s = open_gather("[/users/me, /orders/open]");
  client_get_with(s.client, "/dashboard",
                  "X-Mine: 1\r\nAuthorization: Basic c\r\n");
  struct arrival *user = origin_await(s.a);
  struct arrival *order = origin_await_attempt(s.b, 0);
  arrival_expect_field(user, "X-Route", "users");
  arrival_expect_field(user, "X-Key", "users");
  arrival_expect_field(user, "X-Mine", "1");
  arrival_expect_field(user, "Authorization", "Basic c");
  arrival_expect_line(order, "GET /orders/open HTTP/1.1");
  arrival_expect_none(order, "X-Route", "X-Key");
  arrival_expect_field(order, "Authorization", "Bearer t0ken");
  arrival_answer_json(order, 200, "2");
  arrival_answer_json(user, 200, "1");
  client_expect(s.client, 200, "[1,2]");
}

Test(gather, an_item_is_hedged_as_its_route_says) {
  SCOPED(scene) s = open_gather("[/users/me, /orders/open]");
  client_get(s.client, "/dashboard");
  answer_next(s.a, "GET /v1/me HTTP/1.1", 200, "1");
  (void)origin_await_attempt(s.b, 0); /* it never answers */
  arrival_answer_json(origin_await_attempt(s.b, 1), 200, "2");
  client_expect(s.client, 200, "[1,2]");
  origin_expect_no_arrival(s.a);
}

Test(gather, a_required_item_that_fails_ends_it_at_once) {
  SCOPED(scene) s =
      open_gather("[/orders/open, {path: /users/me?k=SECRET, required: true}]");
  client_get(s.client, "/dashboard");
  struct arrival *held = origin_await_attempt(s.b, 0);
  answer_next(s.a, "GET /v1/me?k=SECRET HTTP/1.1", 404, "1");
  const struct reply *reply = client_expect_problem(s.client, 502);
  reply_expect_in_body(reply, "the required item 1 (/users/me) failed: ");
  words_expect_none(reply->body, "SECRET");
  arrival_await_closed(held);
}

Test(gather, a_required_item_that_fails_last_is_told_as_well) {
  SCOPED(scene) s =
      open_gather("[/orders/open, {path: /users/me, required: on}]");
  client_get(s.client, "/dashboard");
  arrival_answer_json(origin_await_attempt(s.b, 0), 200, "1");
  answer_next(s.a, "GET /v1/me HTTP/1.1", 500, "1");
  const struct reply *reply = client_expect_problem(s.client, 502);
  reply_expect_in_body(reply, "the required item 1 (/users/me) failed: ");
}

Test(gather, a_required_item_that_comes_is_an_item_like_others) {
  SCOPED(scene) s = open_gather("[{path: /users/me, required: true}]");
  client_get(s.client, "/dashboard");
  answer_next(s.a, "GET /v1/me HTTP/1.1", 200, "1");
  client_expect(s.client, 200, "[1]");
}

Test(gather, what_is_late_is_null) {
  hurry_open();
  SCOPED(scene) s = open_gather("[/users/a, /users/b]");
  client_get(s.client, "/dashboard?timeout=40000");
  struct arrival *first = origin_await(s.a);
  arrival_expect_line(first, "GET /v1/a HTTP/1.1");
  arrival_answer_first(first, 200, "1");
  struct arrival *late = origin_await(s.a);
  hurry_by(40);
  const struct reply *reply = client_expect(s.client, 200, "[1,null]");
  reply_expect_field(reply, "Hedge-Completed", "1/2");
  arrival_await_closed(late);
}

Test(gather, head_asks_the_same_and_others_are_not_taken) {
  SCOPED(scene) s = open_gather("[/users/me]");
  client_send(s.client, "HEAD /dashboard HTTP/1.1\r\nHost: h\r\n\r\n");
  answer_next(s.a, "GET /v1/me HTTP/1.1", 200, "1");
  const struct reply *reply = client_await_reply_to_head(s.client);
  reply_expect_field(reply, "Content-Length", "3");
  client_get(s.client, "/dashboard/below");
  client_expect_problem(s.client, 404);
  client_get(s.client, "/dashboard?timeout=x");
  client_expect_problem(s.client, 400);
  client_get(s.client, "/dashboard?detail=x");
  client_expect_problem(s.client, 400);
  client_post(s.client, "/dashboard", "[]");
  reply = client_expect_problem(s.client, 405);
  reply_expect_field(reply, "Allow", "GET, HEAD");
}

Test(gather, a_client_that_leaves_ends_all_items) {
  SCOPED(scene) s = open_gather("[/users/a, {path: /users/b, required: on}]");
  client_get(s.client, "/dashboard");
  struct arrival *a = origin_await(s.a), *b = origin_await(s.a);
  client_leave(s.client);
  arrival_await_closed(a);
  arrival_await_closed(b);
}

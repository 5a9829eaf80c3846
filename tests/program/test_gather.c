/* Routes that gather others, through the built program: order and names, each
 * item by the rules of its own route, and what a required one does. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "support/client.h"
#include "support/folder.h"
#include "support/hurry.h"
#include "support/origin.h"
#include "support/program.h"
#include "support/words.h"

TestSuite(gather, .fini = folder_remove);

/* Two APIs, a client, and a file of which the test says the gather. */
struct scene {
  struct origin *users, *orders;
  struct program *program;
  struct client *client;
};

#define ROUTES                                                                 \
  "upstreams:\n"                                                               \
  "  users:\n"                                                                 \
  "    targets: [{url: %s/v1, headers: {X-Key: users}}]\n"                     \
  "  orders: {targets: [%s], token_file: %s}\n"                                \
  "routes:\n"                                                                  \
  "  - {path: /users, upstream: users, strip_prefix: true, hedges: 0,\n"       \
  "     success: any, headers: {X-Route: users}}\n"                            \
  "  - {path: /orders, upstream: orders, hedges: 1, hedge_after: 1ms,\n"       \
  "     timeout: 60s}\n"                                                       \
  "  - {path: /dashboard, timeout: 60s, gather: %s}\n"

/* ORIGIN in it stands for the URL. */
static void write_items(char *out, size_t cap, const char *items,
                        const char *url) {
  const char *mark = strstr(items, "ORIGIN");
  if (mark)
    snprintf(out, cap, "%.*s%s%s", (int)(mark - items), items, url,
             mark + strlen("ORIGIN"));
  else snprintf(out, cap, "%s", items);
}

static struct scene scene_open(const char *gather) {
  struct scene s = {.users = origin_new(), .orders = origin_new()};
  char text[2048], items[1024];
  const char *token = folder_write("token", "t0ken\n");
  write_items(items, sizeof items, gather, s.users->url);
  snprintf(text, sizeof text, ROUTES, s.users->url, s.orders->url, token,
           items);
  const char *path = folder_write("h.yaml", text);
  s.program = program_start("--config", path);
  s.client = client_new(s.program->port);
  return s;
}

static void scene_close(struct scene *s) {
  client_free(s->client);
  program_stop(s->program);
  program_free(s->program);
  origin_free(s->users);
  origin_free(s->orders);
}

static void answer_next(struct origin *origin, const char *line, int status,
                        const char *body) {
  struct arrival *arrival = origin_await(origin);
  arrival_expect_line(arrival, line);
  arrival_answer_json(arrival, status, body);
}

#define TWO "[/users/me?a=1, /users/b?]"

Test(gather, bodies_come_in_the_order_of_the_items) {
  SCOPED(scene) s = scene_open(TWO);
  client_get_with(s.client, "/dashboard?timeout=50000&x=1", "");
  struct arrival *me = origin_await(s.users), *b = origin_await(s.users);
  arrival_expect_line(me, "GET /v1/me?a=1 HTTP/1.1");
  arrival_expect_line(b, "GET /v1/b? HTTP/1.1");
  arrival_answer_json(b, 200, "[2]");
  arrival_answer_json(me, 200, "{\"a\": 1}");
  const struct reply *reply = client_expect(s.client, 200, "[{\"a\": 1},[2]]");
  reply_expect_field(reply, "Hedge-Completed", "2/2");
}

Test(gather, names_make_it_an_object) {
  SCOPED(scene) s = scene_open("[{path: /users/me, as: me}, {url: "
                               "\"ORIGIN/v1/x?k=2\", as: 'the \"x\"'}]");
  client_get(s.client, "/dashboard");
  answer_next(s.users, "GET /v1/me HTTP/1.1", 200, "1");
  answer_next(s.users, "GET /v1/x?k=2 HTTP/1.1", 200, "2");
  client_expect(s.client, 200, "{\"me\":1,\"the \\\"x\\\"\":2}");
}

Test(gather, what_fails_is_null_and_is_judged_as_json) {
  SCOPED(scene) s = scene_open(TWO);
  client_get_with(s.client, "/dashboard?detail=1", "If-None-Match: \"1\"\r\n");
  struct arrival *me = origin_await(s.users);
  arrival_expect_field(me, "If-None-Match", NULL);
  arrival_answer(me, 200, "", "no JSON"); /* success: any would take it */
  answer_next(s.users, "GET /v1/b? HTTP/1.1", 500, "1");
  const struct reply *reply = client_await_reply(s.client);
  reply_expect_field(reply, "Hedge-Completed", "0/2");
  reply_expect_in_body(reply, "\"status\":500");
  reply_expect_in_body(reply, "\"body\":null");
}

Test(gather, each_item_has_the_fields_of_its_own_route_and_target) {
  SCOPED(scene) s = scene_open("[/users/me, /orders/open]");
  client_get_with(s.client, "/dashboard",
                  "X-Mine: 1\r\nAuthorization: Basic c\r\n");
  struct arrival *user = origin_await(s.users);
  struct arrival *order = origin_await_attempt(s.orders, 0);
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
  SCOPED(scene) s = scene_open("[/users/me, /orders/open]");
  client_get(s.client, "/dashboard");
  answer_next(s.users, "GET /v1/me HTTP/1.1", 200, "1");
  (void)origin_await_attempt(s.orders, 0); /* it never answers */
  arrival_answer_json(origin_await_attempt(s.orders, 1), 200, "2");
  client_expect(s.client, 200, "[1,2]");
  origin_expect_no_arrival(s.users);
}

Test(gather, a_required_item_that_fails_ends_it_at_once) {
  SCOPED(scene) s =
      scene_open("[/orders/open, {path: /users/me?k=SECRET, required: true}]");
  client_get(s.client, "/dashboard");
  struct arrival *held = origin_await_attempt(s.orders, 0);
  answer_next(s.users, "GET /v1/me?k=SECRET HTTP/1.1", 404, "1");
  const struct reply *reply = client_expect_problem(s.client, 502);
  reply_expect_in_body(reply, "the required item 1 (/users/me) failed: ");
  words_expect_none(reply->body, "SECRET");
  arrival_await_closed(held);
}

Test(gather, a_required_item_that_fails_last_is_told_as_well) {
  SCOPED(scene) s =
      scene_open("[/orders/open, {path: /users/me, required: on}]");
  client_get(s.client, "/dashboard");
  arrival_answer_json(origin_await_attempt(s.orders, 0), 200, "1");
  answer_next(s.users, "GET /v1/me HTTP/1.1", 500, "1");
  const struct reply *reply = client_expect_problem(s.client, 502);
  reply_expect_in_body(reply, "the required item 1 (/users/me) failed: ");
}

Test(gather, a_required_item_that_comes_is_an_item_like_others) {
  SCOPED(scene) s = scene_open("[{path: /users/me, required: true}]");
  client_get(s.client, "/dashboard");
  answer_next(s.users, "GET /v1/me HTTP/1.1", 200, "1");
  client_expect(s.client, 200, "[1]");
}

Test(gather, what_is_late_is_null) {
  hurry_open();
  SCOPED(scene) s = scene_open("[/users/a, /users/b]");
  client_get(s.client, "/dashboard?timeout=40000");
  struct arrival *first = origin_await(s.users);
  arrival_expect_line(first, "GET /v1/a HTTP/1.1");
  arrival_answer_first(first, 200, "1");
  struct arrival *late = origin_await(s.users);
  hurry_by(40);
  const struct reply *reply = client_expect(s.client, 200, "[1,null]");
  reply_expect_field(reply, "Hedge-Completed", "1/2");
  arrival_await_closed(late);
}

Test(gather, head_asks_the_same_and_others_are_not_taken) {
  SCOPED(scene) s = scene_open("[/users/me]");
  client_send(s.client, "HEAD /dashboard HTTP/1.1\r\nHost: h\r\n\r\n");
  answer_next(s.users, "GET /v1/me HTTP/1.1", 200, "1");
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
  SCOPED(scene) s = scene_open("[/users/a, {path: /users/b, required: on}]");
  client_get(s.client, "/dashboard");
  struct arrival *a = origin_await(s.users), *b = origin_await(s.users);
  client_leave(s.client);
  arrival_await_closed(a);
  arrival_await_closed(b);
}

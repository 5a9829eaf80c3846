/* Which request goes where, by a file of routes in the built program. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/folder.h"
#include "support/rows.h"
#include "support/scene.h"
#include "support/words.h"

TestSuite(routes, .fini = folder_remove);

#define THREE                                                                  \
  "defaults: {hedges: 0}\n"                                                    \
  "upstreams:\n"                                                               \
  "  a: {targets: [$A/v1]}\n"                                                  \
  "  b: {targets: [$B]}\n"                                                     \
  "  c: {targets: [$C/base/]}\n"                                               \
  "routes:\n"

#define USERS                                                                  \
  THREE "  - {path: /users, upstream: a, strip_prefix: true}\n"                \
        "  - {path: /users/old, upstream: b}\n"                                \
        "  - {path: /search, upstream: c}\n"

/* ---- which route ---------------------------------------------------------- */

Test(routes, the_longest_path_wins_wherever_it_stands_in_the_file) {
  SCOPED(scene) s = scene_open(USERS);
  scene_expect(&s, s.a, "/users/7", "GET /v1/7 HTTP/1.1");
  scene_expect(&s, s.b, "/users/old", "GET /users/old HTTP/1.1");
  scene_expect(&s, s.b, "/users/old/7", "GET /users/old/7 HTTP/1.1");
  scene_expect(&s, s.c, "/search?q=1", "GET /base/search?q=1 HTTP/1.1");
}

Test(routes, a_path_ends_at_a_slash_only) {
  SCOPED(scene) s = scene_open(USERS);
  scene_expect(&s, s.a, "/users/older", "GET /v1/older HTTP/1.1");
  scene_expect_problem(&s, "/usersx", 404);
  scene_expect_problem(&s, "/user", 404);
  scene_expect_problem(&s, "/Users", 404);
}

Test(routes, a_percent_encoded_letter_is_the_letter) {
  SCOPED(scene) s = scene_open(USERS);
  scene_expect(&s, s.a, "/us%65rs/%37", "GET /v1/%37 HTTP/1.1");
  scene_expect(&s, s.b, "/users/%6Fld/7", "GET /users/%6Fld/7 HTTP/1.1");
  scene_expect(&s, s.b, "/users/%6fl%64", "GET /users/%6fl%64 HTTP/1.1");
}

Test(routes, a_percent_encoded_slash_is_none) {
  SCOPED(scene) s = scene_open(USERS);
  client_get(s.client, "/users%2Fold");
  client_expect_problem(s.client, 404);
  scene_expect_silence(&s);
}

Test(routes, a_path_that_no_route_takes_is_told_so) {
  SCOPED(scene) s = scene_open(USERS);
  client_get(s.client, "/nobody");
  const struct reply *reply = client_expect_problem(s.client, 404);
  reply_expect_in_body(reply, "no route takes this path");
  scene_expect_problem(&s, "/smart", 404);
  scene_expect_problem(&s, "/all", 404);
  scene_expect_problem(&s, "/", 404);
}

/* ---- what is asked -------------------------------------------------------- */

Test(routes, what_a_cut_prefix_leaves_joins_the_targets_path) {
  SCOPED(scene) s =
      scene_open(THREE "  - {path: /a, upstream: a, strip_prefix: true}\n"
                       "  - {path: /b, upstream: b, strip_prefix: true}\n"
                       "  - {path: /c, upstream: c, strip_prefix: true}\n");
  scene_expect(&s, s.a, "/a", "GET /v1 HTTP/1.1");
  scene_expect(&s, s.a, "/a/", "GET /v1/ HTTP/1.1");
  scene_expect(&s, s.a, "/a/a/x", "GET /v1/a/x HTTP/1.1");
  scene_expect(&s, s.b, "/b", "GET / HTTP/1.1");
  scene_expect(&s, s.b, "/b?x=1", "GET /?x=1 HTTP/1.1");
  scene_expect(&s, s.b, "/b/b", "GET /b HTTP/1.1");
  scene_expect(&s, s.c, "/c/x", "GET /base/x HTTP/1.1");
}

Test(routes, the_root_takes_whatever_no_other_route_takes) {
  SCOPED(scene) s = scene_open(THREE "  - {path: /, upstream: a}\n"
                                     "  - {path: /b, upstream: b}\n"
                                     "  - {path: /c, upstream: c}\n");
  scene_expect(&s, s.a, "/", "GET /v1/ HTTP/1.1");
  scene_expect(&s, s.a, "/smart/x", "GET /v1/smart/x HTTP/1.1");
  scene_expect(&s, s.a, "/bb", "GET /v1/bb HTTP/1.1");
  scene_expect(&s, s.b, "/b/c", "GET /b/c HTTP/1.1");
  client_expect_healthy(s.client);
}

Test(routes, nobody_leaves_the_path_of_a_target) {
  static const char *const paths[] = {
      "/users/../x", "/users/..",     "/users/%2e%2E/x", "/users/a/./b",
      "/search/..",  "/search/../..", "/search/%2e./x",  "/search/%zz"};
  SCOPED(scene) s = scene_open(USERS);
  EACH_ROW (row, paths) scene_expect_problem(&s, *row, 400);
}

Test(routes, smart_and_all_are_there_when_the_file_says_so) {
  SCOPED(scene) s =
      scene_open(THREE "  - {path: /smart, upstream: a}\n"
                       "  - {path: /all, upstream: b, list: c}\n");
  scene_expect(&s, s.a, "/smart/x", "GET /v1/x HTTP/1.1");
  struct arrival *arrival = scene_ask(&s, s.c, "/all");
  arrival_expect_line(arrival, "GET /base/ HTTP/1.1");
  arrival_answer_json(arrival, 200, "3");
  client_expect(s.client, 200, "[3]");
  client_post(s.client, "/all", "[\"/x\"]");
  arrival = origin_await(s.b);
  arrival_expect_line(arrival, "GET /x HTTP/1.1");
  arrival_answer_json(arrival, 200, "4");
  client_expect(s.client, 200, "[4]");
}

/* ---- methods -------------------------------------------------------------- */

#define BY_METHOD                                                              \
  THREE "  - {path: /x, upstream: a, methods: [GET]}\n"                        \
        "  - {path: /x/y, upstream: c, methods: any}\n"                        \
        "  - {path: /x, upstream: b, methods: [POST, DELETE]}\n"

Test(routes, routes_of_one_path_share_its_methods) {
  SCOPED(scene) s = scene_open(BY_METHOD);
  scene_expect(&s, s.a, "/x", "GET /v1/x HTTP/1.1");
  scene_send(&s, "DELETE", "/x/1", "", NULL);
  struct arrival *arrival = origin_await(s.b);
  arrival_expect_line(arrival, "DELETE /x/1 HTTP/1.1");
  scene_serve(&s, arrival, 200, "2");
  scene_send(&s, "PUT", "/x/y", "", "");
  scene_serve(&s, origin_await(s.c), 200, "3");
}

Test(routes, a_method_that_none_of_them_takes_is_told_all_that_they_take) {
  SCOPED(scene) s = scene_open(BY_METHOD);
  scene_send(&s, "PATCH", "/x", "", NULL);
  const struct reply *reply = client_expect_problem(s.client, 405);
  reply_expect_field(reply, "Allow", "GET, HEAD, POST, DELETE");
  scene_expect_silence(&s);
}

/* ---- the query and the body ----------------------------------------------- */

#define PARAMETERS                                                             \
  THREE "  - {path: /own, upstream: a, timeout_param: wait}\n"                 \
        "  - {path: /off, upstream: b, timeout_param: off}\n"                  \
        "  - {path: /usual, upstream: c}\n"

Test(routes, the_parameter_of_the_deadline_has_the_name_that_a_route_gives_it) {
  SCOPED(scene) s = scene_open(PARAMETERS);
  scene_expect(&s, s.a, "/own?wait=9000&timeout=50s&x=1",
               "GET /v1/own?timeout=50s&x=1 HTTP/1.1");
  scene_expect_problem(&s, "/own?wait=soon", 400);
  scene_expect(&s, s.b, "/off?timeout=50s&wait=1",
               "GET /off?timeout=50s&wait=1 HTTP/1.1");
  scene_expect(&s, s.c, "/usual?timeout=9000&wait=1",
               "GET /base/usual?wait=1 HTTP/1.1");
  scene_expect_problem(&s, "/usual?timeout=50s", 400);
}

Test(routes, a_get_brings_a_body_only_where_a_route_says_so) {
  SCOPED(scene) s =
      scene_open(THREE "  - {path: /a, upstream: a, get_body: true}\n"
                       "  - {path: /b, upstream: b}\n"
                       "  - {path: /c, upstream: c}\n");
  scene_send(&s, "GET", "/a", "Content-Type: text/x\r\n", "{\"q\":1}");
  struct arrival *arrival = origin_await(s.a);
  arrival_expect_line(arrival, "GET /v1/a HTTP/1.1");
  arrival_expect_field(arrival, "Content-Type", "text/x");
  arrival_expect_body(arrival, "{\"q\":1}", 7);
  scene_serve(&s, arrival, 200, "1");
  scene_send(&s, "GET", "/b", "", "{}");
  client_expect_problem(s.client, 413);
  scene_expect_silence(&s);
}

/* ---- links ---------------------------------------------------------------- */

static void expect_link(const struct scene *s, const char *target,
                        struct origin *origin, const char *path,
                        const char *want) {
  const char *field = words_of("Link: <%s%s>; rel=next\r\n", s->a->url, path);
  client_get(s->client, target);
  arrival_answer(origin_await(origin), 200, field, "1");
  reply_expect_in_field(client_await_reply(s->client), "Link", want);
}

Test(routes, links_to_any_target_lead_to_the_route_or_stay) {
  SCOPED(scene) s =
      scene_open("defaults: {hedges: 0, rewrite_links: on}\n"
                 "upstreams:\n"
                 "  b: {targets: [$B/us, $A/eu]}\n  a: {targets: [$A/v1]}\n"
                 "routes:\n"
                 "  - {path: /two, upstream: b, strip_prefix: on}\n"
                 "  - {path: /one, upstream: a}\n");
  expect_link(&s, "/two/x", s.b, "/eu/items?page=2", "</two/items?page=2>;");
  expect_link(&s, "/one/x", s.a, "/v1/one/y", "</one/y>;");
  expect_link(&s, "/one/x", s.a, "/v1/items", "/v1/items>;");
}

/* Each would grow by 200 bytes, and all of them to more than a head may have. */
Test(routes, links_that_would_grow_beyond_all_measure_stay) {
  enum { LINKS = 3000 };
  const char link[] = "Link: </0123>\r\n";
  char path[256] = "/", yaml[1024], *fields = calloc(LINKS, sizeof link);
  memset(path + 1, 'p', 200);
  snprintf(yaml, sizeof yaml,
           "defaults: {hedges: 0, rewrite_links: on}\n"
           "upstreams: {a: {targets: [$A]}}\n"
           "routes: [{path: %s, upstream: a, strip_prefix: on}]\n",
           path);
  SCOPED(scene) s = scene_open(yaml);
  for (unsigned i = 0; i < LINKS; i++) strcat(fields + i * 15, link);
  client_get(s.client, path);
  arrival_answer(origin_await(s.a), 200, fields, "1");
  const struct reply *reply = client_await_reply(s.client);
  reply_expect(reply, 200, "1");
  cr_assert(strstr(reply->head, fields), "the links are others");
  expect_link(&s, path, s.a, "/x", path); /* as ever */
  free(fields);
}

/* ---- pages of other origins ------------------------------------------------ */

static void preflight(const struct scene *s, const char *origin,
                      const char *method) {
  const char *fields = words_of("Origin: https://%s.example\r\n"
                                "Access-Control-Request-Method: %s\r\n",
                                origin, method);
  scene_send(s, "OPTIONS", "/m", fields, NULL);
}

static void expect_allowed(const struct scene *s, const char *origin,
                           const char *method, const char *allowed) {
  preflight(s, origin, method);
  const struct reply *reply = client_expect(s->client, 204, "");
  reply_expect_field(reply, "Access-Control-Allow-Methods", allowed);
}

Test(routes, a_preflight_goes_by_the_route_of_the_method_that_it_asks_for) {
  SCOPED(scene) s = scene_open(
      THREE "  - {path: /m, upstream: a, methods: [POST],\n"
            "     cors: ['https://one.example']}\n"
            "  - {path: /m, upstream: b, methods: [PUT, DELETE],\n"
            "     cors: ['https://two.example']}\n"
            "  - {path: /m, upstream: c, methods: [PATCH, OPTIONS]}\n");
  expect_allowed(&s, "one", "POST", "POST");
  expect_allowed(&s, "two", "POST", NULL);
  expect_allowed(&s, "two", "DELETE", "PUT, DELETE");
  expect_allowed(&s, "one", "DELETE", NULL);
  scene_expect_silence(&s);
  preflight(&s, "one", "PATCH"); /* without cors the upstream answers */
  struct arrival *arrival = origin_await(s.c);
  arrival_expect_line(arrival, "OPTIONS /base/m HTTP/1.1");
  scene_serve(&s, arrival, 200, "1");
}

Test(routes, a_preflight_for_a_method_that_nobody_takes_is_told_the_others) {
  SCOPED(scene) s = scene_open("upstreams: {a: {targets: [$A]}}\n"
                               "routes:\n  - {path: /m, upstream: a,\n"
                               "     methods: [POST], cors: ['*']}\n");
  expect_allowed(&s, "one", "DELETE", "POST");
}

/* ---- how a client wants to be served -------------------------------------- */

/* By any route: the deadline that an item is told, and how often it is asked. */
Test(routes, a_wait_and_a_plain_request_are_for_gathers_and_lists_as_well) {
  static const char *const asks[][2] = {
      {"GET", "/x"}, {"GET", "/g"}, {"GET", "/all"}, {"POST", "/all?hedge=1"}};
  SCOPED(scene) s = scene_open(
      "defaults: {hedge_after: 60s, timeout: 60s, timeout_header: X-Left}\n"
      "upstreams:\n  a: {targets: [$A]}\n"
      "routes:\n"
      "  - {path: /x, upstream: a}\n"
      "  - {path: /g, gather: [/x]}\n"
      "  - {path: /all, upstream: a, list: a}\n");
  EACH_ROW (row, asks) {
    scene_send(&s, (*row)[0], (*row)[1], "Hedge: off\r\nPrefer: wait=40\r\n",
               (*row)[0][0] == 'P' ? "[\"/x\"]" : NULL);
    struct arrival *arrival = origin_await(s.a);
    arrival_expect_field(arrival, "X-Left", "40000");
    arrival_answer_json(arrival, 503, "{}");
    const struct reply *reply = client_await_reply(s.client);
    reply_expect_field(reply, "Hedge-Attempts", "1");
    reply_expect_field(reply, "Preference-Applied", "wait=40");
    scene_expect_silence(&s);
  }
  client_get_with(s.client, "/g?timeout=30000", "Prefer: wait=40\r\n");
  struct arrival *arrival = origin_await(s.a);
  arrival_expect_field(arrival, "X-Left", "30000");
  arrival_answer_json(arrival, 200, "1");
  reply_expect_field(client_await_reply(s.client), "Preference-Applied", NULL);
}

Test(routes, a_problem_names_the_target_by_its_upstream) {
  SCOPED(scene) s = scene_open("defaults: {hedges: 1}\n"
                               "upstreams:\n  a: {targets: [$A]}\n"
                               "  b: {targets: [$B, $C]}\n"
                               "routes:\n  - {path: /a, upstream: a}\n"
                               "  - {path: /b, upstream: b}\n");
  arrival_answer_json(scene_ask(&s, s.b, "/b"), 503, "{}");
  arrival_answer_json(origin_await(s.c), 503, "{}");
  const struct reply *reply = client_await_reply(s.client);
  reply_expect_in_body(reply, "{\"target\":1,\"name\":\"b/0\",");
  reply_expect_in_body(reply, "{\"target\":2,\"name\":\"b/1\",");
}

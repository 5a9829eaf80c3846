/* What the admin listener tells of state and races, what it does, and whom it
 * lets in, by the built program. Metrics and readiness are in test_admin.c,
 * events in test_admin_events.c. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "support/folder.h"
#include "support/hurry.h"
#include "support/operator.h"
#include "support/rows.h"
#include "support/scene.h"
#include "support/stage.h"
#include "support/wire.h"
#include "support/words.h"

TestSuite(admin_api, .fini = folder_remove);

#define AT "127.0.0.1:0"
#define MEANT "X-Hedgerow-Admin: 1\r\n"

/* Nobody listens there: each request fails at once. */
#define NOBODY "--to", "http://127.0.0.1:1", "--hedges", "0", "--admin", AT

static void ask_with_id(const struct program *program, const char *id) {
  OWNED(client) client = client_new(program->port);
  client_get_with(client, "/smart/x", words_of("X-Request-ID: %s\r\n", id));
  (void)client_await_reply(client);
}

/* An answer's body, to be freed. */
static char *body_of(const struct program *program, const char *path) {
  struct client *client = operator_new(program);
  const struct reply *reply = operator_get(client, path);
  cr_assert_eq(reply->status, 200, "%s: %s", path, reply->body);
  char *body = strdup(reply->body);
  client_free(client);
  return body;
}

static void expect_in(const struct program *program, const char *path,
                      const char *part) {
  char *body = body_of(program, path);
  words_expect(body, part);
  free(body);
}

static unsigned count_in(const struct program *program, const char *path,
                         const char *part) {
  char *body = body_of(program, path);
  unsigned count = words_count(body, part);
  free(body);
  return count;
}

static void expect_problem(const struct program *program, const char *path,
                           int status, const char *part) {
  OWNED(client) client = operator_new(program);
  const struct reply *reply = operator_get(client, path);
  reply_expect_problem(reply, status);
  reply_expect_in_body(reply, part);
}

/* ---- state ---- */

Test(admin_api, the_state_tells_routes_upstreams_and_receipts) {
  SCOPED(stage) s = stage_open("--admin", AT, "--hedges", "0");
  stage_round(&s, 200);
  stage_round(&s, 500);
  client_expect_healthy(s.client); /* its worker is done with the others */
  EACH_WORD (
      text,
      "\"generation\":1,\"draining\":false|\"requests_in_flight\":0|"
      "\"mock\":null,\"spans_ms\":[|"
      "\"receipt\":{\"requests\":2,\"attempts\":2,\"extra_percent\":0.0|"
      "{\"route\":\"/smart\",\"upstream\":\"to\",\"receipt\":{\"requests\":2|"
      "\"waited\":[|\"alone\":null|"
      "\"budget\":{\"time\":400,\"failure\":400,\"cap\":400},\"refused\":{}|"
      "\"up\":true,\"state\":\"up\",\"in_flight\":0")
    expect_in(s.program, "/api/v1/state", text);
}

Test(admin_api, the_state_tells_when_hedges_start) {
  SCOPED(stage) s = stage_open("--admin", AT, "--hedge-after", "250ms");
  expect_in(s.program, "/api/v1/state",
            "\"hedge_delay_ms\":250.0,\"learned\":false");
}

Test(admin_api, the_state_tells_who_is_ejected_and_what_was_refused) {
  SCOPED(stage) s = stage_open("--admin", AT, "--hedges", "1", "--budget",
                               "10%:1", "--on-failure", "next");
  for (unsigned i = 0; i < 5; i++) {
    arrival_answer_json(stage_ask_primary(&s, "/smart"), 500, OK);
    if (i == 0) arrival_answer_json(origin_await_attempt(s.origin, 1), 500, OK);
    (void)client_await_reply(s.client);
  }
  expect_in(s.program, "/api/v1/state", "\"up\":false,\"state\":\"ejected\"");
  expect_in(s.program, "/api/v1/state", "\"refused\":{\"budget\":");
}

/* What is learned shows a little later, and while the answers say the same. The
 * target that answered is asked first. */
Test(admin_api, the_state_tells_what_answers_take_without_hedges) {
  SCOPED(stage) s = stage_open("--admin", AT, "--hedges", "0", "--log", "off");
  unsigned rounds = 0;
  do stage_round(&s, 200);
  while (count_in(s.program, "/api/v1/state", "\"alone\":null") > 1 &&
         ++rounds < 10000);
  char *body = body_of(s.program, "/api/v1/state");
  const char *at = strstr(body, "\"alone\":[");
  cr_assert(at, "%s", body);
  double sum = 0, share;
  for (at += strlen("\"alone\":["); sscanf(at, "%lf", &share) == 1; at++) {
    cr_expect(share >= 0 && share <= 1, "%s", at);
    sum += share;
    at += strcspn(at, ",]");
  }
  cr_expect(sum > 0.9 && sum < 1.001, "%f of\n%s", sum, body);
  free(body);
}

Test(admin_api, an_ejected_target_is_due_when_its_time_is_over) {
  hurry_open();
  SCOPED(stage) s = stage_open("--admin", AT, "--hedges", "0");
  for (unsigned i = 0; i < 5; i++) {
    arrival_answer_json(stage_ask_primary(&s, "/smart"), 500, OK);
    (void)client_await_reply(s.client);
  }
  hurry_by(11);
  expect_in(s.program, "/api/v1/state", "\"up\":false,\"state\":\"due\"");
  stage_serve(&s, stage_ask_primary(&s, "/smart"), 200, OK);
  expect_in(s.program, "/api/v1/state", "\"up\":true,\"state\":\"up\"");
}

/* ---- races ---- */

Test(admin_api, a_race_is_told_by_its_id) {
  SCOPED(stage) s = stage_open("--admin", AT, "--hedges", "1", "--hedge-after",
                               "60s", "--timeout", "10s");
  client_get_with(s.client, "/smart/a?secret=1", "X-Request-ID: my-id\r\n");
  arrival_answer_json(origin_await_attempt(s.origin, 0), 500, OK);
  stage_serve(&s, origin_await_attempt(s.origin, 1), 200, OK);
  static const char *const parts[] = {
      "\"id\":\"my-id\"",
      "\"route\":\"/smart\",\"upstream\":\"to\",\"method\":\"GET\","
      "\"target\":\"/smart/a\",\"status\":200,\"outcome\":\"success\"",
      "\"winner\":1,\"rescued\":\"failed\",\"saved_ms\":null",
      "{\"number\":0,\"kind\":\"primary\",\"target\":0",
      "\"result\":\"status\",\"status\":500",
      "{\"number\":1,\"kind\":\"hedge\",\"target\":0",
  };
  EACH_ROW (row, parts) expect_in(s.program, "/api/v1/races/my-id", *row);
  cr_expect_eq(count_in(s.program, "/api/v1/races/my-id", "secret"), 0);
  expect_in(s.program, "/api/v1/races?kind=rescued", "\"id\":\"my-id\"");
}

Test(admin_api, races_are_listed_by_kind_newest_first) {
  SCOPED(stage) s = stage_open("--admin", AT, "--hedges", "0");
  const struct program *p = s.program;
  stage_round(&s, 200);
  stage_round(&s, 500);
  stage_round(&s, 200);
  cr_expect_eq(count_in(p, "/api/v1/races", "\"seq\":"), 3);
  cr_expect_eq(count_in(p, "/api/v1/races?limit=2", "\"seq\":"), 2);
  expect_in(p, "/api/v1/races?limit=1", "{\"races\":[{\"seq\":3,");
  cr_expect_eq(count_in(p, "/api/v1/races?kind=failed", "\"seq\":"), 1);
  expect_in(p, "/api/v1/races?kind=failed", "\"seq\":2,");
  cr_expect_eq(count_in(p, "/api/v1/races?kind=rescued", "\"seq\":"), 0);
  cr_expect_eq(count_in(p, "/api/v1/races?kind=slowest", "\"seq\":"), 3);
  cr_expect_eq(count_in(p, "/api/v1/races?route=/smart", "\"seq\":"), 3);
  cr_expect_eq(count_in(p, "/api/v1/races?route=%2Fall", "\"seq\":"), 0);
}

Test(admin_api, answers_without_a_race_are_none) {
  SCOPED(stage) s = stage_open("--admin", AT);
  client_expect_healthy(s.client);
  client_get(s.client, "/nowhere");
  (void)client_await_reply(s.client);
  cr_expect_eq(count_in(s.program, "/api/v1/races", "\"seq\":"), 0);
}

Test(admin_api, a_value_that_is_none_is_named) {
  OWNED(program) p = program_start(NOBODY);
  expect_problem(p, "/api/v1/races?kind=best", 400,
                 "kind=best: expected latest, slowest, rescued or failed");
  expect_problem(p, "/api/v1/races?limit=0", 400, "limit=0: expected 1 to 200");
  expect_problem(p, "/api/v1/races?limit=201", 400, "limit=201");
  expect_problem(p, "/api/v1/races?limit=-1", 400, "limit=-1");
  expect_problem(p, "/api/v1/races?limit=99999999999999999999", 400, "limit=");
  expect_problem(p, "/api/v1/races/no-such-id", 404, "no race");
  expect_problem(p, "/api/v1/races/%ff%00", 404, "no race");
  expect_problem(p, "/api/v1/events?only=odd", 400,
                 "only=odd is neither all nor a list of");
}

Test(admin_api, a_parameter_that_is_none_is_named) {
  OWNED(program) p = program_start(NOBODY);
  expect_problem(p, "/api/v1/races?limit=", 400, "limit=: expected 1 to 200");
  expect_problem(p, "/api/v1/races?kind=", 400, "kind=: expected latest");
  expect_problem(p, "/api/v1/races?route", 400, "route=: expected the path");
  expect_problem(p, "/api/v1/races?route=%zz", 400,
                 "route=%zz: expected two hex digits behind each %");
  expect_problem(p, "/api/v1/races?limit=1&l%69mit=1", 400,
                 "limit: expected once, not several times");
  expect_problem(p, "/api/v1/races?limit=1&only=failed&x", 400,
                 "only=failed: no parameter of this path, which has kind, "
                 "limit, route");
  expect_problem(p, "/api/v1/events?only=", 400, "only= is neither all nor");
  expect_problem(p, "/api/v1/events?only=failed,,rescued", 400,
                 "only=failed,,rescued is neither all nor");
  expect_problem(p, "/api/v1/events?route=", 400, "route=: expected the path");
  expect_problem(p, "/api/v1/events?limit=1", 400,
                 "limit=1: no parameter of this path, which has only, route");
  expect_in(p, "/api/v1/races?", "{\"races\":[]}");
}

/* Each byte takes six in JSON that may stand in a page. */
Test(admin_api, a_long_value_is_named_too) {
  static char path[3000] = "/api/v1/races?kind=";
  OWNED(program) p = program_start(NOBODY);
  while (strlen(path) < sizeof path - 1) strcat(path, "<");
  expect_problem(p, path, 400, "kind=\\u003c");
}

/* An ID that is odd is none, and a path is visible ASCII: so this is the worst
 * that can come. */
Test(admin_api, what_a_client_sends_stays_within_its_string) {
  OWNED(program) p = program_start(NOBODY);
  struct client *client = client_new(p->port);
  client_get_with(client, "/smart/</script><img/src=x>&\"'\\",
                  "X-Request-ID: </script>\xe2\x80\xa8\"\r\n");
  (void)client_await_reply(client);
  client_free(client);
  char *body = body_of(p, "/api/v1/races");
  words_expect(body, "\"target\":\"/smart/\\u003c/script\\u003e"
                     "\\u003cimg/src=x\\u003e\\u0026\\\"'\\\\\"");
  cr_expect_null(strpbrk(body, "<>&\xe2"), "%s", body);
  free(body);
  expect_problem(p, "/api/v1/races?kind=%3Cimg%3E", 400,
                 "kind=\\u003cimg\\u003e");
}

Test(admin_api, an_id_is_percent_decoded) {
  OWNED(program) p = program_start(NOBODY);
  ask_with_id(p, "a/b");
  expect_in(p, "/api/v1/races/a%2Fb", "\"id\":\"a/b\"");
  expect_in(p, "/api/v1/races/a/b", "\"id\":\"a/b\"");
}

Test(admin_api, an_id_that_is_badly_encoded_is_named) {
  OWNED(program) p = program_start(NOBODY);
  expect_problem(p, "/api/v1/races/a%zz", 400,
                 "ID=a%zz: expected two hex digits behind each %");
  expect_problem(p, "/api/v1/races/%", 400, "ID=%: expected two hex digits");
}

/* Told when it is over, which is behind its last byte. */
Test(admin_api, a_streamed_answer_is_a_race) {
  SCOPED(stage) s = stage_open("--admin", AT, "--success", "any", "--hedges",
                               "0", "--log", "off");
  stage_round(&s, 200);
  while (count_in(s.program, "/api/v1/races", "\"seq\":") == 0) continue;
  expect_in(s.program, "/api/v1/races", "\"client\":\"127.0.0.1:");
  expect_in(s.program, "/api/v1/races", "\"outcome\":\"success\"");
}

/* ---- the configuration, and what is done ---- */

Test(admin_api, the_configuration_is_told_without_secrets) {
  const char *token = folder_write("up.token", "sesame");
  OWNED(program) p =
      program_start(NOBODY, "--token-file", token, "--header", "X-Key: sesame");
  OWNED(client) client = operator_new(p);
  const struct reply *reply = operator_get(client, "/api/v1/config");
  cr_expect_eq(reply->status, 200);
  reply_expect_field(reply, "Content-Type", "application/yaml");
  reply_expect_in_body(reply, "hedge_after: 300ms");
  words_expect_none(reply->body, "sesame");
}

#define YAML "admin: '" AT "'\nupstreams:\n  a: {targets: [$A]}\n"
#define ROUTES "routes:\n  - {path: /a, upstream: a}\n"

Test(admin_api, what_a_file_names_stays_within_its_string) {
  SCOPED(scene) s =
      scene_open(YAML "routes:\n  - {path: '/<r>&', upstream: a}\n");
  expect_in(s.program, "/api/v1/state",
            "\"route\":\"/\\u003cr\\u003e\\u0026\"");
}

/* As long as a route's path may be, and in a query each byte encoded. */
Test(admin_api, the_longest_route_is_found) {
  static char path[1024 + 1], yaml[4200], query[4096] = "?route=%2F";
  memset(path, '~', sizeof path - 1);
  path[0] = '/';
  for (size_t i = 1; i < sizeof path - 1; i++) strcat(query, "%7E");
  snprintf(yaml, sizeof yaml, YAML "routes:\n  - {path: %s, upstream: a}\n",
           path);
  SCOPED(scene) s = scene_open(yaml);
  struct ear *ear = ear_new(s.program, query);
  snprintf(yaml, sizeof yaml, "GET %s HTTP/1.1", path);
  scene_expect(&s, s.a, path, yaml);
  snprintf(yaml, sizeof yaml, "\"route\":\"%s\"", path);
  const char *event = ear_await(ear);
  words_expect(event, yaml);
  ear_free(ear);
  snprintf(yaml, sizeof yaml, "/api/v1/races%s", query);
  cr_expect_eq(count_in(s.program, yaml, "\"seq\":"), 1);
}

static const struct reply *post(struct client *client, const char *path) {
  return operator_ask(client, "POST", path, MEANT "Content-Length: 0\r\n");
}

Test(admin_api, a_reload_is_answered_when_it_is_over) {
  SCOPED(scene) s = scene_open(YAML ROUTES);
  OWNED(client) client = operator_new(s.program);
  scene_expect_problem(&s, "/b", 404);
  scene_write(&s, YAML ROUTES "  - {path: /b, upstream: a}\n");
  reply_expect(post(client, "/api/v1/reload"), 200,
               "{\"reload\":\"reloaded\"}");
  scene_expect(&s, s.a, "/b", "GET /b HTTP/1.1");
  reply_expect_in_body(operator_get(client, "/api/v1/state"),
                       "\"generation\":2");
}

Test(admin_api, a_reload_that_is_refused_says_every_reason) {
  SCOPED(scene) s = scene_open(YAML ROUTES);
  OWNED(client) client = operator_new(s.program);
  scene_write(&s, YAML ROUTES "nonsense: 1\nmore: 2\n");
  const struct reply *reply = post(client, "/api/v1/reload");
  reply_expect_problem(reply, 409);
  reply_expect_in_body(reply, "nonsense");
  reply_expect_in_body(reply, "more");
  scene_expect(&s, s.a, "/a", "GET /a HTTP/1.1");
}

Test(admin_api, a_drain_ends_the_program_in_order) {
  SCOPED(stage) s = stage_open("--admin", AT, "--hedges", "0");
  struct arrival *arrival = stage_ask(&s, "/smart");
  OWNED(client) client = operator_new(s.program);
  reply_expect(post(client, "/api/v1/drain"), 202, "{\"drain\":\"begun\"}");
  reply_expect_problem(post(client, "/api/v1/reload"), 409);
  cr_expect_eq(operator_get(client, "/readyz")->status, 503);
  reply_expect_in_body(operator_get(client, "/api/v1/state"),
                       "\"draining\":true");
  stage_serve(&s, arrival, 200, OK);
  program_expect_exit(s.program, 0);
}

/* Neither another POST nor the signal that a service manager sends behind it
 * cuts anybody off. */
Test(admin_api, a_drain_is_not_hurried_but_by_a_second_signal) {
  SCOPED(stage) s = stage_open("--admin", AT, "--hedges", "0");
  struct arrival *arrival = stage_ask(&s, "/smart?timeout=60000");
  OWNED(client) client = operator_new(s.program);
  reply_expect(post(client, "/api/v1/drain"), 202, "{\"drain\":\"begun\"}");
  const struct reply *again = post(client, "/api/v1/drain");
  cr_expect_eq(again->status, 202);
  reply_expect_in_body(again, "{\"drain\":\"under way\",\"hint\":\"nothing was "
                              "changed; a second signal ends");
  program_signal(s.program, SIGTERM);
  program_await_notice(s.program, "stopping already");
  program_signal(s.program, SIGINT);
  program_expect_exit(s.program, 1);
  arrival_await_closed(arrival);
}

/* The second half of the body does not come before hedgerow has looked at the
 * first: another has been answered meanwhile. */
Test(admin_api, what_has_not_come_whole_is_not_done) {
  SCOPED(stage) s = stage_open("--admin", AT);
  struct client *half = operator_new(s.program);
  client_send(half, "POST /api/v1/drain HTTP/1.1\r\nHost: 127.0.0.1\r\n" MEANT
                    "Content-Length: 2\r\n\r\n{");
  cr_expect_eq(operator_status(s.program, "GET /readyz HTTP/1.0\r\n\r\n"), 200);
  client_expect_nothing(half);
  client_leave(s.client);
  client_send(half, "}");
  client_expect(half, 202, "{\"drain\":\"begun\"}");
  client_free(half);
  program_await_exit(s.program);
}

Test(admin_api, a_large_body_is_refused) {
  OWNED(program) p = program_start(NOBODY);
  OWNED(client) client = operator_new(p);
  const struct reply *reply = operator_ask(client, "POST", "/api/v1/drain",
                                           MEANT "Content-Length: 4097\r\n");
  reply_expect_problem(reply, 413);
  reply_expect_in_body(reply, "at most 4 KiB");
}

/* ---- who may ask ---- */

Test(admin_api, what_changes_something_must_be_meant) {
  OWNED(program) p = program_start(NOBODY);
  OWNED(client) client = operator_new(p);
  reply_expect_problem(
      operator_ask(client, "POST", "/api/v1/drain", "Content-Length: 0\r\n"),
      403);
  reply_expect_problem(
      operator_ask(client, "POST", "/api/v1/drain", "X-Hedgerow-Admin: 0\r\n"),
      403);
  reply_expect_problem(operator_ask(client, "POST", "/api/v1/drain",
                                    MEANT "Origin: http://a.example\r\n"),
                       403);
  const struct reply *reply = operator_get(client, "/api/v1/drain");
  reply_expect_problem(reply, 405);
  reply_expect_field(reply, "Allow", "POST");
  reply = operator_ask(client, "POST", "/api/v1/state", MEANT);
  reply_expect_problem(reply, 405);
  reply_expect_field(reply, "Allow", "GET, HEAD");
}

Test(admin_api, what_tells_who_asks_comes_once) {
  static const char *const twice[] = {
      MEANT MEANT, MEANT "x-hedgerow-admin: 0\r\n",
      "Origin: http://127.0.0.1\r\nOrigin: http://a.example\r\n",
      "Authorization: Bearer a\r\nAuthorization: Bearer a\r\n"};
  OWNED(program) p = program_start(NOBODY);
  OWNED(client) client = operator_new(p);
  EACH_ROW (row, twice) {
    const struct reply *reply =
        operator_ask(client, "GET", "/api/v1/state", *row);
    reply_expect_problem(reply, 400);
    reply_expect_in_body(reply, "may come once");
  }
}

Test(admin_api, the_page_says_what_it_may_do) {
  OWNED(program) p = program_start(NOBODY);
  OWNED(client) client = operator_new(p);
  const struct reply *reply = operator_get(client, "/");
  cr_expect_eq(reply->status, 200);
  reply_expect_field(reply, "Content-Type", "text/html; charset=utf-8");
  reply_expect_field(reply, "X-Content-Type-Options", "nosniff");
  static const char *const parts[] = {
      "default-src 'none'", "script-src 'sha256-", "style-src 'sha256-",
      "connect-src 'self'", "frame-ancestors 'none'"};
  EACH_ROW (row, parts)
    reply_expect_in_field(reply, "Content-Security-Policy", *row);
  reply_expect_in_body(reply, "<!doctype html>");
}

static int status_with(struct client *client, const char *path,
                       const char *field) {
  return operator_ask(client, "GET", path, field)->status;
}

Test(admin_api, a_token_is_asked_for_where_there_is_one) {
  const char *path = folder_write("admin.token", "open-sesame\n");
  OWNED(program) p = program_start("--to", "http://127.0.0.1:1", "--admin",
                                   "0.0.0.0:0", "--admin-token-file", path);
  OWNED(client) client = operator_new(p);
  static const char *const wrong[] = {"",
                                      "Authorization: Bearer open-sesam\r\n",
                                      "Authorization: Bearer open-sesame1\r\n",
                                      "Authorization: Bearer \r\n",
                                      "Authorization: Basic open-sesame\r\n",
                                      "Authorization: open-sesame\r\n"};
  EACH_ROW (row, wrong) {
    const struct reply *reply =
        operator_ask(client, "GET", "/api/v1/state", *row);
    reply_expect_problem(reply, 401);
    reply_expect_in_field(reply, "WWW-Authenticate", "Bearer");
  }
  cr_expect_eq(status_with(client, "/metrics", ""), 401);
  cr_expect_eq(status_with(client, "/no-such-path", ""), 401);
  cr_expect_eq(status_with(client, "/healthz", ""), 200);
  cr_expect_eq(status_with(client, "/readyz", ""), 200);
  cr_expect_eq(status_with(client, "/", ""), 200);
  cr_expect_eq(status_with(client, "/api/v1/state",
                           "Authorization: bearer  open-sesame\r\n"),
               200);
  words_expect_none(p->err, "sesame");
}

Test(admin_api, the_token_is_read_anew_by_a_reload) {
  const char *path = folder_write("admin.token", "first");
  OWNED(program) p = program_start(NOBODY, "--admin-token-file", path);
  OWNED(client) client = operator_new(p);
  folder_write("admin.token", "second");
  program_reload(p, "hedgerow: reloaded");
  cr_expect_eq(
      status_with(client, "/metrics", "Authorization: Bearer first\r\n"), 401);
  cr_expect_eq(
      status_with(client, "/metrics", "Authorization: Bearer second\r\n"), 200);
  folder_write("admin.token", "two words");
  program_reload(p, "hedgerow: not reloaded");
  cr_expect_eq(
      status_with(client, "/metrics", "Authorization: Bearer second\r\n"), 200);
}

Test(admin_api, a_reload_that_is_refused_takes_no_token) {
  const char *own = folder_write("admin.token", "first");
  const char *upstream = folder_write("upstream.token", "good");
  OWNED(program) p = program_start(NOBODY, "--admin-token-file", own,
                                   "--token-file", upstream);
  OWNED(client) client = operator_new(p);
  folder_write("admin.token", "second");
  folder_write("upstream.token", "two words");
  program_reload(p, "hedgerow: not reloaded");
  cr_expect_eq(
      status_with(client, "/metrics", "Authorization: Bearer first\r\n"), 200);
  cr_expect_eq(
      status_with(client, "/metrics", "Authorization: Bearer second\r\n"), 401);
}

Test(admin_api, where_there_is_a_token_tls_may_stand_in_front) {
  static const char request[] =
      "GET /api/v1/state HTTP/1.1\r\nHost: ops.example\r\n"
      "Origin: https://ops.example\r\nAuthorization: Bearer it\r\n\r\n";
  const char *path = folder_write("admin.token", "it");
  OWNED(program) p = program_start(NOBODY, "--admin-token-file", path);
  cr_expect_eq(operator_status(p, request), 200);
}

static struct client *listen_with(const struct program *program,
                                  const char *field) {
  struct client *client = operator_new(program);
  const char *request = words_of(
      "GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\n%s\r\n", field);
  client_send(client, request);
  cr_assert_eq(client_await_head(client)->status, 200);
  client_await_bytes(client, "retry: 1000\n\n");
  return client;
}

static void reload(struct program *program) {
  OWNED(client) client = operator_new(program);
  program_reload(program, "hedgerow: reloaded");
  cr_expect_eq(operator_get(client, "/healthz")->status, 200);
}

Test(admin_api, who_listens_by_an_old_token_hears_no_more) {
  const char *path = folder_write("admin.token", "first");
  OWNED(program) p = program_start(NOBODY, "--admin-token-file", path);
  OWNED(client) ear = listen_with(p, "Authorization: Bearer first\r\n");
  reload(p);
  client_expect_nothing(ear);
  folder_write("admin.token", "second");
  reload(p);
  client_await_close(ear);
}

Test(admin_api, a_token_file_that_is_missing_is_named) {
  struct program *p = program_run("--to", "http://127.0.0.1:1", "--admin", AT,
                                  "--admin-token-file", "/no/such/file");
  program_expect_exit(p, 2);
  words_expect(p->err, "--admin-token-file: /no/such/file: No such");
  free(p);
}

/* ---- a socket in the file system ---- */

static int connect_at(const char *path) {
  struct sockaddr_un to = {.sun_family = AF_UNIX};
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  snprintf(to.sun_path, sizeof to.sun_path, "%s", path);
  if (connect(fd, (struct sockaddr *)&to, sizeof to) == 0) return fd;
  close(fd);
  return -1;
}

static struct program *start_at(const char *place) {
  return program_start("--to", "http://127.0.0.1:1", "--admin", place);
}

static void expect_alive_at(const char *path) {
  int fd = connect_at(path);
  cr_assert_geq(fd, 0);
  OWNED(client) client = client_over(fd);
  /* No Host can mislead who came by a file. */
  client_send(client, "GET /healthz HTTP/1.1\r\nHost: a.example\r\n\r\n");
  client_expect(client, 200, "{\"status\":\"ok\"}");
}

Test(admin_api, a_socket_is_its_owners_and_goes_with_the_program) {
  char place[FOLDER_PATH_MAX + 8];
  struct stat info;
  const char *path = folder_write("made", "");
  path = folder_path("admin.sock");
  snprintf(place, sizeof place, "unix:%s", path);
  struct program *p = start_at(place);
  cr_assert_eq(stat(path, &info), 0);
  cr_expect_eq(info.st_mode & 0777, 0600, "%o", info.st_mode);
  words_expect(p->err, "admin at unix:/");
  expect_alive_at(path);
  struct program *second = program_run("--to", "http://127.0.0.1:1", "--listen",
                                       AT, "--admin", place);
  program_expect_exit(second, 1);
  words_expect(second->err, "Address already in use");
  free(second);
  expect_alive_at(path);
  program_free(p);
  cr_expect_neq(stat(path, &info), 0);
}

Test(admin_api, a_socket_that_was_left_behind_is_replaced) {
  char place[FOLDER_PATH_MAX + 8];
  const char *path = folder_write("made", "");
  path = folder_path("admin.sock");
  snprintf(place, sizeof place, "unix:%s", path);
  OWNED(program) p = start_at(place);
  program_signal(p, SIGKILL);
  program_await_exit(p);
  free(p);
  cr_assert_eq(access(path, F_OK), 0);
  p = start_at(place);
  expect_alive_at(path);
}

Test(admin_api, a_file_in_a_sockets_place_is_left_alone) {
  char place[FOLDER_PATH_MAX + 8];
  const char *path = folder_write("precious", "text");
  snprintf(place, sizeof place, "unix:%s", path);
  struct program *p = program_run("--to", "http://127.0.0.1:1", "--listen", AT,
                                  "--admin", place);
  program_expect_exit(p, 1);
  words_expect(p->err, "is there, and is no socket");
  char *text = folder_read("precious");
  cr_expect_str_eq(text, "text");
  free(text);
  free(p);
}

/* ---- bad input ---- */

Test(admin_api, what_is_malformed_is_refused_as_the_front_refuses_it) {
  static const struct {
    int status;
    const char *bytes;
  } bad[] = {
      {400, "GET /metrics HTTP/1.1\nHost: a\n\n"},
      {400, "GET /metrics HTTP/1.1\r\n\r\n"},
      {400, "GET /metrics HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"},
      {400, "GET /metrics HTTP/1.1\r\nHost : 127.0.0.1\r\n\r\n"},
      {400, "GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n folded: 1\r\n\r\n"},
      {400, "GET /metrics#x HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"},
      {400, "GET  /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"},
      {400, "GET metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"},
      {400, "POST /api/v1/drain HTTP/1.1\r\nHost: 127.0.0.1\r\n" MEANT
            "Content-Length: 1\r\nContent-Length: 2\r\n\r\n"},
      {400, "POST /api/v1/drain HTTP/1.1\r\nHost: 127.0.0.1\r\n" MEANT
            "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"},
      {501, "POST /api/v1/drain HTTP/1.1\r\nHost: 127.0.0.1\r\n" MEANT
            "Transfer-Encoding: gzip\r\n\r\n"},
      {505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
      {400, "\x16\x03\x01\x02\x00\x01\r\n\r\n"},
  };
  OWNED(program) p = program_start(NOBODY);
  EACH_ROW (row, bad)
    cr_expect_eq(operator_status(p, row->bytes), row->status, "%s", row->bytes);
  cr_expect_eq(operator_status(p, "GET /readyz HTTP/1.0\r\n\r\n"), 200);
}

Test(admin_api, a_target_without_end_is_stopped) {
  OWNED(program) p = program_start(NOBODY);
  char request[8 * 1024] = "GET /api/v1/races/";
  memset(request + strlen(request), 'x', 6000);
  strcat(request, " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
  cr_expect_eq(operator_status(p, request), 414);
}

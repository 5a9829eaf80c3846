/* Targets of one upstream, by a file in the built program: each has credentials
 * and fields of its own, and they take turns. */
#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/folder.h"
#include "support/guard.h"
#include "support/rows.h"
#include "support/scene.h"
#include "support/words.h"

TestSuite(targets, .fini = folder_remove);

#define FILED "planted-t0ken-of-a-file"
#define OF_ENV "planted-t0ken-of-a-variable"
#define KEY "planted-k3y-of-a-header"

/* a has the token of a file, b that of a variable and a field, c nothing. */
#define OWN                                                                    \
  "defaults: {hedges: 2, hedge_after: 0ms}\n"                                  \
  "upstreams:\n"                                                               \
  "  x:\n"                                                                     \
  "    targets:\n"                                                             \
  "      - {url: $A, token_file: a.token}\n"                                   \
  "      - {url: $B, token_env: OF_B, headers: {X-Key: " KEY "}}\n"            \
  "      - $C\n"                                                               \
  "routes:\n"                                                                  \
  "  - {path: /x, upstream: x}\n"

static struct scene open_own(void) {
  folder_write("a.token", FILED "\n");
  setenv("OF_B", OF_ENV, 1);
  return scene_open(OWN);
}

static void expect_without(const char *text, const char *where) {
  static const char *const secrets[] = {FILED, OF_ENV, KEY};
  EACH_ROW (row, secrets)
    cr_assert(!strstr(text, *row), "%s is in %s:\n%s", *row, where, text);
}

/* ---- credentials ---------------------------------------------------------- */

Test(targets, each_of_them_sees_only_its_own_credentials) {
  SCOPED(scene) s = open_own();
  client_get(s.client, "/x");
  struct arrival *a = origin_await_attempt(s.a, 0);
  struct arrival *b = origin_await_attempt(s.b, 1);
  struct arrival *c = origin_await_attempt(s.c, 2);
  arrival_expect_field(a, "Authorization", "Bearer " FILED);
  arrival_expect_field(b, "Authorization", "Bearer " OF_ENV);
  arrival_expect_field(b, "X-Key", KEY);
  arrival_expect_field(c, "Authorization", NULL);
  cr_expect(!strstr(a->request, OF_ENV) && !strstr(a->request, KEY), "%s",
            a->request);
  words_expect_none(b->request, FILED);
  expect_without(c->request, "the request to c");
  scene_serve(&s, c, 200, "1");
}

Test(targets, the_clients_credentials_go_where_there_are_no_others) {
  SCOPED(scene) s = open_own();
  client_get_with(s.client, "/x",
                  "Authorization: Basic mine\r\nCookie: m=1\r\n");
  struct arrival *a = origin_await_attempt(s.a, 0);
  struct arrival *b = origin_await_attempt(s.b, 1);
  struct arrival *c = origin_await_attempt(s.c, 2);
  words_expect_none(a->request, "mine");
  words_expect_none(b->request, "mine");
  arrival_expect_field(c, "Authorization", "Basic mine");
  arrival_expect_field(c, "Cookie", "m=1");
  expect_without(c->request, "the request to c");
  scene_serve(&s, c, 200, "1");
}

Test(targets, what_is_secret_is_in_no_answer_and_no_log) {
  SCOPED(scene) s = open_own();
  client_get(s.client, "/x");
  arrival_reset(origin_await_attempt(s.a, 0));
  arrival_reset(origin_await_attempt(s.b, 1));
  arrival_reset(origin_await_attempt(s.c, 2));
  const struct reply *reply = client_expect_problem(s.client, 502);
  expect_without(reply->head, "an answer's head");
  expect_without(reply->body, "an answer");
  client_leave(s.client);
  program_stop(s.program);
  expect_without(s.program->out, "the log");
  expect_without(s.program->err, "the notices");
}

/* A process with a token may not be dumped: then only root may read it. */
Test(targets, the_token_of_a_variable_is_wiped_from_the_environment) {
  static char bytes[64 * 1024];
  SCOPED(scene) s = open_own();
  const char *path = words_of("/proc/%d/environ", (int)s.program->pid);
  FILE *stream = fopen(path, "r");
  cr_assert(stream || errno == EACCES, "%s: %s", path, strerror(errno));
  size_t n = stream ? fread(bytes, 1, sizeof bytes, stream) : 0;
  if (stream) fclose(stream);
  cr_expect(!memmem(bytes, n, OF_ENV, strlen(OF_ENV)));
}

Test(targets, a_dump_of_the_configuration_masks_what_is_secret) {
  SCOPED(scene) s = open_own();
  const char *path = folder_path("hedgerow.yaml");
  OWNED(program) dump = program_run("--config", path, "--dump-config");
  program_expect_exit(dump, 0);
  cr_expect(strstr(dump->out, "OF_B") && strstr(dump->out, "a.token"), "%s",
            dump->out);
  expect_without(dump->out, "the dump");
}

Test(targets, a_token_that_is_not_there_is_named_and_stops_the_start) {
  const char *path = folder_write("a.token", FILED "\n");
  unsetenv("OF_B");
  path = folder_write(
      "bad.yaml", "upstreams: {x: {targets: [{url: \"http://127.0.0.1:9\", "
                  "token_env: OF_B}]}}\nroutes: [{path: /x, upstream: x}]\n");
  OWNED(program) program = program_run("--config", path);
  program_expect_exit(program, 2);
  words_expect(program->err, "OF_B");
}

/* ---- whose turn it is ----------------------------------------------------- */

#define BALANCED(how, hedges)                                                  \
  "defaults: {hedge_after: 0ms, hedges: " hedges "}\n"                         \
  "upstreams:\n  x: {targets: [$A, $B, $C], balance: " how "}\n"               \
  "routes:\n  - {path: /x, upstream: x}\n"

Test(targets, by_default_the_first_is_asked_first) {
  SCOPED(scene) s = scene_open(BALANCED("first", "0"));
  for (int i = 0; i < 4; i++) scene_expect(&s, s.a, "/x", "GET /x HTTP/1.1");
}

Test(targets, in_rotation_the_next_request_asks_the_next_one_first) {
  SCOPED(scene) s = scene_open(BALANCED("rotate", "0"));
  for (int i = 0; i < 3; i++) {
    scene_expect(&s, s.a, "/x", "GET /x HTTP/1.1");
    scene_expect(&s, s.b, "/x", "GET /x HTTP/1.1");
    scene_expect(&s, s.c, "/x", "GET /x HTTP/1.1");
  }
}

Test(targets, who_stands_behind_an_ejected_one_gets_no_second_turn) {
  struct scene s = scene_open(BALANCED("rotate", "0"));
  for (int i = 0; i < 5; i++) {
    scene_expect(&s, s.a, "/x", "GET /x HTTP/1.1");
    client_get(s.client, "/x");
    arrival_answer_json(origin_await(s.b), 500, "1");
    client_expect_problem(s.client, 502);
    scene_expect(&s, s.c, "/x", "GET /x HTTP/1.1");
  }
  for (int i = 0; i < 3; i++) {
    scene_expect(&s, s.a, "/x", "GET /x HTTP/1.1");
    scene_expect(&s, s.c, "/x", "GET /x HTTP/1.1");
  }
  scene_close(&s);
}

Test(targets, hedges_go_to_those_behind_the_first_one) {
  SCOPED(scene) s = scene_open(BALANCED("rotate", "2"));
  struct origin *all[] = {s.a, s.b, s.c};
  for (unsigned first = 0; first < 3; first++) {
    client_get(s.client, "/x");
    for (unsigned k = 0; k < 2; k++)
      origin_await_attempt(all[(first + k) % 3], k);
    arrival_answer_first(origin_await_attempt(all[(first + 2) % 3], 2), 200,
                         "1");
    client_expect(s.client, 200, "1");
  }
}

/* The page, and not the targets: so each has its turn afterwards. */
Test(targets, a_page_that_is_html_everywhere_sends_nobody_out) {
  SCOPED(scene) s = scene_open(BALANCED("rotate", "2"));
  struct origin *all[] = {s.a, s.b, s.c};
  for (unsigned first = 0; first < 6; first++) {
    client_get(s.client, "/x");
    for (unsigned k = 0; k < 3; k++)
      arrival_answer(origin_await_attempt(all[(first + k) % 3], k), 200, "",
                     "<html>");
    client_expect_problem(s.client, 502);
  }
  for (unsigned first = 0; first < 3; first++) {
    client_get(s.client, "/x");
    arrival_answer_json(origin_await_attempt(all[first], 0), 200, "1");
    client_expect(s.client, 200, "1");
  }
}

/* The one of them to whom a connection comes. */
static struct origin *who_is_asked(struct origin *const *all, unsigned count) {
  struct pollfd polled[3];
  unsigned i = 0;
  for (unsigned k = 0; k < count; k++)
    polled[k] = (struct pollfd){all[k]->listening, POLLIN, 0};
  cr_assert(poll(polled, count, GUARD_MS) == 1);
  while (!polled[i].revents) i++;
  return all[i];
}

/* So that whoever is asked next is asked by a connection. */
static void arrival_close_with(struct arrival *arrival, int status) {
  arrival_answer(arrival, status, "Connection: close\r\n", "1");
  arrival_await_closed(arrival);
}

/* However few are at work there: who fails ends soonest. */
Test(targets, by_least_work_one_that_fails_is_passed_by) {
  SCOPED(scene) s = scene_open(BALANCED("least", "0"));
  unsigned failures = 0;
  struct origin *all[] = {s.a, s.b, s.c};
  while (failures < 5) {
    client_get(s.client, "/x");
    struct origin *asked = who_is_asked(all, 3);
    failures += asked == s.b;
    arrival_close_with(origin_await(asked), asked == s.b ? 500 : 200);
    cr_expect_eq(client_await_reply(s.client)->status,
                 asked == s.b ? 502 : 200);
  }
  program_await_notice(s.program, "is passed by for 10 s: it keeps failing");
  for (int i = 0; i < 30; i++) {
    client_get(s.client, "/x");
    struct origin *asked = who_is_asked(all, 3);
    cr_expect_neq(asked, s.b);
    arrival_close_with(origin_await(asked), 200);
    client_expect(s.client, 200, "1");
  }
}

/* Of two, both are drawn: nothing here is left to chance but who is held. */
Test(targets, the_one_that_is_at_work_is_not_asked) {
  SCOPED(scene) s = scene_open("defaults: {hedges: 0}\n"
                               "upstreams:\n"
                               "  x: {targets: [$A, $B], balance: least}\n"
                               "routes:\n  - {path: /x, upstream: x}\n");
  OWNED(client) patient = client_new(s.program->port);
  client_get(patient, "/x");
  struct origin *both[] = {s.a, s.b}, *busy = who_is_asked(both, 2);
  struct arrival *held = origin_await(busy);
  for (int i = 0; i < 20; i++)
    scene_expect(&s, busy == s.a ? s.b : s.a, "/x", "GET /x HTTP/1.1");
  arrival_answer_json(held, 200, "2");
  client_expect(patient, 200, "2");
}

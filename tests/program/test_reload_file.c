/* SIGHUP to the built program whose file has changed: routes and targets come
 * and go, a broken file changes nothing, and nobody who asks notices. */
#include <criterion/criterion.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "support/folder.h"
#include "support/rows.h"
#include "support/scene.h"
#include "support/wire.h"
#include "support/words.h"

TestSuite(reload_file, .fini = folder_remove);

#define ALONE "defaults: {hedges: 0}\n"
#define A ALONE "upstreams:\n  a: {targets: [$A]}\n"
#define AB A "  b: {targets: [$B]}\n"
#define BEFORE A "routes:\n  - {path: /a, upstream: a}\n"
#define BOTH BEFORE_B "  - {path: /b, upstream: b}\n"
#define BEFORE_B AB "routes:\n  - {path: /a, upstream: a}\n"

static void reload(const struct scene *s, const char *yaml) {
  scene_reload(s, yaml, "hedgerow: reloaded");
}

static void expect_said(const struct scene *s, const char *text) {
  words_expect(s->program->err, text);
}

/* ---- what changes --------------------------------------------------------- */

Test(reload_file, a_new_route_and_its_target_appear) {
  SCOPED(scene) s = scene_open(BEFORE);
  scene_expect(&s, s.a, "/a", "GET /a HTTP/1.1");
  scene_expect_problem(&s, "/b", 404);
  scene_write(&s, BOTH);
  scene_expect_problem(&s, "/b", 404); /* nobody has said anything */
  reload(&s, BOTH);
  scene_expect(&s, s.a, "/a", "GET /a HTTP/1.1");
  scene_expect(&s, s.b, "/b", "GET /b HTTP/1.1");
}

Test(reload_file, a_route_that_was_removed_is_no_longer_there) {
  SCOPED(scene) s = scene_open(BOTH);
  scene_expect(&s, s.b, "/b", "GET /b HTTP/1.1");
  reload(&s, BEFORE);
  scene_expect_problem(&s, "/b", 404);
  scene_expect(&s, s.a, "/a", "GET /a HTTP/1.1");
}

Test(reload_file, a_route_has_its_new_target_and_its_new_options) {
  SCOPED(scene) s = scene_open(BEFORE);
  scene_expect(&s, s.a, "/a", "GET /a HTTP/1.1");
  reload(&s, "defaults: {hedges: 0}\n"
             "upstreams:\n  a: {targets: [$B/v2]}\n"
             "routes:\n  - {path: /a, upstream: a, strip_prefix: true,\n"
             "     success: any, headers: {X-New: 'yes'}}\n");
  struct arrival *arrival = scene_ask(&s, s.b, "/a/7");
  arrival_expect_line(arrival, "GET /v2/7 HTTP/1.1");
  arrival_expect_field(arrival, "X-New", "yes");
  arrival_answer(arrival, 404, "", "<p>");
  client_expect(s.client, 404, "<p>");
  scene_expect_silence(&s);
}

Test(reload_file, a_smaller_budget_holds_for_what_was_kept_under_the_old_one) {
  static const char file[] = "upstreams:\n  a: {targets: [$A], budget: %s}\n"
                             "defaults: {hedge_after: 20s}\n"
                             "routes:\n  - {path: /a, upstream: a}\n";
  char before[256], after[256];
  snprintf(before, sizeof before, file, "200%:50");
  snprintf(after, sizeof after, file, "0%");
  SCOPED(scene) s = scene_open(before);
  reload(&s, after);
  arrival_answer_json(scene_ask(&s, s.a, "/a"), 500, "{}");
  const struct reply *reply = client_expect_problem(s.client, 502);
  reply_expect_in_body(reply, "\"refused_by\":\"budget\"");
}

Test(reload_file, what_is_in_flight_ends_by_the_file_it_began_under) {
  SCOPED(scene) s = scene_open(
      "defaults: {hedges: 1, hedge_after: 60s, timeout: 60s}\n"
      "upstreams:\n"
      "  a: {targets: [$A, {url: $B/old, headers: {X-Old: 'yes'}}]}\n"
      "routes:\n  - {path: /a, upstream: a}\n");
  struct arrival *held = scene_ask(&s, s.a, "/a");
  reload(&s, A "routes:\n  - {path: /other, upstream: a}\n");
  reload(&s, A "routes:\n  - {path: /another, upstream: a}\n");
  arrival_answer_json(held, 503, "{}");
  held = origin_await(s.b); /* its hedge goes to a target that was removed */
  arrival_expect_line(held, "GET /old/a HTTP/1.1");
  arrival_expect_field(held, "X-Old", "yes");
  scene_serve(&s, held, 200, "1");
  scene_expect_problem(&s, "/a", 404);
  scene_expect(&s, s.a, "/another", "GET /another HTTP/1.1");
}

/* The client was told to go on, and does. */
static void expect_late_body(const char *framing, const char *rest) {
  SCOPED(scene) s = scene_open(A "max_head: 16K\nroutes:\n"
                                 "  - {path: /a, upstream: a}\n");
  client_send(s.client, "POST /a HTTP/1.1\r\nHost: h\r\n");
  client_send(s.client, framing);
  client_expect(s.client, 100, "");
  reload(&s, ALONE "upstreams:\n  a: {targets: [$B]}\nroutes:\n"
                   "  - {path: /b, upstream: a, max_request_body: 1}\n");
  client_send(s.client, rest);
  struct arrival *arrival = origin_await(s.a);
  arrival_expect_line(arrival, "POST /a HTTP/1.1");
  arrival_expect_body(arrival, "abcd", 4);
  scene_serve(&s, arrival, 200, "1");
  scene_expect_problem(&s, "/a", 404);
  scene_expect(&s, s.b, "/b", "GET /b HTTP/1.1");
}

Test(reload_file, a_late_body_goes_by_the_file_that_its_head_came_under) {
  expect_late_body("Expect: 100-continue\r\nContent-Length: 4\r\n\r\n", "abcd");
}

Test(reload_file, late_chunks_go_by_the_file_that_their_head_came_under) {
  expect_late_body("Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n",
                   "4\r\nabcd\r\n0\r\n\r\n");
}

Test(reload_file, a_client_that_leaves_its_late_body_leaves_no_file_behind) {
  SCOPED(scene) s = scene_open(BEFORE);
  client_send(s.client, "POST /a HTTP/1.1\r\nHost: h\r\n"
                        "Expect: 100-continue\r\nContent-Length: 4\r\n\r\n");
  client_expect(s.client, 100, "");
  reload(&s, BOTH);
  client_leave(s.client);
  client_free(s.client);
  s.client = client_new(s.program->port);
  scene_expect(&s, s.b, "/b", "GET /b HTTP/1.1");
}

Test(reload_file, kept_connections_of_unchanged_targets_stay) {
  SCOPED(scene) s = scene_open(BOTH);
  struct arrival *kept = scene_ask(&s, s.a, "/a");
  scene_serve(&s, kept, 200, "1");
  static const char *const files[] = {BEFORE, BOTH, "oops", BEFORE};
  EACH_ROW (row, files) {
    scene_reload(&s, *row, "reloaded");
    client_get(s.client, "/a");
    arrival_await_next(kept);
    scene_serve(&s, kept, 200, "1");
  }
  origin_expect_no_arrival(s.a);
}

Test(reload_file, a_target_has_its_new_token) {
  static const char yaml[] =
      ALONE "upstreams:\n  a: {targets: [{url: $A, token_file: t}]}\n"
            "routes:\n  - {path: /a, upstream: a}\n";
  static const char *const tokens[] = {"one", "two"};
  const char *path = folder_write("t", "one");
  SCOPED(scene) s = scene_open(yaml);
  for (unsigned i = 0; i < 2; i++) {
    const char *want = words_of("Bearer %s", tokens[i]);
    folder_write("t", tokens[i]);
    reload(&s, yaml);
    struct arrival *arrival = scene_ask(&s, s.a, "/a");
    arrival_expect_field(arrival, "Authorization", want);
    arrival_answer_first(arrival, 200, "1");
    client_expect(s.client, 200, "1");
  }
  unlink(path);
  scene_reload(&s, yaml, "not reloaded");
  struct arrival *arrival = scene_ask(&s, s.a, "/a");
  arrival_expect_field(arrival, "Authorization", "Bearer two");
  scene_serve(&s, arrival, 200, "1");
}

/* ---- what does not -------------------------------------------------------- */

Test(reload_file, a_broken_file_changes_nothing_and_is_told_with_its_lines) {
  SCOPED(scene) s = scene_open(BEFORE);
  scene_reload(&s,
               BEFORE_B "  - {path: /b, upstrem: b}\n"
                        "  - {path: /c, upstream: c}\n",
               "not reloaded: the configuration from before stays in force");
  expect_said(&s, "line 7, column 16");
  expect_said(&s, "upstrem");
  expect_said(&s, "line 8, column 26");
  scene_expect_problem(&s, "/b", 404);
  scene_expect(&s, s.a, "/a", "GET /a HTTP/1.1");
  reload(&s, BOTH);
  scene_expect(&s, s.b, "/b", "GET /b HTTP/1.1");
}

Test(reload_file, a_file_that_has_gone_changes_nothing) {
  SCOPED(scene) s = scene_open(BEFORE);
  const char *path = folder_path("hedgerow.yaml");
  unlink(path);
  program_reload(s.program, "not reloaded");
  expect_said(&s, path);
  scene_expect(&s, s.a, "/a", "GET /a HTTP/1.1");
}

/* A reload would find it empty, or wait for somebody who writes. */
Test(reload_file, a_pipe_is_read_at_the_start_and_not_again) {
  const char *path = folder_pipe(
      "pipe", "upstreams: {a: {targets: [http://127.0.0.1:9]}}\n"
              "routes: [{path: /a, upstream: a, methods: [PUT]}]\n");
  OWNED(program) program = program_start("--config", path);
  program_reload(program, "not reloaded: the configuration from before");
  words_expect(program->err, "cannot be read again");
  OWNED(client) client = client_new(program->port);
  client_get(client, "/a");
  client_expect_problem(client, 405);
}

Test(reload_file, options_that_want_a_restart_are_named_and_the_rest_applies) {
  SCOPED(scene) s = scene_open(BEFORE);
  reload(&s, "max_head: 32K\nkeepalive_timeout: 5s\n" BOTH);
  expect_said(&s, "max_head: it counts from the next start on");
  expect_said(&s, "keepalive_timeout: it counts");
  words_expect_none(s.program->err, "max_fields");
  words_expect_none(s.program->err, "listen");
  scene_expect(&s, s.b, "/b", "GET /b HTTP/1.1");
  reload(&s, BOTH);
  words_expect_none(s.program->err, "max_head");
}

Test(reload_file, a_limit_that_was_lowered_to_fit_is_no_difference) {
  const struct rlimit few = {1024, 1024};
  cr_assert_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
  SCOPED(scene) s = scene_open(BEFORE);
  expect_said(&s, "--max-connections is lowered");
  reload(&s, BOTH);
  words_expect_none(s.program->err, "it counts");
  reload(&s, "max_connections: 20000\n" BOTH);
  expect_said(&s, "max_connections: it counts from the next start on");
}

Test(reload_file, the_log_goes_to_the_file_that_is_named_now) {
  SCOPED(scene) s = scene_open("log_file: one.log\n" BEFORE);
  scene_expect(&s, s.a, "/a/1", "GET /a/1 HTTP/1.1");
  folder_await("one.log", "/a/1");
  reload(&s, "log_file: two.log\n" BEFORE);
  scene_expect(&s, s.a, "/a/2", "GET /a/2 HTTP/1.1");
  client_leave(s.client);
  program_stop(s.program);
  char *one = folder_read("one.log"), *two = folder_read("two.log");
  cr_expect(strstr(one, "/a/1") && !strstr(one, "/a/2"), "%s", one);
  cr_expect(strstr(two, "/a/2") && !strstr(two, "/a/1"), "%s", two);
  free(one);
  free(two);
}

/* Whoever rotates it deletes what was moved away. */
Test(reload_file, the_log_is_opened_anew_though_the_file_is_broken) {
  static const char good[] = "log_file: now.log\n" BEFORE;
  static const char *const broken[] = {
      "log_file: other.log\nbad: 1\n" BEFORE, "log_file: [", NULL,
      "log_file: other.log\ntoken_file: none\n" BEFORE};
  SCOPED(scene) s = scene_open("log_file: first.log\n" BEFORE);
  reload(&s, good);
  for (unsigned i = 0; i < sizeof broken / sizeof *broken; i++) {
    char target[8], line[32];
    snprintf(target, sizeof target, "/a/%u", i);
    snprintf(line, sizeof line, "GET %s HTTP/1.1", target);
    cr_assert(rename(folder_path("now.log"), folder_path("moved.log")) == 0);
    scene_write(&s, broken[i] ? broken[i] : "");
    if (!broken[i]) unlink(folder_path("hedgerow.yaml"));
    program_reload(s.program, "not reloaded: the configuration from before");
    scene_expect(&s, s.a, target, line);
    folder_await("now.log", target);
  }
}

/* ---- the service manager -------------------------------------------------- */

static void expect_message(int manager, const char *begins) {
  char message[1024] = "";
  wire_await(manager, POLLIN, "a notification");
  cr_assert(recv(manager, message, sizeof message - 1, 0) > 0);
  cr_assert(strncmp(message, begins, strlen(begins)) == 0,
            "expected %s, got %s", begins, message);
}

Test(reload_file, a_service_manager_hears_how_it_ended) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  SCOPED_FD manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const char *path = folder_path("notify");
  snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
  cr_assert(bind(manager, (struct sockaddr *)&address, sizeof address) == 0);
  setenv("NOTIFY_SOCKET", path, 1);
  struct scene s = scene_open(BEFORE);
  expect_message(manager, "READY=1\n");
  scene_reload(&s, "nonsense", "not reloaded");
  expect_message(manager, "RELOADING=1\n");
  expect_message(manager, "READY=1\nSTATUS=not reloaded: the configuration");
  reload(&s, BOTH);
  expect_message(manager, "RELOADING=1\n");
  expect_message(manager, "READY=1\nSTATUS=reloaded");
  scene_close(&s);
}

/* ---- limits --------------------------------------------------------------- */

/* The room for them is made before the file is in force. */
Test(reload_file, longer_heads_of_upstreams_pass_whole_once_they_may) {
  static char fields[250 * 1024] = "X-Long: ";
  SCOPED(scene) s = scene_open(BEFORE);
  reload(&s, ALONE "upstreams:\n  a: {targets: [$A], max_upstream_head: 1M}\n"
                   "routes:\n  - {path: /a, upstream: a}\n");
  memset(fields + 8, 'x', sizeof fields - 32);
  strcpy(fields + sizeof fields - 24, "\r\nX-Last: 1\r\n");
  client_get(s.client, "/a");
  arrival_answer(origin_await(s.a), 200, fields, "1");
  const struct reply *reply = client_await_reply(s.client);
  reply_expect(reply, 200, "1");
  cr_assert(strstr(reply->head, fields), "fields are missing");
}

/* ---- often ---------------------------------------------------------------- */

/* What is not freed of them is noticed at the end of a debug build. */
Test(reload_file, many_reloads_leave_nothing_behind) {
  static const char *const files[] = {BEFORE, BOTH, "x: [", BEFORE_B};
  SCOPED(scene) s = scene_open(BOTH);
  OWNED(client) patient = client_new(s.program->port);
  client_get(patient, "/b?timeout=60000");
  struct arrival *held = origin_await(s.b);
  for (unsigned i = 0; i < 60; i++) {
    scene_reload(&s, files[i % 4], "reloaded");
    scene_expect(&s, s.a, "/a", "GET /a HTTP/1.1");
  }
  arrival_answer_json(held, 200, "2");
  client_expect(patient, 200, "2");
}

/* SIGHUP to the built program: what it reads anew, what it keeps when it cannot,
 * and that nobody who asks meanwhile notices anything. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/folder.h"
#include "support/stage.h"
#include "support/tls_origin.h"
#include "support/wire.h"
#include "support/words.h"

#define ALONE "--hedges", "0"
#define ONE "--workers", "1"

TestSuite(reload, .fini = folder_remove);

static void reload(struct program *program) {
  program_reload(program, "hedgerow: reloaded");
}

/* ---- nothing to read ------------------------------------------------------ */

Test(reload, without_files_nothing_changes) {
  SCOPED(stage) s = stage_open(ALONE);
  reload(s.program);
  client_expect_healthy(s.client);
  reload(s.program);
  client_expect_healthy(s.client);
}

Test(reload, many_signals_at_once_are_carried_out) {
  char value[64] = "";
  const char *path = folder_write("token", "first\n");
  SCOPED(stage) s = stage_open(ALONE, "--token-file", path);
  for (int i = 0; i < 200; i++) program_signal(s.program, SIGHUP);
  folder_write("token", "last\n");
  program_signal(s.program, SIGHUP);
  while (strcmp(value, "Bearer last") != 0) {
    struct arrival *arrival = stage_ask(&s, "/smart");
    wire_field(arrival->request, "Authorization", value, sizeof value);
    arrival_answer_first(arrival, 200, "1");
    client_expect(s.client, 200, "1");
  }
}

Test(reload, while_it_stops_a_signal_does_nothing) {
  const char *path = folder_write("token", "first\n");
  SCOPED(stage) s = stage_open(ALONE, "--drain", "60m", "--token-file", path);
  struct arrival *held = stage_ask(&s, "/smart?timeout=60000");
  program_signal(s.program, SIGTERM);
  program_await_notice(s.program, "stopping");
  unlink(path);
  for (int i = 0; i < 10; i++) program_signal(s.program, SIGHUP);
  stage_serve(&s, held, 200, "1");
  program_expect_exit(s.program, 0);
  words_expect_none(s.program->err, "reload");
}

/* ---- the token ------------------------------------------------------------ */

static void expect_token(struct stage *s, const char *authorization) {
  struct arrival *arrival = stage_ask(s, "/smart");
  arrival_expect_field(arrival, "Authorization", authorization);
  arrival_answer_first(arrival, 200, "1");
  client_expect(s->client, 200, "1");
}

Test(reload, the_next_request_carries_the_new_token) {
  const char *path = folder_write("token", "first\n");
  SCOPED(stage) s = stage_open(ALONE, "--token-file", path);
  expect_token(&s, "Bearer first");
  folder_write("token", "second\n");
  expect_token(&s, "Bearer first"); /* nobody has said anything */
  reload(s.program);
  expect_token(&s, "Bearer second");
}

Test(reload, every_worker_has_the_new_token) {
  const char *path = folder_write("token", "first\n");
  SCOPED(stage) s = stage_open(ALONE, "--workers", "4", "--token-file", path);
  folder_write("token", "second\n");
  reload(s.program);
  for (int i = 0; i < 32; i++) { /* each connection has a worker of its own */
    client_free(s.client);
    s.client = client_new(s.program->port);
    expect_token(&s, "Bearer second");
  }
}

/* A race is one request: its hedge shows the token that its primary showed. */
Test(reload, a_race_in_flight_keeps_its_token_and_gets_its_answer) {
  const char *path = folder_write("token", "first\n");
  SCOPED(stage) s = stage_open("--hedge-after", "20s", "--token-file", path);
  struct arrival *primary = stage_ask(&s, "/smart?timeout=60000");
  folder_write("token", "second\n");
  reload(s.program);
  arrival_answer_json(primary, 500, "0");
  struct arrival *hedge = origin_await_attempt(s.origin, 1);
  arrival_expect_field(hedge, "Authorization", "Bearer first");
  arrival_answer_first(hedge, 200, "1");
  reply_expect_story(client_expect(s.client, 200, "1"), "2", "1");
  expect_token(&s, "Bearer second");
}

static void expect_refused_token(const char *text, const char *why) {
  const char *path = folder_write("token", "first\n");
  SCOPED(stage) s = stage_open(ALONE, "--token-file", path);
  if (text) folder_write("token", text);
  else unlink(path);
  program_reload(s.program, "not reloaded: the token");
  words_expect(s.program->err, words_of("--token-file: %s: %s", path, why));
  words_expect_none(s.program->err, "s3cret");
  expect_token(&s, "Bearer first");
  folder_write("token", "third\n");
  reload(s.program);
  expect_token(&s, "Bearer third");
}

#define KEEPS_TOKEN(name, text, why)                                           \
  Test(reload, name) { expect_refused_token(text, why); }

KEEPS_TOKEN(a_token_file_that_is_gone_keeps_the_old_token, NULL,
            "No such file or directory")
KEEPS_TOKEN(an_empty_token_file_keeps_the_old_token, "", "expected one line")
KEEPS_TOKEN(a_token_file_with_a_line_end_inside_keeps_the_old_token,
            "s3cret\r\nX: s3cret\n", "expected one line")

Test(reload, the_token_of_the_environment_stays) {
  setenv("HEDGEROW_TOKEN", "of-the-environment", 1);
  SCOPED(stage) s = stage_open(ALONE);
  reload(s.program);
  expect_token(&s, "Bearer of-the-environment");
}

/* ---- the log -------------------------------------------------------------- */

static void expect_in_file(const char *name, const char *words, bool expected) {
  char *text = folder_read(name);
  cr_expect((strstr(text, words) != NULL) == expected, "%s: %s:\n%s", name,
            words, text);
  free(text);
}

static void ask_for(struct client *client, const char *path) {
  client_get(client, path);
  cr_assert(client_await_reply(client)->status == 404);
}

Test(reload, the_log_is_opened_anew) {
  const char *path = folder_path("log");
  const char *moved = folder_path("log.1");
  SCOPED(stage) s = stage_open(ALONE, "--log-file", path);
  ask_for(s.client, "/one");
  folder_await("log", "/one");
  cr_assert(rename(path, moved) == 0);
  ask_for(s.client, "/two"); /* still there */
  folder_await("log.1", "/two");
  reload(s.program);
  ask_for(s.client, "/three");
  client_leave(s.client);
  program_stop(s.program);
  expect_in_file("log", "/two", false);
  expect_in_file("log", "/three", true);
  expect_in_file("log.1", "/three", false);
  cr_expect(s.program->out[0] == '\0', "stdout: %s", s.program->out);
}

Test(reload, lines_are_appended_to_a_log_that_is_there) {
  const char *path = folder_write("log", "of yesterday\n");
  SCOPED(stage) s = stage_open(ALONE, "--log-file", path);
  reload(s.program);
  ask_for(s.client, "/one");
  client_leave(s.client);
  program_stop(s.program);
  expect_in_file("log", "of yesterday\n{", true);
  expect_in_file("log", "/one", true);
}

Test(reload, a_log_that_cannot_be_opened_stays_where_it_is) {
  const char *path = folder_path("log");
  const char *moved = folder_path("log.1");
  const char *token = folder_write("token", "first\n");
  SCOPED(stage) s =
      stage_open(ALONE, "--log-file", path, "--token-file", token);
  cr_assert(rename(path, moved) == 0 && symlink("nowhere/log", path) == 0);
  folder_write("token", "second\n");
  reload(s.program);
  cr_expect(strstr(s.program->err, path) &&
                strstr(s.program->err, "the log stays where it was"),
            "%s", s.program->err);
  expect_token(&s, "Bearer second"); /* the rest is done all the same */
  client_leave(s.client);
  program_stop(s.program);
  expect_in_file("log.1", "/smart", true);
}

/* ---- the CAs -------------------------------------------------------------- */

/* /smart asks `old`, whose CA is the first, and /all asks `other`. */
struct trust_stage {
  struct tls_origin *old, *other;
  struct program *program;
  struct client *client;
  const char *path;
};

static void trust(struct trust_stage *s, const struct tls_origin *origin) {
  s->path = folder_copy("ca", origin->ca_file);
}

static struct trust_stage trust_open_with(const char *hedges) {
  struct trust_stage s = {.old = tls_origin_new(TLS_GOOD),
                          .other = tls_origin_new(TLS_GOOD)};
  trust(&s, s.old);
  s.program = program_start("--to", s.old->url, "--all", s.other->url,
                            "--ca-file", s.path, "--connect-timeout", "20s",
                            "--hedges", hedges, "--hedge-after", "20s", ONE);
  s.client = client_new(s.program->port);
  return s;
}

static struct trust_stage trust_open(void) { return trust_open_with("0"); }

static void trust_stage_close(struct trust_stage *s) {
  client_free(s->client);
  program_free(s->program);
  tls_origin_free(s->old);
  tls_origin_free(s->other);
}

static struct tls_arrival *expect_trusted(struct trust_stage *s,
                                          struct tls_origin *origin) {
  bool smart = origin == s->old;
  client_get(s->client, smart ? "/smart" : "/all");
  struct tls_arrival *arrival = tls_origin_await(origin);
  tls_arrival_answer(arrival, "1");
  client_expect(s->client, 200, smart ? "1" : "[1]");
  return arrival;
}

static void expect_distrusted(struct trust_stage *s,
                              struct tls_origin *origin) {
  client_get(s->client, origin == s->old ? "/smart" : "/all?detail=1");
  tls_origin_await_refusal(origin);
  reply_expect_in_body(client_await_reply(s->client), "transport");
}

/* The next request comes on this connection. */
static void expect_kept(struct trust_stage *s, struct tls_arrival *kept) {
  client_get(s->client, "/smart");
  tls_arrival_await_next(kept);
  tls_arrival_answer(kept, "2");
  client_expect(s->client, 200, "2");
}

Test(reload, the_new_ca_is_trusted_and_the_old_one_is_not) {
  SCOPED(trust_stage) s = trust_open();
  expect_trusted(&s, s.old);
  expect_distrusted(&s, s.other);
  trust(&s, s.other);
  reload(s.program);
  expect_distrusted(&s, s.old);
  expect_trusted(&s, s.other);
}

/* Nothing is verified when a session is resumed. */
Test(reload, neither_a_kept_connection_nor_a_session_outlives_its_ca) {
  SCOPED(trust_stage) s = trust_open();
  reload(s.program);
  struct tls_arrival *kept = expect_trusted(&s, s.old);
  tls_arrival_send_ticket(kept);
  client_expect_healthy(s.client);
  trust(&s, s.other);
  reload(s.program);
  tls_arrival_await_closed(kept);
  reload(s.program);
  expect_distrusted(&s, s.old);
}

/* The file is another one, but it says the same. */
Test(reload, with_the_same_ca_connections_and_sessions_stay) {
  SCOPED(trust_stage) s = trust_open();
  struct tls_arrival *kept = expect_trusted(&s, s.old);
  tls_arrival_send_ticket(kept);
  client_expect_healthy(s.client);
  unlink(s.path);
  trust(&s, s.old);
  reload(s.program);
  expect_kept(&s, kept);
  tls_arrival_end(kept);
  client_expect_healthy(s.client);
  cr_expect(expect_trusted(&s, s.old)->resumed);
}

/* What is compared is what is in force, not what was there at start. */
Test(reload, a_ca_that_comes_back_is_trusted_anew) {
  SCOPED(trust_stage) s = trust_open();
  struct tls_arrival *first = expect_trusted(&s, s.old);
  trust(&s, s.other);
  reload(s.program);
  tls_arrival_await_closed(first);
  trust(&s, s.old);
  reload(s.program);
  struct tls_arrival *kept = expect_trusted(&s, s.old);
  reload(s.program);
  expect_kept(&s, kept);
  expect_distrusted(&s, s.other);
}

Test(reload, an_answer_that_is_awaited_over_tls_arrives) {
  SCOPED(trust_stage) s = trust_open();
  client_get(s.client, "/smart");
  struct tls_arrival *held = tls_origin_await(s.old);
  trust(&s, s.other);
  reload(s.program);
  reload(s.program);
  tls_arrival_answer(held, "1");
  client_expect(s.client, 200, "1");
  tls_arrival_await_closed(held); /* it is not kept */
  expect_distrusted(&s, s.old);
}

/* Its CAs are read only when it is connected; until then the line of those who
 * want to connect is full, and its SYN is sent again. */
Test(reload, a_connection_that_is_being_opened_is_not_lost) {
  SCOPED(trust_stage) s = trust_open();
  OWNED(client) other = client_new(s.program->port);
  cr_assert(listen(s.old->listening, 0) == 0);
  int first = wire_connect(s.old->port);
  client_get(s.client, "/smart?timeout=60000");
  client_expect_healthy(other); /* so the other request has been taken up */
  trust(&s, s.other);
  reload(s.program);
  close(accept(s.old->listening, NULL, NULL));
  close(first);
  struct tls_arrival *arrival = tls_origin_await(s.old);
  tls_arrival_answer(arrival, "1");
  client_expect(s.client, 200, "1");
}

/* Its hedge opens a connection when its CAs are in force for nobody else. */
Test(reload, a_race_in_flight_goes_on_under_its_own_cas) {
  SCOPED(trust_stage) s = trust_open_with("1");
  client_get(s.client, "/smart?timeout=60000");
  struct tls_arrival *primary = tls_origin_await(s.old);
  trust(&s, s.other);
  reload(s.program);
  tls_arrival_cut(primary);
  struct tls_arrival *hedge = tls_origin_await(s.old);
  tls_arrival_answer(hedge, "1");
  client_expect(s.client, 200, "1");
  tls_arrival_await_closed(hedge); /* it is not kept */
}

static void expect_refused_ca(const char *text) {
  SCOPED(trust_stage) s = trust_open();
  struct tls_arrival *kept = expect_trusted(&s, s.old);
  folder_write("ca", text);
  program_reload(s.program, "not reloaded: the token and CAs from before");
  cr_expect(strstr(s.program->err, "--ca-file: ") &&
                strstr(s.program->err, s.path),
            "%s", s.program->err);
  expect_kept(&s, kept);
  tls_arrival_end(kept);
  client_expect_healthy(s.client);
  expect_trusted(&s, s.old);
}

Test(reload, a_ca_file_that_is_empty_keeps_the_old_trust) {
  expect_refused_ca("");
}

Test(reload, a_ca_file_with_half_a_certificate_keeps_the_old_trust) {
  expect_refused_ca("-----BEGIN CERTIFICATE-----\nMIIB");
}

/* All or nothing. */
Test(reload, a_broken_ca_file_keeps_the_old_token_too) {
  SCOPED(trust_stage) s = {.old = tls_origin_new(TLS_GOOD),
                           .other = tls_origin_new(TLS_GOOD)};
  trust(&s, s.old);
  const char *token = folder_write("token", "first\n");
  s.program = program_start("--to", s.old->url, "--ca-file", s.path,
                            "--token-file", token, ALONE, ONE);
  s.client = client_new(s.program->port);
  folder_write("token", "second\n");
  folder_write("ca", "nothing\n");
  program_reload(s.program, "not reloaded");
  tls_arrival_expect_field(expect_trusted(&s, s.old), "Authorization",
                           "Bearer first");
}

/* All that an upstream may do wrong, in one table. Each row is two tests:
 *
 *   fault_alone     it is the only attempt: the client gets a 502 or 504 whose
 *                   problem+json names the result and says why, and never a 2xx
 *   fault_rescued   it is the primary and a hedge is good: the client gets the
 *                   hedge's bytes. A fault that is certain brings the hedge
 *                   forward, long before its time; only what hangs is waited for
 *
 * A row says what the upstream does: bytes and how it ends, or a function where
 * bytes are not enough, or where the target is when nobody answers there. What
 * frames and verdicts make of many more answers is in test_failures.c and
 * test_http_response.c; here each kind of fault is driven once, both ways. */
#include <criterion/criterion.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/names.h"
#include "support/stage.h"
#include "support/tls_origin.h"
#include "support/wire.h"
#include "support/words.h"

#define HEAD "HTTP/1.1 200 OK\r\n"
#define JSON "Content-Type: application/json\r\n"
#define RESCUE "{\"rescued\":true}"
#define A_HEDGE_IS_DUE_NEVER "60s"

enum ending {
  CLOSES,
  RESETS,
  HOLDS, /* and hedgerow must close */
  KEEPS, /* the answer is whole, so that hedgerow may keep the connection too */
};

struct scene {
  const struct fault *fault;
  char url[128];           /* of the faulty target */
  struct origin *origin;   /* if it is one of these */
  struct tls_origin *tls;  /* or this */
  struct names *names;     /* that its name is asked of, if any */
  struct arrival *arrival; /* the attempt that meets the fault */
  struct program *program;
  struct client *client;
};

struct fault {
  /* What it does; a row names what differs from an origin that gets the request
   * and sends nothing. */
  void (*open)(struct scene *scene);
  void (*act)(struct scene *scene);
  void (*until_closed)(struct scene *scene); /* while it is the only attempt */
  const char *bytes;
  size_t len;
  enum ending ending;
  enum tls_flaw flaw;
  /* What hedgerow makes of it. */
  bool hangs; /* it is no failure before the deadline */
  const char *result, *words, *connect_timeout;
};

#define SENDS(text) .bytes = text, .len = sizeof(text) - 1

/* ---- where the target is ----------------------------------------------------- */

static void at(struct scene *scene, const char *url) {
  snprintf(scene->url, sizeof scene->url, "%s", url);
}

static void open_origin(struct scene *scene) {
  scene->origin = origin_new();
  at(scene, scene->origin->url);
}

static void open_deaf(struct scene *scene) {
  scene->origin = origin_new_deaf();
  at(scene, scene->origin->url);
}

static void open_stuck(struct scene *scene) {
  scene->origin = origin_new_stuck();
  at(scene, scene->origin->url);
}

static void open_nowhere(struct scene *scene) {
  at(scene, "http://nowhere.invalid:8000");
}

static void open_silent_name(struct scene *scene) {
  scene->names = names_new();
  at(scene, "http://silent.test:8000");
}

static void open_tls(struct scene *scene) {
  scene->tls = tls_origin_new(scene->fault->flaw);
  at(scene, scene->tls->url_ip);
}

/* ---- what it does ------------------------------------------------------------ */

static void nothing(struct scene *scene) { (void)scene; }

static void end(struct scene *scene) {
  if (scene->fault->ending == RESETS) arrival_reset(scene->arrival);
  if (scene->fault->ending == CLOSES) arrival_close(scene->arrival);
}

static void send_bytes(struct scene *scene) {
  const struct fault *fault = scene->fault;
  scene->arrival = origin_await_attempt(scene->origin, 0);
  if (fault->len > 0)
    arrival_send_until_closed(scene->arrival, fault->bytes, fault->len);
  if (scene->arrival->state != ARRIVAL_CLOSED) end(scene);
}

/* The bytes of the row once, then these for as long as hedgerow takes them. */
static void flood(struct scene *scene, const char *with) {
  enum { FLOOD_BYTES = 64 * 1024 * 1024 };
  size_t len = strlen(with), sent = 0;
  send_bytes(scene);
  while (scene->arrival->state != ARRIVAL_CLOSED) {
    cr_assert(sent < FLOOD_BYTES, "hedgerow took %zu bytes of a flood", sent);
    arrival_send_until_closed(scene->arrival, with, len);
    sent += len;
  }
}

static void flood_fields(struct scene *scene) {
  flood(scene, "X-Field: the head goes on and on and on and on and on\r\n");
}

static void flood_one_field(struct scene *scene) {
  flood(scene, "the value goes on and on and on and on and on and on and on");
}

static void flood_interim(struct scene *scene) {
  flood(scene, "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n");
}

static void flood_spaces(struct scene *scene) {
  flood(scene, "20\r\n                                \r\n");
}

static void flood_zeros(struct scene *scene) {
  flood(scene, "8\r\n\xed\xc1\x01\x01\x01\x01\x80\x90\r\n");
}

static void send_large_head(struct scene *scene) {
  enum { LARGE = 1024 * 1024 };
  char *fields = malloc(LARGE);
  cr_assert_not_null(fields);
  memset(fields, 'x', LARGE);
  memcpy(fields, "X: ", 3);
  send_bytes(scene);
  arrival_send_until_closed(scene->arrival, fields, LARGE);
  if (scene->arrival->state != ARRIVAL_CLOSED)
    arrival_send_until_closed(scene->arrival, "\r\n\r\n{}", 6);
  free(fields);
}

/* A byte a millisecond: never idle, and never done. */
static void drip(struct scene *scene) {
  struct pollfd closed = {.fd = scene->arrival->fd, .events = POLLIN};
  while (scene->arrival->state != ARRIVAL_CLOSED && poll(&closed, 1, 1) == 0)
    arrival_send_until_closed(scene->arrival, " ", 1);
}

/* ---- what it does in a TLS handshake ----------------------------------------- */

static void send_in_handshake(struct scene *scene) {
  const struct fault *fault = scene->fault;
  struct tls_arrival *arrival = tls_origin_await_hello(scene->tls);
  if (fault->len > 0)
    cr_assert(wire_send(arrival->fd, fault->bytes, fault->len));
  if (fault->ending == RESETS) tls_arrival_reset(arrival);
  if (fault->ending == CLOSES) tls_arrival_cut(arrival);
}

static void show_certificate(struct scene *scene) {
  tls_origin_await_refusal(scene->tls);
}

/* ---- both ways --------------------------------------------------------------- */

static struct scene scene_begin(const struct fault *fault) {
  struct scene scene = {.fault = fault};
  if (fault->open) fault->open(&scene);
  else open_origin(&scene);
  return scene;
}

static void scene_start(struct scene *scene, const char *other_flag,
                        const char *other, const char *hedges,
                        const char *hedge_after) {
  const struct fault *fault = scene->fault;
  const char *limit = fault->connect_timeout ? fault->connect_timeout : "20s";
  const char *ca = scene->tls ? scene->tls->ca_file : NULL;
  scene->program = program_start(
      "--to", scene->url, other_flag, other, "--hedges", hedges,
      "--hedge-after", hedge_after, "--connect-timeout", limit, "--max-body",
      "1K", "--timeout", "20s", ca ? "--ca-file" : NULL, ca);
  scene->client = client_new(scene->program->port);
}

static void scene_act(struct scene *scene) {
  if (scene->fault->act) scene->fault->act(scene);
  else send_bytes(scene);
}

static void scene_end(struct scene *scene) {
  client_free(scene->client);
  program_free(scene->program);
  if (scene->origin) origin_free(scene->origin);
  if (scene->tls) tls_origin_free(scene->tls);
  if (scene->names) names_free(scene->names);
}

/* Whatever became of the fault, nothing is left of it. */
static void expect_all_is_well(struct scene *scene) {
  if (scene->arrival && scene->fault->ending != KEEPS)
    arrival_await_closed(scene->arrival);
  client_expect_healthy(scene->client);
}

static void play_alone(const struct fault *fault) {
  struct scene scene = scene_begin(fault);
  scene_start(&scene, "--log", "off", "0", "300ms");
  client_get(scene.client, fault->hangs ? "/smart?timeout=300" : "/smart");
  scene_act(&scene);
  if (fault->until_closed) fault->until_closed(&scene);
  const struct reply *reply = client_await_reply(scene.client);
  reply_expect_problem(reply, fault->hangs ? 504 : 502);
  reply_expect_result(reply, 0, fault->result);
  reply_expect_in_body(reply, fault->words);
  expect_all_is_well(&scene);
  scene_end(&scene);
}

static void play_with_a_good_hedge(const struct fault *fault) {
  OWNED(origin) good = origin_new();
  struct scene scene = scene_begin(fault);
  scene_start(&scene, "--to", good->url, "1",
              fault->hangs ? "50ms" : A_HEDGE_IS_DUE_NEVER);
  client_get(scene.client, "/smart");
  scene_act(&scene);
  arrival_answer_json(origin_await_attempt(good, 1), 200, RESCUE);
  reply_expect_story(client_expect(scene.client, 200, RESCUE), "2", "1");
  expect_all_is_well(&scene);
  scene_end(&scene);
}

#define FAULT(name, ...)                                                       \
  static const struct fault fault_##name = {__VA_ARGS__};                      \
  Test(fault_alone, name) { play_alone(&fault_##name); }                       \
  Test(fault_rescued, name) { play_with_a_good_hedge(&fault_##name); }

#define TRANSPORT .result = "transport"
#define BAD_JSON .result = "bad_json"
#define TOO_LARGE .result = "too_large"
#define HANGS                                                                  \
  .ending = HOLDS, .hangs = true, .result = "timeout", .words = "deadline"

/* ---- the table: names and connections ---------------------------------------- */

FAULT(a_name_that_does_not_resolve, .open = open_nowhere, .act = nothing,
      TRANSPORT, .words = "does not resolve")
FAULT(a_name_server_that_is_silent, .open = open_silent_name, .act = nothing,
      TRANSPORT, .words = "not resolved within", .connect_timeout = "300ms")
FAULT(a_refused_connection, .open = open_deaf, .act = nothing, TRANSPORT,
      .words = "could not connect: Connection refused")
FAULT(a_connection_that_is_never_accepted, .open = open_stuck, .act = nothing,
      TRANSPORT, .words = "--connect-timeout", .connect_timeout = "300ms")

/* ---- the table: ends --------------------------------------------------------- */

FAULT(a_close_before_the_answer, TRANSPORT, .words = "without an answer")
FAULT(a_reset_before_the_answer, .ending = RESETS, TRANSPORT, .words = "broke")
FAULT(a_close_inside_the_head, SENDS(HEAD "Content-Le"), TRANSPORT,
      .words = "closed inside the head")
FAULT(a_reset_inside_the_head, SENDS(HEAD "Content-Le"), .ending = RESETS,
      TRANSPORT, .words = "broke")
FAULT(a_close_inside_the_body, SENDS(HEAD "Content-Length: 9\r\n\r\n{\"a\""),
      TRANSPORT, .words = "closed inside the body")
FAULT(a_reset_inside_the_body, SENDS(HEAD "Content-Length: 9\r\n\r\n{\"a\""),
      .ending = RESETS, TRANSPORT, .words = "broke")
FAULT(a_reset_where_only_a_close_would_end_the_body,
      SENDS(HEAD "Connection: close\r\n\r\n{\"a\":[1"), .ending = RESETS,
      TRANSPORT, .words = "broke")
FAULT(a_cut_where_only_a_close_ends_the_body,
      SENDS(HEAD "Connection: close\r\n\r\n{\"a\":[1"), BAD_JSON,
      .words = "ends")
FAULT(a_bare_value_that_only_a_close_ends,
      SENDS(HEAD "Connection: close\r\n\r\n12"), BAD_JSON,
      .words = "a longer one")
FAULT(a_cut_chunk, SENDS(HEAD "Transfer-Encoding: chunked\r\n\r\n9\r\n{\"a\""),
      TRANSPORT, .words = "closed inside the body")
FAULT(a_missing_last_chunk,
      SENDS(HEAD "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n"), TRANSPORT,
      .words = "closed inside the body")

/* ---- the table: framing ------------------------------------------------------ */

FAULT(a_chunk_size_that_is_none, .ending = HOLDS,
      SENDS(HEAD "Transfer-Encoding: chunked\r\n\r\n0x2\r\n{}\r\n0\r\n\r\n"),
      TRANSPORT, .words = "hexadecimal")
FAULT(a_chunk_size_of_many_digits, .ending = HOLDS,
      SENDS(HEAD "Transfer-Encoding: chunked\r\n\r\n"
                 "fffffffffffffffff2\r\n{}\r\n0\r\n\r\n"),
      TRANSPORT, .words = "too many digits")
FAULT(a_chunk_longer_than_its_size, .ending = HOLDS,
      SENDS(HEAD "Transfer-Encoding: chunked\r\n\r\n2\r\n{} \r\n0\r\n\r\n"),
      TRANSPORT, .words = "not followed by CRLF")
FAULT(both_framings, .ending = HOLDS,
      SENDS(HEAD "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n"
                 "2\r\n{}\r\n0\r\n\r\n"),
      TRANSPORT, .words = "exclude each other")
FAULT(differing_lengths, .ending = HOLDS,
      SENDS(HEAD "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} "),
      TRANSPORT, .words = "more than one Content-Length")
FAULT(a_list_of_lengths, .ending = HOLDS,
      SENDS(HEAD "Content-Length: 2, 3\r\n\r\n{} "), TRANSPORT,
      .words = "not one number")
FAULT(a_transfer_coding_that_nobody_asked_for, .ending = HOLDS,
      SENDS(HEAD
            "Transfer-Encoding: gzip, chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"),
      TRANSPORT, .words = "not chunked")

/* ---- the table: too much ----------------------------------------------------- */

FAULT(an_endless_head, .act = flood_fields, .ending = HOLDS, SENDS(HEAD),
      TOO_LARGE, .words = "--max-upstream-head")
FAULT(an_endless_field, .act = flood_one_field, .ending = HOLDS,
      SENDS(HEAD "X: "), TOO_LARGE, .words = "--max-upstream-head")
FAULT(a_head_of_1_mb, .act = send_large_head, .ending = HOLDS, SENDS(HEAD),
      TOO_LARGE, .words = "--max-upstream-head")
FAULT(a_flood_of_1xx, .act = flood_interim, .ending = HOLDS, TOO_LARGE,
      .words = "--max-upstream-head")
FAULT(a_length_over_the_cap, .ending = HOLDS,
      SENDS(HEAD "Content-Length: 1025\r\n\r\n["), TOO_LARGE,
      .words = "--max-body")
FAULT(chunks_over_the_cap, .act = flood_spaces, .ending = HOLDS,
      SENDS(HEAD "Transfer-Encoding: chunked\r\n\r\n"), TOO_LARGE,
      .words = "--max-body")
FAULT(a_gzip_answer_unasked, .ending = KEEPS,
      SENDS(HEAD "Content-Encoding: gzip\r\nContent-Length: 22\r\n\r\n"
                 "\x1f\x8b\x08\0\0\0\0\0\0\x03\xab\xae\x05\0\x43\xbf\xa6\xa3"
                 "\x02\0\0\0"),
      BAD_JSON, .words = "Content-Encoding")
FAULT(a_gzip_answer_that_does_not_say_so, .ending = KEEPS,
      SENDS(HEAD "Content-Length: 22\r\n\r\n"
                 "\x1f\x8b\x08\0\0\0\0\0\0\x03\xab\xae\x05\0\x43\xbf\xa6\xa3"
                 "\x02\0\0\0"),
      BAD_JSON, .words = "not JSON")
FAULT(a_gzip_bomb, .act = flood_zeros, .ending = HOLDS,
      SENDS(HEAD "Content-Encoding: gzip\r\n"
                 "Transfer-Encoding: chunked\r\n\r\n"
                 "a\r\n\x1f\x8b\x08\0\0\0\0\0\0\x03\r\n"),
      BAD_JSON, .words = "Content-Encoding")

/* ---- the table: too slow ----------------------------------------------------- */

FAULT(a_hang_before_the_answer, HANGS)
FAULT(a_hang_inside_the_status_line, SENDS("HTTP/1.1 2"), HANGS)
FAULT(a_hang_after_a_1xx, SENDS("HTTP/1.1 103 Early Hints\r\n\r\n"), HANGS)
FAULT(a_hang_inside_the_head, SENDS(HEAD "Content-"), HANGS)
FAULT(a_hang_after_the_head, SENDS(HEAD "Content-Length: 2\r\n\r\n"), HANGS)
FAULT(a_hang_inside_the_body, SENDS(HEAD "Content-Length: 2\r\n\r\n{"), HANGS)
FAULT(a_hang_between_chunks,
      SENDS(HEAD "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n"), HANGS)
FAULT(a_hang_before_the_close_that_ends_the_body,
      SENDS(HEAD "Connection: close\r\n\r\n{}"), HANGS)
FAULT(a_slow_drip_of_the_head, .until_closed = drip, SENDS(HEAD "X: "), HANGS)
FAULT(a_slow_drip_of_the_body, .until_closed = drip,
      SENDS(HEAD "Content-Length: 1000\r\n\r\n["), HANGS)

/* ---- the table: not what was asked for --------------------------------------- */

FAULT(http_0_9, SENDS("{\"a\":1}\r\n"), TRANSPORT, .words = "no HTTP response")
FAULT(http_2, .ending = HOLDS, SENDS("HTTP/2 200\r\n\r\n{}"), TRANSPORT,
      .words = "error")
FAULT(garbage, .ending = HOLDS,
      SENDS("\x8f\x02\0\xff\r\n\r\n\x7f{}\n\n\x01\x80"), TRANSPORT,
      .words = "no HTTP response")
FAULT(a_101, .ending = HOLDS,
      SENDS("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\n\r\n{}"),
      .result = "status", .words = "101")
FAULT(a_500, .ending = KEEPS,
      SENDS("HTTP/1.1 500 Oops\r\n" JSON "Content-Length: 2\r\n\r\n{}"),
      .result = "status", .words = "500")
FAULT(a_redirect, .ending = KEEPS,
      SENDS("HTTP/1.1 302 Found\r\nLocation: https://example.org/\r\n"
            "Content-Length: 0\r\n\r\n"),
      .result = "status",
      .words = "https://example.org/; point the target there")
FAULT(a_part_that_nobody_asked_for, .ending = KEEPS,
      SENDS("HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-1/9\r\n"
            "Content-Length: 2\r\n\r\n{}"),
      .result = "status", .words = "206")
FAULT(html_under_the_type_of_json, .ending = HOLDS,
      SENDS(HEAD JSON "Content-Length: 99\r\n\r\n<html>"), BAD_JSON,
      .words = "'<'")
FAULT(nothing_under_the_type_of_json, .ending = KEEPS,
      SENDS(HEAD JSON "Content-Length: 0\r\n\r\n"), BAD_JSON, .words = "empty")
FAULT(broken_json, .ending = KEEPS,
      SENDS(HEAD JSON "Content-Length: 8\r\n\r\n{\"a\":1,}"), BAD_JSON,
      .words = "byte")
FAULT(a_tls_alert_where_plain_http_was_asked, .ending = HOLDS,
      SENDS("\x15\x03\x03\0\x02\x02\x28"), TRANSPORT,
      .words = "no HTTP response")

/* ---- the table: TLS ---------------------------------------------------------- */

FAULT(a_tls_alert, .open = open_tls, .act = send_in_handshake,
      SENDS("\x15\x03\x03\0\x02\x02\x28"), TRANSPORT,
      .words = "the TLS handshake failed")
FAULT(plain_http_where_tls_was_asked, .open = open_tls,
      .act = send_in_handshake,
      SENDS("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"), TRANSPORT,
      .words = "the TLS handshake failed: the upstream speaks plain HTTP on "
               "this port; use http://")
FAULT(a_close_inside_the_handshake, .open = open_tls, .act = send_in_handshake,
      TRANSPORT, .words = "handshake failed")
FAULT(a_reset_inside_the_handshake, .open = open_tls, .act = send_in_handshake,
      .ending = RESETS, TRANSPORT, .words = "error")
FAULT(a_hang_inside_the_handshake, .open = open_tls, .act = send_in_handshake,
      .ending = HOLDS, TRANSPORT, .words = "--connect-timeout",
      .connect_timeout = "500ms")
FAULT(a_certificate_for_another_name, .open = open_tls, .act = show_certificate,
      .flaw = TLS_WRONG_NAME, TRANSPORT, .words = "--ca-file")
FAULT(a_certificate_that_has_expired, .open = open_tls, .act = show_certificate,
      .flaw = TLS_EXPIRED, TRANSPORT, .words = "--ca-file")
FAULT(a_certificate_that_nobody_trusts, .open = open_tls,
      .act = show_certificate, .flaw = TLS_UNTRUSTED, TRANSPORT,
      .words = "--ca-file")

/* ---- what is no fault -------------------------------------------------------- */

Test(no_fault, json_under_the_type_of_html_wins) {
  SCOPED(stage) s = stage_open("--hedge-after", A_HEDGE_IS_DUE_NEVER);
  arrival_answer(stage_ask(&s, "/smart"), 200, "Content-Type: text/html\r\n",
                 "[1]");
  reply_expect_story(client_expect(s.client, 200, "[1]"), "1", "0");
}

/* ---- poisoned kept connections ------------------------------------------------ */

#define EVIL HEAD "Content-Length: 6\r\n\r\n\"evil\""

/* The request may have gone out on it before the bytes were seen. Then they are
 * the answer to it as far as anybody can tell; half an answer is none. */
Test(poisoned, half_an_answer_on_a_kept_connection_is_rescued) {
  struct origin *bad = origin_new(), *good = origin_new();
  struct stage s =
      stage_open_on(bad, "--to", bad->url, "--to", good->url, "--hedges", "1",
                    "--hedge-after", A_HEDGE_IS_DUE_NEVER);
  client_get(s.client, "/smart");
  struct arrival *kept = origin_await(bad);
  arrival_answer_json(kept, 200, "1");
  client_expect(s.client, 200, "1");
  client_get(s.client, "/smart");
  arrival_await_next(kept);
  arrival_send(kept, "\"evil\"" EVIL);
  arrival_answer_json(origin_await_attempt(good, 1), 200, RESCUE);
  client_expect(s.client, 200, RESCUE);
  arrival_await_closed(kept);
  stage_close(&s);
  origin_free(good);
}

/* ---- names that come late, and addresses that change -------------------------- */

/* hedgerow in front of the origin under this name. */
static struct program *start_named(const char *name, struct origin *origin) {
  const char *url = words_of("http://%s:%u", name, origin->port);
  return program_start("--to", url, "--all", origin->url, "--hedges", "0",
                       "--connect-timeout", "60s", "--timeout", "60s");
}

static void expect_served(struct client *client, struct origin *origin) {
  client_get(client, "/smart");
  arrival_answer_json(origin_await(origin), 200, "1");
  client_expect(client, 200, "1");
}

Test(names, others_are_served_while_a_name_is_looked_up) {
  OWNED(names) names = names_new();
  OWNED(origin) origin = origin_new();
  OWNED(program) program = start_named("slow.test", origin);
  OWNED(client) waits = client_new(program->port);
  OWNED(client) other = client_new(program->port);
  client_get(waits, "/smart");
  client_get(other, "/all");
  arrival_answer_json(origin_await(origin), 200, "1");
  client_expect(other, 200, "[1]");
  client_expect_nothing(waits);
  origin_expect_no_arrival(origin);
  names_answer(names, "slow.test", "127.0.0.1");
  arrival_answer_json(origin_await(origin), 200, "2");
  client_expect(waits, 200, "2");
}

/* What was kept open to the old address is not used again. */
Test(names, an_address_that_changes_is_followed) {
  OWNED(names) names = names_new();
  OWNED(origin) old = origin_new();
  OWNED(origin) fresh = origin_new_at("127.0.0.2", old->port);
  OWNED(program) program = start_named("moving.test", old);
  OWNED(client) client = client_new(program->port);
  names_answer(names, "moving.test", "127.0.0.1");
  expect_served(client, old);
  names_answer(names, "moving.test", "127.0.0.2");
  names_await_lookup(names);
  expect_served(client, fresh);
  arrival_await_closed(old->arrivals);
}

Test(names, a_name_that_is_lost_keeps_its_address) {
  OWNED(names) names = names_new();
  OWNED(origin) origin = origin_new();
  OWNED(program) program = start_named("lost.test", origin);
  OWNED(client) client = client_new(program->port);
  names_answer(names, "lost.test", "127.0.0.1");
  names_answer(names, "lost.test", "");
  names_await_lookup(names);
  expect_served(client, origin);
}

Test(names, a_name_that_comes_back_is_found) {
  OWNED(names) names = names_new();
  OWNED(origin) origin = origin_new();
  OWNED(program) program = start_named("back.test", origin);
  OWNED(client) client = client_new(program->port);
  names_answer(names, "back.test", "");
  names_await_lookup(names);
  client_get(client, "/smart");
  reply_expect_in_body(client_expect_problem(client, 502), "does not resolve");
  names_answer(names, "back.test", "127.0.0.1");
  names_await_lookup(names);
  expect_served(client, origin);
}

/* Limits of the built program's front end: sizes, counts, and clients that are
 * slow in each way a client can be. Each limit is set low by its flag; the time
 * limits are short where they must pass and never waited for where not. */
#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "support/hurry.h"
#include "support/preload.h"
#include "support/stage.h"
#include "support/wire.h"
#include "support/words.h"

#define HEALTHY "{\"status\":\"ok\"}"
#define HOST "Host: hedgerow.test\r\n"

/* ---- sizes -------------------------------------------------------------------- */

static void expect_refusal(struct stage *s, const char *request, int status) {
  (void)!client_try_send(s->client, request, strlen(request));
  const struct reply *reply = client_expect_problem(s->client, status);
  reply_expect_field(reply, "Connection", "close");
  client_await_close(s->client);
  stage_close(s);
}

/* A request whose target has `target` bytes and whose head `fields` fields. */
static void write_request(char *request, size_t target, unsigned fields) {
  size_t len = (size_t)sprintf(request, "GET /healthz?");
  memset(request + len, 'x', target - 9);
  len += target - 9;
  len += (size_t)sprintf(request + len, " HTTP/1.1\r\n" HOST);
  for (unsigned k = 1; k < fields; k++) {
    len += (size_t)sprintf(request + len, "X-%u: x\r\n", k);
  }
  sprintf(request + len, "\r\n");
}

static void expect_taken(struct stage *s, const char *request) {
  client_send(s->client, request);
  client_expect(s->client, 200, HEALTHY);
  stage_close(s);
}

static void expect_judged(struct stage s, const char *request, int status) {
  if (status == 200) expect_taken(&s, request);
  else expect_refusal(&s, request, status);
}

static void expect_with_limit(const char *flag, const char *limit,
                              size_t target, unsigned fields, int status) {
  char request[4096];
  write_request(request, target, fields);
  expect_judged(stage_open(flag, limit), request, status);
}

#define LIMITS(name, flag, limit, target, fields, status)                      \
  Test(limits, name) { expect_with_limit(flag, limit, target, fields, status); }

LIMITS(a_target_as_long_as_the_limit_is_taken, "--max-target", "1K", 1024, 1,
       200)
LIMITS(a_target_over_the_limit_is_414, "--max-target", "1K", 1025, 1, 414)
LIMITS(as_many_fields_as_the_limit_are_taken, "--max-fields", "20", 10, 20, 200)
LIMITS(one_field_over_the_limit_is_431, "--max-fields", "20", 10, 21, 431)

static void expect_head_of(size_t len, int status) {
  char *request = malloc(len + 1);
  size_t at = (size_t)sprintf(request, "GET /healthz HTTP/1.1\r\n" HOST "X: ");
  memset(request + at, 'x', len - at);
  strcpy(request + len - 4, "\r\n\r\n");
  expect_judged(stage_open("--hedges", "0"), request, status);
  free(request);
}

Test(limits, a_head_as_long_as_the_default_limit_is_taken) {
  expect_head_of(16 * 1024, 200);
}

Test(limits, a_head_over_the_default_limit_is_431) {
  expect_head_of(16 * 1024 + 1, 431);
}

/* ---- counts -------------------------------------------------------------------- */

Test(limits, a_request_too_many_is_503_with_a_retry_after) {
  SCOPED(stage) s = stage_open("--max-requests", "1", "--hedges", "0");
  OWNED(client) other = client_new(s.program->port);
  struct arrival *held = stage_ask(&s, "/smart");
  client_get(other, "/smart");
  reply_expect_in_field(client_expect_problem(other, 503), "Retry-After", "");
  origin_expect_no_arrival(s.origin);
  stage_serve(&s, held, 200, "1");
  client_get(s.client, "/smart"); /* there is room again */
  stage_serve(&s, origin_await(s.origin), 200, "2");
}

Test(limits, healthz_is_answered_when_there_are_too_many_requests) {
  SCOPED(stage) s = stage_open("--max-requests", "1", "--hedges", "0");
  OWNED(client) other = client_new(s.program->port);
  struct arrival *held = stage_ask(&s, "/smart");
  client_expect_healthy(other);
  client_leave(s.client);
  arrival_await_closed(held);
}

Test(limits, a_primary_over_the_cap_of_its_target_is_503) {
  SCOPED(stage) s = stage_open("--max-attempts", "1", "--hedges", "0");
  OWNED(client) other = client_new(s.program->port);
  struct arrival *held = stage_ask(&s, "/smart");
  client_get(other, "/smart");
  reply_expect_in_field(client_expect_problem(other, 503), "Retry-After", "");
  stage_serve(&s, held, 200, "1");
}

Test(limits, an_attempt_that_has_failed_makes_room_for_its_hedge) {
  SCOPED(stage) s = stage_open("--max-attempts", "1", "--hedges", "1");
  arrival_answer_json(stage_ask(&s, "/smart"), 500, "{}");
  stage_serve(&s, origin_await(s.origin), 200, "1");
}

Test(limits, a_connection_too_many_waits_until_another_leaves) {
  SCOPED(stage) s =
      stage_open("--max-connections", "1", "--workers", "1", "--hedges", "0");
  client_expect_healthy(s.client);
  OWNED(client) other = client_new(s.program->port);
  client_get(other, "/healthz");
  client_expect_healthy(s.client);
  client_expect_nothing(other);
  client_leave(s.client);
  client_expect(other, 200, HEALTHY);
}

Test(limits, as_many_connections_as_the_limit_are_served_by_any_worker) {
  SCOPED(stage) s = stage_open("--max-connections", "4", "--workers", "4");
  struct client *others[3];
  for (int i = 0; i < 3; i++) others[i] = client_new(s.program->port);
  client_expect_healthy(s.client);
  for (int i = 0; i < 3; i++) {
    client_expect_healthy(others[i]);
  }
  for (int i = 0; i < 3; i++) client_free(others[i]);
}

/* Each answer takes one of the sixteen blocks that there are. */
Test(limits, a_gather_that_finds_no_buffer_is_no_success) {
  SCOPED(stage) s = stage_open("--max-buffered", "64K", "--workers", "1");
  struct arrival *held[16];
  client_post(s.client, "/all",
              "[\"/\",\"/\",\"/\",\"/\",\"/\",\"/\",\"/\",\"/\","
              "\"/\",\"/\",\"/\",\"/\",\"/\",\"/\",\"/\",\"/\"]");
  for (int i = 0; i < 16; i++) held[i] = origin_await(s.origin);
  for (int i = 0; i < 16; i++) arrival_answer_json(held[i], 200, "1");
  const struct reply *reply = client_await_reply(s.client);
  reply_expect_problem(reply, 503);
  reply_expect_in_body(reply, "no memory was free to gather the answers");
  client_leave(s.client);
  program_stop(s.program);
  cr_expect(strstr(s.program->out, "\"status\":503,\"outcome\":\"refused\""),
            "%s", s.program->out);
}

/* More requests would be the wrong answer to a lack of memory. */
Test(limits, an_attempt_that_finds_no_buffer_brings_nothing_forward) {
  SCOPED(stage) s = stage_open("--max-buffered", "64K", "--on-failure", "wait",
                               "--hedge-after", "20s");
  size_t len = 300 * 1024;
  char *body = malloc(len);
  memset(body, ' ', len);
  struct arrival *arrival = stage_ask(&s, "/smart");
  arrival_send(arrival, "HTTP/1.1 200 OK\r\nContent-Length: 307200\r\n\r\n");
  arrival_send_until_closed(arrival, body, len);
  const struct reply *reply = client_expect_problem(s.client, 503);
  reply_expect_field(reply, "Hedge-Attempts", "1");
  reply_expect_result(reply, 0, "starved");
  reply_expect_in_body(reply, "--max-buffered");
  origin_expect_no_arrival(s.origin);
  client_expect_healthy(s.client);
  free(body);
}

/* Where connect(2) says this, a race must be answered so. */
static void expect_connect(const char *scheme, int error, int status,
                           const char *result, const char *words) {
  setenv("HEDGEROW_TEST_CONNECT", words_of("%d", error), 1);
  preload_only("connect");
  OWNED(program) program =
      program_start("--to", words_of("%s://127.0.0.1:9", scheme), "--hedges",
                    "2", "--hedge-after", "20s", "--on-failure", "next");
  OWNED(client) client = client_new(program->port);
  client_get(client, "/smart");
  const struct reply *reply = client_expect_problem(client, status);
  reply_expect_result(reply, 0, result);
  reply_expect_in_body(reply, words);
}

#define CONNECT(name, scheme, ...)                                             \
  Test(limits, name) { expect_connect(scheme, __VA_ARGS__); }

#define NO_PORT                                                                \
  "could not connect: this machine has no port free, or no address, to "       \
  "connect from"

CONNECT(no_free_port_is_not_the_upstreams_fault, "http", EADDRNOTAVAIL, 503,
        "starved", NO_PORT)
CONNECT(no_free_port_for_tls_is_not_the_upstreams_fault, "https", EADDRNOTAVAIL,
        503, "starved", NO_PORT)
CONNECT(no_memory_of_the_kernels_is_not_the_upstreams_fault, "http", ENOBUFS,
        503, "starved", "could not connect: No buffer space available")
CONNECT(no_memory_of_the_kernels_for_tls_is_not_the_upstreams_fault, "https",
        ENOBUFS, 503, "starved", "could not connect: No buffer space available")
CONNECT(a_refused_connection_is_the_upstreams_fault, "http", ECONNREFUSED, 502,
        "transport", "could not connect: Connection refused")
CONNECT(a_refused_connection_for_tls_is_the_upstreams_fault, "https",
        ECONNREFUSED, 502, "transport", "could not connect: Connection refused")

/* The hedge's half of a body would fit, but not into seven eighths. */
Test(limits, the_last_buffers_are_the_primary_s) {
  SCOPED(stage) s = stage_open("--max-buffered", "128K", "--workers", "1",
                               "--hedges", "1", "--hedge-after", "1ms");
  static char body[80000];
  memset(body, ' ', sizeof body);
  struct arrival *primary = stage_ask(&s, "/smart");
  struct arrival *hedge = origin_await(s.origin);
  arrival_send(primary, "HTTP/1.1 200 OK\r\nContent-Length: 40001\r\n\r\n");
  arrival_send_bytes(primary, body, 40000);
  arrival_send(hedge, "HTTP/1.1 200 OK\r\nContent-Length: 80001\r\n\r\n");
  arrival_send_until_closed(hedge, body, sizeof body);
  arrival_await_closed(hedge);
  arrival_send(primary, "1");
  cr_expect_eq(client_await_reply(s.client)->status, 200);
}

/* ---- slow clients ----------------------------------------------------------------- */

/* One worker, so that a request elsewhere is answered when whatever came before
 * has been read. */
#define open_hurried(...)                                                      \
  (hurry_open(), stage_open("--workers", "1", __VA_ARGS__))

static void let_be_read(struct stage *s) {
  OWNED(client) other = client_new(s->program->port);
  client_expect_healthy(other);
}

static void expect_408_after(unsigned seconds, struct stage *s,
                             const char *request) {
  client_send(s->client, request);
  let_be_read(s);
  client_expect_nothing(s->client);
  hurry_by(seconds);
  expect_refusal(s, "", 408);
}

Test(limits, a_head_that_stops_is_408) {
  struct stage s = open_hurried("--header-timeout", "20s");
  expect_408_after(20, &s, "GET /healthz HTTP/1.1\r\nHost:");
}

Test(limits, a_body_that_stops_is_408) {
  struct stage s =
      open_hurried("--header-timeout", "10m", "--keepalive-timeout", "20s");
  expect_408_after(
      20, &s, "POST /all HTTP/1.1\r\n" HOST "Content-Length: 10\r\n\r\n[\"a\"");
}

/* So that its log line says what it was. */
Test(limits, a_late_body_is_refused_by_what_its_head_said) {
  static const char *const framings[] = {
      "Content-Length: 10\r\n\r\n[\"a\"",
      "Transfer-Encoding: chunked\r\n\r\n4\r\n[\"a\"\r\n"};
  SCOPED(stage) s = open_hurried("--keepalive-timeout", "20s", "--cors", "*");
  for (size_t i = 0; i < 2; i++) {
    struct client *client = client_new(s.program->port);
    client_send(client, "POST /all HTTP/1.1\r\n" HOST
                        "X-Request-ID: mine\r\nOrigin: https://a\r\n");
    client_send(client, framings[i]);
    let_be_read(&s);
    hurry_by(20);
    const struct reply *reply = client_expect_problem(client, 408);
    reply_expect_field(reply, "X-Request-ID", "mine");
    reply_expect_field(reply, "Access-Control-Allow-Origin", "*");
    client_free(client);
  }
}

Test(limits, a_client_that_says_nothing_is_let_go) {
  SCOPED(stage) s =
      open_hurried("--header-timeout", "20s", "--keepalive-timeout", "20s");
  char bytes[4096]; /* a 408 may come or none; the close must */
  let_be_read(&s);
  hurry_by(20);
  while (wire_read(s.client->fd, bytes, sizeof bytes, "a close") > 0) continue;
}

Test(limits, an_idle_connection_is_closed_without_a_word) {
  SCOPED(stage) s = open_hurried("--keepalive-timeout", "20s");
  client_expect_healthy(s.client);
  hurry_by(20);
  client_await_close(s.client);
}

Test(limits, a_pending_request_outlives_the_deadlines_of_the_head) {
  SCOPED(stage) s = open_hurried("--header-timeout", "20s", "--hedges", "0",
                                 "--keepalive-timeout", "20s");
  client_get(s.client, "/smart?timeout=50000"); /* a deadline that is later */
  struct arrival *held = origin_await(s.origin);
  hurry_by(30);
  let_be_read(&s);
  let_be_read(&s); /* whoever was late in the turn before has been told */
  client_expect_nothing(s.client);
  hurry_by(20);
  client_expect_problem(s.client, 504);
  arrival_await_closed(held);
}

/* The answer fits in no socket buffer. */
Test(limits, a_client_that_reads_late_gets_everything) {
  SCOPED(stage) s = stage_open("--hedges", "0", "--write-timeout", "60m");
  size_t len = 8 * 1024 * 1024;
  char *body = malloc(len + 1);
  memset(body, 'x', len);
  body[0] = body[len - 1] = '"';
  body[len] = '\0';
  int small = 64 * 1024; /* and not growing */
  setsockopt(s.client->fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  arrival_answer_json(stage_ask(&s, "/smart"), 200, body);
  wire_await(s.client->fd, POLLIN, "the beginning of an answer");
  free(body);
  const struct reply *reply = client_await_reply(s.client);
  cr_assert_eq(reply->body_len, len);
  client_expect_healthy(s.client);
}

/* Pipelined bytes behind a pending request are not read without bound. */
Test(limits, a_flood_behind_a_pending_request_is_held_back) {
  SCOPED(stage) s = stage_open("--hedges", "0");
  static const char request[] = "GET /healthz HTTP/1.1\r\n" HOST "\r\n";
  size_t sent = 0, bound = 64 * 1024 * 1024;
  struct arrival *held = stage_ask(&s, "/smart");
  for (ssize_t n = 0; sent < bound; sent += (size_t)n) {
    n = send(s.client->fd, request, sizeof request - 1,
             MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n < 0) break;
  }
  cr_assert(sent < bound, "hedgerow read %zu bytes ahead", sent);
  stage_serve(&s, held, 200, "1");
  client_expect(s.client, 200, HEALTHY);
  client_reset(s.client);
}

/* What the client pipelines finds no buffer; its answer comes all the same. */
Test(limits, input_without_a_buffer_costs_no_pending_answer) {
  enum { HOGS = 16 };
  SCOPED(stage) s =
      stage_open("--max-buffered", "64K", "--workers", "1", "--hedges", "0");
  struct client *hogs[HOGS];
  struct arrival *held = stage_ask(&s, "/smart");
  for (int i = 0; i < HOGS; i++) {
    hogs[i] = client_new(s.program->port);
    client_send(hogs[i], "GET /healthz HTTP/1.1\r\nX: ");
  }
  client_get(s.client, "/healthz");
  OWNED(client) other = client_new(s.program->port);
  client_expect_healthy(other); /* orders what came before it */
  for (int i = 0; i < HOGS; i++) client_free(hogs[i]);
  arrival_answer_json(held, 404, "{}");
  const struct reply *reply = client_await_reply(s.client);
  cr_assert(reply->status == 404 || reply->status == 503, "%s", reply->head);
  client_expect_healthy(other);
}

Test(limits, a_slot_is_free_before_the_next_pipelined_request) {
  SCOPED(stage) s = stage_open("--max-requests", "1", "--workers", "1",
                               "--hedges", "0", "--log", "off");
  struct arrival *held = stage_ask(&s, "/smart");
  client_get(s.client, "/smart");
  arrival_answer_json(held, 500, "{}");
  client_expect_problem(s.client, 502);
  stage_serve(&s, origin_await(s.origin), 200, "2");
}

/* Answers that are passed on while they come (--success any --hedges 0), by the
 * built program. The origin sends the next piece when the client has had the one
 * before, so that every test is about the order of things.
 *
 * One worker, where a test asks which connection the next request takes. */
#include <criterion/criterion.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "support/folder.h"
#include "support/hurry.h"
#include "support/scene.h"
#include "support/stage.h"
#include "support/tls_origin.h"
#include "support/wire.h"
#include "support/words.h"

#define STREAMS "--success", "any", "--hedges", "0", "--workers", "1"
#define LOGGED STREAMS, "--log", "json"
#define CHUNKED "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
#define EVENTS CHUNKED "Content-Type: text/event-stream\r\n\r\n"
#define LENGTH(n) "HTTP/1.1 200 OK\r\nContent-Length: " n "\r\n\r\n"
#define UNTIL_CLOSE "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
#define LAST "0\r\n\r\n"

enum { LARGE_BODY = 50 * 1000 * 1000 };

/* ---- what the tests have in common ---- */

/* The client asks, the origin sends this head, and the client has it. */
static struct arrival *begin(struct stage *s, const char *head) {
  struct arrival *arrival = stage_ask(s, "/smart");
  arrival_send(arrival, head);
  cr_assert_eq(client_await_head(s->client)->status, 200);
  return arrival;
}

static void ask_in_1_0(struct stage *s, const char *fields) {
  client_send(s->client, "GET /smart HTTP/1.0\r\n");
  client_send(s->client, fields);
  client_send(s->client, "\r\n");
}

/* The origin sends one chunk, and the client has it at once. */
static void pass_chunk(struct stage *s, struct arrival *arrival,
                       const char *chunk) {
  arrival_send(arrival, chunk);
  client_await_bytes(s->client, chunk);
}

static void pass_last(struct stage *s, struct arrival *arrival) {
  pass_chunk(s, arrival, LAST);
  arrival->state = ARRIVAL_ANSWERED;
}

/* Another request, on the same connections on both sides. */
static void expect_both_kept(struct stage *s, struct arrival *arrival) {
  client_get(s->client, "/smart");
  arrival_await_next(arrival);
  stage_serve(s, arrival, 200, "1");
}

/* ---- in order, and at once ---- */

Test(streaming, events_reach_the_client_one_by_one) {
  SCOPED(stage) s = stage_open(LOGGED);
  struct arrival *arrival = begin(&s, EVENTS);
  reply_expect_field(&s.client->reply, "Content-Type", "text/event-stream");
  reply_expect_field(&s.client->reply, "Transfer-Encoding", "chunked");
  reply_expect_field(&s.client->reply, "Content-Length", NULL);
  reply_expect_field(&s.client->reply, "Connection", NULL);
  reply_expect_story(&s.client->reply, "1", "0");
  reply_expect_in_field(&s.client->reply, "Server-Timing", "desc=success");
  pass_chunk(&s, arrival, "9\r\ndata: 1\n\n\r\n");
  pass_chunk(&s, arrival, "9\r\ndata: 2\n\n\r\n");
  pass_chunk(&s, arrival, "a\r\ndata: 33\n\n\r\n");
  pass_last(&s, arrival);
  expect_both_kept(&s, arrival);
  stage_expect_log(&s, "\"status\":200,\"outcome\":\"success\"");
  words_expect(s.program->out, "\"bytes\":28");
}

Test(streaming, a_body_with_a_length_passes_as_it_is) {
  SCOPED(stage) s = stage_open(STREAMS);
  struct arrival *arrival = begin(&s, LENGTH("6"));
  reply_expect_field(&s.client->reply, "Content-Length", "6");
  reply_expect_field(&s.client->reply, "Transfer-Encoding", NULL);
  pass_chunk(&s, arrival, "one");
  pass_chunk(&s, arrival, "two");
  arrival->state = ARRIVAL_ANSWERED;
  expect_both_kept(&s, arrival);
}

Test(streaming, what_is_whole_at_once_has_a_length) {
  SCOPED(stage) s = stage_open(STREAMS);
  struct arrival *arrival = stage_ask(&s, "/smart");
  arrival_send(arrival, CHUNKED "\r\n3\r\none\r\n" LAST);
  arrival->state = ARRIVAL_ANSWERED;
  client_expect(s.client, 200, "one");
  expect_both_kept(&s, arrival);
}

Test(streaming, a_body_without_a_length_goes_on_in_chunks) {
  SCOPED(stage) s = stage_open(STREAMS);
  struct arrival *arrival = begin(&s, UNTIL_CLOSE);
  arrival_send(arrival, "one");
  client_await_bytes(s.client, "3\r\none\r\n");
  arrival_close(arrival);
  client_await_bytes(s.client, LAST);
  stage_serve(&s, stage_ask(&s, "/smart"), 200, "1");
}

Test(streaming, lines_without_end_pass_until_the_client_leaves) {
  SCOPED(stage) s = stage_open(LOGGED);
  struct arrival *arrival = begin(&s, UNTIL_CLOSE);
  for (unsigned i = 0; i < 1000; i++) {
    arrival_send(arrival, "{\"n\":1}\n");
    client_await_bytes(s.client, "8\r\n{\"n\":1}\n\r\n");
  }
  client_leave(s.client);
  arrival_await_closed(arrival);
  stage_expect_log(&s, "\"status\":200,\"outcome\":\"gone\"");
  words_expect(s.program->out, "\"result\":\"cancelled\"");
}

Test(streaming, a_chunk_in_pieces_is_not_waited_for) {
  SCOPED(stage) s = stage_open(STREAMS);
  struct arrival *arrival = begin(&s, EVENTS);
  arrival_send(arrival, "6\r\none");
  client_await_bytes(s.client, "3\r\none\r\n");
  arrival_send(arrival, "two\r\n" LAST);
  client_await_bytes(s.client, "3\r\ntwo\r\n" LAST);
}

Test(streaming, an_error_is_streamed_as_well) {
  SCOPED(stage) s = stage_open(STREAMS);
  struct arrival *arrival = stage_ask(&s, "/smart");
  arrival_send(arrival, "HTTP/1.1 503 Busy\r\nRetry-After: 7\r\n"
                        "Content-Length: 4\r\n\r\n");
  const struct reply *reply = client_await_head(s.client);
  cr_assert_eq(reply->status, 503);
  reply_expect_field(reply, "Retry-After", "7");
  pass_chunk(&s, arrival, "busy");
}

Test(streaming, an_interim_head_is_skipped) {
  SCOPED(stage) s = stage_open(STREAMS);
  struct arrival *arrival =
      begin(&s, "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" EVENTS);
  reply_expect_field(&s.client->reply, "Link", NULL);
  pass_chunk(&s, arrival, "3\r\none\r\n");
  pass_last(&s, arrival);
}

Test(streaming, what_has_no_body_is_whole_with_its_head) {
  SCOPED(stage) s = stage_open(STREAMS);
  client_send(s.client, "HEAD /smart HTTP/1.1\r\nHost: h\r\n\r\n");
  struct arrival *arrival = origin_await(s.origin);
  arrival_send(arrival, LENGTH("6"));
  arrival->state = ARRIVAL_ANSWERED;
  reply_expect_field(client_await_reply_to_head(s.client), "Content-Length",
                     "6");
  client_get(s.client, "/smart");
  arrival_await_next(arrival);
  arrival_send(arrival, "HTTP/1.1 204 No Content\r\n\r\n");
  arrival->state = ARRIVAL_ANSWERED;
  cr_assert_eq(client_await_reply(s.client)->status, 204);
  client_get_with(s.client, "/smart", "If-None-Match: \"x\"\r\n");
  arrival_await_next(arrival);
  arrival_expect_field(arrival, "If-None-Match", "\"x\"");
  arrival_send(arrival, "HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\n\r\n");
  arrival->state = ARRIVAL_ANSWERED;
  cr_assert_eq(client_await_reply(s.client)->status, 304);
  expect_both_kept(&s, arrival);
}

Test(streaming, the_next_request_may_lie_behind_a_stream) {
  SCOPED(stage) s = stage_open(STREAMS);
  client_send(s.client, "GET /smart/1 HTTP/1.1\r\nHost: h\r\n\r\n"
                        "GET /smart/2 HTTP/1.1\r\nHost: h\r\n\r\n");
  struct arrival *arrival = origin_await(s.origin);
  arrival_send(arrival, EVENTS);
  cr_assert_eq(client_await_head(s.client)->status, 200);
  pass_last(&s, arrival);
  arrival_await_next(arrival);
  arrival_expect_line(arrival, "GET /2 HTTP/1.1");
  stage_serve(&s, arrival, 200, "2");
}

Test(streaming, a_route_with_hedges_or_json_is_held) {
  SCOPED(stage) s = stage_open("--success", "2xx", "--hedges", "0");
  struct arrival *arrival = stage_ask(&s, "/smart");
  arrival_send(arrival, EVENTS "3\r\none\r\n");
  OWNED(client) other = client_new(s.program->port);
  client_expect_healthy(other);
  client_expect_nothing(s.client);
  arrival_send(arrival, LAST);
  client_expect(s.client, 200, "one");
}

/* ---- HTTP/1.0 ---- */

Test(streaming, a_1_0_client_gets_the_body_until_the_close) {
  SCOPED(stage) s = stage_open(STREAMS);
  ask_in_1_0(&s, "Connection: keep-alive\r\n");
  struct arrival *arrival = origin_await(s.origin);
  arrival_send(arrival, EVENTS);
  const struct reply *reply = client_await_head(s.client);
  reply_expect_field(reply, "Transfer-Encoding", NULL);
  reply_expect_field(reply, "Content-Length", NULL);
  reply_expect_field(reply, "Connection", "close");
  arrival_send(arrival, "3\r\none\r\n");
  client_await_bytes(s.client, "one");
  arrival_send(arrival, "3\r\ntwo\r\n" LAST);
  client_await_bytes(s.client, "two");
  client_await_close(s.client);
}

Test(streaming, a_1_0_client_keeps_its_connection_where_a_length_is_told) {
  SCOPED(stage) s = stage_open(STREAMS);
  ask_in_1_0(&s, "Connection: keep-alive\r\n");
  struct arrival *arrival = origin_await(s.origin);
  arrival_send(arrival, LENGTH("3"));
  reply_expect_field(client_await_head(s.client), "Connection", "keep-alive");
  pass_chunk(&s, arrival, "one");
  arrival->state = ARRIVAL_ANSWERED;
  expect_both_kept(&s, arrival);
}

/* ---- what breaks ---- */

static void expect_failed(struct stage *s) {
  stage_expect_log(s, "\"status\":200,\"outcome\":\"failed\"");
  words_expect(s->program->out, "\"result\":\"transport\",\"status\":200");
}

/* The upstream sends this, of which the client sees that, and ends so: the client
 * sees no more. */
static void expect_broken(const char *head, const char *sent, const char *seen,
                          void (*end)(struct arrival *)) {
  SCOPED(stage) s = stage_open(LOGGED);
  struct arrival *arrival = begin(&s, head);
  arrival_send(arrival, sent);
  client_await_bytes(s.client, seen);
  end(arrival);
  client_await_close(s.client);
  expect_failed(&s);
}

#define BREAKS(name, head, sent, seen, end)                                    \
  Test(streaming, name) { expect_broken(head, sent, seen, end); }

BREAKS(chunks_that_break_off_have_no_last_one, EVENTS, "3\r\none\r\n",
       "3\r\none\r\n", arrival_close)
BREAKS(chunks_that_are_malformed_break_off_behind_the_good_ones, EVENTS,
       "3\r\none\r\nxyz", "3\r\none\r\n", arrival_await_closed)
BREAKS(a_body_that_is_shorter_than_its_length_is_closed_early, LENGTH("6"),
       "one", "one", arrival_reset)
BREAKS(an_upstream_that_resets_a_body_until_the_close_breaks_it, UNTIL_CLOSE,
       "one", "3\r\none\r\n", arrival_reset)

Test(streaming, a_body_until_the_close_that_breaks_off_is_reset) {
  SCOPED(stage) s = stage_open(LOGGED);
  ask_in_1_0(&s, "");
  struct arrival *arrival = origin_await(s.origin);
  arrival_send(arrival, EVENTS);
  client_await_head(s.client);
  arrival_send(arrival, "3\r\none\r\n");
  client_await_bytes(s.client, "one");
  arrival_close(arrival);
  client_await_reset(s.client);
  expect_failed(&s);
}

Test(streaming, before_the_head_a_failure_is_a_problem) {
  SCOPED(stage) s = stage_open(STREAMS);
  struct arrival *arrival = stage_ask(&s, "/smart");
  arrival_send(arrival, "HTTP/1.1 200 OK\r\nTransfer-En");
  arrival_close(arrival);
  client_expect_problem(s.client, 502);
  arrival_send(stage_ask(&s, "/smart"), "HTTP/1.1 101 Switching\r\n\r\n");
  client_expect_problem(s.client, 502);
}

/* ---- time ---- */

/* The other request's deadline, which began later, has passed. */
static void let_pass(struct stage *s, const char *timeout) {
  OWNED(client) other = client_new(s->program->port);
  client_get(other, words_of("/smart?timeout=%s", timeout));
  struct arrival *held = origin_await(s->origin);
  client_expect_problem(other, 504);
  arrival_await_closed(held);
}

Test(streaming, the_timeout_is_that_of_the_head) {
  hurry_open();
  SCOPED(stage) s = stage_open(STREAMS, "--attempt-timeout", "40s");
  struct arrival *arrival = stage_ask(&s, "/smart?timeout=30000");
  arrival_send(arrival, EVENTS);
  cr_assert_eq(client_await_head(s.client)->status, 200);
  hurry_by(50);
  let_pass(&s, "50");
  pass_chunk(&s, arrival, "3\r\none\r\n");
  pass_last(&s, arrival);
}

Test(streaming, a_head_that_does_not_come_is_504) {
  SCOPED(stage) s = stage_open(STREAMS);
  let_pass(&s, "50");
}

Test(streaming, an_upstream_that_falls_silent_is_given_up) {
  hurry_open();
  SCOPED(stage) s = stage_open(LOGGED, "--stream-idle-timeout", "30s");
  struct arrival *arrival = begin(&s, EVENTS);
  pass_chunk(&s, arrival, "3\r\none\r\n");
  hurry_by(30);
  arrival_await_closed(arrival);
  client_await_close(s.client);
  stage_expect_log(&s, "\"status\":200,\"outcome\":\"deadline\"");
  words_expect(s.program->out, "\"result\":\"timeout\",\"status\":200");
}

Test(streaming, an_upstream_that_speaks_is_not) {
  hurry_open();
  SCOPED(stage) s = stage_open(STREAMS, "--stream-idle-timeout", "60s");
  struct arrival *arrival = begin(&s, EVENTS);
  for (unsigned i = 0; i < 8; i++) {
    hurry_by(20);
    pass_chunk(&s, arrival, "3\r\none\r\n");
  }
  pass_last(&s, arrival);
}

/* ---- more than fits ---- */

/* An upstream that sends a large body while the test does something else. */
struct pouring {
  struct arrival *arrival;
  pthread_t thread;
};

static void *pour(void *arg) {
  struct pouring *pouring = arg;
  char *body = calloc(1, LARGE_BODY);
  cr_assert_not_null(body);
  arrival_send_until_closed(pouring->arrival, body, LARGE_BODY);
  free(body);
  return NULL;
}

static void pour_start(struct pouring *pouring, struct arrival *arrival) {
  pouring->arrival = arrival;
  cr_assert_eq(pthread_create(&pouring->thread, NULL, pour, pouring), 0);
}

static void pour_end(struct pouring *pouring) {
  pthread_join(pouring->thread, NULL);
}

/* Whether its figures of memory say something. */
static bool is_plain(void) {
  const char *bin = getenv("HEDGEROW_BIN");
  return !bin || strstr(bin, "release");
}

/* --max-buffered is less than a hundredth of it. */
Test(streaming, a_large_body_costs_little_memory) {
  SCOPED(stage) s =
      stage_open(LOGGED, "--max-body", "1K", "--max-buffered", "400K");
  struct pouring pouring;
  long before_kb = program_kb(s.program, "VmHWM");
  pour_start(&pouring, begin(&s, LENGTH("50000000")));
  cr_assert_eq(client_skip(s.client, LARGE_BODY), LARGE_BODY);
  pour_end(&pouring);
  long after_kb = program_kb(s.program, "VmHWM");
  cr_assert(!is_plain() || after_kb < before_kb + 8 * 1024, "%ld kB, then %ld",
            before_kb, after_kb);
  stage_expect_log(&s, "\"outcome\":\"success\"");
  words_expect(s.program->out, "\"bytes\":50000000");
}

static void read_slowly(struct client *client) {
  int small = 64 * 1024;
  setsockopt(client->fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
}

/* The client reads when another request has been answered meanwhile, so that
 * the upstream was held back. */
Test(streaming, a_slow_client_holds_the_upstream_back) {
  SCOPED(stage) s = stage_open(STREAMS, "--max-buffered", "400K");
  struct pouring pouring;
  read_slowly(s.client);
  struct arrival *arrival = begin(&s, LENGTH("50000000"));
  pour_start(&pouring, arrival);
  size_t sum = 0;
  for (unsigned i = 0; i < 4; i++) {
    sum += client_skip(s.client, 100 * 1000);
    let_pass(&s, "50");
  }
  sum += client_skip(s.client, LARGE_BODY - sum);
  cr_assert_eq(sum, LARGE_BODY);
  pour_end(&pouring);
  arrival->state = ARRIVAL_ANSWERED;
  expect_both_kept(&s, arrival);
}

Test(streaming, a_client_that_takes_nothing_is_reset) {
  SCOPED(stage) s = stage_open(LOGGED, "--write-timeout", "200ms");
  struct pouring pouring;
  read_slowly(s.client);
  pour_start(&pouring, begin(&s, LENGTH("50000000")));
  pour_end(&pouring); /* hedgerow has closed */
  cr_assert(client_skip(s.client, LARGE_BODY) < LARGE_BODY);
  stage_expect_log(&s, "\"status\":200,\"outcome\":\"gone\"");
}

static bool takes_more(const struct arrival *arrival) {
  struct pollfd room = {.fd = arrival->fd, .events = POLLOUT};
  return poll(&room, 1, 0) > 0;
}

/* The silence of an upstream that is not listened to is no silence. */
Test(streaming, a_client_that_pauses_does_not_make_the_upstream_silent) {
  hurry_open();
  SCOPED(stage) s = stage_open(STREAMS, "--stream-idle-timeout", "30s",
                               "--write-timeout", "10m");
  struct pouring pouring;
  read_slowly(s.client);
  struct arrival *arrival = begin(&s, LENGTH("50000000"));
  pour_start(&pouring, arrival);
  while (takes_more(arrival)) let_pass(&s, "50");
  hurry_by(60);
  let_pass(&s, "50");
  cr_assert_eq(client_skip(s.client, LARGE_BODY), LARGE_BODY);
  pour_end(&pouring);
}

Test(streaming, what_a_slow_client_was_sent_comes_before_the_break) {
  SCOPED(stage) s = stage_open(LOGGED);
  read_slowly(s.client);
  struct arrival *arrival = begin(&s, LENGTH("90000000"));
  struct pouring pouring;
  pour_start(&pouring, arrival);
  cr_assert_eq(client_skip(s.client, 1000), 1000);
  let_pass(&s, "50");
  cr_assert_eq(client_skip(s.client, LARGE_BODY - 1000), LARGE_BODY - 1000);
  pour_end(&pouring);
  arrival_close(arrival);
  client_await_close(s.client);
  expect_failed(&s);
}

Test(streaming, where_no_buffer_is_free_a_slow_client_loses_its_answer) {
  SCOPED(stage) s = stage_open(LOGGED, "--max-buffered", "64K");
  struct pouring pouring;
  read_slowly(s.client);
  pour_start(&pouring, begin(&s, LENGTH("50000000")));
  pour_end(&pouring);
  cr_assert(client_skip(s.client, LARGE_BODY) < LARGE_BODY);
  stage_expect_log(&s, "\"status\":200,\"outcome\":\"refused\"");
  words_expect(s.program->out, "\"result\":\"starved\"");
}

/* ---- over TLS ---- */

/* What the client sees of a body that its upstream ends in this way. */
static void pass_over_tls(enum tls_flaw flaw, void (*end)(struct tls_arrival *),
                          void (*await_end)(struct client *)) {
  OWNED(tls_origin) origin = tls_origin_new(flaw);
  OWNED(program) program =
      program_start("--to", origin->url, "--ca-file", origin->ca_file, STREAMS);
  OWNED(client) client = client_new(program->port);
  client_send(client, "GET /smart HTTP/1.0\r\n\r\n");
  struct tls_arrival *arrival = tls_origin_await(origin);
  tls_arrival_send_text(arrival, UNTIL_CLOSE);
  client_await_head(client);
  tls_arrival_send_text(arrival, "one");
  client_await_bytes(client, "one");
  end(arrival);
  await_end(client);
}

Test(streaming, a_body_until_the_close_of_tls_is_whole) {
  pass_over_tls(TLS_GOOD, tls_arrival_end, client_await_close);
}

Test(streaming, a_body_until_the_close_that_is_cut_over_tls_is_reset) {
  pass_over_tls(TLS_GOOD, tls_arrival_cut, client_await_reset);
  pass_over_tls(TLS_1_2, tls_arrival_cut, client_await_reset);
}

static void *pour_tls(void *arg) {
  char *body = calloc(1, LARGE_BODY);
  cr_assert_not_null(body);
  tls_arrival_send(arg, body, LARGE_BODY);
  free(body);
  return NULL;
}

Test(streaming, a_pause_over_tls_loses_nothing) {
  OWNED(tls_origin) origin = tls_origin_new(TLS_GOOD);
  SCOPED(stage) s = stage_open_on(NULL, "--to", origin->url, "--ca-file",
                                  origin->ca_file, STREAMS);
  pthread_t thread;
  read_slowly(s.client);
  client_get(s.client, "/smart");
  struct tls_arrival *arrival = tls_origin_await(origin);
  tls_arrival_send_text(arrival, LENGTH("50000000"));
  cr_assert_eq(client_await_head(s.client)->status, 200);
  cr_assert_eq(pthread_create(&thread, NULL, pour_tls, arrival), 0);
  cr_assert_eq(client_skip(s.client, LARGE_BODY), LARGE_BODY);
  pthread_join(thread, NULL);
  client_get(s.client, "/smart");
  tls_arrival_await_next(arrival);
  tls_arrival_answer(arrival, "1");
  client_expect(s.client, 200, "1");
}

/* ---- the end of the program, and a reload ---- */

Test(streaming, a_stream_ends_when_the_drain_is_over) {
  SCOPED(stage) s = stage_open(LOGGED, "--drain", "200ms");
  struct arrival *arrival = begin(&s, EVENTS);
  pass_chunk(&s, arrival, "3\r\none\r\n");
  program_signal(s.program, SIGTERM);
  client_await_close(s.client);
  arrival_await_closed(arrival);
  program_expect_exit(s.program, 0);
  stage_expect_log(&s, "\"status\":200,\"outcome\":\"drained\"");
}

Test(streaming, a_stream_that_ends_within_the_drain_is_whole) {
  SCOPED(stage) s = stage_open(STREAMS, "--drain", "60m");
  OWNED(client) idle = client_new(s.program->port);
  client_expect_healthy(idle);
  struct arrival *arrival = begin(&s, EVENTS);
  program_signal(s.program, SIGTERM);
  client_await_close(idle); /* so the drain has begun */
  pass_chunk(&s, arrival, "3\r\none\r\n");
  pass_last(&s, arrival);
  client_await_close(s.client);
  program_expect_exit(s.program, 0);
}

TestSuite(streaming_from_a_file, .fini = folder_remove);

#define FILE_OF(target)                                                        \
  "upstreams: {a: {targets: [" target "]}}\nlisten: 127.0.0.1:0\nroutes:\n"    \
  "  - {path: /a, upstream: a, success: any, hedges: 0, methods: any, "        \
  "rewrite_links: on,\n"                                                       \
  "     cors: ['https://app.example']}\n"

Test(streaming_from_a_file, a_reload_leaves_a_stream_alone) {
  SCOPED(scene) s = scene_open(FILE_OF("$A"));
  struct arrival *arrival = scene_ask(&s, s.a, "/a");
  arrival_send(arrival, EVENTS "3\r\none\r\n");
  cr_assert_eq(client_await_head(s.client)->status, 200);
  client_await_bytes(s.client, "3\r\none\r\n");
  scene_reload(&s, FILE_OF("$B"), "reloaded");
  arrival_send(arrival, "3\r\ntwo\r\n" LAST);
  client_await_bytes(s.client, "3\r\ntwo\r\n" LAST);
  scene_serve(&s, scene_ask(&s, s.b, "/a"), 200, "1");
}

Test(streaming_from_a_file, links_and_cors_are_as_in_answers_that_are_held) {
  SCOPED(scene) s = scene_open(FILE_OF("$A"));
  client_get_with(s.client, "/a", "Origin: https://app.example\r\n");
  struct arrival *arrival = origin_await(s.a);
  const char *fields =
      words_of("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nLocation: %s/a/next\r\n"
               "Access-Control-Allow-Origin: *\r\nX-Own: 1\r\n\r\n",
               s.a->url);
  arrival_send(arrival, fields);
  const struct reply *reply = client_await_head(s.client);
  reply_expect_field(reply, "Location", "/a/next");
  reply_expect_field(reply, "Access-Control-Allow-Origin",
                     "https://app.example");
  reply_expect_field(reply, "X-Own", "1");
  arrival_send(arrival, "one");
  client_await_bytes(s.client, "one");
}

Test(streaming_from_a_file, a_request_with_a_body_gets_a_stream) {
  SCOPED(scene) s = scene_open(FILE_OF("$A"));
  client_post(s.client, "/a", "{\"stream\":true}");
  struct arrival *arrival = origin_await(s.a);
  arrival_expect_body(arrival, "{\"stream\":true}", 15);
  arrival_send(arrival, EVENTS "3\r\none\r\n");
  cr_assert_eq(client_await_head(s.client)->status, 200);
  client_await_bytes(s.client, "3\r\none\r\n");
}

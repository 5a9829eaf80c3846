/* The wire, through the built program: what happens on upstream connections
 * between one request and the next, and beside the ordinary course of one.
 *
 * What must never happen is that bytes of one answer are taken for another's.
 * The tests run one worker, since each worker keeps connections of its own. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/stage.h"
#include "support/wire.h"
#include "support/words.h"

#define ALONE "--workers", "1", "--hedges", "0"
#define ONE_HEDGE "--workers", "1", "--hedges", "1"
#define TWO ONE_HEDGE, "--hedge-after", "20ms"
#define HEAD "HTTP/1.1 200 OK\r\n"
#define WRONG HEAD "Content-Length: 3\r\n\r\n666"

enum { LARGE_HEAD = 500 * 1000 };

static void expect_used_again(struct stage *s, struct arrival *kept) {
  kept->state = ARRIVAL_ANSWERED;
  client_get(s->client, "/smart");
  arrival_await_next(kept);
  stage_serve(s, kept, 200, "2");
  origin_expect_no_arrival(s->origin);
}

/* The log tells resends, which the client must not notice. */
static void expect_resends(struct stage *s, bool any) {
  client_leave(s->client);
  program_stop(s->program);
  const char *at = strstr(s->program->out, "\"resends\":");
  cr_expect((at != NULL) == any, "the log says:\n%s", s->program->out);
}

/* ---- between requests ----------------------------------------------------- */

Test(wire, a_connection_that_ends_behind_its_answer_is_not_used_again) {
  SCOPED(stage) s = stage_open(ALONE);
  struct arrival *arrival = stage_exchange(&s);
  shutdown(arrival->fd, SHUT_WR);
  arrival_await_closed(arrival);
  stage_exchange(&s);
  expect_resends(&s, false);
}

Test(wire, an_answer_and_the_end_at_once_are_an_answer) {
  SCOPED(stage) s = stage_open(ALONE);
  struct arrival *arrival = stage_ask(&s, "/smart");
  arrival_answer_json(arrival, 200, OK);
  shutdown(arrival->fd, SHUT_WR);
  client_expect(s.client, 200, OK);
  stage_exchange(&s);
}

Test(wire, an_idle_connection_that_is_reset_costs_no_resend) {
  SCOPED(stage) s = stage_open(ALONE);
  arrival_reset(stage_exchange(&s));
  client_expect_healthy(s.client);
  stage_exchange(&s);
  expect_resends(&s, false);
}

/* The upstream sends this, in which 1 is the answer: its connection is closed,
 * and the next request gets an answer of its own. */
static void expect_closed_behind(const char *bytes) {
  SCOPED(stage) s = stage_open(ALONE);
  struct arrival *arrival = stage_ask(&s, "/smart");
  arrival_send(arrival, bytes);
  client_expect(s.client, 200, "1");
  arrival_await_closed(arrival);
  stage_exchange(&s);
}

#define CLOSED(name, bytes)                                                    \
  Test(wire, name) { expect_closed_behind(bytes); }

CLOSED(bytes_behind_an_answer_are_never_the_next_one,
       HEAD "Content-Length: 1\r\n\r\n1" WRONG)
CLOSED(bytes_behind_chunks_are_never_the_next_answer,
       HEAD "Transfer-Encoding: chunked\r\n\r\n"
            "1\r\n1\r\n0\r\n\r\n" WRONG)
CLOSED(a_connection_of_http_1_0_is_not_kept,
       "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\n1")

Test(wire, an_answer_that_nobody_asked_for_closes_an_idle_connection) {
  SCOPED(stage) s = stage_open(ALONE);
  struct arrival *arrival = stage_exchange(&s);
  arrival_send(arrival, WRONG);
  arrival_await_closed(arrival);
  stage_exchange(&s);
  expect_resends(&s, false);
}

/* The bytes and the next request are news of the same turn. */
Test(wire, an_answer_that_nobody_asked_for_is_never_given_to_the_next_client) {
  SCOPED(stage) s = stage_open(ALONE);
  for (int i = 0; i < 20; i++) {
    arrival_send(stage_exchange(&s), WRONG);
    stage_exchange(&s);
  }
}

/* Nothing tells an answer that was sent at accept from one that was quick. It
 * answers the request that its connection was opened for, and no other. */
Test(wire, an_answer_before_the_request_is_that_requests_answer) {
  SCOPED(stage) s = stage_open(ALONE);
  client_get(s.client, "/smart");
  wire_await(s.origin->listening, POLLIN, "a connection");
  int fd = accept4(s.origin->listening, NULL, NULL, SOCK_CLOEXEC);
  cr_assert(wire_send(fd, WRONG, sizeof WRONG - 1));
  client_expect(s.client, 200, "666");
  close(fd);
  stage_exchange(&s);
}

Test(wire, a_connection_is_closed_when_the_upstream_says_so) {
  SCOPED(stage) s = stage_open(ALONE);
  struct arrival *arrival = stage_ask(&s, "/smart");
  arrival_answer(arrival, 200, "Connection: Close\r\n", OK);
  client_expect(s.client, 200, OK);
  arrival_await_closed(arrival);
  expect_used_again(&s, stage_exchange(&s));
}

Test(wire, a_connection_of_http_1_0_is_kept_when_the_upstream_says_so) {
  SCOPED(stage) s = stage_open(ALONE);
  struct arrival *arrival = stage_ask(&s, "/smart");
  arrival_send(arrival, "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n"
                        "Content-Length: 1\r\n\r\n1");
  client_expect(s.client, 200, "1");
  expect_used_again(&s, arrival);
}

Test(wire, a_connection_is_used_again_after_chunks_with_trailers) {
  SCOPED(stage) s = stage_open(ALONE);
  struct arrival *arrival = stage_ask(&s, "/smart");
  arrival_send(arrival, HEAD "Transfer-Encoding: chunked\r\nTrailer: X-Sum\r\n"
                             "\r\n3;a=b\r\n[1,\r\n2\r\n2]\r\n0\r\n"
                             "X-Sum: 3\r\n\r\n");
  reply_expect_field(client_expect(s.client, 200, "[1,2]"), "X-Sum", NULL);
  expect_used_again(&s, arrival);
}

Test(wire, a_failure_with_a_whole_body_leaves_its_connection_to_the_next) {
  SCOPED(stage) s = stage_open(ALONE);
  struct arrival *arrival = stage_ask(&s, "/smart");
  arrival_answer(arrival, 503, "", "busy");
  client_expect_problem(s.client, 502);
  expect_used_again(&s, arrival);
}

Test(wire, a_failure_with_an_unfinished_body_closes_its_connection) {
  SCOPED(stage) s = stage_open(ALONE);
  struct arrival *arrival = stage_ask(&s, "/smart");
  arrival_send(arrival, "HTTP/1.1 503 Busy\r\nContent-Length: 900000\r\n\r\nb");
  arrival_await_closed(arrival);
  client_expect_problem(s.client, 502);
  stage_exchange(&s);
}

Test(wire, a_resend_is_not_sent_a_third_time) {
  SCOPED(stage) s = stage_open(ALONE);
  struct arrival *kept = stage_exchange(&s);
  client_get(s.client, "/smart");
  arrival_await_next(kept);
  arrival_close(kept);
  arrival_close(origin_await(s.origin));
  reply_expect_result(client_expect_problem(s.client, 502), 0, "transport");
  origin_expect_no_arrival(s.origin);
  expect_resends(&s, true);
}

Test(wire, each_target_has_connections_of_its_own) {
  struct origin *a = origin_new(), *b = origin_new();
  struct stage s = stage_open_on(a, "--to", a->url, "--to", b->url, ONE_HEDGE,
                                 "--hedge-after", "20s");
  client_get(s.client, "/smart");
  struct arrival *at_a = origin_await(a);
  arrival_answer(at_a, 500, "", "no");
  struct arrival *at_b = origin_await(b);
  arrival_answer_json(at_b, 200, "1");
  reply_expect_story(client_await_reply(s.client), "2", "1");
  client_get(s.client, "/smart");
  arrival_await_next(at_a);
  arrival_answer(at_a, 500, "", "no");
  arrival_await_next(at_b);
  arrival_answer_json(at_b, 200, "2");
  client_expect(s.client, 200, "2");
  origin_expect_no_arrival(a);
  origin_expect_no_arrival(b);
  stage_close(&s);
  origin_free(b);
}

/* localhost is two addresses, and the origin listens on one of them. */
Test(wire, an_address_that_refuses_leaves_it_to_the_next) {
  struct origin *origin = origin_new();
  const char *url = words_of("http://localhost:%u", origin->port);
  SCOPED(stage) s = {.origin = origin};
  s.program = program_start("--to", url, ALONE);
  s.client = client_new(s.program->port);
  stage_exchange(&s);
}

/* ---- large requests ------------------------------------------------------- */

/* An upstream whose sockets hold little, and that reads only when the script
 * does. Small segments keep hedgerow's own socket from growing. */
static struct stage open_narrow(void) {
  struct stage s = stage_open(ALONE, "--max-head", "1M");
  int little = 8192, segment = 1000;
  setsockopt(s.origin->listening, SOL_SOCKET, SO_RCVBUF, &little,
             sizeof little);
  setsockopt(s.origin->listening, IPPROTO_TCP, TCP_MAXSEG, &segment,
             sizeof segment);
  return s;
}

static int accept_large(struct stage *s, const char *request) {
  client_send(s->client, request);
  wire_await(s->origin->listening, POLLIN, "a connection");
  int fd = accept4(s->origin->listening, NULL, NULL, SOCK_CLOEXEC);
  cr_assert(fd >= 0, "accept: %s", strerror(errno));
  wire_await(fd, POLLIN, "the first bytes of a request");
  return fd;
}

static char *large_request(void) {
  char *request = malloc(LARGE_HEAD + 1);
  size_t len =
      (size_t)sprintf(request, "GET /smart HTTP/1.1\r\nHost: h\r\nX-Large: ");
  for (; len < LARGE_HEAD - 4; len++) request[len] = (char)('a' + len % 26);
  strcpy(request + len, "\r\n\r\n");
  return request;
}

Test(wire, a_request_that_is_read_slowly_arrives_whole) {
  SCOPED(stage) s = open_narrow();
  char *request = large_request(), *got = calloc(1, 2 * LARGE_HEAD);
  int fd = accept_large(&s, request);
  size_t len = 0;
  while (wire_head_len(got) == 0) {
    size_t n = wire_read(fd, got + len, 5000, "more of the request");
    cr_assert(n > 0, "the request ended after %zu bytes", len);
    len += n;
  }
  char *value = strstr(request, "X-Large: ");
  *strstr(value, "\r\n") = '\0';
  words_expect(got, value);
  cr_assert(wire_send(fd, HEAD "Content-Length: 2\r\n\r\n{}",
                      sizeof HEAD "Content-Length: 2\r\n\r\n{}" - 1));
  client_expect(s.client, 200, "{}");
  close(fd);
  free(got);
  free(request);
}

Test(wire, an_answer_may_come_before_the_request_is_out) {
  SCOPED(stage) s = open_narrow();
  char *request = large_request(), bytes[4096];
  int fd = accept_large(&s, request);
  ssize_t n;
  cr_assert(wire_send(fd, HEAD "Content-Length: 2\r\n\r\n{}",
                      sizeof HEAD "Content-Length: 2\r\n\r\n{}" - 1));
  client_expect(s.client, 200, "{}");
  /* The rest will not follow, so nothing else can. */
  while ((n = recv(fd, bytes, sizeof bytes, 0)) > 0) continue;
  cr_expect(n < 0 && errno == ECONNRESET, "%s", strerror(errno));
  close(fd);
  free(request);
  stage_exchange(&s);
}

/* Closing with bytes unread resets: the request cannot go out any more, but the
 * answer has come. */
Test(wire, an_answer_before_a_reset_is_read_though_the_request_is_not_out) {
  static const char answer[] =
      "HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\n{}";
  SCOPED(stage) s = open_narrow();
  char *request = large_request();
  int fd = accept_large(&s, request);
  cr_assert(wire_send(fd, answer, sizeof answer - 1));
  close(fd);
  client_expect(s.client, 413, "{}");
  free(request);
}

/* ---- losers --------------------------------------------------------------- */

/* The hedge has won, and the primary is held. */
static struct arrival *lose_one(struct stage *s) {
  struct arrival *primary = stage_ask(s, "/smart");
  struct arrival *hedge = origin_await_attempt(s->origin, 1);
  arrival_answer_json(hedge, 200, "2");
  reply_expect_story(client_await_reply(s->client), "2", "1");
  return primary;
}

Test(wire, a_cancelled_loser_is_reset) {
  SCOPED(stage) s = stage_open(TWO);
  struct arrival *loser = lose_one(&s);
  char byte;
  wire_await(loser->fd, POLLIN, "the loser's connection to end");
  ssize_t n = recv(loser->fd, &byte, 1, 0);
  cr_expect(n < 0 && errno == ECONNRESET, "%zd bytes instead of a reset", n);
}

Test(wire, a_drained_losers_connection_is_used_again) {
  SCOPED(stage) s = stage_open(TWO, "--losers", "drain");
  struct arrival *loser = lose_one(&s);
  arrival_answer_json(loser, 200, "[1]");
  client_expect_healthy(s.client);
  client_get(s.client, "/smart");
  arrival_await_next(loser); /* what came back last is taken first */
  stage_serve(&s, loser, 200, "3");
}

/* Whatever it answers: only its framing counts. */
Test(wire, a_drained_loser_may_be_a_failure) {
  SCOPED(stage) s = stage_open(TWO, "--losers", "drain");
  struct arrival *loser = lose_one(&s);
  arrival_answer(loser, 500, "Content-Type: text/html\r\n", "<html>");
  client_expect_healthy(s.client);
  client_get(s.client, "/smart");
  arrival_await_next(loser);
  stage_serve(&s, loser, 200, "3");
}

Test(wire, a_drained_loser_with_bytes_behind_its_answer_is_closed) {
  SCOPED(stage) s = stage_open(TWO, "--losers", "drain");
  struct arrival *loser = lose_one(&s);
  arrival_send(loser, HEAD "Content-Length: 1\r\n\r\n1" WRONG);
  arrival_await_closed(loser);
}

Test(wire, a_drained_loser_that_never_answers_is_closed) {
  SCOPED(stage) s = stage_open(TWO, "--losers", "drain");
  arrival_await_closed(lose_one(&s));
}

Test(wire, a_drained_loser_with_a_large_answer_is_closed) {
  SCOPED(stage) s = stage_open(TWO, "--losers", "drain");
  struct arrival *loser = lose_one(&s);
  size_t len = 300 * 1024;
  char *body = malloc(len);
  memset(body, '1', len);
  arrival_send(loser, HEAD "Content-Length: 1000000\r\n\r\n");
  arrival_send_until_closed(loser, body, len);
  arrival_await_closed(loser);
  free(body);
}

Test(wire, a_loser_that_drains_does_not_hold_up_the_end) {
  SCOPED(stage) s = stage_open(TWO, "--losers", "drain");
  struct arrival *loser = lose_one(&s);
  client_leave(s.client);
  program_stop(s.program);
  arrival_await_closed(loser);
}

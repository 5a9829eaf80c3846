/* Tests of io/attempt and io/h1: what goes to an upstream, byte for byte, what
 * is made of what it says, and what is sent a second time. The upstream is a
 * script of blocking sockets; support/asker asks it. */
#include "io/attempt.h"

#include <criterion/criterion.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/asker.h"
#include "support/guard.h"
#include "support/lookups.h"
#include "support/rows.h"
#include "support/tls_origin.h"
#include "support/wire.h"
#include "support/words.h"

enum {
  MIB = 1 << 20,
  HUGE_BYTES = 16 * MIB, /* more than the kernel holds for one connection */
  NARROW_BYTES = 4096,
};

#define OK "HTTP/1.1 200 OK\r\n"
#define LENGTH(n) "Content-Length: " n "\r\n"
#define JSON OK LENGTH("2") "\r\n[]"

static int listening;
static uint16_t port;
static struct asker *asker;
static char *body; /* HUGE_BYTES; no two pieces of it are alike */

static void open_all(void) {
  int narrow = NARROW_BYTES;
  listening = wire_bind(16, &port);
  setsockopt(listening, SOL_SOCKET, SO_RCVBUF, &narrow, sizeof narrow);
  asker = asker_new(words_of("http://127.0.0.1:%u/v1", port), NULL);
  body = malloc(HUGE_BYTES);
  for (uint32_t i = 0; i < HUGE_BYTES; i++)
    body[i] = (char)(i * UINT32_C(2654435761) >> 24);
}

static void close_all(void) {
  asker_free(asker);
  close(listening);
  free(body);
}

TestSuite(attempt, .init = open_all, .fini = close_all, .timeout = 2 * GUARD_S);

/* ---- messages ---- */

static struct ask_message get(void) {
  return (struct ask_message){.method = slice_of("GET")};
}

static struct ask_message post(size_t len) {
  return (struct ask_message){
      .method = slice_of("POST"), .body = {body, len}, .has_body = true};
}

static struct ask_message post_once(size_t len) {
  struct ask_message message = post(len);
  message.once = true;
  return message;
}

/* The head that such a message has. */
static const char *head_of(const struct ask_message *message) {
  static char head[256];
  char length[64] = "";
  if (message->has_body)
    snprintf(length, sizeof length, "Content-Length: %zu\r\n",
             message->body.len);
  snprintf(head, sizeof head,
           "%.*s /v1/x HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nAccept: */*\r\n"
           "Hedge-Attempt: 0\r\n%s\r\n",
           SLICE_ARG(message->method), port, length);
  return head;
}

/* ---- the upstream ---- */

static int await_connection(void) {
  wire_await(listening, POLLIN, "a connection");
  int fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
  cr_assert(fd >= 0);
  return fd;
}

static void expect_no_connection(void) {
  cr_expect_not(wire_is_readable(listening), "a connection was opened");
}

/* Reads exactly these, in pieces of at most `piece`. */
static void expect_bytes(int fd, struct slice want, size_t piece) {
  char got[64 * 1024];
  if (piece > sizeof got) piece = sizeof got;
  for (size_t at = 0; at < want.len;) {
    size_t most = want.len - at < piece ? want.len - at : piece;
    size_t n = wire_read(fd, got, most, "the next bytes of a request");
    cr_assert(n > 0, "the request ended after %zu of %zu bytes", at, want.len);
    cr_assert(memcmp(got, want.at + at, n) == 0,
              "within %zu bytes at %zu of %zu came: %.*s", n, at, want.len,
              (int)(n < 200 ? n : 200), got);
    at += n;
  }
}

static void expect_head(int fd, const struct ask_message *message) {
  expect_bytes(fd, slice_of(head_of(message)), SIZE_MAX);
}

static void expect_request(int fd, const struct ask_message *message) {
  expect_head(fd, message);
  expect_bytes(fd, message->body, SIZE_MAX);
}

static void answer(int fd, const char *text) {
  cr_assert(wire_send(fd, text, strlen(text)), "nobody took: %s", text);
}

/* Reads on to the connection's end. */
static void expect_closed(int fd) {
  char rest[64 * 1024];
  while (wire_read(fd, rest, sizeof rest, "the connection's end") > 0) continue;
  close(fd);
}

/* ---- what comes of it ---- */

/* "success 200 whole", "transport 0 unsent: could not connect: ..." */
static const char *told(const struct asked *asked) {
  static char text[2 * ASKED_BYTES];
  snprintf(text, sizeof text, "%s %d%s%s%s%s%s",
           attempt_result_name(asked->end.result), asked->end.status,
           asked->end.whole ? " whole" : "", asked->end.unsent ? " unsent" : "",
           asked->resends > 0 ? " resent" : "", asked->error[0] ? ": " : "",
           asked->error);
  return text;
}

static const struct asked *expect_end(const char *want) {
  const struct asked *asked = asker_await(asker);
  cr_expect_str_eq(told(asked), want, "%s\nnot\n%s", told(asked), want);
  return asked;
}

/* One exchange; the connection is kept after it. fd < 0: a new one. */
static int exchange_on(int fd, struct ask_message message, const char *text,
                       const char *want) {
  asker_start(asker, &message);
  if (fd < 0) fd = await_connection();
  expect_request(fd, &message);
  answer(fd, text);
  expect_end(want);
  expect_no_connection();
  return fd;
}

/* Starts it on a new connection, and reads its head. */
static int begin(struct ask_message *message) {
  asker_start(asker, message);
  int fd = await_connection();
  expect_head(fd, message);
  return fd;
}

/* A connection that has carried a request. */
static int open_kept(void) {
  return exchange_on(-1, get(), JSON, "success 200 whole");
}

/* ---- what is sent ---- */

Test(attempt, a_get_is_sent_without_a_body_or_a_length) {
  close(exchange_on(-1, get(), JSON, "success 200 whole"));
}

Test(attempt, a_body_goes_behind_its_head_whatever_its_size) {
  static const size_t sizes[] = {
      0, 1, 4096, 65000, 64 * 1024, 64 * 1024 + 1, MIB, HUGE_BYTES};
  int fd = -1;
  EACH_ROW (row, sizes)
    fd = exchange_on(fd, post(*row), JSON, "success 200 whole");
  close(exchange_on(fd, get(), JSON, "success 200 whole"));
}

Test(attempt, an_upstream_may_read_slowly) {
  struct ask_message message = post(MIB);
  int fd = begin(&message);
  expect_bytes(fd, message.body, 700);
  answer(fd, JSON);
  expect_end("success 200 whole");
  close(exchange_on(fd, post(1), JSON, "success 200 whole"));
}

Test(attempt, interim_answers_are_passed_by_while_a_body_goes_out) {
  struct ask_message message = post(HUGE_BYTES);
  int fd = begin(&message);
  answer(fd, "HTTP/1.1 100 Continue\r\n\r\n");
  expect_bytes(fd, message.body, SIZE_MAX);
  answer(fd, "HTTP/1.1 103 Early Hints\r\n\r\n" JSON);
  expect_end("success 200 whole");
  close(exchange_on(fd, get(), JSON, "success 200 whole"));
}

/* ---- an answer before the body is out ---- */

Test(attempt, an_answer_before_the_body_is_out_is_the_answer) {
  struct ask_message message = post(HUGE_BYTES);
  int fd = begin(&message);
  answer(fd, "HTTP/1.1 413 X\r\n" LENGTH("9") "\r\ntoo large");
  const struct asked *asked =
      expect_end("status 413 whole: the upstream answered 413");
  cr_expect_str_eq(asked->body, "too large");
  expect_closed(fd);
  open_kept();
}

Test(attempt, a_success_before_the_body_is_out_closes_the_connection_too) {
  struct ask_message message = post(HUGE_BYTES);
  asker_start(asker, &message);
  int fd = await_connection();
  answer(fd, JSON);
  expect_end("success 200 whole");
  expect_closed(fd);
}

Test(attempt, an_answer_before_a_reset_is_the_answer) {
  struct ask_message message = post_once(HUGE_BYTES);
  int fd = begin(&message);
  answer(fd, "HTTP/1.1 401 X\r\n" LENGTH("0") "\r\n");
  wire_reset(fd);
  expect_end("status 401 whole: the upstream wants credentials; see "
             "--token-file");
}

Test(attempt, an_upstream_that_resets_within_the_body_has_read_of_it) {
  struct ask_message message = post(HUGE_BYTES);
  int fd = begin(&message);
  wire_reset(fd);
  const struct asked *asked = asker_await(asker);
  cr_expect_eq(asked->end.result, ATTEMPT_TRANSPORT, "%s", told(asked));
  cr_expect_not(asked->end.unsent);
  cr_expect_eq(asked->resends, 0);
  expect_no_connection();
}

Test(attempt, an_attempt_that_is_cancelled_within_its_body_is_closed) {
  struct ask_message message = post(HUGE_BYTES);
  asker_limits(asker)->read_losers = true;
  int fd = begin(&message);
  asker_cancel(asker);
  expect_closed(fd);
}

/* The configuration that they were written in may be gone by then. */
Test(attempt, nobody_asks_after_rules_when_a_loser_ends) {
  struct json_rules rules = {0};
  struct ask_message message = get(), next = get();
  message.rules = &rules;
  asker_limits(asker)->read_losers = true;
  asker_start(asker, &message);
  int fd = await_connection();
  expect_head(fd, &message);
  answer(fd, OK "\r\n[]");
  asker_cancel(asker);
  rules = (struct json_rules){.rules = (void *)1, .count = 1};
  close(fd);
  asker_start(asker, &next); /* the loop goes on */
  fd = await_connection();
  expect_head(fd, &next);
  answer(fd, JSON);
  expect_end("success 200 whole");
  close(fd);
}

/* ---- what is kept for how long ---- */

static int exchange_kept_for(int64_t keep_us, int fd) {
  asker_limits(asker)->keep_us = keep_us;
  return exchange_on(fd, get(), JSON, "success 200 whole");
}

/* Who wants one that was idle for less than a microsecond leaves those that may
 * wait to others; and nobody takes one whose own time is over, also where
 * nothing has swept it yet. */
Test(attempt, a_connection_that_was_idle_for_too_long_is_not_taken) {
  enum { MINUTE_US = 60 * 1000 * 1000 };
  int over = exchange_kept_for(1, -1);
  int kept = exchange_kept_for(MINUTE_US, -1);
  int over_too = exchange_kept_for(1, -1);
  exchange_kept_for(MINUTE_US, kept);
  close(over);
  close(kept);
  close(over_too);
}

/* The configuration that they were written in may be gone by then. */
Test(attempt, nobody_asks_after_limits_when_a_loser_ends) {
  struct ask_message message = get();
  int64_t keep_us = asker_limits(asker)->keep_us;
  asker_limits(asker)->read_losers = true;
  int loser = begin(&message);
  asker_cancel(asker);
  asker_limits(asker)->keep_us = 0;
  answer(loser, JSON);
  close(exchange_kept_for(0, -1)); /* by then it has been read */
  close(exchange_kept_for(keep_us, loser));
}

/* ---- what is sent twice ---- */

#define ONCE_ONLY                                                              \
  "the kept connection ended before an answer; this request may not be sent "  \
  "twice (RFC 9110, 9.2.2)"

/* It comes once more, on a new connection, and is answered. */
static void expect_resent(const struct ask_message *message) {
  int fd = await_connection();
  expect_request(fd, message);
  answer(fd, JSON);
  expect_end("success 200 whole resent");
  close(fd);
}

static void expect_not_resent(void) {
  expect_end("transport 0: " ONCE_ONLY);
  expect_no_connection();
}

/* On a connection that has carried another. */
static int carry(struct ask_message *message) {
  int fd = open_kept();
  asker_start(asker, message);
  expect_request(fd, message);
  return fd;
}

static void end_in_order(void *arg) { close(*(int *)arg); }

static void end_by_reset(void *arg) { wire_reset(*(int *)arg); }

Test(attempt, a_kept_connection_that_ends_after_the_request_is_replaced) {
  struct ask_message message = post(MIB);
  int fd = carry(&message);
  close(fd);
  expect_resent(&message);
}

Test(attempt, what_may_go_out_once_fails_with_its_kept_connection) {
  struct ask_message message = post_once(MIB);
  int fd = carry(&message);
  close(fd);
  expect_not_resent();
}

Test(attempt, what_may_go_out_once_fails_where_a_byte_may_have_been_read) {
  struct ask_message message = post_once(1);
  int fd = open_kept();
  asker_start_after(asker, &message, end_in_order, &fd);
  expect_not_resent();
}

Test(attempt, what_may_go_out_twice_is_sent_again_in_that_case) {
  struct ask_message message = post(1);
  int fd = open_kept();
  asker_start_after(asker, &message, end_in_order, &fd);
  expect_resent(&message);
}

Test(attempt, what_may_go_out_once_fails_with_half_of_it_out) {
  struct ask_message message = post_once(HUGE_BYTES);
  int fd = open_kept();
  asker_start(asker, &message);
  expect_head(fd, &message);
  wire_reset(fd);
  expect_not_resent();
}

Test(attempt, a_kept_connection_that_takes_nothing_is_always_replaced) {
  struct ask_message message = post_once(MIB);
  int fd = open_kept();
  asker_start_after(asker, &message, end_by_reset, &fd);
  expect_resent(&message);
}

/* Inside the start, which calls nobody back. */
Test(attempt, a_kept_connection_that_breaks_as_the_request_goes_out_took_some) {
  struct ask_message once = post_once(HUGE_BYTES), twice = post(HUGE_BYTES);
  int fd = open_kept();
  asker_start_after(asker, &once, end_in_order, &fd);
  expect_not_resent();
  fd = open_kept();
  asker_start_after(asker, &twice, end_in_order, &fd);
  expect_resent(&twice);
}

Test(attempt, a_new_connection_that_ends_without_an_answer_is_not_replaced) {
  struct ask_message messages[] = {post(1), post_once(1)};
  for (size_t i = 0; i < 2; i++) {
    asker_start(asker, &messages[i]);
    int fd = await_connection();
    expect_request(fd, &messages[i]);
    close(fd);
    expect_end("transport 0: the upstream closed the connection without an "
               "answer");
  }
  expect_no_connection();
}

Test(attempt, an_answer_that_was_cut_is_no_reason_to_ask_again) {
  struct ask_message message = post_once(1);
  int fd = carry(&message);
  answer(fd, OK LENGTH("2") "\r\n[");
  close(fd);
  expect_end("transport 200: the connection closed inside the body");
  expect_no_connection();
}

/* ---- nobody has read a byte ---- */

Test(attempt, a_refused_connection_has_carried_nothing) {
  struct ask_message message = post_once(1);
  close(listening);
  asker_start(asker, &message);
  expect_end("transport 0 unsent: could not connect: Connection refused");
  listening = wire_bind(16, &port);
}

Test(attempt, a_name_without_an_address_has_carried_nothing) {
  struct ask_message message = post_once(1);
  asker_free(asker);
  lookups_release(LOOKUPS_MAX);
  asker = asker_new("http://nobody.test/", NULL);
  asker_start(asker, &message);
  const struct asked *asked = asker_await(asker);
  cr_expect_eq(asked->end.result, ATTEMPT_TRANSPORT, "%s", told(asked));
  cr_expect(asked->end.unsent, "%s", told(asked));
}

/* The kept connection may have been read before it ended. */
Test(attempt, a_resend_that_cannot_connect_has_carried_something) {
  struct ask_message message = post(1);
  int fd = carry(&message);
  close(listening);
  close(fd);
  expect_end("transport 0 resent: could not connect: Connection refused");
  listening = wire_bind(16, &port);
}

Test(attempt, an_answer_says_that_something_was_sent) {
  struct ask_message message = get();
  SCOPED_FD fd = begin(&message);
  answer(fd, "HTTP/1.1 500 X\r\n" LENGTH("0") "\r\n");
  expect_end("status 500: the upstream failed (500)");
}

/* ---- what is made of an answer ---- */

Test(attempt, the_answer_to_a_head_has_no_body) {
  struct ask_message message = {.method = slice_of("HEAD"),
                                .success = SUCCESS_2XX};
  int fd = exchange_on(-1, message, OK LENGTH("2000000") "X: y\r\n\r\n",
                       "success 200 whole");
  const struct asked *asked = asker_await(asker);
  cr_expect_eq(asked->length, 2000000);
  cr_expect_str_eq(asked->body, "");
  cr_expect_str_eq(asked->fields, LENGTH("2000000") "X: y\r\n");
  close(exchange_on(fd, get(), JSON, "success 200 whole"));
}

Test(attempt, a_204_is_an_answer_where_any_2xx_is_wanted) {
  struct ask_message message = post(1);
  message.success = SUCCESS_2XX;
  int fd =
      exchange_on(-1, message, "HTTP/1.1 204 X\r\n\r\n", "success 204 whole");
  cr_expect(asker_await(asker)->has_response);
  close(
      exchange_on(fd, message, OK LENGTH("3") "\r\n<a>", "success 200 whole"));
}

Test(attempt, a_304_is_an_answer_where_any_status_is_wanted) {
  struct ask_message message = get();
  message.success = SUCCESS_ANY;
  int fd = exchange_on(-1, message, "HTTP/1.1 304 X\r\nETag: \"a\"\r\n\r\n",
                       "success 304 whole");
  cr_expect_str_eq(asker_await(asker)->fields, "ETag: \"a\"\r\n");
  fd = exchange_on(fd, message, "HTTP/1.1 503 X\r\n" LENGTH("4") "\r\nbusy",
                   "success 503 whole");
  cr_expect_str_eq(asker_await(asker)->body, "busy");
  close(fd);
}

Test(attempt, an_error_is_handed_over_where_it_is_kept) {
  static const char busy[] =
      "HTTP/1.1 503 X\r\nRetry-After: 5\r\n" LENGTH("4") "\r\nbusy";
  static const char down[] = ": the upstream is overloaded or down (503)";
  struct ask_message message = get();
  char want[128];
  snprintf(want, sizeof want, "status 503%s", down);
  int fd = exchange_on(-1, message, busy, want);
  cr_expect_not(asker_await(asker)->has_response);
  message.keep_errors = true;
  snprintf(want, sizeof want, "status 503 whole%s", down);
  fd = exchange_on(fd, message, busy, want);
  const struct asked *asked = asker_await(asker);
  cr_expect(asked->has_response && asked->end.retry_after);
  cr_expect_str_eq(asked->body, "busy");
  close(fd);
}

/* ---- an answer that is passed on ---- */

static struct ask_message stream(void) {
  return (struct ask_message){
      .method = slice_of("GET"), .success = SUCCESS_ANY, .streams = true};
}

Test(attempt, a_streamed_answer_comes_in_pieces) {
  struct ask_message message = stream();
  SCOPED_FD fd = begin(&message);
  answer(fd, OK LENGTH("9") "\r\n");
  const struct asked *asked = asker_await_pieces(asker, 1);
  cr_expect(asked->status == 200 && asked->length == 9 && asked->passed == 0);
  cr_expect_str_eq(asked->fields, LENGTH("9"));
  answer(fd, "one");
  asker_resume(asker);
  cr_expect_str_eq(asker_await_pieces(asker, 2)->body, "one");
  answer(fd, "twothr");
  asked = asker_await(asker);
  cr_expect(asked->end.result == ATTEMPT_SUCCESS && asked->end.whole);
  cr_expect(asked->pieces == 2 && asked->passed == 9 && !asked->has_response);
  cr_expect_str_eq(asked->body, "twothr");
}

Test(attempt, a_streamed_answer_that_is_whole_at_once_is_held) {
  struct ask_message message = stream();
  SCOPED_FD fd = begin(&message);
  answer(fd, JSON);
  const struct asked *asked = asker_await(asker);
  cr_expect(asked->pieces == 0 && asked->has_response);
  cr_expect_str_eq(asked->body, "[]");
}

Test(attempt, a_stream_that_breaks_off_keeps_its_status) {
  struct ask_message message = stream();
  int fd = begin(&message);
  answer(fd, OK LENGTH("9") "\r\none");
  asker_await_pieces(asker, 1);
  close(fd);
  asker_resume(asker);
  const struct asked *asked = asker_await(asker);
  cr_expect(asked->end.result == ATTEMPT_TRANSPORT && !asked->end.whole);
  cr_expect(asked->end.status == 200 && asked->passed == 3);
}

/* The test's end asks whether anything is in flight, or held. */
Test(attempt, a_stream_may_be_cancelled_from_inside) {
  struct ask_message message = stream();
  char byte;
  SCOPED_FD fd = begin(&message);
  asker_cancel_at_piece(asker);
  answer(fd, OK LENGTH("9") "\r\none");
  asker_await_pieces(asker, 1);
  cr_expect_eq(wire_read(fd, &byte, 1, "the end"), 0);
}

Test(attempt, a_paused_stream_may_be_cancelled) {
  struct ask_message message = stream();
  char byte;
  SCOPED_FD fd = begin(&message);
  answer(fd, OK LENGTH("9") "\r\none");
  asker_await_pieces(asker, 1);
  answer(fd, "two");
  asker_cancel(asker);
  cr_expect_eq(wire_read(fd, &byte, 1, "the end"), 0);
}

/* ---- over TLS ---- */

static struct tls_origin *tls_open(void) {
  struct tls_origin *origin = tls_origin_new(TLS_GOOD);
  asker_free(asker);
  asker = asker_new(origin->url_ip, origin->ca_file);
  return origin;
}

/* A connection that has carried a request. */
static struct tls_arrival *tls_open_kept(struct tls_origin *origin) {
  struct ask_message message = get();
  asker_start(asker, &message);
  struct tls_arrival *arrival = tls_origin_await(origin);
  tls_arrival_answer(arrival, "[]");
  expect_end("success 200 whole");
  return arrival;
}

/* The head has come, with some of the body. */
static void tls_expect_rest(struct tls_arrival *arrival,
                            const struct ask_message *message) {
  size_t head = wire_head_len(arrival->request), got = arrival->len - head;
  cr_assert(got <= message->body.len);
  cr_assert(memcmp(arrival->request + head, message->body.at, got) == 0);
  tls_arrival_expect(arrival, message->body.at + got, message->body.len - got);
}

Test(attempt, a_body_goes_over_tls_whatever_its_size) {
  static const size_t sizes[] = {0, 1, 16384, 65000, MIB, HUGE_BYTES};
  OWNED(tls_origin) origin = tls_open();
  struct tls_arrival *arrival = NULL;
  EACH_ROW (row, sizes) {
    struct ask_message message = post_once(*row);
    asker_start(asker, &message);
    if (arrival) tls_arrival_await_next(arrival);
    else arrival = tls_origin_await(origin);
    tls_expect_rest(arrival, &message);
    tls_arrival_answer(arrival, "[]");
    expect_end("success 200 whole");
  }
}

Test(attempt, what_may_go_out_once_is_not_sent_twice_over_tls_either) {
  OWNED(tls_origin) origin = tls_open();
  struct ask_message message = post_once(HUGE_BYTES);
  struct tls_arrival *arrival = tls_open_kept(origin);
  asker_start(asker, &message);
  tls_arrival_await_next(arrival);
  tls_arrival_reset(arrival);
  expect_end("transport 0: " ONCE_ONLY);
  tls_origin_expect_no_arrival(origin);
}

static void tls_end_by_cut(void *arg) { tls_arrival_cut(arg); }

static void tls_end_by_reset(void *arg) { tls_arrival_reset(arg); }

/* The first record is taken, the second is not. */
Test(attempt, a_kept_tls_connection_that_breaks_has_taken_some) {
  OWNED(tls_origin) origin = tls_open();
  struct ask_message message = post_once(MIB);
  struct tls_arrival *arrival = tls_open_kept(origin);
  asker_start_after(asker, &message, tls_end_by_cut, arrival);
  expect_end("transport 0: " ONCE_ONLY);
  tls_origin_expect_no_arrival(origin);
}

Test(attempt, a_kept_tls_connection_that_takes_nothing_is_always_replaced) {
  OWNED(tls_origin) origin = tls_open();
  struct ask_message message = post_once(MIB);
  struct tls_arrival *arrival = tls_open_kept(origin);
  asker_start_after(asker, &message, tls_end_by_reset, arrival);
  arrival = tls_origin_await(origin);
  tls_expect_rest(arrival, &message);
  tls_arrival_answer(arrival, "[]");
  expect_end("success 200 whole resent");
}

/* Two records in one segment, and the limit of what is told together within the
 * second: what is left then is decrypted, and the descriptor silent for good. */
Test(attempt, what_is_decrypted_already_comes_after_a_pause) {
  enum { FIRST = 1500, RECORD = 16384 };
  char bytes[FIRST + RECORD];
  int cork = 1;
  OWNED(tls_origin) origin = tls_open();
  struct ask_message message = stream();
  memset(bytes, 'x', sizeof bytes);
  int head = sprintf(bytes, OK "Content-Length: %d\r\n\r\n", 17842);
  bytes[head] = 'x';
  cr_assert_eq((size_t)head + 17842, sizeof bytes);
  asker_start(asker, &message);
  struct tls_arrival *arrival = tls_origin_await(origin);
  setsockopt(arrival->fd, IPPROTO_TCP, TCP_CORK, &cork, sizeof cork);
  tls_arrival_send(arrival, bytes, FIRST);
  tls_arrival_send(arrival, bytes + FIRST, RECORD);
  cork = 0;
  setsockopt(arrival->fd, IPPROTO_TCP, TCP_CORK, &cork, sizeof cork);
  const struct asked *asked = asker_await_pieces(asker, 1);
  cr_assert(asked->passed < 17842, "all of it came at once");
  asker_resume(asker);
  asked = asker_await(asker);
  cr_expect(asked->end.result == ATTEMPT_SUCCESS && asked->passed == 17842);
}

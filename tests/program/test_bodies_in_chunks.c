/* Client requests whose bodies come in chunks, through the built program: what
 * they carry arrives as if it had come with a length, and what they are framed
 * by decides nothing. Chunks that mean harm are in test_hostile.c; how their
 * framing is read, byte by byte, is in tests/test_chunks.c. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/stage.h"

#define HEALTHY "{\"status\":\"ok\"}"
#define HOST "Host: hedgerow.test\r\n"
#define HEALTHZ "GET /healthz HTTP/1.1\r\n" HOST "\r\n"
#define CHUNKED "Transfer-Encoding: chunked\r\n"
#define POST "POST /all HTTP/1.1\r\n" HOST CHUNKED "\r\n"
#define END "0\r\n\r\n"

enum { MEBIBYTE = 1024 * 1024 };

/* These bytes are answered so, and the connection goes on. */
static void expect_answer(const char *bytes, int status, const char *body) {
  SCOPED(stage) s = stage_open("--hedges", "0");
  client_send(s.client, bytes);
  const struct reply *reply = client_await_reply(s.client);
  if (body) reply_expect(reply, status, body);
  else reply_expect_problem(reply, status);
  client_send(s.client, HEALTHZ);
  client_expect(s.client, 200, HEALTHY);
}

#define ANSWERS(name, bytes, status, body)                                     \
  Test(bodies_in_chunks, name) { expect_answer(bytes, status, body); }

ANSWERS(one_chunk_is_a_body, POST "2\r\n[]\r\n" END, 200, "[]")
ANSWERS(many_chunks_are_one_body,
        POST "1\r\n[\r\n1\r\n \r\n0002\r\n  \r\n1\r\n]\r\n" END, 200, "[]")
ANSWERS(no_chunk_is_an_empty_body, POST END, 400, NULL)
ANSWERS(extensions_and_trailers_are_dropped,
        POST "2;a=b;c=\"d\"\r\n[]\r\n0;e\r\nContent-Length: 9\r\n"
             "X-Sum: 1\r\n\r\n",
        200, "[]")
ANSWERS(white_space_in_front_of_an_extension_is_dropped,
        POST "2 ;a=b\r\n[]\r\n0\t ; e\r\n\r\n", 200, "[]")

Test(bodies_in_chunks, nothing_of_them_goes_upstream) {
  SCOPED(stage) s = stage_open("--hedges", "0");
  client_send(s.client, "POST /all HTTP/1.1\r\n" HOST CHUNKED
                        "Trailer: X-Sum\r\nTE: trailers\r\n\r\n"
                        "3\r\n[\"/\r\n3\r\na\"]\r\n0\r\nX-Sum: 1\r\n\r\n");
  struct arrival *arrival = origin_await(s.origin);
  arrival_expect_line(arrival, "GET /a HTTP/1.1");
  arrival_expect_none(arrival, "Transfer-Encoding", "Content-Length", "Trailer",
                      "TE", "X-Sum");
  arrival_answer_json(arrival, 200, "1");
  client_expect(s.client, 200, "[1]");
}

Test(bodies_in_chunks, the_requests_behind_them_are_answered_in_turn) {
  SCOPED(stage) s = stage_open("--hedges", "0");
  client_send(s.client,
              POST "2\r\n[]\r\n" END HEALTHZ POST "3\r\n[ ]\r\n" END HEALTHZ);
  client_expect(s.client, 200, "[]");
  client_expect(s.client, 200, HEALTHY);
  client_expect(s.client, 200, "[]");
  client_expect(s.client, 200, HEALTHY);
}

/* ---- large ones ---- */

/* An array of `len` bytes, white space for the most part, `chunk` at a time. */
static void send_array(struct client *client, size_t len, size_t chunk) {
  char *bytes = malloc(chunk + 1), size[32];
  cr_assert_not_null(bytes);
  client_send(client, POST);
  for (size_t sent = 0, n; sent < len; sent += n) {
    n = len - sent < chunk ? len - sent : chunk;
    memset(bytes, ' ', n);
    bytes[n] = '\0';
    if (sent == 0) bytes[0] = '[';
    if (sent + n == len) bytes[n - 1] = ']';
    snprintf(size, sizeof size, "%zx\r\n", n);
    client_send(client, size);
    client_send(client, bytes);
    client_send(client, "\r\n");
  }
  client_send(client, END);
  free(bytes);
}

static void expect_array(size_t len, size_t chunk) {
  SCOPED(stage) s = stage_open("--hedges", "0");
  send_array(s.client, len, chunk);
  client_expect(s.client, 200, "[]");
  client_send(s.client, HEALTHZ);
  client_expect(s.client, 200, HEALTHY);
}

#define TAKES(name, len, chunk)                                                \
  Test(bodies_in_chunks, name) { expect_array(len, chunk); }

TAKES(a_mebibyte_in_one_chunk_is_taken, MEBIBYTE, MEBIBYTE)
TAKES(a_mebibyte_in_many_chunks_is_taken, MEBIBYTE, 1000)
TAKES(chunks_of_one_byte_are_taken, 20 * 1000, 1)

/* ---- refused ---- */

static void expect_refusal(const char *limit, const char *value,
                           const char *bytes, int status) {
  SCOPED(stage) s = stage_open(limit, value);
  client_send(s.client, bytes);
  const struct reply *reply = client_expect_problem(s.client, status);
  reply_expect_field(reply, "Connection", "close");
  client_await_close(s.client);
  origin_expect_no_arrival(s.origin);
}

#define REFUSES(name, limit, value, bytes, status)                             \
  Test(bodies_in_chunks, name) { expect_refusal(limit, value, bytes, status); }

REFUSES(a_chunk_over_the_limit_is_413_before_it_comes, "--max-request-body",
        "1K", POST "401\r\n", 413)
REFUSES(many_chunks_over_the_limit_are_413_before_the_last,
        "--max-request-body", "8", POST "4\r\n[   \r\n4\r\n    \r\n1\r\n", 413)

Test(bodies_in_chunks, as_many_bytes_as_the_limit_are_taken) {
  SCOPED(stage) s = stage_open("--max-request-body", "8");
  client_send(s.client, POST "4\r\n[   \r\n4\r\n   ]\r\n" END);
  client_expect(s.client, 200, "[]");
}

REFUSES(a_size_of_many_digits_is_413, "--hedges", "0",
        POST "ffffffffffffffff\r\n", 413)

Test(bodies_in_chunks, trailers_over_the_limit_of_heads_are_400) {
  char bytes[1024], *at = bytes;
  at += sprintf(at, POST "2\r\n[]\r\n0\r\n");
  for (int i = 0; i < 26; i++) at += sprintf(at, "X-%02d: 789\r\n", i);
  expect_refusal("--max-head", "256", bytes, 400);
}

Test(bodies_in_chunks, they_are_413_on_a_head_and_not_the_next_request) {
  SCOPED(stage) s = stage_open("--hedges", "0");
  client_send(s.client,
              "HEAD /healthz HTTP/1.1\r\n" HOST CHUNKED "\r\n" END HEALTHZ);
  cr_assert(client_await_reply_to_head(s.client)->status == 413);
  client_await_close(s.client);
}

Test(bodies_in_chunks, a_path_that_takes_none_answers_and_closes) {
  static const char bytes[] =
      "POST /smart HTTP/1.1\r\n" HOST CHUNKED "Expect: 100-continue\r\n\r\n";
  expect_refusal("--hedges", "0", bytes, 405);
}

/* ---- Expect ---- */

#define ASKS                                                                   \
  "POST /all HTTP/1.1\r\n" HOST CHUNKED "Expect: 100-continue\r\n\r\n"

Test(bodies_in_chunks, a_client_that_waits_for_a_100_gets_one) {
  SCOPED(stage) s = stage_open("--hedges", "0");
  client_send(s.client, ASKS);
  cr_assert(client_await_reply(s.client)->status == 100, "no 100 came");
  client_send(s.client, "1\r\n[\r\n");
  client_send(s.client, "1\r\n]\r\n" END);
  client_expect(s.client, 200, "[]");
}

Test(bodies_in_chunks, a_client_that_does_not_wait_for_its_100_gets_none) {
  SCOPED(stage) s = stage_open("--hedges", "0");
  client_send(s.client, ASKS "2\r\n[]\r\n" END);
  client_expect(s.client, 200, "[]");
}

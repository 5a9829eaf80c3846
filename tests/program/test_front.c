/* The front end of the built program: whatever bytes come, there is one clear
 * answer or a close, and never a second way to read them. Also: what the
 * answer is to every method and path, and how pipelined and kept connections
 * go on. Slow clients and limits are in test_limits.c. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "support/hurry.h"
#include "support/stage.h"
#include "support/wire.h"
#include "support/words.h"

#define HEALTHY "{\"status\":\"ok\"}"
#define HOST "Host: hedgerow.test\r\n"
#define HEALTHZ "GET /healthz HTTP/1.1\r\n" HOST "\r\n"

static struct stage front_open(void) { return stage_open("--hedges", "0"); }

/* ---- bad requests ----------------------------------------------------------- */

/* These bytes and a good request behind them: one answer, then a close. What may
 * hide a second request is in test_hostile.c. */
static void expect_refusal(const char *bytes, size_t len, int status) {
  SCOPED(stage) s = front_open();
  if (client_try_send(s.client, bytes, len)) {
    (void)!client_try_send(s.client, HEALTHZ, strlen(HEALTHZ));
  }
  const struct reply *reply = client_expect_problem(s.client, status);
  reply_expect_field(reply, "Connection", "close");
  client_await_close(s.client);
  origin_expect_no_arrival(s.origin);
}

#define REFUSES(name, status, bytes)                                           \
  Test(front, name) { expect_refusal(bytes, sizeof(bytes) - 1, status); }

REFUSES(a_control_byte_in_a_target_is_400, 400,
        "GET /heal\x01thz HTTP/1.1\r\n" HOST "\r\n")
REFUSES(a_missing_host_is_400, 400, "GET /healthz HTTP/1.1\r\n\r\n")
REFUSES(a_field_without_a_colon_is_400, 400,
        "GET /healthz HTTP/1.1\r\n" HOST "nonsense\r\n\r\n")
REFUSES(a_field_without_a_name_is_400, 400,
        "GET /healthz HTTP/1.1\r\n" HOST ": a\r\n\r\n")
REFUSES(a_request_line_without_a_version_is_400, 400, "GET /healthz\r\n\r\n")
REFUSES(two_spaces_in_the_request_line_are_400, 400,
        "GET  /healthz HTTP/1.1\r\n" HOST "\r\n")
REFUSES(a_target_without_a_slash_is_400, 400,
        "GET healthz HTTP/1.1\r\n" HOST "\r\n")
REFUSES(a_fragment_is_400, 400, "GET /healthz#x HTTP/1.1\r\n" HOST "\r\n")
REFUSES(a_negative_length_is_400, 400,
        "POST /all HTTP/1.1\r\n" HOST "Content-Length: -1\r\n\r\n")
REFUSES(an_empty_length_is_400, 400,
        "POST /all HTTP/1.1\r\n" HOST "Content-Length: \r\n\r\n")
REFUSES(http_1_2_is_505, 505, "GET /healthz HTTP/1.2\r\n" HOST "\r\n")

Test(front, a_body_on_a_head_is_413_and_not_the_next_request) {
  SCOPED(stage) s = front_open();
  client_send(s.client,
              "HEAD /healthz HTTP/1.1\r\n" HOST "Content-Length: 36\r\n\r\n"
              "GET /smart/x HTTP/1.1\r\nHost: evil\r\n\r\n");
  const struct reply *reply = client_await_reply_to_head(s.client);
  cr_assert(reply->status == 413, "%s", reply->head);
  client_await_close(s.client);
  origin_expect_no_arrival(s.origin);
}

Test(front, a_bad_head_request_gets_no_body) {
  SCOPED(stage) s = front_open();
  client_send(s.client, "HEAD /healthz HTTP/1.1\r\n" HOST HOST "\r\n");
  const struct reply *reply = client_await_reply_to_head(s.client);
  cr_assert(reply->status == 400, "%s", reply->head);
  client_await_close(s.client); /* fails if anything comes behind the head */
}

Test(front, a_bad_head_is_refused_however_it_is_cut) {
  static const char bytes[] = "GET /healthz HTTP/1.1\r\n" HOST "X : a\r\n\r\n";
  for (size_t cut = 1; cut < sizeof bytes - 1; cut += 7) {
    struct stage s = front_open();
    cr_assert(client_try_send(s.client, bytes, cut));
    (void)!client_try_send(s.client, bytes + cut, sizeof bytes - 1 - cut);
    client_expect_problem(s.client, 400);
    client_await_close(s.client);
    stage_close(&s);
  }
}

/* Any bytes: an answer of 4xx or 5xx or a close, and the next client is served.
 * The bytes are drawn, half of them from those that heads are made of. */
Test(front, noise_never_hurts_the_next_client) {
  static const char common[] =
      "GET /smart HTTP/1.1\r\n\r\nHost: Content-Length";
  hurry_open();
  SCOPED(stage) s = stage_open("--workers", "1", "--header-timeout", "20s",
                               "--keepalive-timeout", "60m");
  unsigned long draw = 42;
  for (int round = 0; round < 100; round++) {
    char bytes[64];
    struct client *noisy = client_new(s.program->port);
    for (size_t i = 0; i < sizeof bytes; i++) {
      draw = draw * 6364136223846793005u + 1442695040888963407u;
      unsigned high = (unsigned)(draw >> 33);
      bytes[i] = high & 1 ? common[(high >> 1) % (sizeof common - 1)]
                          : (char)(high >> 8);
    }
    (void)!client_try_send(noisy, bytes, sizeof bytes);
    client_expect_healthy(s.client); /* so that it has been read */
    hurry_until_readable(noisy->fd, "a refusal of noise");
    const struct reply *reply = client_await_reply(noisy);
    cr_assert(reply->status >= 400, "noise was answered by %s", reply->head);
    client_free(noisy);
  }
  OWNED(client) next = client_new(s.program->port);
  client_expect_healthy(next);
}

/* ---- heads that are fine ----------------------------------------------------- */

static void expect_healthy(const char *request) {
  SCOPED(stage) s = front_open();
  client_send(s.client, request);
  client_expect(s.client, 200, HEALTHY);
}

Test(front, a_head_may_come_byte_by_byte) {
  SCOPED(stage) s = front_open();
  for (const char *at = HEALTHZ; *at; at++) {
    cr_assert(client_try_send(s.client, at, 1));
  }
  client_expect(s.client, 200, HEALTHY);
}

#define TAKES(name, request)                                                   \
  Test(front, name) { expect_healthy(request); }

TAKES(an_absolute_form_is_taken,
      "GET http://x.test/healthz HTTP/1.1\r\n" HOST "\r\n")
TAKES(a_query_behind_healthz_is_taken,
      "GET /healthz?probe=1 HTTP/1.1\r\n" HOST "\r\n")
TAKES(a_length_of_0_on_a_get_is_taken,
      "GET /healthz HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n")

Test(front, a_request_that_can_be_answered_is_so_after_a_half_close) {
  SCOPED(stage) s = front_open();
  client_send(s.client, HEALTHZ);
  client_end(s.client);
  client_expect(s.client, 200, HEALTHY);
  client_await_close(s.client);
}

/* ---- methods and paths -------------------------------------------------------- */

static void expect_status(const char *method, const char *target, int status,
                          const char *allow) {
  SCOPED(stage) s = front_open();
  const char *request =
      words_of("%s %s HTTP/1.1\r\n" HOST "\r\n", method, target);
  client_send(s.client, request);
  reply_expect_field(client_expect_problem(s.client, status), "Allow", allow);
  origin_expect_no_arrival(s.origin);
}

#define ANSWERS(name, method, target, status, allow)                           \
  Test(front, name) { expect_status(method, target, status, allow); }

ANSWERS(an_unknown_path_is_404, "GET", "/x", 404, NULL)
ANSWERS(the_root_is_404, "GET", "/", 404, NULL)
ANSWERS(a_longer_word_is_404, "GET", "/smarter", 404, NULL)
ANSWERS(paths_count_with_their_case, "GET", "/Smart", 404, NULL)
ANSWERS(a_post_to_smart_is_405, "POST", "/smart", 405, "GET, HEAD")
ANSWERS(a_delete_below_smart_is_405, "DELETE", "/smart/a", 405, "GET, HEAD")
ANSWERS(a_put_to_all_is_405, "PUT", "/all", 405, "GET, HEAD, POST")
ANSWERS(a_post_to_healthz_is_405, "POST", "/healthz", 405, "GET, HEAD")
ANSWERS(a_method_nobody_knows_is_405, "BREW", "/smart", 405, "GET, HEAD")
ANSWERS(methods_count_with_their_case, "get", "/smart", 405, "GET, HEAD")

/* A client that does not wait sends what is to go through the tunnel. */
Test(front, a_connect_is_405_and_nothing_behind_it_is_a_request) {
  SCOPED(stage) s = front_open();
  client_send(s.client, "CONNECT example.org:443 HTTP/1.1\r\n"
                        "Host: example.org:443\r\n\r\n" HEALTHZ);
  const struct reply *reply = client_expect_problem(s.client, 405);
  reply_expect_field(reply, "Allow", "GET, HEAD, POST");
  reply_expect_field(reply, "Connection", "close");
  client_await_close(s.client);
}

Test(front, options_of_the_server_is_answered_by_it) {
  SCOPED(stage) s = front_open();
  client_send(s.client, "OPTIONS * HTTP/1.1\r\n" HOST "\r\n");
  const struct reply *reply = client_expect(s.client, 204, "");
  reply_expect_field(reply, "Allow", "GET, HEAD, POST, OPTIONS");
  origin_expect_no_arrival(s.origin);
  client_expect_healthy(s.client);
}

static void expect_headless(const char *target, int status) {
  SCOPED(stage) s = front_open();
  char head[256], length[32] = "";
  client_get(s.client, target);
  wire_field(client_await_reply(s.client)->head, "Content-Length", length,
             sizeof length);
  snprintf(head, sizeof head, "HEAD %s HTTP/1.1\r\n" HOST "\r\n", target);
  client_send(s.client, head);
  const struct reply *reply = client_await_reply_to_head(s.client);
  cr_assert(reply->status == status, "%s", reply->head);
  reply_expect_field(reply, "Content-Length", length);
  client_expect_healthy(s.client);
}

Test(front, a_head_of_healthz_has_no_body) { expect_headless("/healthz", 200); }
Test(front, a_head_of_nothing_has_no_body) { expect_headless("/x", 404); }
Test(front, a_head_of_a_bad_timeout_has_no_body) {
  expect_headless("/smart?timeout=0", 400);
}

/* ---- kept connections ----------------------------------------------------------- */

Test(front, a_connection_is_kept) {
  SCOPED(stage) s = front_open();
  for (int i = 0; i < 3; i++) {
    client_get(s.client, "/healthz");
    const struct reply *reply = client_expect(s.client, 200, HEALTHY);
    reply_expect_field(reply, "Connection", NULL);
  }
}

Test(front, an_error_that_leaves_the_framing_whole_keeps_the_connection) {
  SCOPED(stage) s = front_open();
  client_get(s.client, "/x");
  client_expect_problem(s.client, 404);
  client_expect_healthy(s.client);
}

Test(front, a_client_may_ask_for_the_close) {
  SCOPED(stage) s = front_open();
  client_get_with(s.client, "/healthz", "Connection: close\r\n");
  const struct reply *reply = client_expect(s.client, 200, HEALTHY);
  reply_expect_field(reply, "Connection", "close");
  client_await_close(s.client);
}

Test(front, http_1_0_is_answered_and_closed) {
  SCOPED(stage) s = front_open();
  client_send(s.client, "GET /healthz HTTP/1.0\r\n\r\n");
  client_expect(s.client, 200, HEALTHY);
  client_await_close(s.client);
}

Test(front, http_1_0_may_keep_the_connection) {
  SCOPED(stage) s = front_open();
  for (int i = 0; i < 2; i++) {
    client_send(s.client,
                "GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    const struct reply *reply = client_expect(s.client, 200, HEALTHY);
    reply_expect_field(reply, "Connection", "keep-alive");
  }
}

/* ---- pipelined requests ------------------------------------------------------------ */

Test(front, pipelined_requests_are_answered_in_order) {
  SCOPED(stage) s = front_open();
  client_send(s.client, HEALTHZ "GET /x HTTP/1.1\r\n" HOST "\r\n" HEALTHZ);
  client_expect(s.client, 200, HEALTHY);
  client_expect_problem(s.client, 404);
  client_expect(s.client, 200, HEALTHY);
}

Test(front, a_pipelined_request_waits_for_the_race_before_it) {
  SCOPED(stage) s = front_open();
  client_send(s.client, "GET /smart/1 HTTP/1.1\r\n" HOST "\r\n"
                        "GET /smart/2 HTTP/1.1\r\n" HOST "\r\n" HEALTHZ);
  struct arrival *first = origin_await(s.origin);
  arrival_expect_line(first, "GET /1 HTTP/1.1");
  origin_expect_no_arrival(s.origin);
  stage_serve(&s, first, 200, "1");
  struct arrival *second = origin_await(s.origin);
  arrival_expect_line(second, "GET /2 HTTP/1.1");
  stage_serve(&s, second, 200, "2");
  client_expect(s.client, 200, HEALTHY);
}

Test(front, a_bad_request_behind_a_pending_one_does_not_spoil_it) {
  SCOPED(stage) s = front_open();
  client_send(s.client, "GET /smart HTTP/1.1\r\n" HOST "\r\nnonsense\r\n\r\n");
  stage_serve(&s, origin_await(s.origin), 200, "1");
  client_expect_problem(s.client, 400);
  client_await_close(s.client);
}

Test(front, a_body_and_the_next_request_are_told_apart) {
  SCOPED(stage) s = front_open();
  client_send(s.client, "POST /all HTTP/1.1\r\n" HOST
                        "Content-Length: 2\r\n\r\n[]" HEALTHZ);
  client_expect(s.client, 200, "[]");
  client_expect(s.client, 200, HEALTHY);
}

/* ---- Expect -------------------------------------------------------------------------- */

Test(front, a_client_that_waits_for_a_100_gets_it_and_then_the_answer) {
  SCOPED(stage) s = front_open();
  client_send(s.client, "POST /all HTTP/1.1\r\n" HOST "Content-Length: 2\r\n"
                        "Expect: 100-continue\r\n\r\n");
  cr_assert(client_await_reply(s.client)->status == 100, "no 100 came");
  client_send(s.client, "[]");
  client_expect(s.client, 200, "[]");
}

Test(front, a_body_that_will_be_refused_gets_no_100) {
  SCOPED(stage) s = stage_open("--max-request-body", "1K");
  client_send(s.client, "POST /all HTTP/1.1\r\n" HOST "Content-Length: 1025\r\n"
                        "Expect: 100-continue\r\n\r\n");
  const struct reply *reply = client_expect_problem(s.client, 413);
  reply_expect_field(reply, "Connection", "close");
  client_await_close(s.client);
}

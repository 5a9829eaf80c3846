/* Methods, bodies and verdicts other than those of a GET for JSON, by a file in
 * the built program; and how often a request may be sent. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/folder.h"
#include "support/rows.h"
#include "support/scene.h"
#include "support/words.h"

TestSuite(methods, .fini = folder_remove);

enum { MEBIBYTE = 1024 * 1024 };

#define TO_A "upstreams:\n  a: {targets: [$A]}\nroutes:\n"
#define TO_AB "upstreams:\n  a: {targets: [$A, $B]}\nroutes:\n"
#define X TO_A "  - {path: /x, upstream: a, "

/* ---- bodies --------------------------------------------------------------- */

/* Each byte value, in an order that shows what is lost or moved. */
static char *bytes_of(size_t len) {
  char *bytes = malloc(len + 1);
  cr_assert_not_null(bytes);
  for (size_t i = 0; i < len; i++) bytes[i] = (char)(i * 7 + i / 251);
  return bytes;
}

static void expect_body_crosses(const struct scene *s, const char *method,
                                size_t len) {
  char head[256], line[64], *body = bytes_of(len);
  snprintf(head, sizeof head,
           "%s /x HTTP/1.1\r\nHost: h\r\nContent-Type: image/x-odd; a=\"b\"\r\n"
           "Content-Encoding: zz\r\nContent-Length: %zu\r\n\r\n",
           method, len);
  snprintf(line, sizeof line, "%s /x HTTP/1.1", method);
  client_send(s->client, head);
  cr_assert(client_try_send(s->client, body, len));
  struct arrival *arrival = origin_await(s->a);
  arrival_expect_line(arrival, line);
  arrival_expect_field(arrival, "Content-Type", "image/x-odd; a=\"b\"");
  arrival_expect_field(arrival, "Content-Encoding", "zz");
  arrival_expect_field(arrival, "Expect", NULL);
  arrival_expect_body(arrival, body, len);
  scene_serve(s, arrival, 200, "1");
  free(body);
}

Test(methods, bodies_of_every_size_reach_the_upstream_byte_for_byte) {
  static const char *const methods[] = {"POST", "PUT", "PATCH"};
  SCOPED(scene) s = scene_open(X "methods: any}\n");
  EACH_ROW (row, methods) {
    expect_body_crosses(&s, *row, 0);
    expect_body_crosses(&s, *row, 1);
    expect_body_crosses(&s, *row, 5000);
    expect_body_crosses(&s, *row, MEBIBYTE);
  }
  expect_body_crosses(&s, "DELETE", 3);
  expect_body_crosses(&s, "QUERY", 3);
  expect_body_crosses(&s, "OPTIONS", 3);
}

Test(methods, a_delete_without_a_body_has_no_length) {
  SCOPED(scene) s = scene_open(X "methods: [DELETE]}\n");
  scene_send(&s, "DELETE", "/x/1", "", NULL);
  struct arrival *arrival = origin_await(s.a);
  arrival_expect_line(arrival, "DELETE /x/1 HTTP/1.1");
  arrival_expect_none(arrival, "Content-Length", "Content-Type");
  scene_serve(&s, arrival, 200, "1");
}

Test(methods, a_body_that_does_not_fit_reaches_nobody) {
  SCOPED(scene) s = scene_open(X "methods: any, max_request_body: 4}\n");
  scene_send(&s, "POST", "/x", "", "12345");
  client_expect_problem(s.client, 413);
  scene_expect_silence(&s);
  client_free(s.client);
  s.client = client_new(s.program->port);
  scene_send(&s, "POST", "/x", "", "1234");
  struct arrival *arrival = origin_await(s.a);
  arrival_expect_body(arrival, "1234", 4);
  scene_serve(&s, arrival, 200, "1");
}

Test(methods, a_method_that_hedgerow_does_not_know_keeps_its_name) {
  SCOPED(scene) s = scene_open("defaults: {hedge_after: 0ms}\n" TO_AB
                               "  - {path: /x, upstream: a}\n");
  scene_send(&s, "PROPFIND", "/x/1?a=b", "Depth: 1\r\n", "<all/>");
  struct arrival *arrival = origin_await(s.a);
  arrival_expect_line(arrival, "PROPFIND /x/1?a=b HTTP/1.1");
  arrival_expect_field(arrival, "Depth", "1");
  arrival_expect_body(arrival, "<all/>", 6);
  arrival_answer_json(arrival, 200, "1");
  reply_expect_story(client_expect(s.client, 200, "1"), "1", "0");
  scene_expect_silence(&s);
}

/* RFC 9110, section 7.6.2. */
Test(methods, an_options_goes_as_far_as_its_hops) {
  SCOPED(scene) s =
      scene_open(TO_AB "  - {path: /x, upstream: a}\n"
                       "  - {path: /y, upstream: a, methods: [PUT]}\n");
  scene_send(&s, "OPTIONS", "/x", "Max-Forwards: 1\r\n", NULL);
  struct arrival *arrival = origin_await(s.a);
  arrival_expect_field(arrival, "Max-Forwards", "0");
  arrival_answer_json(arrival, 200, "1");
  client_expect(s.client, 200, "1");
  scene_send(&s, "OPTIONS", "/x", "Max-Forwards: 0\r\n", NULL);
  const struct reply *reply = client_await_reply(s.client);
  reply_expect(reply, 204, "");
  reply_expect_in_field(reply, "Allow", "OPTIONS");
  scene_send(&s, "OPTIONS", "/y", "Max-Forwards: 0\r\n", NULL);
  reply = client_await_reply(s.client);
  reply_expect_problem(reply, 405);
  reply_expect_field(reply, "Allow", "PUT");
  scene_expect_silence(&s);
}

/* What no body can mend is told before there is one. */
Test(methods, nobody_is_told_to_go_on_to_a_certain_400) {
  static const char *const targets[] = {"/x?timeout=z",
                                        "/x?timeout=1&timeout=2", "/x/../y",
                                        "/x/%zz", "/all?timeout=0"};
  SCOPED(scene) s = scene_open(X "strip_prefix: on}\n"
                                 "  - {path: /all, upstream: a}\n");
  EACH_ROW (row, targets) {
    const char *head =
        words_of("POST %s HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n"
                 "Content-Length: 4\r\n\r\n",
                 *row);
    struct client *client = client_new(s.program->port);
    client_send(client, head);
    const struct reply *reply = client_expect_problem(client, 400);
    reply_expect_field(reply, "Connection", "close");
    client_free(client);
  }
  scene_expect_silence(&s);
}

/* Without it the upstream would overwrite what it is told to keep. */
Test(methods, what_a_write_depends_on_crosses_whatever_counts_as_an_answer) {
  static const char *const conditions[][3] = {
      {"PUT", "If-Match", "\"v1\""},
      {"PUT", "If-None-Match", "*"},
      {"PATCH", "If-Match", "\"v1\""},
      {"DELETE", "If-Unmodified-Since", "Mon, 01 Jan 2024 00:00:00 GMT"},
      {"LOCK", "If-None-Match", "*"},
  };
  SCOPED(scene) s = scene_open(X "hedges: 0}\n");
  EACH_ROW (row, conditions) {
    const char *const *condition = *row;
    const char *field =
        words_of("%s: %s\r\nRange: bytes=0-1\r\n", condition[1], condition[2]);
    scene_send(&s, condition[0], "/x", field, NULL);
    struct arrival *arrival = origin_await(s.a);
    arrival_expect_field(arrival, condition[1], condition[2]);
    arrival_expect_field(arrival, "Range", NULL);
    arrival_answer(arrival, 412, "", "{}");
    client_expect(s.client, 412, "{}");
  }
}

Test(methods, what_a_read_depends_on_stays_where_json_is_wanted) {
  static const char *const methods[] = {"GET", "HEAD", "QUERY", "OPTIONS"};
  SCOPED(scene) s = scene_open(X "hedges: 0}\n");
  for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
    scene_send(&s, methods[i], "/x", "If-Match: \"v1\"\r\n", NULL);
    struct arrival *arrival = origin_await(s.a);
    arrival_expect_field(arrival, "If-Match", NULL);
    arrival_answer_json(arrival, 200, "1");
    if (i == 1) client_await_reply_to_head(s.client);
    else client_expect(s.client, 200, "1");
  }
}

/* ---- how often a request is sent ------------------------------------------ */

Test(methods, a_post_is_sent_once_whatever_the_time_and_the_answer_are) {
  SCOPED(scene) s = scene_open("defaults: {hedge_after: 0ms}\n" TO_AB
                               "  - {path: /x, upstream: a}\n");
  scene_send(&s, "POST", "/x", "", "{}");
  struct arrival *arrival = origin_await(s.a);
  arrival_expect_body(arrival, "{}", 2);
  arrival_answer_json(arrival, 503, "{}");
  reply_expect_story(client_expect_problem(s.client, 502), "1", NULL);
  scene_expect_silence(&s);
}

/* All three attempts are in flight before one is answered. */
static void expect_hedged(const struct scene *s, const char *method,
                          const char *fields, const char *key) {
  struct arrival *held[3];
  scene_send(s, method, "/x", fields, "{\"a\":1}");
  for (unsigned k = 0; k < 3; k++) {
    held[k] = origin_await_attempt(k == 1 ? s->b : s->a, k);
    arrival_expect_field(held[k], "Idempotency-Key", key);
    arrival_expect_body(held[k], "{\"a\":1}", 7);
  }
  arrival_answer_json(held[1], 200, "1");
  reply_expect_story(client_expect(s->client, 200, "1"), "3", "1");
}

Test(methods, an_idempotent_post_is_hedged_like_a_get) {
  SCOPED(scene) s =
      scene_open("defaults: {hedge_after: 0ms}\n" TO_AB
                 "  - {path: /x, upstream: a, idempotent: true}\n");
  expect_hedged(&s, "POST", "", NULL);
}

Test(methods, a_post_with_a_key_is_hedged_and_each_attempt_carries_the_key) {
  SCOPED(scene) s = scene_open("defaults: {hedge_after: 0ms}\n" TO_AB
                               "  - {path: /x, upstream: a}\n");
  expect_hedged(&s, "POST", "Idempotency-Key: \"k-1\"\r\n", "\"k-1\"");
}

/* What the upstream does not get, or gets of others as well, is no key. */
Test(methods, a_post_whose_key_does_not_go_along_is_sent_once) {
  static const char *const cases[][2] = {
      {"/x", "Idempotency-Key: k\r\nConnection: Idempotency-Key\r\n"},
      {"/x", "Idempotency-Key:\r\n"},
      {"/drops", "Idempotency-Key: k\r\n"},
      {"/sets", "Idempotency-Key: k\r\n"},
      {"/own", "Idempotency-Key: k\r\n"},
  };
  SCOPED(scene) s = scene_open(
      "defaults: {hedge_after: 0ms}\n"
      "upstreams:\n"
      "  a: {targets: [$A, $A]}\n"
      "  b: {targets: [$A, {url: $A, headers: {Idempotency-Key: mine}}]}\n"
      "routes:\n"
      "  - {path: /x, upstream: a}\n"
      "  - {path: /drops, upstream: a, drop_headers: [idempotency-key]}\n"
      "  - {path: /sets, upstream: a, headers: {Idempotency-Key: fixed}}\n"
      "  - {path: /own, upstream: b}\n");
  EACH_ROW (row, cases) {
    scene_send(&s, "POST", (*row)[0], (*row)[1], "{}");
    struct arrival *arrival = origin_await(s.a);
    arrival_expect_body(arrival, "{}", 2);
    arrival_answer_json(arrival, 503, "{}");
    reply_expect_story(client_expect_problem(s.client, 502), "1", NULL);
  }
  scene_expect_silence(&s);
}

Test(methods, a_safe_method_with_a_body_is_hedged) {
  SCOPED(scene) s = scene_open("defaults: {hedge_after: 0ms}\n" TO_AB
                               "  - {path: /x, upstream: a}\n");
  expect_hedged(&s, "QUERY", "", NULL);
}

Test(methods, a_post_goes_on_to_the_next_target_when_the_first_refuses) {
  SCOPED(scene) s = scene_open_on(origin_new_deaf(), origin_new(), origin_new(),
                                  TO_AB "  - {path: /x, upstream: a}\n");
  scene_send(&s, "POST", "/x", "", "{\"a\":1}");
  struct arrival *arrival = origin_await(s.b);
  arrival_expect_body(arrival, "{\"a\":1}", 7);
  arrival_answer_json(arrival, 200, "1");
  reply_expect_story(client_expect(s.client, 200, "1"), "2", "1");
}

/* The first leaves a connection behind, the second dies on it unanswered. */
static struct arrival *kept_that_dies(const struct scene *s,
                                      const char *method) {
  scene_send(s, method, "/x", "", "one");
  struct arrival *arrival = origin_await(s->a);
  arrival_expect_body(arrival, "one", 3);
  scene_serve(s, arrival, 200, "1");
  scene_send(s, method, "/x", "", "two");
  arrival_await_next(arrival);
  arrival_expect_body(arrival, "two", 3);
  return arrival;
}

Test(methods, a_post_whose_kept_connection_dies_is_not_sent_again) {
  SCOPED(scene) s = scene_open(TO_AB "  - {path: /x, upstream: a}\n");
  arrival_close(kept_that_dies(&s, "POST"));
  reply_expect_story(client_expect_problem(s.client, 502), "1", NULL);
  scene_expect_silence(&s);
}

Test(methods, nor_is_it_when_the_connection_dies_in_the_answer) {
  SCOPED(scene) s = scene_open(TO_AB "  - {path: /x, upstream: a}\n");
  struct arrival *arrival = kept_that_dies(&s, "POST");
  arrival_send(arrival, "HTTP/1.1 200 OK\r\nContent-Le");
  arrival_close(arrival);
  client_expect_problem(s.client, 502);
  scene_expect_silence(&s);
}

/* It is the same attempt, and no hedge nor retry comes. */
Test(methods, a_put_or_delete_whose_kept_connection_dies_is_sent_again) {
  static const char *const methods[] = {"PUT", "DELETE"};
  EACH_ROW (row, methods) {
    SCOPED(scene) s =
        scene_open("defaults: {hedge_after: 0ms, retries: 1}\n" TO_AB
                   "  - {path: /x, upstream: a}\n");
    arrival_close(kept_that_dies(&s, *row));
    struct arrival *again = origin_await(s.a);
    arrival_expect_field(again, "Hedge-Attempt", "0");
    arrival_expect_body(again, "two", 3);
    arrival_answer(again, 503, "", "no");
    reply_expect_story(client_expect_problem(s.client, 502), "1", NULL);
    scene_expect_silence(&s);
  }
}

/* ---- what is an answer ---------------------------------------------------- */

/* The answer crosses as it is. */
static void expect_passed(const struct scene *s, const char *method,
                          const char *fields, int status,
                          const char *answer_fields, const char *body) {
  scene_send(s, method, "/x", fields, NULL);
  arrival_answer(origin_await(s->a), status, answer_fields, body);
  client_expect(s->client, status, body);
}

Test(methods, under_2xx_a_page_is_an_answer_and_a_503_is_none) {
  SCOPED(scene) s = scene_open(X "success: 2xx, hedges: 0}\n");
  expect_passed(&s, "GET", "", 200, "Content-Type: text/html\r\n", "<p>hi");
  reply_expect_field(&s.client->reply, "Content-Type", "text/html");
  expect_passed(&s, "GET", "", 200, "", "");
  scene_send(&s, "GET", "/x", "", NULL);
  arrival_answer(origin_await(s.a), 503, "", "<p>no");
  client_expect_problem(s.client, 502);
}

Test(methods, a_204_has_no_length) {
  SCOPED(scene) s = scene_open(X "success: 2xx, hedges: 0}\n");
  scene_send(&s, "DELETE", "/x", "", NULL);
  struct arrival *arrival = origin_await(s.a);
  arrival_send(arrival, "HTTP/1.1 204 No Content\r\nX-Odd: 1\r\n\r\n");
  const struct reply *reply = client_expect(s.client, 204, "");
  reply_expect_field(reply, "Content-Length", NULL);
  reply_expect_field(reply, "X-Odd", "1");
  client_expect_healthy(s.client); /* the framing still holds */
}

Test(methods, under_any_whatever_the_upstream_answers_is_the_answer) {
  SCOPED(scene) s = scene_open(X "success: any, hedges: 0}\n");
  expect_passed(&s, "GET", "", 404, "Content-Type: text/html\r\n", "<p>no");
  expect_passed(&s, "GET", "", 503, "Retry-After: 9\r\n", "busy");
  reply_expect_field(&s.client->reply, "Retry-After", "9");
  expect_passed(&s, "POST", "", 302, "Location: /y\r\n", "");
  reply_expect_field(&s.client->reply, "Location", "/y");
}

Test(methods, under_any_conditions_and_ranges_cross) {
  SCOPED(scene) s = scene_open(X "success: any, hedges: 0}\n");
  scene_send(&s, "GET", "/x", "If-None-Match: \"e\"\r\nRange: bytes=1-2\r\n",
             NULL);
  struct arrival *arrival = origin_await(s.a);
  arrival_expect_field(arrival, "If-None-Match", "\"e\"");
  arrival_expect_field(arrival, "Range", "bytes=1-2");
  arrival_send(arrival, "HTTP/1.1 304 Not Modified\r\nETag: \"e\"\r\n\r\n");
  client_expect(s.client, 304, "");
  reply_expect_field(&s.client->reply, "ETag", "\"e\"");
  arrival->state = ARRIVAL_ANSWERED;
  client_get(s.client, "/x");
  arrival_await_next(arrival);
  arrival_answer(arrival, 206, "Content-Range: bytes 1-2/9\r\n", "bc");
  client_expect(s.client, 206, "bc");
  reply_expect_field(&s.client->reply, "Content-Range", "bytes 1-2/9");
}

Test(methods, a_head_stays_one_where_the_verdict_needs_no_body) {
  static const char *const files[] = {X "success: 2xx}\n", X "success: any}\n"};
  for (unsigned i = 0; i < 2; i++) {
    struct scene s = scene_open(files[i]);
    scene_send(&s, "HEAD", "/x", "", NULL);
    struct arrival *arrival = origin_await(s.a);
    arrival_expect_line(arrival, "HEAD /x HTTP/1.1");
    arrival_send(arrival, "HTTP/1.1 200 OK\r\nContent-Length: 4711\r\n\r\n");
    const struct reply *reply = client_await_reply_to_head(s.client);
    cr_assert(reply->status == 200, "%s", reply->head);
    reply_expect_field(reply, "Content-Length", "4711");
    client_expect_healthy(s.client); /* the framing still holds */
    scene_close(&s);
  }
}

Test(methods, the_log_tells_no_bytes_of_an_answer_to_a_head) {
  SCOPED(scene) s = scene_open(TO_AB "  - {path: /x, upstream: a}\n");
  scene_send(&s, "HEAD", "/x", "", NULL);
  arrival_answer_json(origin_await(s.a), 200, "[1]");
  client_await_reply_to_head(s.client);
  scene_send(&s, "HEAD", "/y", "", NULL);
  client_await_reply_to_head(s.client);
  client_leave(s.client);
  program_stop(s.program);
  cr_expect(strstr(s.program->out, "\"status\":200"), "%s", s.program->out);
  cr_expect(strstr(s.program->out, "\"status\":404"), "%s", s.program->out);
  for (const char *at = s.program->out; (at = strstr(at, "\"bytes\":")); at++)
    cr_expect(strncmp(at, "\"bytes\":0,", 10) == 0, "%s", s.program->out);
}

Test(methods, a_head_is_a_get_where_json_is_wanted) {
  SCOPED(scene) s = scene_open(X "success: json}\n");
  scene_send(&s, "HEAD", "/x", "", NULL);
  struct arrival *arrival = origin_await(s.a);
  arrival_expect_line(arrival, "GET /x HTTP/1.1");
  arrival_answer_json(arrival, 200, "[1]");
  const struct reply *reply = client_await_reply_to_head(s.client);
  reply_expect_field(reply, "Content-Length", "3");
}

Test(methods, what_is_no_error_of_the_upstream_is_not_handed_on_as_one) {
  static const int statuses[] = {206, 302, 304};
  SCOPED(scene) s = scene_open(X "errors: upstream, hedges: 0}\n");
  EACH_ROW (row, statuses) {
    arrival_answer_first(scene_ask(&s, s.a, "/x"), *row, "{}");
    reply_expect_result(client_expect_problem(s.client, 502), 0, "status");
  }
}

Test(methods, when_all_failed_the_upstreams_own_last_error_may_be_the_answer) {
  SCOPED(scene) s = scene_open(X "errors: upstream, hedges: 1}\n");
  client_get(s.client, "/x");
  arrival_answer(origin_await_attempt(s.a, 0), 500, "", "first");
  arrival_answer(origin_await_attempt(s.a, 1), 503, "Retry-After: 7\r\n",
                 "last");
  reply_expect_field(client_expect(s.client, 503, "last"), "Retry-After", "7");
}

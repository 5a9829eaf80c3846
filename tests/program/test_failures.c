/* What counts as a success, by the built program: one attempt, one scripted
 * answer, and either its bytes reach the client or a 502 says what was wrong
 * with it. The hedges are off, so that the verdict is all there is to see. How
 * an upstream fails in each way is in test_upstream_faults.c. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "support/stage.h"
#include "support/words.h"

#define HEAD "HTTP/1.1 200 OK\r\n"

/* The upstream sends these bytes and closes: `body` must reach the client. */
static void expect_success(const char *bytes, const char *body) {
  SCOPED(stage) s = stage_open("--hedges", "0");
  struct arrival *arrival = stage_ask(&s, "/smart");
  arrival_send(arrival, bytes);
  arrival_close(arrival);
  client_expect(s.client, 200, body);
}

#define SUCCEEDS(name, bytes, body)                                            \
  Test(failures, name) { expect_success(bytes, body); }

static void expect_verdict(struct stage *s, const char *result,
                           const char *words) {
  const struct reply *reply = client_expect_problem(s->client, 502);
  reply_expect_result(reply, 0, result);
  reply_expect_in_body(reply, words);
}

/* The upstream sends these bytes and closes: `words` must be in the 502. */
static void expect_failure(const char *bytes, size_t len, const char *result,
                           const char *words) {
  SCOPED(stage) s = stage_open("--hedges", "0");
  struct arrival *arrival = stage_ask(&s, "/smart");
  arrival_send_until_closed(arrival, bytes, len);
  arrival_close(arrival);
  expect_verdict(&s, result, words);
}

#define FAILS(name, bytes, result, words)                                      \
  Test(failures, name) {                                                       \
    expect_failure(bytes, sizeof(bytes) - 1, result, words);                   \
  }

/* ---- bodies that are one JSON text ---------------------------------------- */

SUCCEEDS(an_object_with_white_space_around_it_succeeds,
         HEAD "Content-Length: 12\r\n\r\n \t{\"a\":1}\r\n ",
         " \t{\"a\":1}\r\n ")
SUCCEEDS(a_bare_number_with_a_length_succeeds,
         HEAD "Content-Length: 2\r\n\r\n42", "42")
SUCCEEDS(a_bare_literal_in_chunks_succeeds,
         HEAD "Transfer-Encoding: chunked\r\n\r\n"
              "2\r\ntr\r\n2\r\nue\r\n0\r\n\r\n",
         "true")
SUCCEEDS(chunks_with_extensions_and_trailers_succeed,
         HEAD "Transfer-Encoding: chunked\r\n\r\n"
              "3;x=y\r\n[1,\r\n2 \t;x\r\n2]\r\n0\r\nX-Trailer: 1\r\n\r\n",
         "[1,2]")
SUCCEEDS(json_under_any_content_type_succeeds,
         HEAD "Content-Type: text/html\r\nContent-Length: 2\r\n\r\n[]", "[]")
SUCCEEDS(an_object_that_ends_with_the_connection_succeeds,
         HEAD "\r\n{\"a\":[1,2]}", "{\"a\":[1,2]}")
SUCCEEDS(an_answer_in_http_1_0_succeeds, "HTTP/1.0 200 OK\r\n\r\n{}", "{}")
SUCCEEDS(an_interim_answer_before_the_answer_is_passed_over,
         "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" HEAD
         "Content-Length: 2\r\n\r\n{}",
         "{}")

Test(failures, json_as_deep_as_the_limit_succeeds) {
  char body[1025], bytes[1200];
  memset(body, '[', 512);
  memset(body + 512, ']', 512);
  body[1024] = '\0';
  snprintf(bytes, sizeof bytes, HEAD "Content-Length: 1024\r\n\r\n%s", body);
  expect_success(bytes, body);
}

Test(failures, an_answer_that_comes_byte_by_byte_succeeds) {
  static const char bytes[] = HEAD "Transfer-Encoding: chunked\r\n\r\n"
                                   "7\r\n{\"a\":\"\xc3\r\n3\r\n\xa9\"}\r\n"
                                   "0\r\n\r\n";
  SCOPED(stage) s = stage_open("--hedges", "0");
  struct arrival *arrival = stage_ask(&s, "/smart");
  for (size_t i = 0; i < sizeof bytes - 1; i++) {
    arrival_send_bytes(arrival, bytes + i, 1);
  }
  client_expect(s.client, 200, "{\"a\":\"\xc3\xa9\"}");
}

/* ---- bodies that are not --------------------------------------------------- */

FAILS(an_html_page_with_a_200_fails,
      HEAD "Content-Type: text/html\r\nContent-Length: 21\r\n\r\n"
           "<html>Oops!</html>\r\n\r\n",
      "bad_json", "'<'")
FAILS(two_roots_fail, HEAD "Content-Length: 4\r\n\r\n{}{}", "bad_json", "byte")
FAILS(a_nul_byte_fails, HEAD "Content-Length: 3\r\n\r\n{}\0", "bad_json",
      "byte")
FAILS(invalid_utf_8_fails, HEAD "Content-Length: 4\r\n\r\n\"\xff\xfe\"",
      "bad_json", "byte")

Test(failures, json_deeper_than_the_limit_fails) {
  char bytes[1200] = HEAD "Content-Length: 1026\r\n\r\n";
  size_t len = strlen(bytes);
  memset(bytes + len, '[', 513);
  memset(bytes + len + 513, ']', 513);
  expect_failure(bytes, len + 1026, "bad_json", "512");
}

FAILS(a_204_fails, "HTTP/1.1 204 No Content\r\n\r\n", "bad_json", "empty")

/* ---- framing that does not hold -------------------------------------------- */

FAILS(a_length_that_cuts_the_body_fails,
      HEAD "Content-Length: 3\r\n\r\n{\"a\":1}", "bad_json", "ends")
FAILS(a_bare_carriage_return_in_a_head_fails,
      HEAD "X: a\rSet-Cookie: evil\r\nContent-Length: 2\r\n\r\n{}", "transport",
      "bare line end")
FAILS(a_fold_in_a_head_fails, HEAD "X: a\r\n b\r\nContent-Length: 2\r\n\r\n{}",
      "transport", "malformed")

/* ---- statuses --------------------------------------------------------------- */

FAILS(a_redirect_without_a_location_fails,
      "HTTP/1.1 301 Moved\r\nContent-Length: 0\r\n\r\n", "status", "301")
FAILS(a_304_fails, "HTTP/1.1 304 Not Modified\r\n\r\n", "status", "304")
FAILS(a_status_beyond_599_fails,
      "HTTP/1.1 999 Odd\r\nContent-Length: 2\r\n\r\n{}", "status", "999")

/* ---- caps -------------------------------------------------------------------- */

Test(failures, a_body_as_large_as_the_cap_succeeds) {
  SCOPED(stage) s = stage_open("--hedges", "0", "--max-body", "1K");
  const char *body = words_of("\"%01022d\"", 0);
  stage_serve(&s, stage_ask(&s, "/smart"), 200, body);
}

Test(failures, a_4xx_over_the_cap_is_not_passed_on) {
  SCOPED(stage) s = stage_open("--hedges", "0", "--max-body", "1K");
  struct arrival *arrival = stage_ask(&s, "/smart");
  arrival_send(arrival, "HTTP/1.1 404 No\r\nContent-Length: 1025\r\n\r\n");
  arrival_await_closed(arrival);
  expect_verdict(&s, "too_large", "--max-body");
}

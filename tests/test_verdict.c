/* Tests of core/verdict: answers in, verdicts out. Each case is an answer and
 * the verdict on it as text, and is fed whole and with its body cut in two at
 * every place and into single bytes: the verdict is the same. */
#include "core/verdict.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "core/http_response.h"
#include "support/rows.h"
#include "support/words.h"

enum { BODY_MAX = 64, DEPTH_MAX = 8, VERDICT_BYTES = 320 };

/* What is wanted in this test. */
static enum success success = SUCCESS_JSON;
static bool keep_errors, to_head;

/* How a body ends. */
enum ending { ENDS, CUT };

/* "success 200 whole", "bad_json 200: the body is not JSON: ..." */
static void print(const struct verdict *verdict, char *out) {
  snprintf(out, VERDICT_BYTES, "%s %d%s%s%s%s",
           attempt_result_name(verdict->end.result), verdict->end.status,
           verdict->end.whole ? " whole" : "",
           verdict->end.retry_after ? " retry-after" : "",
           verdict->error[0] ? ": " : "", verdict->error);
}

/* Judges a head of that status and these field lines. */
static bool head(struct verdict *verdict, int status, const char *lines) {
  struct http_response response;
  char bytes[512];
  size_t len = (size_t)snprintf(bytes, sizeof bytes, "HTTP/1.1 %d X\r\n%s\r\n",
                                status, lines);
  http_response_init(&response);
  response.to_head = to_head;
  cr_assert(http_response_read(&response, bytes, &len) == RESPONSE_HEAD,
            "no head: %s", response.why ? response.why : bytes);
  struct response_meaning meaning = http_response_meaning(&response, bytes);
  return verdict_head(verdict, &meaning);
}

/* Feeds the body in pieces of `first` bytes, then `rest` bytes each, until it
 * has ended or the verdict is certain. */
static void judge(struct verdict *verdict, int status, const char *lines,
                  const char *body, enum ending ending, size_t first,
                  size_t rest) {
  size_t len = strlen(body), at = 0, piece = first;
  verdict_init(verdict, success, BODY_MAX, DEPTH_MAX);
  verdict->keep_errors = keep_errors;
  if (!head(verdict, status, lines)) return;
  for (; at < len; at += piece, piece = rest) {
    if (piece > len - at) piece = len - at;
    if (!verdict_body(verdict, body + at, piece)) return;
  }
  if (ending == ENDS) verdict_end(verdict);
  else verdict_broken(verdict, ATTEMPT_TRANSPORT, "cut");
}

static void expect(int status, const char *lines, const char *body,
                   enum ending ending, const char *want) {
  struct verdict verdict;
  char got[VERDICT_BYTES];
  size_t len = strlen(body);
  for (size_t first = 0; first <= len; first++)
    for (int bytewise = 0; bytewise < 2; bytewise++) {
      judge(&verdict, status, lines, body, ending, first,
            bytewise ? 1 : len + 1);
      print(&verdict, got);
      cr_expect_str_eq(got, want, "%d '%s' '%s' cut at %zu:\n%s\nnot\n%s",
                       status, lines, body, first, got, want);
    }
}

/* The body of a 200 with a length. */
static void expect_body(const char *body, const char *want) {
  const char *lines = words_of("Content-Length: %zu\r\n", strlen(body));
  expect(200, lines, body, ENDS, want);
}

/* A status that is a failure by its head alone. */
static void expect_head(int status, const char *lines, const char *want) {
  struct verdict verdict;
  char got[VERDICT_BYTES];
  verdict_init(&verdict, success, BODY_MAX, DEPTH_MAX);
  verdict.keep_errors = keep_errors;
  cr_expect(!head(&verdict, status, lines), "%d '%s': the body is awaited",
            status, lines);
  print(&verdict, got);
  cr_expect_str_eq(got, want, "%d '%s':\n%s\nnot\n%s", status, lines, got,
                   want);
}

/* After how many bytes of the body, fed one by one, the failure is certain. */
static void expect_certain_after(size_t bytes, int status, const char *body) {
  struct verdict verdict;
  size_t at = 0;
  verdict_init(&verdict, SUCCESS_JSON, BODY_MAX, DEPTH_MAX);
  cr_assert(head(&verdict, status, ""));
  while (body[at] && verdict_body(&verdict, body + at, 1)) at++;
  cr_expect(body[at] && at + 1 == bytes, "'%s' was certain after %zu bytes",
            body, at + 1);
}

/* ---- what a success is ---- */

Test(verdict, a_2xx_with_one_whole_json_text_is_a_success) {
  expect_body("{\"time\":100}", "success 200 whole");
  expect_body("[]", "success 200 whole");
  expect_body(" \r\n\t[1, {\"a\": null}]\n", "success 200 whole");
  expect_body("true", "success 200 whole");
  expect_body("-1.5e+10", "success 200 whole");
  expect_body("\"\\u00e9\xc3\xa9\xf0\x9f\x8c\xb3\"", "success 200 whole");
}

Test(verdict, any_2xx_but_206_may_be_a_success) {
  expect(201, "Content-Length: 2\r\n", "{}", ENDS, "success 201 whole");
  expect(203, "Content-Length: 2\r\n", "{}", ENDS, "success 203 whole");
  expect(299, "Content-Length: 2\r\n", "{}", ENDS, "success 299 whole");
}

Test(verdict, the_content_type_does_not_matter) {
  expect(200, "Content-Type: text/html\r\nContent-Length: 2\r\n", "{}", ENDS,
         "success 200 whole");
}

Test(verdict, chunks_and_lengths_say_that_a_bare_value_is_whole) {
  expect(200, "Transfer-Encoding: chunked\r\n", "12", ENDS,
         "success 200 whole");
  expect(200, "content-length:2\r\n", "12", ENDS, "success 200 whole");
}

Test(verdict, without_framing_an_object_or_array_says_itself_that_it_is_whole) {
  expect(200, "", "{\"a\":1}", ENDS, "success 200 whole");
  expect(200, "Server: x\r\n", "[1]\n", ENDS, "success 200 whole");
}

#define MAY_GO_ON                                                              \
  "bad_json 200: nothing but the close of the connection ended the body, "     \
  "and a bare value may be the beginning of a longer one"

Test(verdict, without_framing_a_bare_value_may_have_been_cut) {
  expect(200, "", "12", ENDS, MAY_GO_ON);
  expect(200, "", "\"a\"", ENDS, MAY_GO_ON);
  expect(200, "", "true", ENDS, MAY_GO_ON);
  expect(200, "", "null\n", ENDS, MAY_GO_ON);
}

/* ---- bodies that are no success ---- */

#define NOT_JSON "bad_json 200: the body is not JSON: "
#define NOT_JSON_WHOLE "bad_json 200 whole: the body is not JSON: "

Test(verdict, an_html_page_is_a_failure) {
  expect_body("<html>", NOT_JSON "byte 0: no value can start with '<'");
}

Test(verdict, two_roots_are_a_failure) {
  expect_body("{}{}",
              NOT_JSON "byte 2: the JSON text is over, but there follows '{'");
  expect_body("1 2",
              NOT_JSON "byte 2: the JSON text is over, but there follows '2'");
}

Test(verdict, a_trailing_comma_is_a_failure) {
  expect_body("[1,]", NOT_JSON "byte 3: no value can start with ']'");
  expect_body("{\"a\":1,}",
              NOT_JSON "byte 7: expected a name in quotes, not '}'");
}

Test(verdict, a_raw_control_character_is_a_failure) {
  expect_body("[\"\n\"]",
              NOT_JSON "byte 2: a string must escape the control byte 0x0A");
}

Test(verdict, bytes_that_are_not_utf8_are_a_failure) {
  expect_body("[\"\xff\"]",
              NOT_JSON "byte 2: no UTF-8 character can start with 0xFF");
  expect_body("\xef\xbb\xbf{}",
              NOT_JSON "byte 0: no value can start with 0xEF");
}

Test(verdict, an_empty_body_is_a_failure) {
  expect_body("", NOT_JSON_WHOLE "the body is empty");
  expect_body(" \n", NOT_JSON_WHOLE "the body is only white space");
  expect(204, "", "", ENDS,
         "bad_json 204 whole: the body is not JSON: the body is empty");
}

Test(verdict, a_text_that_has_not_ended_is_a_failure) {
  expect_body("{\"a\":", NOT_JSON_WHOLE "the body ends inside an object");
  expect_body("[\"ab", NOT_JSON_WHOLE "the body ends inside a string");
  expect(200, "", "[1", ENDS, NOT_JSON_WHOLE "the body ends inside an array");
}

Test(verdict, nesting_beyond_the_cap_is_a_failure) {
  expect_body("[[[[[[[[1]]]]]]]]", "success 200 whole");
  expect_certain_after(9, 200, "[[[[[[[[[1]]]]]]]]]");
}

Test(verdict, a_body_that_was_cut_is_a_failure_however_whole_it_looks) {
  expect(200, "Content-Length: 3\r\n", "{}", CUT, "transport 200: cut");
  expect(200, "Transfer-Encoding: chunked\r\n", "{}", CUT,
         "transport 200: cut");
}

Test(verdict, a_failure_is_certain_as_early_as_can_be) {
  expect_certain_after(1, 200, "<html>");
  expect_certain_after(3, 200, "{}x");
  expect_certain_after(4, 200, "[1,]");
  expect_certain_after(2, 200, "nil");
}

Test(verdict, a_body_of_many_kilobytes_is_judged_as_it_arrives) {
  struct verdict verdict;
  char piece[1000];
  memset(piece, ' ', sizeof piece);
  verdict_init(&verdict, SUCCESS_JSON, 1000002, DEPTH_MAX);
  cr_assert(head(&verdict, 200, "Content-Length: 1000002\r\n"));
  cr_assert(verdict_body(&verdict, "[", 1));
  for (int i = 0; i < 1000; i++)
    cr_assert(verdict_body(&verdict, piece, sizeof piece));
  cr_assert(verdict_body(&verdict, "]", 1));
  verdict_end(&verdict);
  cr_expect_eq(verdict.end.result, ATTEMPT_SUCCESS, "%s", verdict.error);
}

/* ---- the head alone ---- */

Test(verdict, a_3xx_or_5xx_is_a_failure_by_its_head) {
  expect_head(500, "", "status 500: the upstream failed (500)");
  expect_head(599, "", "status 599: the upstream answered 599");
  expect_head(302, "Location: http://h/x\r\n",
              "status 302: the upstream redirects (302) to http://h/x; point "
              "the target there");
  expect_head(304, "",
              "status 304: the upstream answered 304 though nothing "
              "conditional was asked");
  expect_head(101, "", "status 101: the upstream answered 101");
}

Test(verdict, what_the_head_says_is_enough_in_whatever_http_it_came) {
  struct response_meaning meaning = {.status = 302,
                                     .length = UINT64_MAX,
                                     .location = slice_of("/v2?key=secret")};
  struct verdict verdict;
  char got[VERDICT_BYTES];
  verdict_init(&verdict, SUCCESS_JSON, BODY_MAX, DEPTH_MAX);
  cr_expect_not(verdict_head(&verdict, &meaning));
  print(&verdict, got);
  cr_expect_str_eq(
      got,
      "status 302: the upstream redirects (302) to /v2; ask for that path");
}

Test(verdict, a_206_is_a_failure_by_its_head) {
  expect_head(206, "Content-Length: 2\r\n",
              "status 206: the upstream sent a part (206) though no Range was "
              "asked for");
}

Test(verdict, retry_after_is_seen_on_every_status) {
  expect_head(503, "Retry-After: 5\r\n",
              "status 503 retry-after: the upstream is overloaded or down "
              "(503)");
  expect(429, "retry-after: Fri, 31 Dec 1999 23:59:59 GMT\r\n", "", ENDS,
         "status 429 whole retry-after: the upstream limits the rate (429); "
         "fewer --hedges ask less of it");
  expect(200, "Retry-After: 1\r\n", "<", ENDS,
         "bad_json 200 retry-after: the body is not JSON: byte 0: no value can "
         "start with '<'");
}

Test(verdict, a_body_that_is_encoded_is_a_failure_by_its_head) {
#define ENCODED                                                                \
  "bad_json 200: the body is encoded (Content-Encoding) as hedgerow did not "  \
  "ask for"
  expect_head(200, "Content-Encoding: gzip\r\n", ENCODED);
  expect_head(200, "content-encoding: br\r\nContent-Length: 9\r\n", ENCODED);
  expect_head(200, "Content-Encoding: gzip, identity\r\n", ENCODED);
  expect_head(200, "Content-Encoding: gzip\r\nContent-Encoding: identity\r\n",
              ENCODED);
  expect(200, "Content-Encoding: Identity\r\n", "{}", ENDS,
         "success 200 whole");
}

/* ---- 4xx ---- */

Test(verdict, a_4xx_is_read_to_its_end) {
  expect(404, "Content-Length: 5\r\n", "<oh>!", ENDS,
         "status 404 whole: the upstream knows no such resource; check the "
         "path of the target, or see --final");
  expect(418, "", "short and stout", ENDS,
         "status 418 whole: the upstream answered 418");
  expect(499, "", "", ENDS, "status 499 whole: the upstream answered 499");
  expect(400, "Content-Encoding: gzip\r\n", "\x1f\x8b", ENDS,
         "status 400 whole: the upstream found the request malformed (400)");
}

Test(verdict, a_4xx_that_was_cut_is_not_whole) {
  expect(404, "Content-Length: 9\r\n", "oh", CUT, "transport 404: cut");
}

Test(verdict, a_4xx_over_the_cap_is_not_whole) {
  expect(404, "Content-Length: 65\r\n", "", ENDS,
         "too_large 404: the body is larger than --max-body (64 bytes)");
}

/* ---- any 2xx ---- */

Test(verdict, any_whole_2xx_may_be_wanted) {
  success = SUCCESS_2XX;
  expect(200, "Content-Length: 6\r\n", "<html>", ENDS, "success 200 whole");
  expect(201, "Content-Length: 0\r\n", "", ENDS, "success 201 whole");
  expect(202, "Transfer-Encoding: chunked\r\n", "{\"a\":", ENDS,
         "success 202 whole");
  expect(204, "", "", ENDS, "success 204 whole");
  expect(200, "Content-Length: 2\r\nContent-Encoding: gzip\r\n", "\x1f\x8b",
         ENDS, "success 200 whole");
}

#define MAY_BE_CUT                                                             \
  "transport 200: nothing but the close of the connection ended the body, "    \
  "which may have been cut"

Test(verdict, a_2xx_that_only_the_close_has_ended_may_have_been_cut) {
  success = SUCCESS_2XX;
  expect(200, "", "<html>", ENDS, MAY_BE_CUT);
  expect(200, "", "{}", ENDS, MAY_BE_CUT);
  expect(200, "", "", ENDS, MAY_BE_CUT);
}

Test(verdict, a_2xx_that_was_cut_or_is_too_large_is_a_failure) {
  success = SUCCESS_2XX;
  expect(200, "Content-Length: 9\r\n", "<html>", CUT, "transport 200: cut");
  expect_head(200, "Content-Length: 65\r\n",
              "too_large 200: the body is larger than --max-body (64 bytes)");
}

Test(verdict, where_any_2xx_is_wanted_nothing_else_is) {
  success = SUCCESS_2XX;
  expect_head(206, "Content-Length: 2\r\n",
              "status 206: the upstream sent a part (206) though no Range was "
              "asked for");
  expect_head(302, "", "status 302: the upstream answered 302");
  expect_head(101, "", "status 101: the upstream answered 101");
  expect_head(500, "", "status 500: the upstream failed (500)");
  expect(418, "Content-Length: 3\r\n", "<a>", ENDS,
         "status 418 whole: the upstream answered 418");
}

/* ---- any status ---- */

Test(verdict, whatever_is_whole_may_be_wanted) {
  static const int statuses[] = {200, 206, 299, 300, 302, 399, 400,
                                 404, 429, 499, 500, 503, 599, 999};
  success = SUCCESS_ANY;
  EACH_ROW (row, statuses) {
    char want[VERDICT_BYTES];
    snprintf(want, sizeof want, "success %d whole", *row);
    expect(*row, "Content-Length: 6\r\n", "<html>", ENDS, want);
    expect(*row, "", "what came up to the close", ENDS, want);
  }
  expect(204, "", "", ENDS, "success 204 whole");
  expect(304, "Content-Length: 65\r\n", "", ENDS, "success 304 whole");
  expect(503, "Retry-After: 5\r\nContent-Encoding: br\r\n", "", ENDS,
         "success 503 whole retry-after");
}

Test(verdict, what_is_not_whole_is_never_wanted) {
  success = SUCCESS_ANY;
  expect(404, "Content-Length: 9\r\n", "oh", CUT, "transport 404: cut");
  expect_head(500, "Content-Length: 65\r\n",
              "too_large 500: the body is larger than --max-body (64 bytes)");
}

Test(verdict, another_protocol_is_never_wanted) {
  success = SUCCESS_ANY;
  expect_head(101, "", "status 101: the upstream answered 101");
  keep_errors = true;
  expect_head(101, "", "status 101: the upstream answered 101");
}

/* ---- a HEAD ---- */

Test(verdict, what_answers_a_head_is_whole_with_its_head) {
  to_head = true;
  success = SUCCESS_2XX;
  expect(200, "Content-Length: 65\r\n", "", ENDS, "success 200 whole");
  expect(200, "Transfer-Encoding: chunked\r\n", "", ENDS, "success 200 whole");
  expect(200, "", "", ENDS, "success 200 whole");
  success = SUCCESS_ANY;
  expect(404, "Content-Length: 65\r\n", "", ENDS, "success 404 whole");
  success = SUCCESS_JSON;
  expect(200, "Content-Length: 2\r\n", "", ENDS,
         "bad_json 200 whole: the body is not JSON: the body is empty");
}

/* ---- errors that are kept ---- */

Test(verdict, an_error_that_is_kept_is_read_to_its_end) {
  keep_errors = true;
  for (success = SUCCESS_JSON; success <= SUCCESS_2XX; success++) {
    expect(503, "Content-Length: 4\r\nRetry-After: 5\r\n", "busy", ENDS,
           "status 503 whole retry-after: the upstream is overloaded or down "
           "(503)");
    expect(500, "", "up to the close", ENDS,
           "status 500 whole: the upstream failed (500)");
    expect(500, "Content-Length: 9\r\n", "oh", CUT, "transport 500: cut");
    expect_head(500, "Content-Length: 65\r\n",
                "too_large 500: the body is larger than --max-body (64 bytes)");
  }
}

Test(verdict, what_is_neither_4xx_nor_5xx_is_no_error_to_keep) {
  keep_errors = true;
  expect_head(206, "Content-Length: 1\r\n",
              "status 206: the upstream sent a part (206) though no Range was "
              "asked for");
  expect_head(302, "Content-Length: 0\r\n",
              "status 302: the upstream answered 302");
  expect_head(
      304, "",
      "status 304: the upstream answered 304 though nothing conditional "
      "was asked");
  expect_body("<html>", NOT_JSON "byte 0: no value can start with '<'");
}

/* ---- the cap ---- */

#define TOO_LARGE "too_large 200: the body is larger than --max-body (64 bytes)"
#define TEN "          "

Test(verdict, a_body_of_exactly_the_cap_is_taken) {
  expect_body("{}" TEN TEN TEN TEN TEN TEN "  ", "success 200 whole");
}

Test(verdict, a_length_over_the_cap_is_a_failure_by_the_head) {
  expect_head(200, "Content-Length: 65\r\n", TOO_LARGE);
}

Test(verdict, a_body_that_grows_over_the_cap_is_a_failure_at_that_byte) {
  expect(200, "", "{}" TEN TEN TEN TEN TEN TEN "   ", ENDS, TOO_LARGE);
  expect_certain_after(65, 200, "{}" TEN TEN TEN TEN TEN TEN "    ");
  expect_certain_after(65, 404, "{}" TEN TEN TEN TEN TEN TEN "    ");
}

/* ---- no answer ---- */

Test(verdict, without_a_head_there_is_no_status) {
  struct verdict verdict;
  char got[VERDICT_BYTES];
  verdict_init(&verdict, SUCCESS_JSON, BODY_MAX, DEPTH_MAX);
  verdict_broken(&verdict, ATTEMPT_TIMEOUT, "it took too long");
  print(&verdict, got);
  cr_expect_str_eq(got, "timeout 0: it took too long");
}

Test(verdict, a_reason_that_is_too_long_is_cut) {
  struct verdict verdict;
  char why[2 * VERDICT_ERROR_TEXT];
  memset(why, 'x', sizeof why - 1);
  why[sizeof why - 1] = '\0';
  verdict_init(&verdict, SUCCESS_JSON, BODY_MAX, DEPTH_MAX);
  verdict_broken(&verdict, ATTEMPT_TRANSPORT, why);
  cr_expect_eq(strlen(verdict.error), VERDICT_ERROR_TEXT - 1);
}

/* ---- rules ---- */

static struct json_rule rule_of(const char *text) {
  struct json_rule rule;
  EMPTY_TEXT(why, JSON_RULE_WHY_BYTES);
  cr_assert(json_rule_parse(&rule, slice_of(text), &why), "%s", text);
  return rule;
}

/* What becomes of a body of that status, where `needed` must hold and
 * `forbidden` may not. */
static void expect_ruled(const char *needed, const char *forbidden, int status,
                         const char *body, const char *want) {
  const struct json_rule list[] = {rule_of(needed), rule_of(forbidden)};
  const struct json_rules rules = {list, 2, 1};
  struct verdict verdict;
  char got[VERDICT_BYTES], lines[64];
  snprintf(lines, sizeof lines, "Content-Length: %zu\r\n", strlen(body));
  verdict_init(&verdict, success, BODY_MAX, DEPTH_MAX);
  verdict.rules = &rules;
  if (head(&verdict, status, lines) &&
      verdict_body(&verdict, body, strlen(body))) {
    verdict_end(&verdict);
    verdict_text(&verdict, slice_of(body));
  }
  print(&verdict, got);
  cr_expect_str_eq(got, want, "%s:\n%s\nnot\n%s", body, got, want);
}

Test(verdict, good_json_that_breaks_a_rule_is_a_failure_that_names_it) {
  expect_ruled("/ok == true", "/error", 200, "{\"ok\":true}",
               "success 200 whole");
  expect_ruled("/ok == true", "/error", 200, "{\"ok\":false}",
               "rule 200 whole: the JSON breaks a rule: success_if does not "
               "hold: /ok == true");
  expect_ruled("/ok == true", "/error", 201, "{\"ok\":true,\"error\":0}",
               "rule 201 whole: the JSON breaks a rule: fail_if holds: /error");
}

Test(verdict, rules_do_not_look_at_what_has_failed) {
  expect_ruled("/ok", "/error", 200, "{\"error\":1",
               "bad_json 200 whole: the body is not JSON: the body ends inside "
               "an object");
  expect_ruled("/ok", "/error", 404, "{\"error\":1}",
               "status 404 whole: the upstream knows no such resource; check "
               "the path of the target, or see --final");
  expect_ruled("/ok", "/error", 500, "{}",
               "status 500: the upstream failed (500)");
}

Test(verdict, a_long_rule_is_shortened) {
  char rule[201] = "/", want[VERDICT_BYTES];
  memset(rule + 1, 'x', 199);
  snprintf(want, sizeof want,
           "rule 200 whole: the JSON breaks a rule: success_if does not hold: "
           "%.120s...",
           rule);
  expect_ruled(rule, "/error", 200, "{}", want);
}

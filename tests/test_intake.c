/* Tests of io/intake: answers as they arrive, what they are judged to be, and
 * what is left for the next one. Where nothing else is said, an answer comes
 * whole and byte by byte, and the verdict is the same, after the same byte. */
#include "io/intake.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "support/gzip.h"
#include "support/words.h"

#define OK "HTTP/1.1 200 OK\r\n"
#define LENGTH(n) "Content-Length: " n "\r\n"
#define CHUNKED OK "Transfer-Encoding: chunked\r\n\r\n"
#define HEAD_TOO_LARGE                                                         \
  "too_large 0: the answer's head is larger than --max-upstream-head"

enum {
  HEAD_MAX = 128,
  BODY_MAX = 1 << 20,
  USUAL_MAX = 64 * 1024,
  KEEP_US = 60 * 1000 * 1000
};

static const struct target_limits limits = {.head_bytes = HEAD_MAX,
                                            .body_bytes = BODY_MAX,
                                            .depth = 8,
                                            .keep_us = KEEP_US};

static struct budget budget = {.max = 1 << 22};
static struct blocks blocks = {.budget = &budget};
static struct intake intake;

static struct ask_message message = {.method = {"GET", 3}};

static void open_intake(void) {
  intake_init(&intake, &limits, &message, &blocks);
}

static void start_again(void) {
  intake_clear(&intake);
  open_intake();
}

static void close_intake(void) {
  intake_clear(&intake);
  blocks_clear(&blocks);
  cr_expect_eq(budget.used, 0, "%ld bytes are still counted",
               (long)budget.used);
}

TestSuite(intake, .init = open_intake, .fini = close_intake);

/* ---- how an answer comes ---- */

static void receive(struct slice piece) {
  if (intake.bytes.cap == 0) cr_assert(intake_make_room(&intake, 0));
  cr_assert(buffer_add(&intake.bytes, piece.at, piece.len));
}

/* Until the verdict is certain; returns after how many bytes it is, or -1. */
static long feed(struct slice bytes, size_t piece) {
  for (size_t at = 0; at < bytes.len; at += piece) {
    if (piece > bytes.len - at) piece = bytes.len - at;
    receive((struct slice){bytes.at + at, piece});
    if (!intake_judge(&intake)) return (long)(at + piece);
  }
  return -1;
}

/* "success 200 whole", "bad_json 200: the body is not JSON: ..." */
static const char *told(void) {
  static char text[320];
  const struct verdict *verdict = &intake.verdict;
  snprintf(text, sizeof text, "%s %d%s%s%s",
           attempt_result_name(verdict->end.result), verdict->end.status,
           verdict->end.whole ? " whole" : "", verdict->error[0] ? ": " : "",
           verdict->error);
  return text;
}

static void expect_told(const char *want) {
  cr_expect_str_eq(told(), want, "%s, not %s", told(), want);
}

/* Certain at the answer's last byte, and not before. */
static void expect(const char *answer, const char *want) {
  struct slice bytes = slice_of(answer);
  size_t pieces[] = {bytes.len, 1};
  for (size_t i = 0; i < 2; i++) {
    start_again();
    cr_expect_eq(feed(bytes, pieces[i]), (long)bytes.len,
                 "by %zu bytes, not certain at the end of\n%s", pieces[i],
                 answer);
    cr_expect_str_eq(told(), want, "by %zu bytes: %s", pieces[i], told());
  }
}

static void expect_open(const char *answer) {
  start_again();
  cr_expect_eq(feed(slice_of(answer), 1), -1, "certain within\n%s", answer);
}

static void expect_at_close(const char *answer, const char *want) {
  expect_open(answer);
  intake_end(&intake);
  cr_expect_str_eq(told(), want, "of\n%s: %s", answer, told());
}

/* ---- it is judged as it arrives ---- */

Test(intake, a_success_is_certain_with_its_last_byte) {
  expect(OK LENGTH("2") "\r\n{}", "success 200 whole");
  expect(CHUNKED "1\r\n[\r\n1\r\n]\r\n0\r\n\r\n", "success 200 whole");
}

#define TELLS(name, answer, want)                                              \
  Test(intake, name) { expect(answer, want); }

TELLS(a_failing_status_is_certain_with_its_head,
      "HTTP/1.1 503 X\r\n" LENGTH("9") "\r\n",
      "status 503: the upstream is overloaded or down (503)")

Test(intake, a_page_of_html_is_certain_with_its_first_byte) {
  expect(OK LENGTH("900") "\r\n<",
         "bad_json 200: the body is not JSON: byte 0: no value can start with "
         "'<'");
  expect(CHUNKED "5\r\n<",
         "bad_json 200: the body is not JSON: byte 0: no value can start with "
         "'<'");
}

TELLS(a_4xx_is_read_to_its_end, "HTTP/1.1 418 X\r\n" LENGTH("3") "\r\n<a>",
      "status 418 whole: the upstream answered 418")

Test(intake, what_is_no_http_is_certain_with_the_first_wrong_byte) {
  expect("X", "transport 0: what came is no HTTP response");
  expect("HTTP/1.1 200 OK\n",
         "transport 0: the head holds a control byte or a bare line end");
}

TELLS(an_interim_answer_is_passed_by,
      "HTTP/1.1 100 Continue\r\n\r\n" OK LENGTH("2") "\r\n[]",
      "success 200 whole")

Test(intake, each_byte_of_a_body_is_judged_once) {
  /* Twice would be two roots, or a broken one. */
  expect(OK LENGTH("9") "\r\n[10,11,1]", "success 200 whole");
  start_again();
  cr_expect_eq(feed(slice_of(OK LENGTH("9") "\r\n[10,11,1]"), 3), 47);
  expect_told("success 200 whole");
}

Test(intake, a_judgement_without_new_bytes_changes_nothing) {
  receive(slice_of(OK LENGTH("2") "\r\n{"));
  cr_expect(intake_judge(&intake));
  cr_expect(intake_judge(&intake));
  receive(slice_of("}"));
  cr_expect_not(intake_judge(&intake));
  expect_told("success 200 whole");
}

Test(intake, what_comes_behind_an_answer_is_no_part_of_it) {
  start_again();
  cr_expect(feed(slice_of(OK LENGTH("2") "\r\n{}HTTP/1.1"), 200) > 0);
  expect_told("success 200 whole");
}

/* ---- the connection's end ---- */

Test(intake, the_connections_end_is_the_end_of_a_body_without_a_frame) {
  expect_at_close(OK "\r\n{\"a\":1}", "success 200 whole");
}

Test(intake, an_answer_that_was_cut_says_so) {
  expect_at_close(OK LENGTH("3") "\r\n{}",
                  "transport 200: the connection closed inside the body");
  expect_at_close(CHUNKED "2\r\n{}\r\n",
                  "transport 200: the connection closed inside the body");
  expect_at_close(OK "A: b\r",
                  "transport 0: the connection closed inside the head");
}

/* ---- the head's limit ---- */

/* A head of so many bytes, empty line included; the body is {}. */
static const char *answer_with_head(size_t head_bytes) {
  static char answer[4 * HEAD_MAX];
  int used = snprintf(answer, sizeof answer, "%s", OK LENGTH("2") "X: ");
  int fill = (int)head_bytes - used - 4;
  cr_assert(fill >= 0 && head_bytes + 2 < sizeof answer);
  snprintf(answer + used, sizeof answer - (size_t)used, "%0*d\r\n\r\n{}", fill,
           0);
  return answer;
}

TELLS(a_head_of_exactly_the_limit_is_taken, answer_with_head(HEAD_MAX),
      "success 200 whole")

Test(intake, a_head_over_the_limit_is_too_large) {
  struct slice answer = slice_of(answer_with_head(HEAD_MAX + 1));
  cr_expect_eq(feed(answer, answer.len), (long)answer.len);
  expect_told(HEAD_TOO_LARGE);
  start_again();
  cr_expect_eq(feed(answer, 1), HEAD_MAX + 1, "with the byte that is too much");
  expect_told(HEAD_TOO_LARGE);
}

Test(intake, a_head_without_an_end_is_too_large_with_the_byte_too_much) {
  struct slice answer = slice_of(answer_with_head(3 * HEAD_MAX));
  cr_expect_eq(feed(answer, 1), HEAD_MAX + 1);
  expect_told(HEAD_TOO_LARGE);
}

/* However they are cut: each of the two heads is below the limit, not both. */
Test(intake, interim_heads_count_towards_the_limit) {
  static char answer[256];
  snprintf(answer, sizeof answer,
           "HTTP/1.1 103 Early Hints\r\nX: %0*d\r\n\r\n"
           "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1",
           (int)limits.head_bytes - 60, 0);
  size_t pieces[] = {strlen(answer), 1};
  for (size_t i = 0; i < 2; i++) {
    start_again();
    cr_expect_gt(feed(slice_of(answer), pieces[i]), 0);
    cr_expect_str_eq(told(), HEAD_TOO_LARGE, "by %zu: %s", pieces[i], told());
  }
}

Test(intake, interim_heads_that_go_on_and_on_are_too_large) {
  static const char one[] = "HTTP/1.1 100 Continue\r\n\r\n";
  unsigned count = 0;
  do receive(slice_of(one));
  while (count++ < 100 && intake_judge(&intake));
  cr_expect_lt(count * strlen(one), HEAD_MAX + 2 * strlen(one), "%u of them",
               count);
  expect_told(HEAD_TOO_LARGE);
}

Test(intake, a_body_larger_than_the_heads_limit_is_none_of_its_business) {
  char answer[8 * HEAD_MAX];
  snprintf(answer, sizeof answer, OK LENGTH("602") "\r\n[%600d]", 1);
  expect(answer, "success 200 whole");
}

/* ---- handing over ---- */

Test(intake, a_whole_answer_is_moved_out) {
  struct response response = {0};
  static const char answer[] = "HTTP/1.1 100 Continue\r\n\r\n" OK
                               "A: b\r\nTransfer-Encoding: chunked\r\n\r\n"
                               "1\r\n[\r\n2\r\n1]\r\n0\r\n\r\n";
  feed(slice_of(answer), 1);
  intake_hand_over(&intake, &response);
  cr_expect_eq(response.status, 200);
  words_expect_slice(response.fields, "A: b\r\nTransfer-Encoding: chunked\r\n");
  words_expect_slice(response.body, "[1]");
  cr_expect_eq(intake.bytes.cap, 0, "the intake still holds bytes");
  response_clear(&response);
}

Test(intake, an_answer_without_a_body_is_handed_over_without_one) {
  struct response response = {0};
  expect("HTTP/1.1 404 X\r\n" LENGTH("0") "\r\n",
         "status 404 whole: the upstream knows no such resource; check the "
         "path of the target, or see --final");
  intake_hand_over(&intake, &response);
  cr_expect_eq(response.status, 404);
  cr_expect_eq(response.body.len, 0);
  words_expect_slice(response.fields, LENGTH("0"));
  response_clear(&response);
}

/* ---- as the message wants it ---- */

Test(intake, the_answer_to_a_head_ends_with_its_head) {
  message =
      (struct ask_message){.method = slice_of("HEAD"), .success = SUCCESS_2XX};
  expect(OK LENGTH("2000000") "\r\n", "success 200 whole");
  expect(CHUNKED, "success 200 whole");
  expect("HTTP/1.1 404 X\r\n" LENGTH("3") "\r\n",
         "status 404 whole: the upstream knows no such resource; check the "
         "path of the target, or see --final");
}

Test(intake, any_2xx_is_a_success_where_it_is_wanted) {
  message.success = SUCCESS_2XX;
  expect(OK LENGTH("6") "\r\n<html>", "success 200 whole");
  expect("HTTP/1.1 204 No\r\n\r\n", "success 204 whole");
  expect_at_close(OK "\r\n{}",
                  "transport 200: nothing but the close of the connection "
                  "ended the body, which may have been cut");
}

Test(intake, any_status_is_a_success_where_it_is_wanted) {
  message.success = SUCCESS_ANY;
  expect("HTTP/1.1 304 X\r\n" LENGTH("9") "\r\n", "success 304 whole");
  expect("HTTP/1.1 503 X\r\n" LENGTH("4") "\r\nbusy", "success 503 whole");
  expect("HTTP/1.1 100 X\r\n\r\nHTTP/1.1 206 X\r\n" LENGTH("1") "\r\n-",
         "success 206 whole");
  expect_at_close(OK "\r\n<html>", "success 200 whole");
}

Test(intake, an_error_is_read_to_its_end_where_it_is_kept) {
  message.keep_errors = true;
  expect("HTTP/1.1 503 X\r\n" LENGTH("4") "\r\nbusy",
         "status 503 whole: the upstream is overloaded or down (503)");
  expect_at_close("HTTP/1.1 503 X\r\n" LENGTH("4") "\r\nbus",
                  "transport 503: the connection closed inside the body");
}

static void expect_length(const char *answer, uint64_t want) {
  struct response response = {0};
  start_again();
  feed(slice_of(answer), strlen(answer));
  intake_end(&intake);
  intake_hand_over(&intake, &response);
  cr_expect_eq(response.length, want, "%llu of\n%s",
               (unsigned long long)response.length, answer);
  response_clear(&response);
}

Test(intake, what_is_handed_over_says_its_length) {
  message.success = SUCCESS_ANY;
  expect_length(OK LENGTH("2") "\r\n{}", 2);
  expect_length(OK LENGTH("0") "\r\n", 0);
  expect_length(CHUNKED "1\r\n[\r\n1\r\n]\r\n0\r\n\r\n", 2);
  expect_length(CHUNKED "0\r\n\r\n", 0);
  expect_length(OK "\r\n<a>", 3);
}

Test(intake, what_has_no_body_says_the_length_that_was_told) {
  message.success = SUCCESS_ANY;
  expect_length("HTTP/1.1 204 X\r\n\r\n", UINT64_MAX);
  expect_length("HTTP/1.1 204 X\r\n" LENGTH("0") "\r\n", UINT64_MAX);
  expect_length("HTTP/1.1 304 X\r\n" LENGTH("9") "\r\n", 9);
  expect_length("HTTP/1.1 304 X\r\n\r\n", UINT64_MAX);
  message.method = slice_of("HEAD");
  expect_length(OK LENGTH("9") "\r\n", 9);
  expect_length(OK "\r\n", UINT64_MAX);
  expect_length(CHUNKED, UINT64_MAX);
}

/* ---- answers in gzip ---- */

static const enum gzip_use both_uses[] = {GZIP_JUDGED, GZIP_UNDONE};

/* A head with these lines, and a body in gzip with its length. */
static struct slice packed(const char *lines, const struct gzip *gzip) {
  static char answer[GZIP_MAX + 256];
  int head = snprintf(answer, 256,
                      OK "%sContent-Encoding: gzip\r\n"
                         "Content-Length: %06zu\r\n\r\n",
                      lines, gzip->len);
  memcpy(answer + head, gzip->bytes, gzip->len);
  return (struct slice){answer, (size_t)head + gzip->len};
}

/* The same in chunks of one byte. */
static struct slice packed_in_chunks(const struct gzip *gzip) {
  static char answer[8 * 1024];
  cr_assert_lt(gzip->len, 1024);
  size_t len = (size_t)snprintf(answer, sizeof answer,
                                OK "Content-Encoding: x-gzip\r\n"
                                   "Transfer-Encoding: chunked\r\n\r\n");
  for (size_t i = 0; i < gzip->len; i++) {
    memcpy(answer + len, "1\r\n.\r\n", 6);
    answer[len + 3] = gzip->bytes[i];
    len += 6;
  }
  memcpy(answer + len, "0\r\n\r\n", 5);
  return (struct slice){answer, len + 5};
}

/* Judged and undone, whole and byte by byte: the same, after the same byte;
 * -1: whenever it may be. */
static void expect_packed(struct slice answer, long at, const char *want) {
  size_t pieces[] = {answer.len, 1};
  for (size_t i = 0; i < 4; i++) {
    message.gzip = both_uses[i / 2];
    start_again();
    long certain = feed(answer, pieces[i % 2]);
    if (pieces[i % 2] == 1 && at >= 0)
      cr_expect_eq(certain, at, "use %zu: certain after %ld", i / 2, certain);
    cr_expect_gt(certain, 0);
    cr_expect_str_eq(told(), want, "use %zu by %zu: %s", i / 2, pieces[i % 2],
                     told());
  }
}

Test(intake, what_is_in_gzip_is_judged) {
  struct slice answer = packed("", gzip_of("{\"a\":[1,2,3]}"));
  expect_packed(answer, (long)answer.len, "success 200 whole");
  answer = packed_in_chunks(gzip_of("[1]"));
  expect_packed(answer, (long)answer.len, "success 200 whole");
  expect_packed(packed("", gzip_of("<html>")), -1,
                "bad_json 200: the body is not JSON: byte 0: no value can "
                "start with '<'");
  expect_packed(packed("", gzip_of("[1")), -1,
                "bad_json 200 whole: the body is not JSON: the body ends "
                "inside an array");
}

Test(intake, json_in_gzip_is_judged_as_it_inflates) {
  char text[20000];
  uint32_t luck = 1;
  for (size_t i = 0; i < sizeof text; i++) {
    luck = luck * 1103515245 + 12345;
    text[i] = "0123456789abcdef"[luck >> 28];
  }
  memcpy(text, "[x", 2);
  struct gzip *gzip = gzip_of("");
  gzip->len = 0;
  gzip_add(gzip, text, sizeof text);
  struct slice answer = packed("", gzip);
  for (size_t i = 0; i < 2; i++) {
    message.gzip = both_uses[i];
    start_again();
    cr_expect_lt(feed(answer, 1), (long)answer.len / 2);
    expect_told("bad_json 200: the body is not JSON: byte 1: expected a "
                "value or ']', not 'x'");
  }
}

Test(intake, gzip_that_is_cut_or_corrupt_is_no_answer) {
  struct gzip *gzip = gzip_of("[1,2,3]");
  gzip->len--;
  struct slice answer = packed("", gzip);
  expect_packed(answer, (long)answer.len,
                "transport 200: the gzip body ends too early");
  gzip = gzip_of("[1,2,3]");
  gzip->bytes[gzip->len - 1] ^= 1;
  answer = packed("", gzip);
  expect_packed(answer, (long)answer.len,
                "transport 200: the gzip body is corrupt (incorrect length "
                "check)");
  struct gzip page = {"<!", 2};
  answer = packed("", &page);
  expect_packed(answer, (long)answer.len,
                "transport 200: the gzip body is corrupt (incorrect header "
                "check)");
}

Test(intake, a_bomb_is_too_large) {
  expect_packed(packed("", gzip_of_spaces(16 << 20)), -1,
                "too_large 200: the gzip body inflates to more than 200 times "
                "its size");
}

/* Text that deflates to about a tenth. */
static const struct gzip *gzip_of_words(size_t bytes) {
  static char text[BODY_MAX + 64];
  size_t len = 0;
  text[len++] = '[';
  for (unsigned n = 1; len < bytes - 32; n = n * 1103515245 + 12345)
    len += (size_t)snprintf(text + len, 32, "\"aaaaaaaaaaaa%03u\",",
                            n / 65536 % 1000);
  while (len < bytes - 2) text[len++] = ' ';
  text[len++] = '1';
  text[len++] = ']';
  struct gzip *gzip = gzip_of("");
  gzip->len = 0;
  gzip_add(gzip, text, len);
  return gzip;
}

Test(intake, what_inflates_to_the_bodys_limit_is_taken_and_no_byte_more) {
  expect_packed(packed("", gzip_of_words(BODY_MAX)), -1, "success 200 whole");
  expect_packed(packed("", gzip_of_words(BODY_MAX + 1)), -1,
                "too_large 200: the body is larger than --max-body (1048576 "
                "bytes)");
}

static void expect_handed_over(struct slice answer, enum gzip_use use,
                               const char *fields, struct slice body,
                               uint64_t length) {
  size_t pieces[] = {answer.len, 1, 7};
  for (size_t i = 0; i < 3; i++) {
    struct response response = {0};
    message.gzip = use;
    start_again();
    cr_expect_eq(feed(answer, pieces[i]), (long)answer.len);
    cr_assert(intake.verdict.end.whole, "%s", told());
    intake_hand_over(&intake, &response);
    words_expect_slice(response.fields, fields);
    cr_expect(slice_equal(response.body, body), "saw %.*s",
              SLICE_ARG(response.body));
    cr_expect_eq(response.length, length, "%llu",
                 (unsigned long long)response.length);
    response_clear(&response);
  }
}

Test(intake, what_is_undone_is_handed_over_plain) {
  expect_handed_over(packed("ETag: \"a\"\r\n", gzip_of("[1,2]")), GZIP_UNDONE,
                     "ETag: W/\"a\"\r\nContent-Length: 000025\r\n",
                     slice_of("[1,2]"), 5);
  expect_handed_over(packed_in_chunks(gzip_of("[1,2]")), GZIP_UNDONE,
                     "Transfer-Encoding: chunked\r\n", slice_of("[1,2]"), 5);
}

Test(intake, what_is_judged_is_handed_over_as_it_came) {
  struct gzip gzip = *gzip_of("[1,2]");
  expect_handed_over(packed("ETag: \"a\"\r\n", &gzip), GZIP_JUDGED,
                     "ETag: \"a\"\r\nContent-Encoding: gzip\r\n"
                     "Content-Length: 000025\r\n",
                     (struct slice){gzip.bytes, gzip.len}, gzip.len);
}

Test(intake, a_plain_answer_stays_as_it_is_though_gzip_was_asked_for) {
  expect_packed(slice_of(OK LENGTH("2") "\r\n{}"), 40, "success 200 whole");
  expect_handed_over(slice_of(OK LENGTH("2") "ETag: \"a\"\r\n\r\n{}"),
                     GZIP_UNDONE, LENGTH("2") "ETag: \"a\"\r\n", slice_of("{}"),
                     2);
}

Test(intake, what_is_read_of_gzip_is_not_kept) {
  message.gzip = GZIP_UNDONE;
  start_again();
  struct slice answer = packed("", gzip_of_words(BODY_MAX));
  for (size_t at = 0; at < answer.len; at += 1000) {
    size_t left = answer.len - at;
    receive((struct slice){answer.at + at, left < 1000 ? left : 1000});
    (void)!intake_judge(&intake);
    cr_assert_leq(intake.bytes.cap, BLOCK_BYTES);
  }
  expect_told("success 200 whole");
}

Test(intake, gzip_without_a_body_is_told_of_without_gzip) {
  message.success = SUCCESS_ANY;
  expect_handed_over(
      slice_of("HTTP/1.1 304 X\r\nETag: \"a\"\r\n" LENGTH("9") "\r\n"),
      GZIP_UNDONE, "ETag: W/\"a\"\r\n" LENGTH("9"), (struct slice){0},
      UINT64_MAX);
  expect_handed_over(
      slice_of(OK "Content-Encoding: gzip\r\n" LENGTH("0") "\r\n"), GZIP_UNDONE,
      LENGTH("0"), (struct slice){0}, 0);
  message.method = slice_of("HEAD");
  expect_handed_over(
      slice_of(OK "Content-Encoding: gzip\r\n" LENGTH("9") "\r\n"), GZIP_UNDONE,
      LENGTH("9"), (struct slice){0}, UINT64_MAX);
  expect_handed_over(
      slice_of(OK "Content-Encoding: gzip\r\n" LENGTH("9") "\r\n"), GZIP_JUDGED,
      "Content-Encoding: gzip\r\n" LENGTH("9"), (struct slice){0}, 9);
}

Test(intake, another_coding_is_passed_on_or_is_no_json) {
#define BR OK "Content-Encoding: br\r\n" LENGTH("2") "\r\n"
#define TWICE OK "Content-Encoding: gzip, gzip\r\n" LENGTH("2") "\r\n"
#define NOT_ASKED_FOR                                                          \
  "bad_json 200: the body is encoded (Content-Encoding) as hedgerow did not "  \
  "ask for"
  expect_packed(slice_of(BR), strlen(BR), NOT_ASKED_FOR);
  expect_packed(slice_of(TWICE), strlen(TWICE), NOT_ASKED_FOR);
  message.success = SUCCESS_2XX;
  expect_packed(slice_of(BR "xx"), strlen(BR "xx"), "success 200 whole");
  expect_handed_over(slice_of(BR "xx"), GZIP_UNDONE,
                     "Content-Encoding: br\r\n" LENGTH("2"), slice_of("xx"), 2);
}

Test(intake, an_error_in_gzip_is_inflated_too) {
  struct slice answer = packed("", gzip_of("no"));
  char error[512];
  memcpy(error, answer.at, answer.len);
  memcpy(error, "HTTP/1.1 404", 12);
  expect_handed_over((struct slice){error, answer.len}, GZIP_UNDONE,
                     "Content-Length: 000022\r\n", slice_of("no"), 2);
}

Test(intake, where_no_buffer_is_free_to_inflate_it_starves) {
  struct budget small = {.max = 2 * BLOCK_BYTES};
  struct blocks few = {.budget = &small};
  struct slice answer = packed("", gzip_of("[1]"));
  for (size_t i = 0; i < 2; i++) {
    message.gzip = both_uses[i];
    intake_init(&intake, &limits, &message, &few);
    cr_expect_eq(feed(answer, answer.len), (long)answer.len);
    expect_told("starved 200: no buffer was free to inflate the answer "
                "(--max-buffered)");
    intake_clear(&intake);
    blocks_clear(&few);
    cr_expect_eq(small.used, 0);
  }
  open_intake();
}

Test(intake, one_that_lost_inflates_no_more_and_holds_nothing_for_it) {
  for (size_t i = 0; i < 2; i++) {
    message.gzip = both_uses[i];
    start_again();
    struct slice answer = packed("", gzip_of("[1,2,3]"));
    receive((struct slice){answer.at, answer.len - 5});
    cr_expect(intake_judge(&intake));
    int64_t before = budget.used;
    intake_lose(&intake);
    cr_expect_leq(budget.used, before - GUNZIP_BYTES);
    receive(slice_from(answer, answer.len - 5));
    cr_expect_eq(intake_skip(&intake), RESPONSE_DONE);
    cr_expect_eq(intake_keep_us(&intake), KEEP_US);
  }
}

/* The rules are its route's, which may be gone by then. */
Test(intake, one_that_lost_breaks_no_rule) {
  struct json_rule rule;
  EMPTY_TEXT(why, JSON_RULE_WHY_BYTES);
  cr_assert(json_rule_parse(&rule, slice_of("/a == 1"), &why));
  const struct json_rules rules = {&rule, 1, 1};
  message.rules = &rules;
  start_again();
  message.rules = NULL;
  receive(slice_of(OK "\r\n{\"a\":2}"));
  cr_expect(intake_judge(&intake));
  intake_lose(&intake);
  intake_end(&intake);
  expect_told("success 200 whole");
}

/* ---- what is usual ---- */

static size_t usual_after(const char *answer, size_t usual) {
  start_again();
  feed(slice_of(answer), strlen(answer));
  return intake_usual(&intake, usual);
}

Test(intake, a_success_says_what_is_usual) {
  static const char answer[] = OK LENGTH("2") "\r\n{}";
  cr_expect_eq(usual_after(answer, 0), strlen(answer));
  cr_expect_eq(usual_after(answer, 50000), strlen(answer),
               "also if it is less");
}

Test(intake, of_an_answer_in_chunks_the_usual_is_what_is_kept_of_it) {
  cr_expect_eq(usual_after(CHUNKED "1\r\n[\r\n1\r\n]\r\n0\r\n\r\n", 0),
               strlen(CHUNKED "[]"));
}

Test(intake, a_failure_leaves_what_is_usual_alone) {
  cr_expect_eq(usual_after("HTTP/1.1 503 X\r\n\r\n", 50000), 50000);
  cr_expect_eq(usual_after(OK LENGTH("2") "\r\n<", 50000), 50000);
  cr_expect_eq(usual_after("X", 50000), 50000);
  cr_expect_eq(usual_after("HTTP/1.1 404 X\r\n" LENGTH("1") "\r\n{", 50000),
               50000, "nor is a whole 4xx a success");
  cr_expect_eq(usual_after(OK LENGTH("9") "\r\n{", 50000), 50000,
               "an answer that was given up half way");
  cr_expect_eq(usual_after("", 50000), 50000, "without a byte");
  start_again();
  verdict_broken(&intake.verdict, ATTEMPT_STARVED, "no buffer");
  cr_expect_eq(intake_usual(&intake, 50000), 50000);
  cr_expect_eq(intake_usual(&intake, 0), 0);
}

static void receive_success_of(size_t bytes) {
  char head[64];
  start_again();
  int head_len = snprintf(head, sizeof head, OK LENGTH("%06zu") "\r\n",
                          bytes - strlen(OK LENGTH("000000") "\r\n"));
  receive((struct slice){head, (size_t)head_len});
  cr_assert(intake_judge(&intake));
  while (intake.bytes.len < bytes - 1)
    receive(slice_of(intake.bytes.len == (size_t)head_len ? "[" : " "));
  receive(slice_of("]"));
  cr_assert_not(intake_judge(&intake));
  expect_told("success 200 whole");
  cr_assert_eq(intake.bytes.len, bytes);
}

Test(intake, what_is_usual_is_at_most_64_kib) {
  receive_success_of(USUAL_MAX - 1);
  cr_expect_eq(intake_usual(&intake, 0), USUAL_MAX - 1);
  receive_success_of(USUAL_MAX);
  cr_expect_eq(intake_usual(&intake, 0), USUAL_MAX);
  receive_success_of(USUAL_MAX + 1);
  cr_expect_eq(intake_usual(&intake, 0), USUAL_MAX);
  receive_success_of(300000);
  cr_expect_eq(intake_usual(&intake, 7), USUAL_MAX);
}

/* ---- room ---- */

Test(intake, the_first_room_is_what_is_usual_or_a_block) {
  cr_expect(intake_make_room(&intake, 0));
  cr_expect_eq(intake.bytes.cap, BLOCK_BYTES);
  start_again();
  cr_expect(intake_make_room(&intake, BLOCK_BYTES));
  cr_expect_eq(intake.bytes.cap, BLOCK_BYTES);
  start_again();
  cr_expect(intake_make_room(&intake, BLOCK_BYTES + 1));
  cr_expect_eq(intake.bytes.cap, BLOCK_BYTES + 1);
}

Test(intake, no_more_is_allocated_than_the_length_says) {
  receive_success_of(300000);
  cr_expect_eq(intake.bytes.cap, 300000);
}

Test(intake, where_the_usual_room_is_not_free_a_block_will_do) {
  struct budget small = {.max = BLOCK_BYTES};
  struct blocks few = {.budget = &small};
  intake_init(&intake, &limits, &message, &few);
  cr_expect(intake_make_room(&intake, USUAL_MAX));
  cr_expect_eq(intake.bytes.cap, BLOCK_BYTES);
  intake_clear(&intake);
  blocks_clear(&few);
  small.max = BLOCK_BYTES - 1;
  intake_init(&intake, &limits, &message, &few);
  cr_expect_not(intake_make_room(&intake, USUAL_MAX));
  cr_expect_not(intake_make_room(&intake, 0));
  open_intake();
}

/* ---- what is left behind ---- */

static void expect_kept(const char *answer, int64_t want_us) {
  for (size_t piece = strlen(answer); piece > 0; piece /= 2) {
    start_again();
    long certain = feed(slice_of(answer), piece);
    size_t seen = certain < 0 ? strlen(answer) : (size_t)certain;
    receive(slice_of(answer + seen)); /* what had come by then */
    cr_expect_eq(intake_keep_us(&intake), want_us, "by %zu bytes:\n%s", piece,
                 answer);
  }
}

Test(intake, an_answer_that_is_whole_leaves_a_clean_connection) {
  expect_kept(OK LENGTH("2") "\r\n{}", KEEP_US);
  expect_kept(CHUNKED "2\r\n{}\r\n0\r\n\r\n", KEEP_US);
  expect_kept("HTTP/1.1 204 No\r\n\r\n", KEEP_US);
  expect_kept(
      "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n" LENGTH("2") "\r\n{}",
      KEEP_US);
}

Test(intake, a_failure_whose_rest_has_come_leaves_it_clean_too) {
  expect_kept("HTTP/1.1 503 X\r\n" LENGTH("4") "\r\nbusy", KEEP_US);
  expect_kept(OK LENGTH("6") "\r\n<html>", KEEP_US);
  expect_kept(CHUNKED "6\r\n<html>\r\n0\r\n\r\n", KEEP_US);
}

Test(intake, a_rest_that_has_not_come_is_not_clean) {
  expect_kept("HTTP/1.1 503 X\r\n" LENGTH("4") "\r\nbus", 0);
  expect_kept(CHUNKED "6\r\n<html>\r\n0\r\n\r", 0);
  expect_kept(OK LENGTH("3") "\r\n{}", 0);
  expect_kept(OK, 0);
  expect_kept("HTTP/1.1 100 Continue\r\n\r\n", 0);
}

Test(intake, the_answer_to_a_head_leaves_a_clean_connection) {
  message.method = slice_of("HEAD");
  expect_kept(OK LENGTH("2") "\r\n", KEEP_US);
  expect_kept(OK "\r\n", KEEP_US);
  expect_kept(OK LENGTH("2") "\r\n{}", 0);
}

Test(intake, bytes_behind_an_answer_are_not_clean) {
  expect_kept(OK LENGTH("2") "\r\n{}\r\n", 0);
  expect_kept(CHUNKED "2\r\n{}\r\n0\r\n\r\nH", 0);
  expect_kept("HTTP/1.1 503 X\r\n" LENGTH("0") "\r\nX", 0);
}

Test(intake, a_connection_that_is_to_close_is_not_clean) {
  expect_kept(OK "Connection: close\r\n" LENGTH("2") "\r\n{}", 0);
  expect_kept("HTTP/1.0 200 OK\r\n" LENGTH("2") "\r\n{}", 0);
  expect_kept("HTTP/1.1 101 X\r\n\r\n", 0);
  expect_kept(OK "\r\n{}", 0);
}

Test(intake, the_upstream_may_keep_its_connection_for_less) {
  expect_kept(OK "Keep-Alive: timeout=5\r\n" LENGTH("2") "\r\n{}", 4000000);
  expect_kept(OK "Keep-Alive: timeout=99\r\n" LENGTH("2") "\r\n{}", KEEP_US);
  expect_kept(OK "Keep-Alive: timeout=1\r\n" LENGTH("2") "\r\n{}", 0);
}

Test(intake, what_is_no_http_is_not_clean) {
  expect_kept("XYZ", 0);
  expect_kept(CHUNKED "2\r\n{}x", 0);
}

Test(intake, the_end_of_the_connection_is_not_clean) {
  expect_at_close(OK "\r\n{}", "success 200 whole");
  cr_expect_eq(intake_keep_us(&intake), 0);
}

Test(intake, without_a_byte_there_is_nothing_to_keep) {
  cr_expect_eq(intake_keep_us(&intake), 0);
  cr_assert(intake_make_room(&intake, 0));
  cr_expect_eq(intake_keep_us(&intake), 0);
}

/* ---- skipping ---- */

Test(intake, skipping_finds_the_end_and_judges_nothing) {
  receive(slice_of(OK LENGTH("6") "\r\n<ht"));
  cr_expect_eq(intake_skip(&intake), RESPONSE_MORE);
  receive(slice_of("ml>"));
  cr_expect_eq(intake_skip(&intake), RESPONSE_DONE);
  cr_expect_eq(intake_skip(&intake), RESPONSE_DONE);
  expect_told("transport 0");
}

Test(intake, skipping_tells_what_is_no_http) {
  receive(slice_of(CHUNKED "2\r\n{}"));
  cr_expect_eq(intake_skip(&intake), RESPONSE_MORE);
  receive(slice_of("x"));
  cr_expect_eq(intake_skip(&intake), RESPONSE_BAD);
}

/* ---- what it asks to wait ---- */

Test(intake, a_retry_after_is_so_many_milliseconds) {
  const uint32_t *ms = &intake.verdict.end.retry_after_ms;
  expect("HTTP/1.1 503 Busy\r\nRetry-After: 7\r\n\r\n",
         "status 503: the upstream is overloaded or down (503)");
  cr_expect_eq(*ms, 7000, "%u", *ms);
  expect("HTTP/1.1 503 Busy\r\nRetry-After: 99999999999\r\n\r\n",
         "status 503: the upstream is overloaded or down (503)");
  cr_expect_eq(*ms, UINT32_MAX, "%u", *ms);
  expect("HTTP/1.1 503 Busy\r\n"
         "Retry-After: Fri, 31 Dec 1999 23:59:59 GMT\r\n\r\n",
         "status 503: the upstream is overloaded or down (503)");
  cr_expect_eq(*ms, 0, "%u", *ms);
  cr_expect(intake.verdict.end.retry_after);
  expect("HTTP/1.1 103 Wait\r\nRetry-After: 7\r\n\r\n"
         "HTTP/1.1 503 Busy\r\nRetry-After: soon\r\n\r\n",
         "status 503: the upstream is overloaded or down (503)");
  cr_expect_eq(*ms, 0, "%u", *ms);
}

/* ---- an answer that is passed on while it comes ---- */

static void open_stream(void) {
  message.streams = true;
  message.success = SUCCESS_ANY;
  start_again();
}

/* One more piece; what it has brought of the body is taken out. */
static void expect_more(const char *piece, const char *body) {
  receive(slice_of(piece));
  cr_assert(intake_judge(&intake), "certain: %s", told());
  struct slice come = intake_body(&intake);
  cr_expect(slice_equal(come, slice_of(body)), "%s brought %.*s", piece,
            SLICE_ARG(come));
  intake_forget(&intake);
  cr_expect_eq(intake.bytes.cap, 0, "%s is still held", piece);
}

static void expect_last(const char *piece, const char *rest, bool clean) {
  receive(slice_of(piece));
  cr_assert_not(intake_judge(&intake));
  expect_told("success 200 whole");
  struct slice come = intake_body(&intake);
  words_expect_slice(come, rest);
  cr_expect_eq(intake_keep_us(&intake), clean ? KEEP_US : 0);
}

Test(intake, a_head_is_shown_before_its_body_has_come) {
  struct response head = {0};
  open_stream();
  receive(slice_of(OK LENGTH("5") "A: b\r\n\r\nhe"));
  cr_assert(intake_judge(&intake) && intake_has_head(&intake));
  intake_show(&intake, &head);
  cr_expect(head.status == 200 && head.length == 5 && head.bytes.cap == 0);
  words_expect_slice(head.fields, LENGTH("5") "A: b\r\n");
  words_expect_slice(head.body, "he");
  intake_forget(&intake);
  expect_last("llo", "llo", true);
}

Test(intake, chunks_are_taken_out_one_by_one) {
  open_stream();
  expect_more(CHUNKED "2\r\nhe\r", "he");
  expect_more("\n", "");
  expect_more("3\r\nll", "ll");
  expect_last("o\r\n0\r\n\r\n", "o", true);
}

Test(intake, what_is_taken_out_may_be_larger_than_a_body_may_be) {
  char piece[64 * 1024 + 1];
  memset(piece, 'x', sizeof piece - 1);
  piece[sizeof piece - 1] = '\0';
  open_stream();
  expect_more(OK "\r\n", "");
  for (size_t sum = 0; sum <= BODY_MAX; sum += sizeof piece - 1)
    expect_more(piece, piece);
}

Test(intake, what_comes_behind_a_stream_is_not_clean) {
  open_stream();
  expect_more(OK LENGTH("3") "\r\no", "o");
  expect_last("ne, two", "ne", false);
}

Test(intake, a_stream_that_ends_within_is_broken) {
  open_stream();
  expect_more(CHUNKED "5\r\nhe", "he");
  cr_expect(intake_has_begun(&intake));
  intake_end(&intake);
  expect_told("transport 200: the connection closed inside the body");
  cr_expect_eq(intake_keep_us(&intake), 0);
}

Test(intake, a_stream_without_a_length_is_broken_by_a_cut) {
  open_stream();
  expect_more(OK "\r\nhe", "he");
  intake_cut(&intake);
  words_expect(told(), "transport 200: the connection was cut");
  cr_expect_eq(intake_keep_us(&intake), 0);
}

Test(intake, json_is_whole_by_itself_where_it_was_cut) {
  expect_open(OK "\r\n[1]");
  intake_cut(&intake);
  expect_told("success 200 whole");
}

Test(intake, an_error_of_json_is_broken_by_a_cut) {
  expect_open("HTTP/1.1 404 Not Found\r\n\r\n[1]");
  intake_cut(&intake);
  words_expect(told(), "transport 404: the connection was cut");
}

Test(intake, a_stream_without_a_length_ends_by_the_close) {
  open_stream();
  expect_more(OK "\r\nhe", "he");
  intake_end(&intake);
  expect_told("success 200 whole");
  cr_expect_eq(intake_keep_us(&intake), 0);
}

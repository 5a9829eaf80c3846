/* http_response: tables of responses, each with the reading that it must get.
 *
 * A case is the bytes of an upstream, after which it closes, and one line of
 * text: "200 keep `body`" is a whole response, "bad: why" a refused one, "cut:
 * why" one that was not whole at the close. Each is fed whole, in every split
 * into two pieces, and byte by byte; every way must give the same text, and
 * behind a '|' in it the same offsets. A reader that takes head and body out
 * after each piece (http_response_forget) gets the same body. Every call gets
 * the bytes in fresh memory of exactly their size, so that a sanitizer sees
 * every look beyond them, and nothing can be remembered by its address. */
#include "core/http_response.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/http_head.h"
#include "core/keep_alive.h"
#include "core/text.h"
#include "support/draw.h"
#include "support/rows.h"
#include "support/words.h"

struct response_case {
  struct slice bytes, wanted;
};
#define IS(bytes, wanted)                                                      \
  { SLICE(bytes), SLICE(wanted) }

/* ---- how a case is fed ---- */

enum { HELD_MAX = 1 << 15 };

/* What a caller has in hand. */
struct feed {
  struct slice input; /* all that the upstream sends */
  size_t fed;         /* bytes of it that have come */
  struct http_response response;
  bool saw_head;
  size_t len;
  char held[HELD_MAX];
  size_t passed_len; /* of the body that was taken out */
  char passed[HELD_MAX];
};

static void expect_kept(const struct feed *feed, const char *bytes,
                        size_t body_before, enum response_progress progress) {
  const struct http_response *now = &feed->response;
  bool grew = now->body_len > body_before;
  cr_assert(grew == (progress == RESPONSE_BODY),
            "%.*s\nprogress %d, body %zu->%zu", SLICE_ARG(feed->input),
            (int)progress, body_before, now->body_len);
  cr_assert(memcmp(bytes, feed->held, now->body_at + body_before) == 0,
            "%.*s\nthe head or the body has changed", SLICE_ARG(feed->input));
  cr_assert(now->used <= feed->len, "%.*s\nused %zu of %zu",
            SLICE_ARG(feed->input), now->used, feed->len);
}

/* What is told of a head is what its field lines say, looked at once more. */
static void expect_meaning(const struct feed *feed, const char *bytes) {
  const struct http_response *now = &feed->response;
  struct response_meaning meaning = http_response_meaning(now, bytes);
  struct slice fields = http_response_fields(now, bytes);
  const char *head = bytes + now->head_at, *end = head + now->head_len - 2;
  cr_assert(fields.at + fields.len == end, "%.*s\nthe fields end elsewhere",
            SLICE_ARG(feed->input));
  cr_assert(fields.at == (char *)memchr(head, '\n', now->head_len) + 1,
            "%.*s\nthe fields begin elsewhere", SLICE_ARG(feed->input));
  struct slice location = {NULL, 0};
  bool retry_after = false;
  for (struct http_field field; http_field_next(&fields, &field);) {
    if (slice_equal_nocase(field.name, slice_of("Location")))
      location = field.value;
    retry_after |= slice_equal_nocase(field.name, slice_of("Retry-After"));
  }
  cr_assert_eq(fields.len, 0, "%.*s\na line is no field",
               SLICE_ARG(feed->input));
  cr_assert(meaning.status == now->status && meaning.status >= 101 &&
                meaning.length == (now->bodiless ? 0 : now->length) &&
                meaning.delimited == now->delimited &&
                meaning.coding == now->coding &&
                meaning.retry_after == retry_after &&
                slice_equal(meaning.location, location),
            "%.*s\nmeans something else", SLICE_ARG(feed->input));
}

static enum response_progress read_once(struct feed *feed) {
  size_t body_before = feed->response.body_len, len_before = feed->len;
  char *copy = malloc(feed->len + (feed->len == 0));
  cr_assert_not_null(copy);
  memcpy(copy, feed->held, feed->len);
  enum response_progress progress =
      http_response_read(&feed->response, copy, &feed->len);
  cr_assert(feed->len <= len_before);
  expect_kept(feed, copy, body_before, progress);
  if (progress == RESPONSE_HEAD) expect_meaning(feed, copy);
  memcpy(feed->held, copy, feed->len);
  free(copy);
  if (progress == RESPONSE_HEAD) {
    cr_assert_not(feed->saw_head, "%.*s\na second RESPONSE_HEAD",
                  SLICE_ARG(feed->input));
    feed->saw_head = true;
  }
  return progress;
}

/* Lets `len` more bytes come, and reads until there is nothing to read. */
static enum response_progress read_piece(struct feed *feed, size_t len) {
  cr_assert(feed->len + len <= HELD_MAX);
  memcpy(feed->held + feed->len, feed->input.at + feed->fed, len);
  feed->len += len;
  feed->fed += len;
  enum response_progress progress;
  do progress = read_once(feed);
  while (progress == RESPONSE_HEAD || progress == RESPONSE_BODY);
  cr_assert_eq(read_once(feed), progress, "%.*s\nnot the same when read again",
               SLICE_ARG(feed->input));
  return progress;
}

/* Takes out what is known, in fresh memory of exactly its size. */
static void forget(struct feed *feed) {
  struct http_response *response = &feed->response;
  size_t unread = feed->len - response->body_at - response->body_len;
  char *copy = malloc(feed->len + (feed->len == 0));
  cr_assert_not_null(copy);
  memcpy(copy, feed->held, feed->len);
  memcpy(feed->passed + feed->passed_len, copy + response->body_at,
         response->body_len);
  feed->passed_len += response->body_len;
  http_response_forget(response, copy, &feed->len);
  cr_assert(feed->len == unread && response->body_len == 0,
            "%.*s\n%zu bytes are left of %zu", SLICE_ARG(feed->input),
            feed->len, unread);
  struct response_meaning meaning = http_response_meaning(response, copy);
  cr_assert(meaning.wait.len == 0 && meaning.location.len == 0,
            "%.*s\na value that is not there", SLICE_ARG(feed->input));
  memcpy(feed->held, copy, feed->len);
  free(copy);
}

/* ---- how it is told ---- */

static void tell_number(struct text *out, const char *label, size_t number) {
  text_str(out, label);
  text_int(out, (int64_t)number);
}

static void tell_slice(struct text *out, const char *label, struct slice s) {
  text_str(out, label);
  text_slice(out, s);
  text_char(out, '`');
}

/* 200 1.0 close until-close `body`, or 200 keep 4s `body` */
static void tell_response(struct text *out, const struct feed *feed) {
  const struct http_response *response = &feed->response;
  text_int(out, response->status);
  if (response->http_1_0) text_str(out, " 1.0");
  text_str(out, response->keep_us > 0 ? " keep" : " close");
  if (response->keep_us > 0 && response->keep_us < KEEP_ALIVE_UNSAID)
    text_put(out, " ", response->keep_us / 1000000, "s");
  if (!response->delimited) text_str(out, " until-close");
  text_str(out, " `");
  text_add(out, feed->passed, feed->passed_len);
  tell_slice(
      out, "",
      (struct slice){feed->held + response->body_at, response->body_len});
}

/* What came behind the response, read already or not. */
static void tell_rest(struct text *out, const struct feed *feed) {
  const struct http_response *response = &feed->response;
  if (response->used == feed->len && feed->fed == feed->input.len) return;
  text_str(out, " then `");
  text_add(out, feed->held + response->used, feed->len - response->used);
  tell_slice(out, "", slice_from(feed->input, feed->fed));
}

static void tell_offsets(struct text *out, const struct feed *feed) {
  const struct http_response *response = &feed->response;
  tell_number(out, "head ", response->head_at);
  tell_number(out, "+", response->head_len);
  tell_number(out, " body ", response->body_at);
  tell_number(out, "+", response->body_len);
  tell_number(out, " used ", response->used);
  tell_number(out, " length ", (size_t)response->length);
}

static void tell(struct text *out, struct feed *feed,
                 enum response_progress progress) {
  const char *label = progress == RESPONSE_BAD ? "bad: " : "cut: ";
  if (progress == RESPONSE_MORE) progress = http_response_end(&feed->response);
  else
    cr_assert_eq(http_response_end(&feed->response), progress,
                 "%.*s\nnot the same at the end", SLICE_ARG(feed->input));
  if (progress == RESPONSE_DONE) {
    tell_response(out, feed);
    tell_rest(out, feed);
    text_str(out, " | ");
  } else {
    cr_assert_eq(progress, RESPONSE_BAD);
    cr_assert_not_null(feed->response.why);
    text_str(out, label);
    text_str(out, feed->response.why);
    text_str(out, " | ");
    if (feed->saw_head) tell_response(out, feed);
  }
  tell_offsets(out, feed);
}

static bool to_head; /* in this test */
static bool forgets; /* in this telling */

/* The first piece is `cut` bytes long, each other the longer of one byte and
 * what `next` says. */
static struct slice told(struct slice input, size_t cut, size_t (*next)(void)) {
  static char storage[2][HELD_MAX];
  static unsigned turn; /* so that two tellings can be compared */
  static struct feed feed;
  struct text out;
  turn = !turn;
  text_init(&out, storage[turn], HELD_MAX);
  feed.input = input;
  feed.fed = feed.len = feed.passed_len = 0;
  feed.saw_head = false;
  http_response_init(&feed.response);
  feed.response.to_head = to_head;
  enum response_progress progress = read_piece(&feed, cut);
  while (progress == RESPONSE_MORE && feed.fed < input.len) {
    size_t left = input.len - feed.fed, step = next();
    if (forgets && feed.saw_head) forget(&feed);
    progress = read_piece(&feed, step < left ? step : left);
  }
  tell(&out, &feed, progress);
  cr_assert_not(out.cut);
  return text_slice_of(&out);
}

static size_t one(void) { return 1; }

static size_t all(void) { return SIZE_MAX; }

static void expect_same(struct slice input, size_t cut, size_t (*next)(void)) {
  struct slice whole = told(input, input.len, all);
  struct slice seen = told(input, cut, next);
  if (!slice_equal(seen, whole))
    cr_assert_fail("%.*s\nsaw:   %.*s (cut at %zu%s)\nwhole: %.*s",
                   SLICE_ARG(input), SLICE_ARG(seen), cut,
                   next == all ? "" : " and on", SLICE_ARG(whole));
}

static struct slice without_offsets(struct slice telling) {
  const char *bar = memrchr(telling.at, '|', telling.len);
  return (struct slice){telling.at, (size_t)(bar - telling.at)};
}

/* Byte by byte, and in two pieces. */
static void expect_same_when_forgetting(struct slice input) {
  struct slice whole = without_offsets(told(input, input.len, all));
  for (size_t cut = 0; cut < input.len; cut++) {
    forgets = true;
    struct slice seen = without_offsets(told(input, cut, cut > 0 ? all : one));
    forgets = false;
    if (!slice_equal(seen, whole))
      cr_assert_fail("%.*s\nsaw:   %.*s (forgetting, cut at %zu)\nwhole: %.*s",
                     SLICE_ARG(input), SLICE_ARG(seen), cut, SLICE_ARG(whole));
    whole = without_offsets(told(input, input.len, all));
  }
}

static void expect_every_split_alike(struct slice input) {
  expect_same_when_forgetting(input);
  expect_same(input, 0, one);
  for (size_t cut = 0; cut < input.len; cut++) expect_same(input, cut, all);
}

static void expect_response(const struct response_case *one_case) {
  struct slice input = one_case->bytes, wanted = one_case->wanted;
  struct slice seen = told(input, input.len, all);
  bool good = seen.len > wanted.len + 3 &&
              memcmp(seen.at, wanted.at, wanted.len) == 0 &&
              memcmp(seen.at + wanted.len, " | ", 3) == 0;
  cr_expect(good, "%.*s\nsaw:    %.*s\nwanted: %.*s", SLICE_ARG(input),
            SLICE_ARG(seen), SLICE_ARG(wanted));
  expect_every_split_alike(input);
}

#define EXPECT_RESPONSES(cases)                                                \
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)                  \
  expect_response(&cases[i])

/* ---- the tables ---- */

#define OK11 "HTTP/1.1 200 OK\r\n"
#define OK10 "HTTP/1.0 200 OK\r\n"
#define LENGTH(n) "Content-Length: " n "\r\n"
#define CODING(name) "Transfer-Encoding: " name "\r\n"
#define CHUNKED OK11 CODING("chunked") "\r\n"

#define NO_HTTP "bad: what came is no HTTP response"
#define OTHER_VERSION "bad: the response is neither HTTP/1.1 nor HTTP/1.0"
#define BAD_LINE                                                               \
  "bad: the status line is not HTTP/1.1, one space, three digits, one space, " \
  "reason"
#define BAD_BYTE "bad: the head holds a control byte or a bare line end"
#define BAD_FIELD "bad: a field line of the head is malformed"
#define IN_HEAD "cut: the connection closed inside the head"
#define IN_BODY "cut: the connection closed inside the body"

static const struct response_case status_lines[] = {
    IS(OK11 LENGTH("2") "\r\n[]", "200 keep `[]`"),
    IS("HTTP/1.1 200 \r\n" LENGTH("0") "\r\n", "200 keep ``"),
    IS("HTTP/1.1 200\r\n" LENGTH("0") "\r\n", "200 keep ``"),
    IS("HTTP/1.1 200 \xc3\xa9\x80\xff\t ok\r\n" LENGTH("0") "\r\n",
       "200 keep ``"),
    IS("HTTP/1.1 200  two  spaces \r\n" LENGTH("0") "\r\n", "200 keep ``"),
    IS("HTTP/1.1 503 Busy\r\n" LENGTH("0") "\r\n", "503 keep ``"),
    IS("HTTP/1.1 999 ?\r\n" LENGTH("0") "\r\n", "999 keep ``"),
    IS("HTTP/1.1 099 ?\r\n" LENGTH("0") "\r\n", "bad: the status is below 100"),
    IS("HTTP/1.1 000 ?\r\n\r\n", "bad: the status is below 100"),
    IS("HTTP/1.1 20 OK\r\n\r\n", BAD_LINE),
    IS("HTTP/1.1 2000 OK\r\n\r\n", BAD_LINE),
    IS("HTTP/1.1 200OK\r\n\r\n", BAD_LINE),
    IS("HTTP/1.1 200\tOK\r\n\r\n", BAD_LINE),
    IS("HTTP/1.1  200 OK\r\n\r\n", BAD_LINE),
    IS("HTTP/1.1 +20 OK\r\n\r\n", BAD_LINE),
    IS("HTTP/1.1 2x0 OK\r\n\r\n", BAD_LINE),
    IS("HTTP/1.1 OK\r\n\r\n", BAD_LINE),
    IS("HTTP/1.1 \r\n\r\n", BAD_LINE),
    IS("HTTP/1.1\r\n\r\n", BAD_LINE),
    IS("HTTP/1.\r\n\r\n", BAD_LINE),
};

static const struct response_case other_protocols[] = {
    IS("HTTP/2.0 200 OK\r\n\r\n", OTHER_VERSION),
    IS("HTTP/2 200\r\n\r\n", OTHER_VERSION),
    IS("HTTP/0.9 200 OK\r\n\r\n", OTHER_VERSION),
    IS("HTTP/1.2 200 OK\r\n\r\n", OTHER_VERSION),
    IS("HTTP/1.10 200 OK\r\n\r\n", OTHER_VERSION),
    IS("HTTP/1.1\t200 OK\r\n\r\n", OTHER_VERSION),
    IS("HTTP/01.1 200 OK\r\n\r\n", OTHER_VERSION),
    IS("HTTP/+1.1 200 OK\r\n\r\n", OTHER_VERSION),
    IS("HTTP/ 1.1 200 OK\r\n\r\n", OTHER_VERSION),
    IS("HTTP /1.1 200 OK\r\n\r\n", NO_HTTP),
    IS("http/1.1 200 OK\r\n\r\n", NO_HTTP),
    IS("Http/1.1 200 OK\r\n\r\n", NO_HTTP),
    IS("HTTPS/1.1 200 OK\r\n\r\n", NO_HTTP),
    IS("ICY 200 OK\r\n\r\n", NO_HTTP),
    IS("<html>HTTP/0.9 sends a body only</html>", NO_HTTP),
    IS("{\"time\":1}", NO_HTTP),
    IS("GET / HTTP/1.1\r\nHost: h\r\n\r\n", NO_HTTP),
    IS("\x15\x03\x01\x00\x02\x02\x46", NO_HTTP),
    IS("\r\n" OK11 LENGTH("0") "\r\n", NO_HTTP),
    IS("\n" OK11 LENGTH("0") "\r\n", NO_HTTP),
    IS(" " OK11 LENGTH("0") "\r\n", NO_HTTP),
    IS("\0" OK11 LENGTH("0") "\r\n", NO_HTTP),
};

static const struct response_case control_bytes[] = {
    IS("HTTP/1.1 200 OK\n" LENGTH("0") "\r\n", BAD_BYTE),
    IS("HTTP/1.1 200 OK\r" LENGTH("0") "\r\n", BAD_BYTE),
    IS("HTTP/1.1 200 O\0K\r\n\r\n", BAD_BYTE),
    IS("HTTP/1.1 200 O\x7fK\r\n\r\n", BAD_BYTE),
    IS("HTTP/1.1 200\0", BAD_BYTE),
    IS(OK11 "Content-Length: 0\n\r\n", BAD_BYTE),
    IS(OK11 LENGTH("0") "\n", BAD_BYTE),
    IS(OK11 LENGTH("0") "\r\r\n", BAD_BYTE),
    IS(OK11 "A: b\rc\r\n\r\n", BAD_BYTE),
    IS(OK11 "A: b\0c\r\n\r\n", BAD_BYTE),
    IS(OK11 "A: \x01\r\n\r\n", BAD_BYTE),
    IS(OK11 "Content-Length: 1\0\r\n\r\n", BAD_BYTE),
};

static const struct response_case fields[] = {
    IS(OK11 "A:b\r\nB: \t c\xff d\t \r\nC:\r\n" LENGTH("1") "\r\nx",
       "200 keep `x`"),
    IS(OK11 "Content-Lengths: 9\r\nXontent-Length: 9\r\n"
            "Content-Lengt: 9\r\nConnectiox: close\r\n" LENGTH("1") "\r\nx",
       "200 keep `x`"),
    IS(OK11 "A: b\r\n c\r\n" LENGTH("1") "\r\nx", BAD_FIELD),
    IS(OK11 "A: b\r\n\tc\r\n" LENGTH("1") "\r\nx", BAD_FIELD),
    IS(OK11 "Content-Length: 1\r\n 0\r\n\r\nx", BAD_FIELD),
    IS(OK11 " A: b\r\n" LENGTH("1") "\r\nx", BAD_FIELD),
    IS(OK11 " \r\n" LENGTH("1") "\r\nx", BAD_FIELD),
    IS(OK11 "A : b\r\n" LENGTH("1") "\r\nx", BAD_FIELD),
    IS(OK11 "Content-Length : 1\r\n\r\nx", BAD_FIELD),
    IS(OK11 "Content-Length\t: 1\r\n\r\nx", BAD_FIELD),
    IS(OK11 ": b\r\n\r\n", BAD_FIELD),
    IS(OK11 "A\r\n\r\n", BAD_FIELD),
    IS(OK11 "A b: c\r\n\r\n", BAD_FIELD),
    IS(OK11 "A\xc3\xa9: c\r\n\r\n", BAD_FIELD),
    IS(OK11 OK11 "\r\n", BAD_FIELD),
};

#define BAD_LENGTH                                                             \
  "bad: Content-Length is not one number of digits that fits in 64 bits"
#define TWO_LENGTHS "bad: there is more than one Content-Length field"
#define MOST "18446744073709551614"

static const struct response_case lengths[] = {
    IS(OK11 LENGTH("5") "\r\nhello", "200 keep `hello`"),
    IS(OK11 "content-LENGTH:5\r\n\r\nhello", "200 keep `hello`"),
    IS(OK11 "Content-Length: \t 5 \t\r\n\r\nhello", "200 keep `hello`"),
    IS(OK11 LENGTH("0005") "\r\nhello", "200 keep `hello`"),
    IS(OK11 LENGTH("5") "\r\na\0\r\n\n", "200 keep `a\0\r\n\n`"),
    IS(OK11 LENGTH("0") "\r\n", "200 keep ``"),
    IS(OK11 LENGTH("5") "\r\nhello, world", "200 keep `hello` then `, world`"),
    IS(OK11 LENGTH("0") "\r\n\r\n", "200 keep `` then `\r\n`"),
    IS(OK11 LENGTH("2") "\r\n[]" OK11 LENGTH("0") "\r\n",
       "200 keep `[]` then `" OK11 LENGTH("0") "\r\n`"),
    IS(OK11 LENGTH("5") "\r\nhell", IN_BODY),
    IS(OK11 LENGTH("5") "\r\n", IN_BODY),
    IS(OK11 LENGTH(MOST) "\r\nhell", IN_BODY),
    IS(OK11 LENGTH("18446744073709551615") "\r\nhell", BAD_LENGTH),
    IS(OK11 LENGTH("18446744073709551616") "\r\nhell", BAD_LENGTH),
    IS(OK11 LENGTH("99999999999999999999999") "\r\nhell", BAD_LENGTH),
    IS(OK11 LENGTH("") "\r\n", BAD_LENGTH),
    IS(OK11 LENGTH("+5") "\r\nhello", BAD_LENGTH),
    IS(OK11 LENGTH("-5") "\r\nhello", BAD_LENGTH),
    IS(OK11 LENGTH("0x5") "\r\nhello", BAD_LENGTH),
    IS(OK11 LENGTH("5.0") "\r\nhello", BAD_LENGTH),
    IS(OK11 LENGTH("5 5") "\r\nhello", BAD_LENGTH),
    IS(OK11 LENGTH("5, 5") "\r\nhello", BAD_LENGTH),
    IS(OK11 LENGTH("5,6") "\r\nhello", BAD_LENGTH),
    IS(OK11 LENGTH("\"5\"") "\r\nhello", BAD_LENGTH),
    IS(OK11 LENGTH("5") LENGTH("5") "\r\nhello", TWO_LENGTHS),
    IS(OK11 LENGTH("5") LENGTH("6") "\r\nhello", TWO_LENGTHS),
    IS(OK11 LENGTH("6") "A: b\r\n" LENGTH("5") "\r\nhello", TWO_LENGTHS),
    IS(OK11 LENGTH("5") LENGTH("x") "\r\nhello", TWO_LENGTHS),
};

#define OTHER_CODING "bad: Transfer-Encoding is not chunked, and once"
#define BOTH "bad: Content-Length and Transfer-Encoding exclude each other"
#define EMPTY_CHUNK "0\r\n\r\n"

static const struct response_case codings[] = {
    IS(CHUNKED "5\r\nhello\r\n" EMPTY_CHUNK, "200 keep `hello`"),
    IS(OK11 "transfer-ENCODING:Chunked\r\n\r\n" EMPTY_CHUNK, "200 keep ``"),
    IS(OK11 CODING("gzip, chunked") "\r\n" EMPTY_CHUNK, OTHER_CODING),
    IS(OK11 CODING("chunked, chunked") "\r\n" EMPTY_CHUNK, OTHER_CODING),
    IS(OK11 CODING("chunked,") "\r\n" EMPTY_CHUNK, OTHER_CODING),
    IS(OK11 CODING("chunked;a=b") "\r\n" EMPTY_CHUNK, OTHER_CODING),
    IS(OK11 CODING("xchunked") "\r\n" EMPTY_CHUNK, OTHER_CODING),
    IS(OK11 CODING("\x0b"
                   "chunked") "\r\n" EMPTY_CHUNK,
       BAD_BYTE),
    IS(OK11 CODING("identity") "\r\nhello", OTHER_CODING),
    IS(OK11 CODING("gzip") "\r\nhello", OTHER_CODING),
    IS(OK11 CODING("") "\r\nhello", OTHER_CODING),
    IS(OK11 CODING("chunked") CODING("chunked") "\r\n" EMPTY_CHUNK,
       OTHER_CODING),
    IS(OK11 CODING("chunked") CODING("gzip") "\r\n" EMPTY_CHUNK, OTHER_CODING),
    IS(OK11 CODING("chunked") LENGTH("5") "\r\n" EMPTY_CHUNK, BOTH),
    IS(OK11 LENGTH("5") CODING("chunked") "\r\n" EMPTY_CHUNK, BOTH),
    IS(OK11 LENGTH("0") CODING("chunked") "\r\n" EMPTY_CHUNK, BOTH),
    IS("HTTP/1.1 204 No\r\n" LENGTH("0") CODING("chunked") "\r\n", BOTH),
    IS(OK10 CODING("chunked") "\r\n" EMPTY_CHUNK,
       "bad: HTTP/1.0 has no Transfer-Encoding"),
    IS(OK11 "Transfer-Encoding : chunked\r\n\r\n" EMPTY_CHUNK, BAD_FIELD),
};

#define DIGITS "bad: a chunk size is not hexadecimal digits only"
#define MANY_DIGITS "bad: a chunk size has too many digits"
#define SIZE_CR "bad: a chunk size is followed by a bare CR"
#define NO_CRLF "bad: a chunk is not followed by CRLF"
#define BAD_EXTENSION "bad: a chunk extension holds a control byte or a bare LF"
#define LETTERS "abcdefghijklmnopqrstuvwxyz"

/* One of each kind: test_chunks.c has them all. */
static const struct response_case chunks[] = {
    IS(CHUNKED EMPTY_CHUNK, "200 keep ``"),
    IS(CHUNKED "1a\r\n" LETTERS "\r\n" EMPTY_CHUNK, "200 keep `" LETTERS "`"),
    IS(CHUNKED "5\r\nhello\r\n0000\r\n\r\n", "200 keep `hello`"),
    IS(CHUNKED "6\r\n0\r\n\r\n\0\r\n" EMPTY_CHUNK, "200 keep `0\r\n\r\n\0`"),
    IS(CHUNKED "5;a=\"b;\t\xff\"\r\nhello\r\n0;c\r\n\r\n", "200 keep `hello`"),
    IS(CHUNKED "5\r\nhello\r\n" EMPTY_CHUNK "more",
       "200 keep `hello` then `more`"),
    IS(CHUNKED EMPTY_CHUNK EMPTY_CHUNK, "200 keep `` then `" EMPTY_CHUNK "`"),
    IS(CHUNKED "0x5\r\nhello\r\n" EMPTY_CHUNK, DIGITS),
    IS(CHUNKED "5 ;a\r\nhello\r\n" EMPTY_CHUNK, "200 keep `hello`"),
    IS(CHUNKED "5 \r\nhello\r\n" EMPTY_CHUNK, DIGITS),
    IS(CHUNKED "5\t\r\nhello\r\n" EMPTY_CHUNK, DIGITS),
    IS(CHUNKED "5,5\r\nhello\r\n" EMPTY_CHUNK, DIGITS),
    IS(CHUNKED "hello", DIGITS),
    IS(CHUNKED "5\rhello\r\n" EMPTY_CHUNK, SIZE_CR),
    IS(CHUNKED "ffffffffffffffff\r\nhello", IN_BODY),
    IS(CHUNKED "10000000000000000\r\nhello", MANY_DIGITS),
    IS(CHUNKED "5\r\nhello" EMPTY_CHUNK, NO_CRLF),
    IS(CHUNKED "5\r\nhello\r" EMPTY_CHUNK, NO_CRLF),
    IS(CHUNKED "5\r\nhello\r\n\r\n" EMPTY_CHUNK, DIGITS),
    IS(CHUNKED "5;a\nhello\r\n" EMPTY_CHUNK, BAD_EXTENSION),
    IS(CHUNKED, IN_BODY),
    IS(CHUNKED "5\r\nhel", IN_BODY),
    IS(CHUNKED "5\r\nhello\r\n0\r\n\r", IN_BODY),
};

#define BAD_TRAILER "bad: a trailer line is malformed"
#define LAST CHUNKED "2\r\n[]\r\n0\r\n"

static const struct response_case trailers[] = {
    IS(LAST "A: b\r\n\r\n", "200 keep `[]`"),
    IS(LAST "A: b\r\nC:\r\nD: \t\xff\r\n\r\n", "200 keep `[]`"),
    IS(LAST "A: b\r\n\r\nmore", "200 keep `[]` then `more`"),
    IS(LAST LENGTH("9") CODING("gzip") "Connection: close\r\n\r\n",
       "200 keep `[]`"),
    IS(LAST "A\r\n\r\n", BAD_TRAILER),
    IS(LAST "A : b\r\n\r\n", BAD_TRAILER),
    IS(LAST ": b\r\n\r\n", BAD_TRAILER),
    IS(LAST " A: b\r\n\r\n", BAD_TRAILER),
    IS(LAST "A: b\r\n c\r\n\r\n", BAD_TRAILER),
    IS(LAST "A: b\n\r\n", BAD_TRAILER),
    IS(LAST "\n", BAD_TRAILER),
    IS(LAST "\r\r\n", BAD_TRAILER),
    IS(LAST "A: b\rc\r\n\r\n", BAD_TRAILER),
    IS(LAST "A: b\0c\r\n\r\n", BAD_TRAILER),
    IS(LAST "A: b\r\n\n", BAD_TRAILER),
    IS(LAST OK11 LENGTH("0") "\r\n", BAD_TRAILER),
    IS(LAST "A: b\r\n", IN_BODY),
    IS(LAST "A: b", IN_BODY),
};

static const struct response_case until_close[] = {
    IS(OK11 "\r\nhello", "200 close until-close `hello`"),
    IS(OK11 "\r\n", "200 close until-close ``"),
    IS(OK11 "\r\n" EMPTY_CHUNK, "200 close until-close `" EMPTY_CHUNK "`"),
    IS(OK11 "Connection: keep-alive\r\n\r\nhello",
       "200 close until-close `hello`"),
    IS(OK10 "\r\nhello", "200 1.0 close until-close `hello`"),
    IS(OK10 "Connection: keep-alive\r\n\r\nhello",
       "200 1.0 close until-close `hello`"),
    IS("HTTP/1.1 404 Gone\r\n\r\nhello", "404 close until-close `hello`"),
    IS("HTTP/1.1 205 Reset\r\n\r\n", "205 close until-close ``"),
};

static const struct response_case no_bodies[] = {
    IS("HTTP/1.1 204 No Content\r\n\r\n", "204 keep ``"),
    IS("HTTP/1.1 204 No Content\r\n\r\nhello", "204 keep `` then `hello`"),
    IS("HTTP/1.1 204 No Content\r\n" LENGTH("5") "\r\nhello",
       "204 keep `` then `hello`"),
    IS("HTTP/1.1 204 No Content\r\n" CODING("chunked") "\r\n" EMPTY_CHUNK,
       "204 keep `` then `" EMPTY_CHUNK "`"),
    IS("HTTP/1.1 304 Not Modified\r\n\r\n", "304 keep ``"),
    IS("HTTP/1.1 304 Not Modified\r\n" LENGTH("5") "\r\n", "304 keep ``"),
    IS("HTTP/1.1 304 Not Modified\r\n" LENGTH("5") "\r\n" OK11,
       "304 keep `` then `" OK11 "`"),
    IS("HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n",
       "304 close ``"),
    IS("HTTP/1.0 204 No Content\r\n\r\n", "204 1.0 close ``"),
    IS("HTTP/1.1 204 No Content\r\n" LENGTH("x") "\r\n", BAD_LENGTH),
    IS("HTTP/1.1 205 Reset\r\n" LENGTH("2") "\r\n[]", "205 keep `[]`"),
};

static const struct response_case to_heads[] = {
    IS(OK11 LENGTH("5") "\r\n", "200 keep ``"),
    IS(OK11 LENGTH("5") "\r\n" OK11, "200 keep `` then `" OK11 "`"),
    IS(OK11 "\r\n", "200 keep ``"),
    IS(CHUNKED, "200 keep ``"),
    IS(CHUNKED EMPTY_CHUNK, "200 keep `` then `" EMPTY_CHUNK "`"),
    IS(OK11 "Connection: close\r\n\r\n", "200 close ``"),
    IS(OK10 "\r\n", "200 1.0 close ``"),
    IS(OK10 "Connection: keep-alive\r\n\r\n", "200 1.0 keep ``"),
    IS("HTTP/1.1 404 X\r\n" LENGTH("5") "\r\n", "404 keep ``"),
    IS("HTTP/1.1 304 X\r\n\r\n", "304 keep ``"),
    IS("HTTP/1.1 100 Continue\r\n\r\n" OK11 LENGTH("5") "\r\n", "200 keep ``"),
    IS("HTTP/1.1 101 X\r\n\r\nhello", "101 close until-close `hello`"),
    IS(OK11 LENGTH("x") "\r\n", BAD_LENGTH),
    IS(OK11 LENGTH("5"), IN_HEAD),
};

#define CONTINUE "HTTP/1.1 100 Continue\r\n\r\n"
#define HINTS "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
#define FOUR_HINTS HINTS HINTS HINTS HINTS
#define FINAL OK11 LENGTH("2") "\r\n[]"

static const struct response_case interim[] = {
    IS(CONTINUE FINAL, "200 keep `[]`"),
    IS(CONTINUE HINTS "HTTP/1.0 102 Wait\r\n\r\n" FINAL, "200 keep `[]`"),
    IS("HTTP/1.1 199 ?\r\n\r\n" FINAL, "200 keep `[]`"),
    IS("HTTP/1.1 100\r\n" LENGTH("9") "Connection: close\r\n\r\n" FINAL,
       "200 keep `[]`"),
    IS("HTTP/1.1 100\r\nKeep-Alive: timeout=1\r\n\r\n" FINAL, "200 keep `[]`"),
    IS("HTTP/1.1 100\r\n" CODING("chunked") "\r\n" OK11 "\r\n[]",
       "200 close until-close `[]`"),
    IS(CONTINUE OK11 LENGTH("2") "\r\n[]" CONTINUE,
       "200 keep `[]` then `" CONTINUE "`"),
    IS(FOUR_HINTS FOUR_HINTS FOUR_HINTS FOUR_HINTS HINTS FINAL,
       "200 keep `[]`"),
    IS("HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n" FINAL,
       "101 close until-close `" FINAL "`"),
    IS(CONTINUE "HTTP/1.1 101 Switching Protocols\r\n" LENGTH("2") "\r\n[]",
       "101 close until-close `[]`"),
    IS(CONTINUE "\r\n" FINAL, NO_HTTP),
    IS(CONTINUE "[]", NO_HTTP),
    IS("HTTP/1.1 100 Continue\r\n a\r\n\r\n" FINAL, BAD_FIELD),
    IS("HTTP/1.1 100\r\n" LENGTH("1") LENGTH("1") "\r\n" FINAL, TWO_LENGTHS),
    IS(CONTINUE, "cut: the connection closed before a response"),
    IS(CONTINUE "HTTP", IN_HEAD),
};

static const struct response_case cut_heads[] = {
    IS("", "cut: the connection closed before a response"),
    IS("H", IN_HEAD),
    IS("HTTP/1.", IN_HEAD),
    IS("HTTP/1.1 2", IN_HEAD),
    IS(OK11, IN_HEAD),
    IS("HTTP/1.1 200 OK\r", IN_HEAD),
    IS(OK11 "Conte", IN_HEAD),
    IS(OK11 LENGTH("5"), IN_HEAD),
    IS(OK11 LENGTH("5") "\r", IN_HEAD),
};

#define CONNECTION(start, value, wanted)                                       \
  IS(start LENGTH("0") "Connection: " value "\r\n\r\n", wanted " ``")

static const struct response_case connections[] = {
    CONNECTION(OK11, "close", "200 close"),
    CONNECTION(OK11, "CLOSE", "200 close"),
    CONNECTION(OK11, "x, Close ,y", "200 close"),
    CONNECTION(OK11, "keep-alive, close", "200 close"),
    CONNECTION(OK11, "keep-alive\r\nConnection: close", "200 close"),
    CONNECTION(OK11, "close\r\nConnection: keep-alive", "200 close"),
    CONNECTION(OK11, "keep-alive", "200 keep"),
    CONNECTION(OK11, "closed", "200 keep"),
    CONNECTION(OK11, "", "200 keep"),
    CONNECTION(OK11, "keep-alive\r\nKeep-Alive: timeout=5", "200 keep 4s"),
    CONNECTION(OK11, "\r\nkeep-ALIVE: max=9, timeout=5", "200 keep 4s"),
    CONNECTION(OK11,
               "\r\nKeep-Alive: timeout=5\r\nKeep-Alive: timeout=3"
               "\r\nKeep-Alive: timeout=9",
               "200 keep 2s"),
    CONNECTION(OK11, "\r\nKeep-Alive: timeout=1", "200 close"),
    CONNECTION(OK11, "\r\nKeep-Alive: max=9", "200 keep"),
    CONNECTION(OK11, "\r\nKeep-Alike: timeout=5", "200 keep"),
    CONNECTION(OK11, "close\r\nKeep-Alive: timeout=5", "200 close"),
    CONNECTION(OK10, "\r\nKeep-Alive: timeout=5", "200 1.0 close"),
    CONNECTION(OK10, "keep-alive\r\nKeep-Alive: timeout=5", "200 1.0 keep 4s"),
    CONNECTION(OK10, "keep-alive", "200 1.0 keep"),
    CONNECTION(OK10, "x,KEEP-alive", "200 1.0 keep"),
    CONNECTION(OK10, "keep-alive, close", "200 1.0 close"),
    CONNECTION(OK10, "close", "200 1.0 close"),
    CONNECTION(OK10, "x", "200 1.0 close"),
    IS(OK10 LENGTH("2") "\r\n[]", "200 1.0 close `[]`"),
    IS(OK11 CODING("chunked") "Connection: close\r\n\r\n" EMPTY_CHUNK,
       "200 close ``"),
};

#define READS(name, cases)                                                     \
  Test(http_response, name) { EXPECT_RESPONSES(cases); }

READS(the_status_line_is_read, status_lines)
READS(what_is_not_http_1_0_or_1_1_is_refused, other_protocols)
READS(control_bytes_and_bare_line_ends_are_refused, control_bytes)
READS(field_lines_are_taken_as_they_are_or_refused, fields)
READS(a_content_length_is_digits_and_stands_alone, lengths)
READS(chunked_is_the_one_coding_and_excludes_a_length, codings)
READS(chunks_are_joined_or_refused, chunks)
READS(trailers_are_dropped_or_refused, trailers)
READS(a_body_without_a_frame_ends_with_the_connection, until_close)
READS(some_statuses_have_no_body_whatever_their_fields_say, no_bodies)
READS(interim_responses_are_skipped, interim)
READS(a_head_that_is_cut_is_no_response, cut_heads)
READS(connection_options_decide_whether_it_stays_open, connections)

/* ---- what a table does not show ---- */

static struct http_response response;

/* Reads `text` in one piece, up to the first of MORE, DONE and BAD, and leaves
 * in `progress` what was said on the way. */
static size_t read_all(char *text, size_t len, char progress[8]) {
  enum response_progress now;
  size_t said = 0;
  http_response_init(&response);
  do {
    now = http_response_read(&response, text, &len);
    cr_assert_lt(said, 7);
    progress[said++] = "MHBDX"[now];
  } while (now == RESPONSE_HEAD || now == RESPONSE_BODY);
  progress[said] = '\0';
  return len;
}

Test(http_response, head_body_and_end_are_told_one_after_the_other) {
  static char by_length[] = CONTINUE OK11 LENGTH("2") "\r\n[]";
  static char in_chunks[] = CHUNKED "1\r\n[\r\n1\r\n]\r\n" EMPTY_CHUNK;
  static char empty[] = OK11 LENGTH("0") "\r\n";
  static char broken[] = CHUNKED "2\r\n[]x";
  char said[8];
  read_all(by_length, sizeof by_length - 1, said);
  cr_expect_str_eq(said, "HBD", "saw %s", said);
  read_all(in_chunks, sizeof in_chunks - 1, said);
  cr_expect_str_eq(said, "HBD", "saw %s", said);
  read_all(empty, sizeof empty - 1, said);
  cr_expect_str_eq(said, "HD", "saw %s", said);
  read_all(broken, sizeof broken - 1, said);
  cr_expect_str_eq(said, "HBX", "saw %s", said);
}

/* Reads it, and then the connection is cut. NULL: it is whole all the same. */
static const char *why_cut(char *text) {
  char said[8];
  read_all(text, strlen(text), said);
  enum response_progress end = http_response_cut(&response);
  cr_assert(end == RESPONSE_DONE || end == RESPONSE_BAD);
  return end == RESPONSE_DONE ? NULL : response.why;
}

Test(http_response, a_cut_ends_no_body_that_only_a_close_would_end) {
  static char by_close[] = OK10 "\r\n[]", empty[] = OK11 "\r\n";
  static char short_of[] = OK11 LENGTH("3") "\r\n[]", head[] = OK11;
  cr_expect(strstr(why_cut(by_close), "without close_notify"), "%s",
            response.why);
  cr_expect(strstr(why_cut(empty), "without close_notify"), "%s", response.why);
  cr_expect_str_eq(why_cut(short_of), "the connection closed inside the body");
  cr_expect_str_eq(why_cut(head), "the connection closed inside the head");
}

Test(http_response, a_cut_behind_a_whole_response_takes_nothing_from_it) {
  static char by_length[] = OK11 LENGTH("2") "\r\n[]";
  static char in_chunks[] = CHUNKED "2\r\n[]\r\n" EMPTY_CHUNK;
  static char bodiless[] = "HTTP/1.1 204 No Content\r\n\r\n";
  cr_expect_null(why_cut(by_length), "%s", response.why);
  cr_expect_null(why_cut(in_chunks), "%s", response.why);
  cr_expect_null(why_cut(bodiless), "%s", response.why);
}

Test(http_response, offsets_count_from_the_start_of_the_buffer) {
  static char text[] = CONTINUE OK11 LENGTH("2") "\r\n[]more";
  char said[8];
  size_t len = read_all(text, sizeof text - 1, said);
  size_t head_len = strlen(OK11 LENGTH("2") "\r\n");
  cr_expect_eq(response.head_at, strlen(CONTINUE));
  cr_expect_eq(response.head_len, head_len);
  cr_expect_eq(response.body_at, strlen(CONTINUE) + head_len);
  cr_expect_eq(response.body_len, 2);
  cr_expect_eq(response.length, 2);
  cr_expect_eq(response.used, response.body_at + 2);
  cr_expect_eq(len, sizeof text - 1, "a body with a length stays in its place");
}

Test(http_response, an_interim_head_leaves_no_status_behind) {
  static char text[] = CONTINUE "HTTP/1.1 ";
  char said[8];
  read_all(text, sizeof text - 1, said);
  cr_expect_str_eq(said, "M", "saw %s", said);
  cr_expect_eq(response.status, 0);
  cr_expect_eq(response.used, strlen(CONTINUE));
}

Test(http_response, chunked_coding_leaves_nothing_but_the_body) {
  static char text[] = CHUNKED "1\r\n[\r\n1;a\r\n]\r\n0\r\nA: b\r\n\r\nmore";
  char said[8];
  size_t len = read_all(text, sizeof text - 1, said);
  struct slice left = {text, len};
  words_expect_slice(left, CHUNKED "[]more");
  cr_expect_eq(response.used, strlen(CHUNKED "[]"));
  cr_expect_eq(response.length, UINT64_MAX);
}

Test(http_response, what_answers_a_head_has_no_body) {
  to_head = true;
  EXPECT_RESPONSES(to_heads);
}

Test(http_response, a_length_is_told_also_where_no_body_comes) {
  static char text[] = "HTTP/1.1 304 Not Modified\r\n" LENGTH("5") "\r\n";
  char said[8];
  read_all(text, sizeof text - 1, said);
  cr_expect_eq(response.length, 5);
  cr_expect_eq(response.body_len, 0);
}

/* ---- what the final head says ---- */

static struct response_meaning read_meaning(const char *text, char *bytes,
                                            size_t cap) {
  char said[8];
  size_t len = strlen(text);
  cr_assert_lt(len, cap);
  memcpy(bytes, text, len + 1);
  read_all(bytes, len, said);
  cr_assert_eq(said[0], 'H', "saw %s", said);
  return http_response_meaning(&response, bytes);
}

Test(http_response, a_head_means_what_its_fields_say) {
  char bytes[512];
  struct response_meaning meaning = read_meaning(
      "HTTP/1.1 302 Found\r\nlocation:  /v2?a=1 \r\nRETRY-AFTER: 5\r\n"
      "Content-Encoding: gzip\r\n" LENGTH("5") "\r\nhello",
      bytes, sizeof bytes);
  cr_expect_eq(meaning.status, 302);
  cr_expect_eq(meaning.length, 5);
  cr_expect(meaning.delimited);
  cr_expect_eq(meaning.coding, CODING_GZIP);
  cr_expect(meaning.retry_after);
  words_expect_slice(meaning.location, "/v2?a=1");
  cr_expect(meaning.location.at > bytes &&
            meaning.location.at < bytes + sizeof bytes);
}

/* However it is framed, and whatever comes behind it. */
static void expect_dropped(const char *input) {
  char bytes[512], body[64] = "";
  enum response_progress progress = RESPONSE_MORE;
  size_t len = 0;
  http_response_init(&response);
  for (const char *next = input; *next != '\0'; next++) {
    bytes[len++] = *next;
    while ((progress = http_response_read(&response, bytes, &len)) ==
               RESPONSE_HEAD ||
           progress == RESPONSE_BODY) {
      strncat(body, bytes + response.body_at, response.body_len);
      http_response_drop_body(&response, bytes, &len);
      cr_assert_eq(response.body_len, 0);
    }
  }
  cr_expect_eq(progress, RESPONSE_DONE);
  cr_expect_str_eq(body, "hello", "%s", body);
  words_expect_slice((struct slice){bytes + response.used, len - response.used},
                     "next");
}

Test(http_response, a_body_may_be_dropped_as_it_comes) {
  expect_dropped(OK11 LENGTH("5") "\r\nhellonext");
  expect_dropped(OK11 CODING("chunked") "\r\n2\r\nhe\r\n3;x\r\nllo\r\n0\r\n"
                                        "A: b\r\n\r\nnext");
}

Test(http_response, codings_are_told_apart) {
  static const struct {
    const char *fields;
    enum coding coding;
  } cases[] = {
      {"", CODING_NONE},
      {"Content-Encoding: Identity\r\n", CODING_NONE},
      {"Content-Encoding: GZIP\r\n", CODING_GZIP},
      {"content-encoding: x-gzip\r\n", CODING_GZIP},
      {"Content-Encoding: gzip\r\nContent-Encoding: identity\r\n", CODING_GZIP},
      {"Content-Encoding: gzip\r\nContent-Encoding: gzip\r\n", CODING_OTHER},
      {"Content-Encoding: gzip, identity\r\n", CODING_OTHER},
      {"Content-Encoding: br\r\nContent-Encoding: gzip\r\n", CODING_OTHER},
      {"Content-Encoding: deflate\r\n", CODING_OTHER},
      {"Content-Encoding:\r\n", CODING_OTHER},
  };
  EACH_ROW (row, cases) {
    char bytes[512], input[256];
    snprintf(input, sizeof input, OK11 "%s\r\n", row->fields);
    cr_expect_eq(read_meaning(input, bytes, sizeof bytes).coding, row->coding,
                 "%s", row->fields);
  }
}

Test(http_response, a_body_that_does_not_come_has_no_length) {
  char bytes[512];
  struct response_meaning meaning = read_meaning(
      "HTTP/1.1 304 X\r\n" LENGTH("5") "\r\n", bytes, sizeof bytes);
  cr_expect_eq(meaning.length, 0);
  meaning = read_meaning("HTTP/1.1 204 X\r\n\r\n", bytes, sizeof bytes);
  cr_expect_eq(meaning.length, 0);
  cr_expect(meaning.delimited);
}

Test(http_response, a_head_that_says_nothing_means_nothing) {
  char bytes[512];
  struct response_meaning meaning = read_meaning(
      OK11 "Content-Encoding: Identity\r\n\r\n", bytes, sizeof bytes);
  cr_expect_eq(meaning.status, 200);
  cr_expect_eq(meaning.length, UINT64_MAX);
  cr_expect_not(meaning.delimited);
  cr_expect_eq(meaning.coding, CODING_NONE);
  cr_expect_not(meaning.retry_after);
  cr_expect_eq(meaning.location.len, 0);
}

Test(http_response, an_interim_head_adds_nothing_to_the_meaning) {
  char bytes[512];
  struct response_meaning meaning = read_meaning(
      "HTTP/1.1 103 Early Hints\r\nLocation: /no\r\nRetry-After: 1\r\n"
      "Content-Encoding: gzip\r\n" LENGTH(
          "7") "\r\n"
               "HTTP/1.1 404 No\r\nLocation: /yes\r\n" CODING("chunked") "\r\n",
      bytes, sizeof bytes);
  cr_expect_eq(meaning.status, 404);
  cr_expect_eq(meaning.length, UINT64_MAX);
  cr_expect(meaning.delimited);
  cr_expect_eq(meaning.coding, CODING_NONE);
  cr_expect_not(meaning.retry_after);
  words_expect_slice(meaning.location, "/yes");
}

Test(http_response, what_was_forgotten_means_nothing) {
  expect_same_when_forgetting(
      slice_of("HTTP/1.1 503 No\r\nLocation: /a\r\nRetry-After: 120\r\n" LENGTH(
          "2") "\r\n{}"));
}

static void expect_fields(const char *text, const char *want) {
  char bytes[512];
  read_meaning(text, bytes, sizeof bytes);
  struct slice seen = http_response_fields(&response, bytes);
  cr_expect(slice_equal(seen, slice_of(want)), "saw\n%.*sof\n%s",
            SLICE_ARG(seen), text);
  cr_expect(seen.at >= bytes && seen.at <= bytes + strlen(text));
}

Test(http_response, the_fields_are_the_lines_between_status_and_empty_line) {
  expect_fields(OK11 "A: b\r\n" LENGTH("2") "\r\n[]", "A: b\r\n" LENGTH("2"));
  expect_fields(CONTINUE OK11 "X:\r\n\r\n[", "X:\r\n");
  expect_fields(OK11 "\r\n", "");
  expect_fields(CONTINUE OK10 "\r\n", "");
  expect_fields(CHUNKED "1\r\n[\r\n1\r\n]\r\n" EMPTY_CHUNK, CODING("chunked"));
}

/* ---- bounds ---- */

static char large[HELD_MAX];

static size_t append(size_t len, const char *text) {
  memcpy(large + len, text, strlen(text));
  return len + strlen(text);
}

static size_t fill(size_t len, char c, size_t n) {
  memset(large + len, c, n);
  return len + n;
}

static void expect_large(size_t len, const char *wanted) {
  struct slice input = {large, len};
  struct slice seen = told(input, len, all);
  cr_assert(slice_starts_with(seen, slice_of(wanted)), "saw %.*s, wanted %s",
            SLICE_ARG(seen), wanted);
  expect_same(input, 0, one);
  for (size_t cut = 0; cut < len; cut += 1 + cut / 64)
    expect_same(input, cut, all);
}

Test(http_response, extensions_of_a_chunk_are_at_most_256_bytes) {
  for (size_t extra = 0; extra < 2; extra++) {
    size_t len = append(0, CHUNKED "2;");
    len = fill(len, 'a', 255 + extra);
    len = append(len, "\r\n[]\r\n0;");
    len = fill(len, 'b', 255); /* each chunk has its own 256 */
    len = append(len, "\r\n\r\n");
    expect_large(len, extra > 0 ? "bad: a chunk extension is too long | "
                                : "200 keep `[]` | ");
  }
}

Test(http_response, an_extension_without_an_end_is_refused) {
  size_t len = append(0, CHUNKED "2;");
  expect_large(fill(len, 'a', 400), "bad: a chunk extension is too long | ");
}

Test(http_response, trailers_are_at_most_8_kib) {
  for (size_t extra = 0; extra < 2; extra++) {
    size_t len = append(0, LAST), start = len;
    len = append(len, "A: b\r\nC: ");
    len = fill(len, 'd', 8192 - (len - start) - 4 + extra);
    len = append(len, "\r\n\r\n");
    cr_assert_eq(len - start, 8192 + extra);
    expect_large(len, extra > 0 ? "bad: the trailers are too large | "
                                : "200 keep `[]` | ");
  }
}

Test(http_response, a_trailer_without_an_end_is_refused) {
  size_t len = append(0, LAST "A: ");
  expect_large(fill(len, 'a', 9000), "bad: the trailers are too large | ");
}

Test(http_response, many_small_trailers_are_too_large_together) {
  size_t len = append(0, LAST);
  for (int i = 0; i < 1500; i++) len = append(len, "A: b\r\n");
  expect_large(append(len, "\r\n"), "bad: the trailers are too large | ");
}

/* ---- luck ---- */

static size_t some(void) { return 1 + draw(draw(2) ? 4 : 60); }

#define TABLE(cases)                                                           \
  { cases, sizeof cases / sizeof cases[0] }

static struct slice drawn_case(void) {
  static const struct {
    const struct response_case *cases;
    size_t count;
  } tables[] = {
      TABLE(status_lines), TABLE(other_protocols), TABLE(control_bytes),
      TABLE(fields),       TABLE(lengths),         TABLE(codings),
      TABLE(chunks),       TABLE(trailers),        TABLE(until_close),
      TABLE(no_bodies),    TABLE(interim),         TABLE(cut_heads),
      TABLE(connections),  TABLE(chunks),          TABLE(trailers),
  };
  size_t n = draw(sizeof tables / sizeof tables[0]);
  return tables[n].cases[draw(tables[n].count)].bytes;
}

/* Bytes that mean something. */
static const char telling[] = "\r\n\r\n\r\n \t:;,0123456789abcdefABCDEF+-x\"/."
                              "\x01\x7f\x80\xff";

Test(http_response, random_changes_are_judged_alike_in_random_pieces) {
  for (unsigned round = 0; round < 100000; round++) {
    char text[2048];
    struct slice drawn = drawn_case();
    cr_assert_lt(drawn.len, 1024);
    memcpy(text, drawn.at, drawn.len);
    size_t len = drawn.len;
    for (size_t i = draw(5); i > 0; i--) len = draw_change(text, len, telling);
    struct slice input = {text, len};
    expect_same(input, draw(len + 1), some);
    if (round % 16 == 0) expect_same(input, 0, one);
  }
}

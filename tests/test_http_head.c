/* http_head: the scan, one field line, tokens, lengths and lists. */
#include "core/http_head.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/text.h"
#include "support/rows.h"
#include "support/words.h"

/* Scans the first len bytes from memory of exactly that size, so that a
 * sanitizer sees every look beyond it. */
static enum http_scan scan_copy(struct slice bytes, size_t len, size_t *scanned,
                                size_t *head_len) {
  char *copy = malloc(len + (len == 0));
  cr_assert_not_null(copy);
  memcpy(copy, bytes.at, len);
  enum http_scan result = http_head_scan(copy, len, scanned, head_len);
  free(copy);
  return result;
}

/* Feeds bytes in steps that end at `cut`, or one by one when step is 1, and
 * writes the verdict. */
static void tell_scan(char out[64], struct slice bytes, size_t cut,
                      size_t step) {
  size_t scanned = 0, head_len = 0, fed = cut;
  enum http_scan result = scan_copy(bytes, fed, &scanned, &head_len);
  while (result == HTTP_SCAN_MORE && fed < bytes.len) {
    fed = bytes.len - fed < step ? bytes.len : fed + step;
    result = scan_copy(bytes, fed, &scanned, &head_len);
  }
  if (result == HTTP_SCAN_WHOLE) snprintf(out, 64, "whole %zu", head_len);
  else
    snprintf(out, 64, result == HTTP_SCAN_BAD ? "bad at %zu" : "more", scanned);
}

static void expect_scan(struct slice bytes, const char *wanted) {
  char seen[64];
  tell_scan(seen, bytes, 0, 1);
  cr_expect_str_eq(seen, wanted, "%.*s\nbyte by byte: saw %s, wanted %s",
                   SLICE_ARG(bytes), seen, wanted);
  for (size_t cut = 0; cut <= bytes.len; cut++) {
    tell_scan(seen, bytes, cut, bytes.len);
    if (strcmp(seen, wanted) != 0)
      cr_expect_fail("%.*s\ncut at %zu: saw %s, wanted %s", SLICE_ARG(bytes),
                     cut, seen, wanted);
  }
}

struct scan_case {
  const char *bytes;
  size_t len;
  const char *wanted;
};
#define SCAN(bytes, wanted)                                                    \
  { bytes, sizeof(bytes) - 1, wanted }

Test(http_head, the_scan_judges_alike_however_the_bytes_are_cut) {
  static const struct scan_case cases[] = {
      SCAN("", "more"),
      SCAN("G", "more"),
      SCAN("GET / HTTP/1.1", "more"),
      SCAN("GET / HTTP/1.1\r", "more"),
      SCAN("GET / HTTP/1.1\r\n", "more"),
      SCAN("GET / HTTP/1.1\r\n\r", "more"),
      SCAN("GET / HTTP/1.1\r\n\r\n", "whole 18"),
      SCAN("GET / HTTP/1.1\r\n\r\nGET", "whole 18"),
      SCAN("GET / HTTP/1.1\r\n\r\n\x01", "whole 18"),
      SCAN("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "whole 27"),
      SCAN("GET / HTTP/1.1\r\nHost:\ta\r\n\r\n", "whole 27"),
      SCAN("A: 12345678\xff\x80\xc3\xa9\r\n\r\n", "whole 19"),
      SCAN("HTTP/1.1 200 OK\r\nA: b\r\n\r\n", "whole 25"),
      /* empty lines in front */
      SCAN("\r", "more"),
      SCAN("\r\n", "more"),
      SCAN("\r\n\r", "more"),
      SCAN("\r\n\r\n", "more"),
      SCAN("\r\nGET / HTTP/1.1\r\n\r\n", "whole 20"),
      SCAN("\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\n\r\n", "whole 26"),
      SCAN("\r\n\r\n\r\n\r\n", "more"),
      SCAN("\r\n\r\n\r\n\r\n\r", "bad at 8"),
      SCAN("\r\n\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\n\r\n", "bad at 8"),
      SCAN("\rGET", "bad at 0"),
      SCAN("\r\n\rGET", "bad at 2"),
      SCAN("\r\n\nGET", "bad at 2"),
      /* line ends that are none */
      SCAN("\nGET", "bad at 0"),
      SCAN("GET / HTTP/1.1\nHost: a\n\n", "bad at 14"),
      SCAN("GET / HTTP/1.1\r\nHost: a\n\r\n", "bad at 23"),
      SCAN("GET / HTTP/1.1\r\nHost: a\r\n\n", "bad at 25"),
      SCAN("GET / HTTP/1.1\r\r\n\r\n", "bad at 14"),
      SCAN("GET / HTTP/1.1\r\nA: b\rc\r\n\r\n", "bad at 20"),
      /* what never was HTTP */
      SCAN("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "bad at 0"),
      SCAN("\x80\x2e\x01\x03\x01", "bad at 0"),
      SCAN("\0", "bad at 0"),
      SCAN(" GET / HTTP/1.1\r\n\r\n", "bad at 0"),
      SCAN("{\"a\":1}\r\n\r\n", "bad at 0"),
      SCAN("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "whole 18"),
      SCAN("GET /\0 HTTP/1.1\r\n\r\n", "bad at 5"),
      SCAN("GET / HTTP/1.1\r\nA: b\x7f\r\n\r\n", "bad at 20"),
      SCAN("GET / HTTP/1.1\r\nA: \x1b[2J\r\n\r\n", "bad at 19"),
  };
  EACH_ROW (row, cases)
    expect_scan((struct slice){row->bytes, row->len}, row->wanted);
}

/* The scan looks at eight bytes at a time, so each byte value takes each place
 * among more than two such words, of text and of obs-text. */
static void expect_byte_judged(unsigned byte, size_t place, char around) {
  char bytes[24], seen[64], wanted[64] = "more";
  memset(bytes, around, sizeof bytes);
  bytes[0] = 'A';
  bytes[place] = (char)byte;
  bool is_text = byte == '\t' || (byte >= ' ' && byte != 0x7f);
  if (!is_text) snprintf(wanted, sizeof wanted, "bad at %zu", place);
  tell_scan(seen, (struct slice){bytes, sizeof bytes}, sizeof bytes, 1);
  if (strcmp(seen, wanted) != 0)
    cr_expect_fail("byte 0x%02x at %zu: saw %s, wanted %s", byte, place, seen,
                   wanted);
}

Test(http_head, the_scan_judges_each_byte_alike_wherever_it_stands) {
  for (unsigned byte = 0; byte < 256; byte++)
    for (size_t place = 1; place < 23; place++) {
      expect_byte_judged(byte, place, 'x');
      expect_byte_judged(byte, place, '\xff');
      expect_byte_judged(byte, place, '\x80');
      expect_byte_judged(byte, place, ' ');
    }
}

Test(http_head, the_first_byte_is_one_of_a_token) {
  for (unsigned byte = 0; byte < 256; byte++) {
    char first = (char)byte;
    size_t scanned = 0, head_len = 0;
    bool good = http_is_token((struct slice){&first, 1}) || byte == '\r';
    enum http_scan seen = http_head_scan(&first, 1, &scanned, &head_len);
    cr_expect_eq(seen, good ? HTTP_SCAN_MORE : HTTP_SCAN_BAD,
                 "byte 0x%02x: saw %d", byte, (int)seen);
  }
}

Test(http_head, a_head_that_drips_in_is_not_looked_at_again) {
  static const char head[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  size_t scanned = 0, head_len = 0;
  for (size_t len = 1; len < sizeof head - 1; len++) {
    enum http_scan result = http_head_scan(head, len, &scanned, &head_len);
    cr_assert_eq(result, HTTP_SCAN_MORE, "saw %d at %zu", (int)result, len);
    cr_expect(scanned >= len - 1, "at %zu it has only seen %zu", len, scanned);
  }
}

/* "name=value" of each line, '|' between them; '!' where a line is none. */
static void expect_fields(struct slice lines, const char *wanted) {
  char seen[256] = "";
  size_t used = 0;
  char *copy = malloc(lines.len + 1);
  memcpy(copy, lines.at, lines.len);
  struct slice rest = {copy, lines.len};
  while (rest.len > 0) {
    struct http_field field;
    struct slice before = rest;
    if (!http_field_next(&rest, &field)) {
      cr_expect(rest.at == before.at && rest.len == before.len,
                "a line that is none was taken");
      snprintf(seen + used, sizeof seen - used, "!");
      break;
    }
    used += (size_t)snprintf(seen + used, sizeof seen - used, "%.*s=%.*s|",
                             SLICE_ARG(field.name), SLICE_ARG(field.value));
  }
  cr_expect_str_eq(seen, wanted, "%.*s\nsaw %s, wanted %s", SLICE_ARG(lines),
                   seen, wanted);
  free(copy);
}

Test(http_head, field_lines_are_taken_one_by_one) {
  expect_fields(slice_of("Host: a\r\n"), "Host=a|");
  expect_fields(slice_of("A:b\r\nC: d\r\n"), "A=b|C=d|");
  expect_fields(slice_of("A: \t b c \t \r\n"), "A=b c|");
  expect_fields(slice_of("A:\r\nB:  \r\n"), "A=|B=|");
  expect_fields(slice_of("A: :b:\r\n"), "A=:b:|");
  expect_fields(slice_of("!#$%&'*+-.^_`|~: x\r\n"), "!#$%&'*+-.^_`|~=x|");
  expect_fields(slice_of("A: \xc3\xa9\xff\r\n"), "A=\xc3\xa9\xff|");
}

Test(http_head, a_line_that_is_no_field_line_is_refused) {
  EACH_WORD (text, "Host\r\n|Host : a\r\n|Host\t: a\r\n|: a\r\n| Host: a\r\n|"
                   "\tHost: a\r\n|Ho st: a\r\n|Ho(st: a\r\n|H\xc3\xa9: a\r\n|"
                   "Host: a|Host: a\n|Host: a\r|Host: a\rb\r\n|Host: a\x01\r\n|"
                   "Host: a\x7f\r\n|Host|Host:|\r\n")
    expect_fields(slice_of(text), "!");
  expect_fields(slice_of("A: b\r\n c\r\n"), "A=b|!");
  expect_fields((struct slice){"A: b\0c\r\n", 8}, "!");
}

Test(http_head, a_token_has_no_separators_and_is_not_empty) {
  cr_expect(http_is_token(slice_of("GET")));
  cr_expect(http_is_token(slice_of("!#$%&'*+-.^_`|~09azAZ")));
  cr_expect_not(http_is_token(slice_of("")));
  static const char separators[] = "\"(),/:;<=>?@[\\]{} \t\r\n\x7f\x80\xff";
  for (const char *at = separators; *at != '\0'; at++) {
    char text[] = {'a', *at, 'b'};
    cr_expect_not(http_is_token((struct slice){text, 3}), "0x%02x passed",
                  (unsigned char)*at);
  }
  cr_expect_not(http_is_token((struct slice){"a\0b", 3}));
}

/* Names are looked at in blocks, and what is left byte by byte. */
Test(http_head, a_byte_belongs_to_a_token_or_not_wherever_it_stands) {
  for (unsigned byte = 0; byte < 256; byte++) {
    const char alone = (char)byte;
    bool good = http_is_token((struct slice){&alone, 1});
    for (size_t at = 0; at < 40; at++) {
      char text[40];
      memset(text, 'a', sizeof text);
      text[at] = (char)byte;
      cr_assert_eq(http_is_token((struct slice){text, sizeof text}), good,
                   "0x%02x at %zu", byte, at);
    }
  }
}

Test(http_head, a_length_is_digits_that_fit) {
  uint64_t length = 0;
  cr_expect(http_parse_length(slice_of("0"), &length) && length == 0);
  cr_expect(http_parse_length(slice_of("0042"), &length) && length == 42);
  cr_expect(http_parse_length(slice_of("18446744073709551615"), &length) &&
            length == UINT64_MAX);
  EACH_WORD (text,
             "|+5|-5|0x5| 5|5 |5, 5|5,5|5;|5.0|1e3|five|18446744073709551616|"
             "99999999999999999999|5\xc2\xb2")
    cr_expect_not(http_parse_length(slice_of(text), &length),
                  "\"%s\" passed as %llu", text, (unsigned long long)length);
}

Test(http_head, a_list_names_its_members_without_their_case) {
  static const struct {
    const char *list, *token;
    bool named;
  } cases[] = {
      {"close", "close", true},
      {"CLOSE", "close", true},
      {"keep-alive, Close", "close", true},
      {"a,close,b", "close", true},
      {" ,, \tclose\t ,", "close", true},
      {"close;x=1", "close", true},
      {"close ; x=1", "close", true},
      {"", "close", false},
      {",", "close", false},
      {"closed", "close", false},
      {"clos", "close", false},
      {"not close", "close", false},
      {"x;close", "close", false},
      {"x=\"a, close, b\"", "close", false},
      {"x=\"a\\\", close, b\"", "close", false},
      {"x=\"a\", close", "close", true},
      {"x=\"open, close", "close", false},
      {"x=\"open\\", "close", false},
      {"100-Continue", "100-continue", true},
  };
  EACH_ROW (row, cases)
    cr_expect_eq(http_list_has(slice_of(row->list), slice_of(row->token)),
                 row->named, "[%s] and %s", row->list, row->token);
  cr_expect_not(http_list_has((struct slice){NULL, 0}, slice_of("close")));
}

static void expect_members(const char *list, const char *want) {
  struct slice rest = slice_of(list), member;
  EMPTY_TEXT(got, 64);
  while (http_list_next(&rest, &member)) {
    text_char(&got, '<');
    text_slice(&got, member);
    text_char(&got, '>');
  }
  cr_expect_str_eq(text_end(&got), want, "[%s]: %s", list, text_end(&got));
}

Test(http_head, a_list_comes_apart_at_its_commas) {
  expect_members("", "");
  expect_members(" ,\t, ", "");
  expect_members("a", "<a>");
  expect_members("a, b;c=1 ,,d", "<a><b;c=1><d>");
  expect_members("a=\"b, \\\",c\" , d", "<a=\"b, \\\",c\"><d>");
  expect_members("a, \"b, c", "<a><\"b, c>");
}

Test(http_head, fields_of_one_connection_are_known) {
  static const char *const hop[] = {"Connection",
                                    "keep-alive",
                                    "PROXY-CONNECTION",
                                    "Proxy-Authenticate",
                                    "Proxy-Authorization",
                                    "te",
                                    "Trailer",
                                    "transfer-encoding",
                                    "Upgrade"};
  static const char *const end[] = {"Host",     "Content-Length", "Via",
                                    "",         "Authorization",  "Trailers",
                                    "Connectio"};
  EACH_ROW (row, hop)
    cr_expect(http_is_hop_by_hop(slice_of(*row)), "%s crosses", *row);
  EACH_ROW (row, end)
    cr_expect_not(http_is_hop_by_hop(slice_of(*row)), "%s stays", *row);
}

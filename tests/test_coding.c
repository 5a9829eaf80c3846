/* Tests of core/coding: which clients take gzip, and what is told of a response
 * that has lost it. */
#include "core/coding.h"

#include <criterion/criterion.h>

#include "support/rows.h"
#include "support/words.h"

/* ---- Accept-Encoding ---- */

/* Of a request with these lines. */
static bool asked(bool (*question)(const struct http_request *request),
                  const char *lines) {
  static const struct http_request_limits limits = {1024, 16};
  struct http_request request;
  const char *why;
  const char *head = words_of("GET / HTTP/1.1\r\nHost: h\r\n%s\r\n", lines);
  cr_assert_eq(http_request_parse(&request, slice_of(head), &limits, &why), 0);
  return question(&request);
}

static bool takes(const char *lines) { return asked(coding_takes_gzip, lines); }

static bool admits(const char *value) {
  return takes(words_of("Accept-Encoding: %s\r\n", value));
}

#define GZIP(value)                                                            \
  cr_expect(admits(value), "%s: should have gzip", (const char *)(value))
#define PLAIN(value)                                                           \
  cr_expect_not(admits(value), "%s: should be plain", (const char *)(value))

Test(coding, gzip_by_any_of_its_names_is_taken) {
  GZIP("gzip");
  GZIP("GZip");
  GZIP("x-gzip");
  GZIP("gzip, deflate, br, zstd");
  GZIP("br;q=1.0, gzip;q=0.8");
  GZIP("br , ,\tgzip");
}

Test(coding, who_says_nothing_gets_plain_bytes) {
  cr_expect_not(takes(""));
  PLAIN("");
  PLAIN("identity");
  PLAIN("br, deflate");
  PLAIN("gzipped");
  PLAIN("xx-gzip");
}

Test(coding, a_weight_of_0_refuses) {
  PLAIN("gzip;q=0");
  PLAIN("gzip;q=0.000");
  PLAIN("gzip ; Q=0.");
  PLAIN("*;q=0");
  PLAIN("br, *;q=0");
  PLAIN("gzip;q=0, *");
  GZIP("gzip;q=0.001");
  GZIP("gzip;q=1.000");
  GZIP("gzip;q=1.");
}

Test(coding, a_star_speaks_for_what_is_not_named) {
  GZIP("*");
  GZIP("br, *;q=0.1");
  GZIP("*;q=0, gzip");
}

Test(coding, who_prefers_identity_gets_it) {
  PLAIN("identity, gzip;q=0.5");
  PLAIN("gzip;q=0.2, identity;q=0.3");
  GZIP("gzip, identity");
  GZIP("identity;q=0.5, gzip;q=0.5");
  GZIP("identity;q=0, gzip;q=0.1");
}

Test(coding, what_is_no_weight_is_none) {
  PLAIN("gzip;q=2");
  PLAIN("gzip;q=1.001");
  PLAIN("gzip;q=0.5000");
  PLAIN("gzip;q=-1");
  PLAIN("gzip;q=x");
  PLAIN("gzip;q=0x1");
  PLAIN("gzip;q=");
  PLAIN("gzip;q");
  PLAIN("gzip;");
  PLAIN("gzip;p=1");
  PLAIN("gzip;q =1");
  PLAIN("gzip;q=1;x=2");
  PLAIN("gzip;q=\"1\"");
}

Test(coding, fields_are_one_list_in_which_the_least_weight_counts) {
  cr_expect(takes("Accept-Encoding: br\r\naccept-encoding: gzip\r\n"));
  cr_expect_not(
      takes("Accept-Encoding: gzip\r\nAccept-Encoding: x-gzip;q=0\r\n"));
  cr_expect_not(takes("Accept: gzip\r\nTE: gzip\r\n"));
  PLAIN("gzip;q=0, gzip");
}

/* ---- Cache-Control ---- */

Test(coding, who_wants_no_change_says_so_in_any_of_its_fields) {
  static const struct {
    const char *lines;
    bool kept;
  } cases[] = {
      {"", false},
      {"Cache-Control: no-cache\r\n", false},
      {"Cache-Control: no-transformed\r\n", false},
      {"Cache-Control: x=\"no-transform\"\r\n", false},
      {"X-Cache-Control: no-transform\r\n", false},
      {"Cache-Control: no-transform\r\n", true},
      {"cache-control: max-age=0 ,No-Transform\r\n", true},
      {"Cache-Control: a\r\nCache-Control: no-transform\r\n", true},
  };
  EACH_ROW (row, cases)
    cr_expect_eq(asked(coding_is_kept, row->lines), row->kept, "%s",
                 row->lines);
}

/* ---- fields ---- */

static void expect_plain(const char *lines, const char *want) {
  char room[512];
  struct text out;
  size_t cap = coding_plain_room(slice_of(lines));
  cr_assert(cap <= sizeof room);
  text_init(&out, room, cap);
  coding_plain_fields(&out, slice_of(lines));
  cr_expect_not(out.cut);
  words_expect_slice(text_slice_of(&out), want);
}

Test(coding, what_speaks_of_the_coded_bytes_is_left_out) {
  expect_plain("content-type: application/json\r\nContent-Encoding: gzip\r\n"
               "X-Odd:no space \r\n",
               "content-type: application/json\r\nX-Odd:no space \r\n");
  expect_plain("Content-MD5: x\r\nDigest: x\r\nContent-Digest: x\r\n"
               "Repr-Digest: x\r\ncontent-encoding:\tx-gzip\r\n",
               "");
  expect_plain("", "");
}

Test(coding, a_strong_tag_becomes_weak) {
  expect_plain("ETag: \"a\"\r\n", "ETag: W/\"a\"\r\n");
  expect_plain("etag:\"\"\r\n", "etag:W/\"\"\r\n");
  expect_plain("ETag:  W/\"a\"\r\n", "ETag:  W/\"a\"\r\n");
  expect_plain("ETag: \"a\"\r\nETag: \"b\"\r\n",
               "ETag: W/\"a\"\r\nETag: W/\"b\"\r\n");
}

Test(coding, what_is_no_tag_is_left_out) {
  expect_plain("ETag: a\r\nETag:\r\nETag: w/\"a\"\r\nVary: *\r\n",
               "Vary: *\r\n");
}

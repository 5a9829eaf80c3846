/* Tests of core/conditional. */
#include "core/conditional.h"

#include <criterion/criterion.h>

#include "support/rows.h"

static void expect(const char *list, const char *etag, bool want) {
  cr_expect_eq(conditional_matches(slice_of(list), slice_of(etag)), want,
               "[%s] %s [%s]", list, want ? "lacks" : "has", etag);
}

Test(conditional, the_same_tag_matches) {
  expect("\"a\"", "\"a\"", true);
  expect("\"a\"", "\"b\"", false);
  expect("\"a\"", "\"ab\"", false);
  expect("\"ab\"", "\"a\"", false);
  expect("\"a\"", "\"A\"", false);
  expect("\"\"", "\"\"", true);
}

Test(conditional, tags_compare_weakly) {
  expect("W/\"a\"", "\"a\"", true);
  expect("\"a\"", "W/\"a\"", true);
  expect("W/\"a\"", "W/\"a\"", true);
  expect("W/\"a\"", "W/\"b\"", false);
  expect("w/\"a\"", "\"a\"", false);
  expect("\"a\"", "w/\"a\"", false);
}

Test(conditional, one_tag_of_a_list_is_enough) {
  expect("\"a\", \"b\",W/\"c\"", "\"c\"", true);
  expect("\"a\", \"b\",W/\"c\"", "\"d\"", false);
  expect(" ,,\t\"a\" , ,\"b\" ,", "\"b\"", true);
}

Test(conditional, a_tag_may_hold_what_looks_like_syntax) {
  expect("\"a,b\", \"c\"", "\"a,b\"", true);
  expect("\"a,b\", \"c\"", "\"c\"", true);
  expect("\"a,b\"", "\"a\"", false);
  expect("\"a\\\", \"b\"", "\"b\"", true);
  expect("\"a\\\", \"b\"", "\"a\\\"", true);
  expect("\"*\"", "\"*\"", true);
  expect("\"\xc3\xa4\"", "\"\xc3\xa4\"", true);
}

Test(conditional, a_star_matches_any_answer) {
  expect("*", "\"a\"", true);
  expect(" *\t", "", true);
  expect("*, \"b\"", "\"a\"", false);
  expect("*, \"b\"", "\"b\"", true);
}

Test(conditional, what_is_no_tag_matches_nothing) {
  expect("a", "a", false);
  expect("a", "\"a\"", false);
  expect("\"a\"", "a", false);
  expect("\"a", "\"a", false);
  expect("\"a", "\"a\"", false);
  expect("a\"", "\"a\"", false);
  expect("W/", "\"a\"", false);
  expect("W/a", "W/a", false);
  expect("\"a b\"", "\"a b\"", false);
  expect("\"a\x7f\"", "\"a\x7f\"", false);
  expect("\"a\" \"b\"", "\"a\"", false);
  expect("\"a\"x", "\"a\"", false);
  expect("\"a\"", "\"a\"x", false);
  expect("\"a\"", "", false);
  expect("", "\"a\"", false);
  expect("", "", false);
}

Test(conditional, tags_behind_what_is_none_count) {
  expect("a, \"b\"", "\"b\"", true);
  expect("\"a\" x, \"b\"", "\"b\"", true);
  expect("\"a b\", \"c\"", "\"c\"", true);
}

static void expect_unchanged(const char *head, const char *etag, bool want) {
  static struct http_request request;
  const struct http_request_limits limits = {256, 100};
  const char *why = "";
  int status = http_request_parse(&request, slice_of(head), &limits, &why);
  cr_assert_eq(status, 0, "%s: %s", head, why);
  cr_expect_eq(conditional_is_unchanged(&request, slice_of(etag)), want,
               "%s and %s", head, etag);
}

#define HTTP " / HTTP/1.1\r\nHost: a\r\n"

Test(conditional, several_fields_are_one_list) {
  expect_unchanged("GET" HTTP "If-None-Match: \"a\"\r\nX: 1\r\n"
                   "if-none-match: \"b\"\r\n\r\n",
                   "\"b\"", true);
  expect_unchanged("GET" HTTP "If-None-Match: \"a\"\r\n\r\n", "\"b\"", false);
  expect_unchanged("GET" HTTP "If-Match: \"b\"\r\n\r\n", "\"b\"", false);
  expect_unchanged("GET" HTTP "\r\n", "\"b\"", false);
}

Test(conditional, only_a_get_or_head_is_answered_with_304) {
  expect_unchanged("HEAD" HTTP "If-None-Match: *\r\n\r\n", "", true);
  expect_unchanged("POST" HTTP "If-None-Match: *\r\n\r\n", "", false);
  expect_unchanged("PUT" HTTP "If-None-Match: \"b\"\r\n\r\n", "\"b\"", false);
}

Test(conditional, what_describes_the_content_stays) {
  static const char *const stay[] = {"Content-Type",     "content-length",
                                     "CONTENT-ENCODING", "Content-Range",
                                     "Content-Language", "Content-Digest",
                                     "Content-MD5",      "Content-Disposition",
                                     "Content-",         "Content-Locations"};
  static const char *const cross[] = {"Content-Location",
                                      "content-security-policy",
                                      "Content-Security-Policy-Report-Only",
                                      "Date",
                                      "ETag",
                                      "Vary",
                                      "Cache-Control",
                                      "Expires",
                                      "Last-Modified",
                                      "Set-Cookie",
                                      "Content",
                                      "Contents-Type"};
  EACH_ROW (row, stay)
    cr_expect_not(conditional_crosses(slice_of(*row)), "%s crosses", *row);
  EACH_ROW (row, cross)
    cr_expect(conditional_crosses(slice_of(*row)), "%s stays", *row);
}

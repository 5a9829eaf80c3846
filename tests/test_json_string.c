/* Tests of core/json_string: what escapes mean. */
#include "core/json_string.h"

#include <criterion/criterion.h>

static void expect_char(const char *string, uint32_t want, size_t left) {
  struct slice rest = slice_of(string);
  uint32_t got = json_char_take(&rest);
  cr_expect_eq(got, want, "%s is U+%04X, not U+%04X", string, got, want);
  cr_expect_eq(rest.len, left, "%s leaves %zu", string, rest.len);
}

Test(json_string, a_character_is_itself) {
  expect_char("ab", 'a', 1);
  expect_char("/", '/', 0);
  expect_char("\xc3\xa9x", 0xE9, 1);
  expect_char("\xe2\x82\xac", 0x20AC, 0);
  expect_char("\xf0\x9f\x98\x80", 0x1F600, 0);
}

Test(json_string, every_escape_has_its_meaning) {
  expect_char("\\\"x", '"', 1);
  expect_char("\\\\", '\\', 0);
  expect_char("\\/", '/', 0);
  expect_char("\\b", '\b', 0);
  expect_char("\\f", '\f', 0);
  expect_char("\\n", '\n', 0);
  expect_char("\\r", '\r', 0);
  expect_char("\\t", '\t', 0);
  expect_char("\\u0041b", 'A', 1);
  expect_char("\\u0000", 0, 0);
  expect_char("\\u20aC", 0x20AC, 0);
}

Test(json_string, a_pair_of_surrogates_is_one_character) {
  expect_char("\\ud83d\\ude00", 0x1F600, 0);
  expect_char("\\uDBFF\\uDFFFx", 0x10FFFF, 1);
}

Test(json_string, a_lone_surrogate_stands_for_itself) {
  expect_char("\\ud83d", 0xD83D, 0);
  expect_char("\\ud83dx", 0xD83D, 1);
  expect_char("\\ud83d\\n", 0xD83D, 2);
  expect_char("\\ud83d\\u0041", 0xD83D, 6);
  expect_char("\\ud83d\\ud83d\\ude00", 0xD83D, 12);
  expect_char("\\ude00\\ud83d", 0xDE00, 6);
}

/* Only the bytes that are there are read. */
Test(json_string, what_is_no_utf8_is_taken_all_the_same) {
  for (unsigned lead = 0x80; lead < 0x100; lead++) {
    const char byte = (char)lead;
    struct slice rest = {&byte, 1};
    (void)utf8_take(&rest);
    cr_expect_eq(rest.len, 0);
  }
}

static void expect_equal(const char *a, const char *b, bool want) {
  cr_expect_eq(json_string_equal(slice_of(a), slice_of(b)), want, "%s, %s", a,
               b);
  cr_expect_eq(json_string_equal(slice_of(b), slice_of(a)), want, "%s, %s", b,
               a);
}

Test(json_string, strings_are_equal_however_they_are_written) {
  expect_equal("", "", true);
  expect_equal("ok", "ok", true);
  expect_equal("ok", "\\u006fk", true);
  expect_equal("a/b", "a\\/b", true);
  expect_equal("\xf0\x9f\x98\x80", "\\uD83D\\uDE00", true);
  expect_equal("\xc3\xa9", "\\u00e9", true);
  expect_equal("ok", "OK", false);
  expect_equal("ok", "o", false);
  expect_equal("ok", "okk", false);
  expect_equal("", "\\u0000", false);
  expect_equal("\xc3\xa9", "e\\u0301", false); /* nothing is normalized */
}

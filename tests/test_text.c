/* text and slice: what is written, what is left out, what is escaped. */
#include "core/text.h"

#include <criterion/criterion.h>

#include "support/rows.h"
#include "support/words.h"

static char storage[256];

static struct text room_of(size_t cap) {
  struct text text;
  memset(storage, '#', sizeof storage);
  text_init(&text, storage, cap);
  return text;
}

static void expect(struct text *text, const char *wanted) {
  words_expect_slice(text_slice_of(text), wanted);
}

Test(text, additions_follow_one_another) {
  struct text text = room_of(32);
  text_str(&text, "GET ");
  text_slice(&text, slice_of("/a"));
  text_char(&text, ' ');
  text_add(&text, "HTTP!!", 4);
  text_slice(&text, (struct slice){NULL, 0});
  expect(&text, "GET /a HTTP");
  cr_expect_not(text.cut);
}

Test(text, what_fits_to_the_last_byte_is_not_cut) {
  struct text text = room_of(4);
  text_str(&text, "four");
  expect(&text, "four");
  cr_expect_not(text.cut);
}

Test(text, what_does_not_fit_is_left_out_whole) {
  struct text text = room_of(8);
  text_str(&text, "12345");
  text_str(&text, "6789");
  expect(&text, "12345");
  cr_expect(text.cut);
  text_str(&text, "678");
  expect(&text, "12345678");
  cr_expect(text.cut, "cut is forgotten");
  cr_expect_eq(storage[8], '#', "a byte behind the room was written");
}

Test(text, integers_are_decimal) {
  struct text text = room_of(sizeof storage);
  const int64_t numbers[] = {0, 7, 10, -1, 9999, INT64_MAX, INT64_MIN};
  EACH_ROW (row, numbers) {
    text_int(&text, *row);
    text_char(&text, ' ');
  }
  expect(&text, "0 7 10 -1 9999 9223372036854775807 -9223372036854775808 ");
}

Test(text, an_integer_is_never_half_written) {
  struct text text = room_of(3);
  text_int(&text, 1234);
  expect(&text, "");
  cr_expect(text.cut);
}

Test(text, microseconds_become_milliseconds_with_one_decimal) {
  struct text text = room_of(sizeof storage);
  const int64_t times[] = {0, 99, 100, 12345, 300000, 999999, -1500, INT64_MAX};
  EACH_ROW (row, times) {
    text_ms(&text, *row);
    text_char(&text, ' ');
  }
  expect(&text, "0.0 0.0 0.1 12.3 300.0 999.9 -1.5 9223372036854775.8 ");
}

Test(text, a_line_is_whole_or_absent) {
  struct text text = room_of(12);
  text_line(&text, "A: ", slice_of("bc"));
  text_line(&text, "D: ", slice_of("e"));
  expect(&text, "A: bc\r\n");
  cr_expect(text.cut);
  text_line(&text, "D: ", (struct slice){0});
  expect(&text, "A: bc\r\nD: \r\n");
}

static void expect_json(struct slice bytes, const char *wanted) {
  struct text text = room_of(sizeof storage);
  text_json(&text, bytes);
  expect(&text, wanted);
  cr_expect_not(text.cut);
}

Test(text, a_json_string_escapes_what_json_wants_escaped) {
  expect_json(slice_of(""), "\"\"");
  expect_json((struct slice){NULL, 0}, "\"\"");
  expect_json(slice_of("plain / text"), "\"plain / text\"");
  expect_json(slice_of("a\"b\\c"), "\"a\\\"b\\\\c\"");
  expect_json(slice_of("\b\f\n\r\t"), "\"\\b\\f\\n\\r\\t\"");
  expect_json((struct slice){"\0\x01\x1f", 3}, "\"\\u0000\\u0001\\u001f\"");
}

Test(text, a_json_string_escapes_what_a_terminal_would_obey) {
  expect_json(slice_of("\x1b[2J"), "\"\\u001b[2J\"");
  expect_json(slice_of("\x7f"), "\"\\u007f\"");
  expect_json(slice_of("\xc2\x9b"), "\"\\u009b\"");
  expect_json(slice_of("\xc2\xa0"), "\"\xc2\xa0\"");
}

Test(text, a_json_string_for_a_page_escapes_what_that_would_obey) {
  char page[64];
  struct text text;
  text_init(&text, page, sizeof page);
  text_json(&text, slice_of("</a>&\"'"));
  cr_expect_str_eq(text_end(&text), "\"</a>&\\\"'\"");
  text_init(&text, page, sizeof page);
  text.for_page = true;
  text_json(&text, slice_of("</a>&\"'="));
  cr_expect_str_eq(text_end(&text), "\"\\u003c/a\\u003e\\u0026\\\"'=\"");
}

Test(text, a_json_string_escapes_what_ends_a_line_for_some) {
  expect_json(slice_of("\xe2\x80\xa8\xe2\x80\xa9"), "\"\\u2028\\u2029\"");
  expect_json(slice_of("\xe2\x80\xa7\xe2\x80\xaa"),
              "\"\xe2\x80\xa7\xe2\x80\xaa\"");
}

Test(text, utf_8_passes_a_json_string_unchanged) {
  expect_json(slice_of("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"),
              "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"");
  expect_json(slice_of("\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf"),
              "\"\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf\"");
}

#define FFFD "\xef\xbf\xbd"

Test(text, bytes_that_are_not_utf_8_become_replacement_characters) {
  expect_json(slice_of("a\xff"), "\"a" FFFD "\"");
  expect_json(slice_of("\x80z"), "\"" FFFD "z\"");
  expect_json(slice_of("\xc0\xaf"), "\"" FFFD FFFD "\"");
  expect_json(slice_of("\xc3"), "\"" FFFD "\"");
  expect_json(slice_of("\xe2\x82"), "\"" FFFD FFFD "\"");
  expect_json(slice_of("\xe2\x82z"), "\"" FFFD FFFD "z\"");
  expect_json(slice_of("\xe0\x9f\xbf"), "\"" FFFD FFFD FFFD "\"");
  expect_json(slice_of("\xed\xa0\x80"), "\"" FFFD FFFD FFFD "\"");
  expect_json(slice_of("\xf4\x90\x80\x80"), "\"" FFFD FFFD FFFD FFFD "\"");
  expect_json(slice_of("\xc3\"x"), "\"" FFFD "\\\"x\"");
}

Test(text, a_json_string_that_does_not_fit_leaves_no_half_behind) {
  for (size_t cap = 1; cap < 12; cap++) {
    struct text text = room_of(cap);
    text_char(&text, 'x');
    text_json(&text, slice_of("ab\ncd\xff")); /* 11 bytes when written */
    expect(&text, "x");
    cr_expect(text.cut, "cap %zu: not cut", cap);
    cr_expect_eq(storage[cap], '#', "cap %zu: written behind it", cap);
  }
  struct text text = room_of(12);
  text_char(&text, 'x');
  text_json(&text, slice_of("ab\ncd\xff"));
  expect(&text, "x\"ab\\ncd" FFFD "\"");
  cr_expect_not(text.cut);
}

Test(text, an_earlier_cut_outlives_a_json_string_that_fits) {
  struct text text = room_of(6);
  text_str(&text, "too long");
  text_json(&text, slice_of("ok"));
  expect(&text, "\"ok\"");
  cr_expect(text.cut);
}

Test(text, the_end_is_a_nul_for_which_the_last_byte_gives_way) {
  struct text text = room_of(4);
  text_str(&text, "abc");
  cr_expect_str_eq(text_end(&text), "abc");
  cr_expect_not(text.cut);
  text_char(&text, 'd');
  cr_expect_str_eq(text_end(&text), "abc");
  cr_expect(text.cut);
}

Test(slice, names_compare_without_case_and_only_letters_have_one) {
  cr_expect(slice_equal_nocase(slice_of("hOsT"), slice_of("Host")));
  cr_expect(slice_equal_nocase((struct slice){NULL, 0}, slice_of("")));
  cr_expect_not(slice_equal_nocase(slice_of("host"), slice_of("hosts")));
  cr_expect_not(slice_equal_nocase(slice_of("@[`{"), slice_of("`{@[")));
  cr_expect_not(slice_equal_nocase(slice_of("\xc1"), slice_of("\xe1")));
}

Test(slice, a_prefix_is_found_and_no_longer_than_the_text) {
  cr_expect(slice_starts_with(slice_of("/smart/a"), slice_of("/smart")));
  cr_expect(slice_starts_with(slice_of("/smart"), slice_of("")));
  cr_expect(slice_starts_with((struct slice){NULL, 0}, slice_of("")));
  cr_expect_not(slice_starts_with(slice_of("/sma"), slice_of("/smart")));
  cr_expect_not(slice_starts_with(slice_of("/Smart"), slice_of("/smart")));
}

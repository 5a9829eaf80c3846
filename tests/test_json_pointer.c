/* Tests of core/json_pointer: the examples of RFC 6901, and what they leave
 * open. Texts are copied to blocks of their size, so that a sanitizer sees a
 * read beyond. */
#include "core/json_pointer.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/rows.h"
#include "support/words.h"

static void expect_at(struct json_pointer pointer, const char *json,
                      const char *want) {
  size_t len = strlen(json), at;
  char *copy = malloc(len);
  memcpy(copy, json, len);
  cr_expect_null(json_pointer_fault(pointer, &at));
  struct slice got = json_pointer_find(pointer, (struct slice){copy, len});
  cr_expect(slice_equal(got, slice_of(want)), "%.*s of %s: '%.*s', not '%s'",
            SLICE_ARG(pointer.text), json, SLICE_ARG(got), want);
  free(copy);
}

/* want "": there is none. */
static void expect(const char *pointer, const char *json, const char *want) {
  expect_at((struct json_pointer){slice_of(pointer), false}, json, want);
}

static void expect_quoted(const char *pointer, const char *json,
                          const char *want) {
  expect_at((struct json_pointer){slice_of(pointer), true}, json, want);
}

/* ---- RFC 6901, section 5 ---- */

#define EXAMPLE                                                                \
  "{\"foo\":[\"bar\",\"baz\"],\"\":0,\"a/b\":1,\"c%d\":2,\"e^f\":3,"           \
  "\"g|h\":4,\"i\\\\j\":5,\"k\\\"l\":6,\" \":7,\"m~n\":8}"

Test(json_pointer, the_examples_of_the_rfc_hold) {
  expect("", EXAMPLE, EXAMPLE);
  expect("/foo", EXAMPLE, "[\"bar\",\"baz\"]");
  expect("/foo/0", EXAMPLE, "\"bar\"");
  expect("/", EXAMPLE, "0");
  expect("/a~1b", EXAMPLE, "1");
  expect("/c%d", EXAMPLE, "2");
  expect("/e^f", EXAMPLE, "3");
  expect("/g|h", EXAMPLE, "4");
  expect("/i\\j", EXAMPLE, "5");
  expect("/k\"l", EXAMPLE, "6");
  expect("/ ", EXAMPLE, "7");
  expect("/m~0n", EXAMPLE, "8");
}

/* As they stand in that section, between their quotes. */
Test(json_pointer, the_examples_hold_as_json_strings) {
  expect_quoted("", EXAMPLE, EXAMPLE);
  expect_quoted("/foo/0", EXAMPLE, "\"bar\"");
  expect_quoted("/a~1b", EXAMPLE, "1");
  expect_quoted("/i\\\\j", EXAMPLE, "5");
  expect_quoted("/k\\\"l", EXAMPLE, "6");
  expect_quoted("/\\u0020", EXAMPLE, "7");
  expect_quoted("\\/m~0n", EXAMPLE, "8");
  expect_quoted("\\u002ffoo\\/1", EXAMPLE, "\"baz\"");
  expect_quoted("/m\\u007e\\u0030n", EXAMPLE, "8");
}

/* ---- objects ---- */

Test(json_pointer, a_name_is_found_however_it_is_escaped) {
  expect("/status", "{\"\\u0073tatus\":1}", "1");
  expect("/a~1b", "{\"a\\/b\":1}", "1");
  expect("/\xf0\x9f\x98\x80", "{\"\\ud83d\\ude00\":1}", "1");
  expect("/\xc3\xa9", "{\"\xc3\xa9\":1}", "1");
  expect("/a\\u0062", "{\"ab\":1}", ""); /* a backslash like any byte */
  expect("/a\\u0062", "{\"a\\\\u0062\":1}", "1");
  expect_quoted("/a\\u0062", "{\"ab\":1}", "1");
}

Test(json_pointer, a_name_is_compared_whole) {
  expect("/a", "{\"aa\":1,\"\":2,\"A\":3}", "");
  expect("/aa", "{\"a\":1}", "");
  expect("/~0", "{\"~0\":1,\"~\":2}", "2");
  expect("/~01", "{\"/\":1,\"~1\":2}", "2");
}

Test(json_pointer, of_two_members_of_one_name_the_last_counts) {
  expect("/a", "{\"a\":1,\"b\":0,\"a\":2}", "2");
  expect("/a", "{\"a\":1,\"\\u0061\":2}", "2");
  expect("/a/b", "{\"a\":{\"b\":1},\"a\":{}}", "");
}

Test(json_pointer, a_name_of_digits_is_a_name_in_an_object) {
  expect("/0", "{\"0\":1}", "1");
  expect("/01", "{\"01\":1}", "1");
  expect("/-", "{\"-\":1}", "1");
}

/* ---- arrays ---- */

Test(json_pointer, an_index_counts_from_0) {
  expect("/0", "[7,8]", "7");
  expect("/1", "[7,8]", "8");
  expect("/2", "[7,8]", "");
  expect("/0", "[]", "");
  expect("/10", "[0,1,2,3,4,5,6,7,8,9,[]]", "[]");
}

Test(json_pointer, what_is_no_index_is_nowhere) {
  EACH_WORD (text, "/|/-|/00|/01|/-0|/+0|/0x|/a|/1e0|/ 0|/18446744073709551616|"
                   "/99999999999999999999999999999999")
    expect(text, "[0]", "");
}

/* ---- what is passed by ---- */

Test(json_pointer, what_looks_like_structure_in_a_string_is_text) {
  expect("/a", "{\"b\":\"}\\\"{\\\\\",\"c\":[\"]\"],\"a\":1}", "1");
  expect("/1", "[\"a,\\\"b]\",2]", "2");
}

Test(json_pointer, strings_of_any_length_are_passed_by) {
  char json[128];
  for (int n = 0; n < 40; n++) {
    snprintf(json, sizeof json, "{\"x\":\"%0*d\\\"\\\\\",\"a\":1}", n + 1, 0);
    expect("/a", json, "1");
  }
}

/* Whatever stands at the seams of what is looked at together. */
Test(json_pointer, containers_of_any_length_are_passed_by) {
  static const char *const inner[] = {
      "[[]]",           "{\"k\":{}}",    "\"]}\"", "\"\\\"]\"",
      "\"\\\\\",\"}\"", "\"\\\\\\\"]\"", "[\"[\"]"};
  char json[1024];
  EACH_ROW (row, inner)
    for (int before = 0; before < 140; before++)
      for (int behind = 0; behind < 70; behind += 23) {
        snprintf(json, sizeof json,
                 "{\"x\":[%*s%s,%*s%s,%*s[]],\"a\":1,\"y\":[%*s]}", before, "",
                 *row, behind, "", *row, before, "", behind, "");
        expect("/a", json, "1");
      }
}

Test(json_pointer, white_space_may_stand_anywhere) {
  expect("/a/1", " \t\r\n{ \"b\" : [ ] , \"a\" : [ 1 , { \"x\" : 2 } ] } \n",
         "{ \"x\" : 2 }");
  expect("", " \n[ 1 ] ", "[ 1 ]");
  expect("", " 12 ", "12");
  expect("/0", "[ null ]", "null");
  expect("/0", "[ ]", "");
  expect("/a", "{ }", "");
}

Test(json_pointer, a_scalar_has_nothing_below_it) {
  expect("/a", "1", "");
  expect("/a/b", "{\"a\":\"b\"}", "");
  expect("/0/0", "[null]", "");
  expect("/", "\"\"", "");
}

Test(json_pointer, depth_costs_no_stack) {
  enum { DEPTH = 512 };
  char json[2 * DEPTH + 2], pointer[2 * DEPTH + 1];
  for (size_t i = 0; i < DEPTH; i++) {
    json[i] = '[';
    json[2 * DEPTH - i] = ']';
    memcpy(pointer + 2 * i, "/0", 2);
  }
  json[DEPTH] = '7';
  json[2 * DEPTH + 1] = pointer[2 * DEPTH] = '\0';
  expect(pointer, json, "7");
}

/* ---- what is no pointer ---- */

static void expect_fault(const char *text, bool quoted, size_t want) {
  size_t at = 99;
  struct json_pointer pointer = {slice_of(text), quoted};
  cr_expect(json_pointer_fault(pointer, &at) != NULL, "%s was accepted", text);
  cr_expect_eq(at, want, "%s: at %zu", text, at);
}

Test(json_pointer, a_pointer_begins_with_a_slash) {
  expect_fault("a", false, 0);
  expect_fault("$.a", false, 0);
  expect_fault("a/b", true, 0);
  expect_fault("\\u0061", true, 0);
}

Test(json_pointer, a_tilde_has_a_digit_behind_it) {
  expect_fault("/~", false, 1);
  expect_fault("/a~2", false, 2);
  expect_fault("/~0~/", false, 3);
  expect_fault("/~\\u0032", true, 1);
}

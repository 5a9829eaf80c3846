/* Tests of json_read: lists of strings, and everything that is none. */
#include "core/json_read.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/rows.h"
#include "support/words.h"

enum { MAX_ITEMS = 200, DEPTH = 512, UNSET = 9999 };

struct result {
  enum json_list_error error;
  size_t count, bad_item;
  struct slice items[MAX_ITEMS];
  char storage[8192];
};

/* From a copy of the very size, so that a sanitizer sees a read beyond. */
static void read_text(struct result *result, const char *text, size_t cap,
                      size_t max_items) {
  size_t len = strlen(text);
  char *copy = malloc(len ? len : 1);
  memcpy(copy, text, len);
  result->bad_item = UNSET;
  result->error = json_read_strings(
      (struct slice){copy, len}, DEPTH, result->storage, cap, result->items,
      max_items, &result->count, &result->bad_item);
  free(copy);
}

static void expect_item(const char *text, const char *want, size_t want_len) {
  struct result got;
  read_text(&got, text, strlen(text), MAX_ITEMS);
  cr_assert(got.error == JSON_LIST_OK, "%s: error %d", text, got.error);
  cr_assert(got.count == 1, "%s: %zu items", text, got.count);
  cr_assert(got.items[0].len == want_len &&
                memcmp(got.items[0].at, want, want_len) == 0,
            "%s: got \"%.*s\"", text, SLICE_ARG(got.items[0]));
}

static void expect_error(const char *text, enum json_list_error error,
                         size_t bad_item) {
  struct result got;
  read_text(&got, text, strlen(text), MAX_ITEMS);
  cr_assert(got.error == error && got.bad_item == bad_item,
            "%s: error %d, bad item %zu; expected %d, %zu", text, got.error,
            got.bad_item, error, bad_item);
  cr_assert(got.count == 0, "%s: %zu items", text, got.count);
}

Test(json_read, reads_items_in_their_order) {
  struct result got;
  const char *text = " [ \"/a\" , \"\",\"https://h/v1?x=[1]\" ]\n";
  read_text(&got, text, strlen(text), MAX_ITEMS);
  cr_assert(got.error == JSON_LIST_OK, "error %d", got.error);
  cr_assert(got.count == 3, "%zu items", got.count);
  words_expect_slice(got.items[0], "/a");
  cr_assert(got.items[1].len == 0);
  words_expect_slice(got.items[2], "https://h/v1?x=[1]");
}

Test(json_read, an_empty_array_is_a_list) {
  struct result got;
  read_text(&got, "[ ]", 0, 0);
  cr_assert(got.error == JSON_LIST_OK && got.count == 0, "error %d, %zu items",
            got.error, got.count);
}

Test(json_read, resolves_escapes) {
  expect_item("[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]", "\"\\/\b\f\n\r\t", 8);
  expect_item("[\"a\\u0041b\"]", "aAb", 3);
  expect_item("[\"\\u007f\\u0080\"]", "\x7F\xC2\x80", 3);
  expect_item("[\"\\u07ff\\u0800\"]", "\xDF\xBF\xE0\xA0\x80", 5);
  expect_item("[\"\\ud7FF\\uE000\\uffff\"]",
              "\xED\x9F\xBF\xEE\x80\x80\xEF\xBF\xBF", 9);
  expect_item("[\"\\ud800\\udc00\"]", "\xF0\x90\x80\x80", 4);
  expect_item("[\"x\\uD83D\\uDE00y\"]", "x\xF0\x9F\x98\x80y", 6);
  expect_item("[\"\\udbff\\udfff\"]", "\xF4\x8F\xBF\xBF", 4);
  expect_item("[\"\xC3\xA9\\\\u0000\"]", "\xC3\xA9\\u0000", 8);
}

Test(json_read, refuses_escaped_nul_and_lone_surrogates) {
  expect_error("[\"\\u0000\"]", JSON_LIST_BAD_STRING, 0);
  expect_error("[\"a\",\"b\\u0000c\"]", JSON_LIST_BAD_STRING, 1);
  expect_error("[\"\\ud800\"]", JSON_LIST_BAD_STRING, 0);
  expect_error("[\"\\ud800x\"]", JSON_LIST_BAD_STRING, 0);
  expect_error("[\"\\ud800xudc00\"]", JSON_LIST_BAD_STRING, 0);
  expect_error("[\"\\ud800\\n\"]", JSON_LIST_BAD_STRING, 0);
  expect_error("[\"\\ud800\\u0041\"]", JSON_LIST_BAD_STRING, 0);
  expect_error("[\"\\ud800\\ud800\"]", JSON_LIST_BAD_STRING, 0);
  expect_error("[\"\\udc00\"]", JSON_LIST_BAD_STRING, 0);
  expect_error("[\"\\udc00\\ud800\"]", JSON_LIST_BAD_STRING, 0);
}

Test(json_read, refuses_what_json_check_refuses) {
  expect_error("", JSON_LIST_NOT_JSON, UNSET);
  expect_error("[", JSON_LIST_NOT_JSON, UNSET);
  expect_error("[\"a\" \"b\"]", JSON_LIST_NOT_JSON, UNSET);
  expect_error("[\"a\",]", JSON_LIST_NOT_JSON, UNSET);
  expect_error("[\"a\"]]", JSON_LIST_NOT_JSON, UNSET);
  expect_error("[\"\xFF\"]", JSON_LIST_NOT_JSON, UNSET);
  expect_error("[1,\"a\x01\"]", JSON_LIST_NOT_JSON, UNSET);
}

Test(json_read, refuses_roots_that_are_no_array) {
  expect_error("{}", JSON_LIST_NOT_ARRAY, UNSET);
  expect_error("{\"a\":[\"b\"]}", JSON_LIST_NOT_ARRAY, UNSET);
  expect_error("\"a\"", JSON_LIST_NOT_ARRAY, UNSET);
  expect_error("true", JSON_LIST_NOT_ARRAY, UNSET);
  expect_error("7", JSON_LIST_NOT_ARRAY, UNSET);
}

Test(json_read, names_the_first_item_that_is_no_string) {
  expect_error("[1]", JSON_LIST_NOT_STRINGS, 0);
  expect_error("[\"a\",null]", JSON_LIST_NOT_STRINGS, 1);
  expect_error("[\"a\",\"b\",{\"c\":\"d\"},3]", JSON_LIST_NOT_STRINGS, 2);
  expect_error("[[\"a\"]]", JSON_LIST_NOT_STRINGS, 0);
  expect_error("[\"a\",[],\"\\u0000\"]", JSON_LIST_NOT_STRINGS, 1);
  expect_error("[\"\\u0000\",[]]", JSON_LIST_BAD_STRING, 0);
  expect_error("[\"a\",[[[[[[1]]]]],{\"x\":[true,-1.5e3]}],\"b\"]",
               JSON_LIST_NOT_STRINGS, 1);
}

/* "[" then n strings "item K", then last if any, then "]". */
static void list(char *text, size_t n, const char *last) {
  size_t len = (size_t)sprintf(text, "[");
  for (size_t i = 0; i < n; i++)
    len += (size_t)sprintf(text + len, "%s\"item %zu\"", i ? "," : "", i);
  sprintf(text + len, "%s%s]", n && *last ? "," : "", last);
}

Test(json_read, reads_lists_of_every_length) {
  for (size_t n = 0; n <= MAX_ITEMS; n++) {
    struct result got;
    char text[8192];
    list(text, n, "");
    read_text(&got, text, strlen(text), MAX_ITEMS);
    cr_assert(got.error == JSON_LIST_OK && got.count == n,
              "%zu strings: error %d, %zu items", n, got.error, got.count);
    for (size_t i = 0; i < n; i++) {
      char want[32];
      sprintf(want, "item %zu", i);
      cr_assert(slice_equal(got.items[i], slice_of(want)), "%zu: \"%.*s\"", i,
                SLICE_ARG(got.items[i]));
    }
  }
}

Test(json_read, names_a_bad_item_behind_any_number_of_good_ones) {
  static const char *const bad[] = {"1", "{}", "[[[]],1]", "{\"a\":[\"b\"]}",
                                    "false"};
  for (size_t n = 0; n < MAX_ITEMS; n++) {
    char text[8192];
    list(text, n, bad[n % 5]);
    expect_error(text, JSON_LIST_NOT_STRINGS, n);
    list(text, n, "\"\\udead\"");
    expect_error(text, JSON_LIST_BAD_STRING, n);
  }
}

Test(json_read, bounds_the_number_of_items) {
  struct result got;
  read_text(&got, "[\"a\",\"b\"]", 16, 2);
  cr_assert(got.error == JSON_LIST_OK, "error %d", got.error);
  read_text(&got, "[\"a\",\"b\",\"c\"]", 16, 2);
  cr_assert(got.error == JSON_LIST_TOO_LONG, "error %d", got.error);
  read_text(&got, "[\"a\"]", 16, 0);
  cr_assert(got.error == JSON_LIST_TOO_LONG, "error %d", got.error);
}

Test(json_read, bounds_the_bytes_of_the_items) {
  struct result got;
  read_text(&got, "[\"ab\",\"\\u00e9\"]", 4, 2);
  cr_assert(got.error == JSON_LIST_OK, "error %d", got.error);
  read_text(&got, "[\"ab\",\"\\u00e9\"]", 3, 2);
  cr_assert(got.error == JSON_LIST_TOO_LONG, "error %d", got.error);
}

/* jsmn alone takes minutes for these; the window never grows. */
Test(json_read, nesting_and_siblings_end_the_reading_at_once) {
  enum { LEN = 1 << 20 };
  char *text = malloc(LEN + 8);
  size_t len = (size_t)sprintf(text, "[");
  while (len < LEN) len += (size_t)sprintf(text + len, "{},");
  strcpy(text + len, "1]");
  expect_error(text, JSON_LIST_NOT_STRINGS, 0);
  memset(text, '[', DEPTH);
  memset(text + DEPTH, ']', DEPTH);
  text[2 * DEPTH] = '\0';
  expect_error(text, JSON_LIST_NOT_STRINGS, 0);
  free(text);
}

/* ---- objects ---- */

/* As "name=value|..."; "-": it is none. From a copy of the very size. */
static void expect_members(const char *text, size_t max, const char *want) {
  struct json_member members[8];
  size_t count, len = strlen(text), at = 0;
  char *copy = malloc(len ? len : 1), got[256] = "";
  memcpy(copy, text, len);
  if (!json_read_members((struct slice){copy, len}, members, max, &count)) {
    cr_expect(count == 0, "%s: %zu members", text, count);
    got[at++] = '-';
  }
  for (size_t i = 0; i < count; i++)
    at += (size_t)snprintf(got + at, sizeof got - at, "%s%.*s=%.*s",
                           i > 0 ? "|" : "", SLICE_ARG(members[i].name),
                           SLICE_ARG(members[i].value));
  cr_expect_str_eq(got, want, "%s: %s", text, got);
  free(copy);
}

Test(json_read, members_come_in_their_order_as_they_are_written) {
  expect_members("{}", 0, "");
  expect_members(" {\"a\" : 1.50 , \"b\":\"x\"}\n", 2, "a=1.50|b=\"x\"");
  expect_members("{\"\":\"\",\"\\u0061\":null}", 2, "=\"\"|\\u0061=null");
  expect_members("{\"a\":{\"b\":[1,{\"c\":2}]},\"d\":[ ],\"a\":-1e9}", 3,
                 "a={\"b\":[1,{\"c\":2}]}|d=[ ]|a=-1e9");
}

Test(json_read, what_is_no_object_has_no_members) {
  static const char *const none[] = {
      "",         "1",          "\"a\"",      "[]",          "[{\"a\":1}]",
      "{",        "{\"a\"}",    "{\"a\":1,}", "{a:1}",       "{} {}",
      "{\"a\":}", "{\"a\":01}", "{\"a\":1",   "{\"\xff\":1}"};
  EACH_ROW (row, none) expect_members(*row, 8, "-");
}

Test(json_read, more_members_than_were_asked_for_are_none) {
  expect_members("{\"a\":1,\"b\":2}", 2, "a=1|b=2");
  expect_members("{\"a\":1,\"b\":2,\"c\":3}", 2, "-");
  char many[256] = "{\"a\":[0";
  for (int i = 0; i < 80; i++) strcat(many, ",0");
  expect_members(strcat(many, "]}"), 8, "-");
}

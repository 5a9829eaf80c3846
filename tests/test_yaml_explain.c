/* YAML: what is said of a file that cannot be read, and of which place. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "support/rows.h"
#include "support/words.h"
#include "support/yaml_file.h"

/* ---- what is not taken ---- */

Test(yaml_explain, an_empty_file_is_an_error) {
  yaml_file_expect_error("", "the file is empty");
  yaml_file_expect_error("\n  \n# nothing\n", "the file is empty");
  yaml_file_expect_error("\xef\xbb\xbf", "the file is empty");
  yaml_file_expect_error_of((struct slice){NULL, 0}, "the file is empty");
}

Test(yaml_explain, a_second_document_is_an_error) {
  yaml_file_expect_error(
      "a: 1\n---\nb: 2\n",
      "line 2, column 1: a second document begins here, and a file holds one");
  yaml_file_expect_error("---\n---\n",
                         "line 2, column 1: a second document begins here, "
                         "and a file holds one");
}

Test(yaml_explain, a_key_stands_once) {
  yaml_file_expect_fault(
      "a: 1\nb: 2\n  \na: 3\n",
      "line 4, column 1: the key \"a\" stands here a second time; the "
      "first is in line 1, column 1");
  yaml_file_expect_fault(
      "x: {a: 1, 'a': 2}",
      "line 1, column 11: the key \"a\" stands here a second time; "
      "the first is in line 1, column 5");
  yaml_file_expect_fault(
      "- &x {}\n- <<: *x\n  <<: *x\n",
      "line 3, column 3: the key \"<<\" stands here a second time; "
      "the first is in line 2, column 3");
  yaml_file_expect_fault(
      "a: 1\na: {b: [1, {b: 1, b: 2}]}\na: &x 3\nc: *x\n",
      "line 2, column 1: the key \"a\" stands here a second time; the "
      "first is in line 1, column 1\n"
      "line 2, column 19: the key \"b\" stands here a second time; the "
      "first is in line 2, column 13\n"
      "line 3, column 1: the key \"a\" stands here a second time; the "
      "first is in line 1, column 1");
}

Test(yaml_explain, a_key_is_a_text) {
  const char *want = "a key is a text, not a list or a mapping";
  const char *line = words_of("line 1, column 3: %s", want);
  yaml_file_expect_error("? [a]\n: b\n", line);
  yaml_file_expect_error("? {a: 1}\n: b\n", line);
  yaml_file_expect_error("? \n: b\n",
                         "line 1, column 2: a key is missing here");
  yaml_file_expect_error(
      "{: 1}", "line 1, column 2: a key or a value should stand here; a text "
               "that begins like this needs quotes");
}

Test(yaml_explain, tags_are_errors) {
  const char *why = "tags (!name) are not taken; put a text that begins with "
                    "'!' in quotes";
  static const struct {
    const char *text, *place;
  } cases[] = {
      {"a: !!int 1", "line 1, column 4"},
      {"a: !mine {}", "line 1, column 4"},
      {"a:\n  - !mine []", "line 2, column 5"},
      {"! a: b", "line 1, column 1"},
      {"a: !e!x b", "line 1, column 4"},
      {"a: !<x b", "line 1, column 4"},
      {"a: !%zz b", "line 1, column 4"},
  };
  EACH_ROW (row, cases) {
    const char *want = words_of("%s: %s", row->place, why);
    yaml_file_expect_error(row->text, want);
  }
  yaml_file_expect_error(
      "# x\n%TAG !e! tag:x,2000:\n---\na: 1\n",
      "line 2, column 1: %TAG is not taken, since tags are not: "
      "delete this line");
}

Test(yaml_explain, bytes_that_are_not_UTF_8_are_errors) {
  const char *why = "this is not UTF-8: save the file in that encoding";
  static const struct {
    const char *text, *place;
  } cases[] = {
      {"a: b\nc: \xff", "line 2, column 4"},
      {"\xff\xfe", "line 1, column 1"},
      {"a: \xc3\xa9\xc3 ", "line 1, column 5"},
      {"a: \xe2\x82", "line 1, column 4"},
      {"a: \xc0\xaf", "line 1, column 4"},
      {"a: \xed\xa0\x80", "line 1, column 4"},
  };
  EACH_ROW (row, cases) {
    const char *want = words_of("%s: %s", row->place, why);
    yaml_file_expect_error(row->text, want);
  }
}

Test(yaml_explain, control_characters_are_errors) {
  const char *want = "line 1, column 4: a control character stands here: "
                     "delete it";
  yaml_file_expect_error("a: \x01", want);
  yaml_file_expect_error("a: \x1b[31m", want);
  yaml_file_expect_error("a: \x7f", want);
  yaml_file_expect_error("a: \xc2\x9b", want);
  yaml_file_expect_error_of((struct slice){"a: \0b", 5}, want);
}

Test(yaml_explain, control_characters_are_errors_as_escapes_too) {
  const char *want = "line 1, column 4: this text holds a control character "
                     "by an escape; only \\t and \\n are taken";
  yaml_file_expect_error("a: \"\\0\"", want);
  yaml_file_expect_error("a: \"b\\e[31m\"", want);
  yaml_file_expect_error("a: \"\\r\"", want);
  yaml_file_expect_error("a: \"\\x7f\"", want);
  yaml_file_expect_error("a: \"\\N\"", want);
  yaml_file_expect_error("a: \"\\u009b\"", want);
  yaml_file_expect_error("?  \"\\0\"\n: 1", want);
}

Test(yaml_explain, line_ends_that_no_editor_shows_are_errors) {
  const char *want = "line 2, column 8: an invisible end of a line (U+0085, "
                     "U+2028 or U+2029) stands here: delete it";
  yaml_file_expect_error("a: 1\n# note \xc2\x85token: x\n", want);
  yaml_file_expect_error("a: 1\n# note \xe2\x80\xa8token: x\n", want);
  yaml_file_expect_error("a: 1\n# note \xe2\x80\xa9token: x\n", want);
  yaml_file_expect_error(
      "a: 1\r\n# note \rtoken: x\r\n",
      "line 2, column 8: a carriage return stands here alone: end "
      "lines with a line feed");
}

/* ---- what is badly written ---- */

Test(yaml_explain, tabs_do_not_indent) {
  const char *want = "line 2, column 1: a tab cannot indent a line: use spaces";
  yaml_file_expect_error("a:\n\tb: 1\n", want);
  yaml_file_expect_error("a: 1\n\tb: 2\n", want);
  yaml_file_expect_error("a: |\n\tb\n", want);
  yaml_file_expect_error("\xc3\xa9:\n\tb: 1\n", want);
}

Test(yaml_explain, a_missing_colon_is_named_where_the_key_is) {
  yaml_file_expect_error("a: 1\nbcd\ne: 2\n",
                         "line 2, column 1: a ':' is missing behind this key");
}

Test(yaml_explain, a_colon_too_many_is_named) {
  const char *why = "a ':' cannot stand here: check how this line and the one "
                    "above are indented; a text with ': ' in it needs quotes";
  char want[256];
  snprintf(want, sizeof want, "line 1, column 5: %s", why);
  yaml_file_expect_error("a: b: c\n", want);
  snprintf(want, sizeof want, "line 2, column 4: %s", why);
  yaml_file_expect_error("a: 1\n  b: 2\n", want);
}

Test(yaml_explain, what_is_never_closed_is_named_where_it_opens) {
  const char *quote = "line 1, column 4: this quote is never closed";
  yaml_file_expect_error("a: \"xyz\nb: 1\n", quote);
  yaml_file_expect_error("a: 'x\n---\n", quote);
  yaml_file_expect_error(
      "a:\n  - [1, 2\nb: 3\n",
      "line 2, column 5: this '[' is never closed, or a ',' is "
      "missing between its items");
  yaml_file_expect_error(
      "a: {b: 1\nc: 3\n",
      "line 1, column 4: this '{' is never closed, or a ',' is "
      "missing between its members");
}

Test(yaml_explain, wrong_indentation_is_named) {
  yaml_file_expect_error(
      "a:\n  b: 1\n c: 2\n",
      "line 3, column 2: a key and a ':' should stand here: check how "
      "this line is indented, and the quotes before it");
  yaml_file_expect_error(
      "- a\nb: 1\n",
      "line 2, column 1: a '- ' should stand here, as before the "
      "other items of this list: check how this line is indented");
  yaml_file_expect_error(
      "[a]\nb\n",
      "line 2, column 1: the file's value ended before this: check "
      "how this line is indented, and the quotes and brackets before it");
}

Test(yaml_explain, a_text_that_needs_quotes_is_named) {
  yaml_file_expect_error(
      "a: *.example.com",
      "line 1, column 4: a text that begins with '*' needs quotes");
  yaml_file_expect_error(
      "a: & b", "line 1, column 4: a text that begins with '&' needs quotes");
  yaml_file_expect_error(
      "a: @b", "line 1, column 4: a text that begins with \"@\" needs quotes");
  yaml_file_expect_error(
      "\xc3\xa9: [%]",
      "line 1, column 5: a text that begins with \"%\" needs quotes");
  yaml_file_expect_error("a: ? b",
                         "line 1, column 4: a key cannot stand here: a text "
                         "that begins with '?' needs quotes");
  yaml_file_expect_error(
      "a: - b",
      "line 1, column 4: a '- ' cannot stand here: a list begins on a "
      "line of its own; a text that begins with '- ' needs quotes");
  yaml_file_expect_error(
      "a: ]", "line 1, column 4: a key or a value should stand here; a text "
              "that begins like this needs quotes");
}

Test(yaml_explain, an_unknown_escape_is_named) {
  yaml_file_expect_error(
      "a: \"C:\\d\"",
      "line 1, column 7: there is no such escape: write \\\\ for a "
      "backslash, or use single quotes");
}

Test(yaml_explain, other_mistakes_are_told_in_the_words_of_libyaml) {
  yaml_file_expect_error("%YAML 2.0\n--- a",
                         "line 1, column 1: found incompatible YAML document");
  yaml_file_expect_error(
      "a: |0\n b",
      "line 1, column 5: found an indentation indicator equal to 0 "
      "while scanning a block scalar");
}

/* ---- what an error shows ---- */

Test(yaml_explain, an_error_shows_no_more_than_60_bytes_of_the_file) {
  char text[512], want[512], key[100];
  memset(key, 'k', sizeof key);
  snprintf(text, sizeof text, "%.61s: 1\n%.61s: 2\n", key, key);
  snprintf(want, sizeof want,
           "line 2, column 1: the key \"%.60s...\" stands here a second time; "
           "the first is in line 1, column 1",
           key);
  yaml_file_expect_fault(text, want);
}

Test(yaml_explain, an_error_is_one_line_of_ASCII) {
  yaml_file_expect_fault(
      "\"\xc3\xa9\\n\\\"~\": 1\n\"\xc3\xa9\\n\\\"~\": 2\n",
      "line 2, column 1: the key \"\\xc3\\xa9\\x0a\"~\" stands here a "
      "second time; the first is in line 1, column 1");
}

Test(yaml_explain, a_small_room_for_the_error_is_enough) {
  char small[24] = "", one[1] = "x";
  cr_expect(!yaml_read(slice_of("a: *b"), small, sizeof small));
  cr_expect(memchr(small, '\0', sizeof small));
  cr_expect(!yaml_read(slice_of("a: *b"), one, sizeof one));
  cr_expect_eq(one[0], '\0');
  one[0] = 'x';
  cr_expect(!yaml_read(slice_of(""), one, sizeof one));
  cr_expect_eq(one[0], '\0');
}

Test(yaml_explain, nothing_is_freed_like_something) { yaml_tree_free(NULL); }

/* YAML: what a file becomes, where each thing stands, and what is too much. */
#include "config/yaml.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/words.h"
#include "support/yaml_file.h"

/* ---- a tree as text ---- */

static void add_place(struct text *out, struct yaml_place place) {
  text_char(out, '@');
  text_int(out, place.line);
  text_char(out, ':');
  text_int(out, place.column);
}

static void add_scalar(struct text *out, const struct yaml_node *node) {
  if (node->plain) text_slice(out, node->text);
  else text_json(out, node->text);
}

/* Flow style; with the places, if wanted: {key@1:1: value@1:6}. */
static void add_node(struct text *out, const struct yaml_node *node,
                     bool places) {
  const char *ends = node->kind == YAML_MAPPING ? "{}" : "[]";
  if (node->kind == YAML_SCALAR) add_scalar(out, node);
  else text_char(out, ends[0]);
  for (const struct yaml_node *at = node->first; at; at = at->next) {
    text_slice(out, at->key);
    if (places && at->key_place.line > 0) add_place(out, at->key_place);
    if (node->kind == YAML_MAPPING) text_str(out, ": ");
    add_node(out, at, places);
    if (at->next) text_str(out, ", ");
  }
  if (node->kind != YAML_SCALAR) text_char(out, ends[1]);
  if (places) add_place(out, node->place);
}

static void expect_tree(const char *text, const char *want, bool places) {
  struct yaml_tree *tree = yaml_file_read(text);
  EMPTY_TEXT(got, 1024);
  add_node(&got, yaml_root(tree), places);
  cr_expect_str_eq(text_end(&got), want, "%s\n  got %s\n  not %s", text,
                   got_storage, want);
  yaml_tree_free(tree);
}

static void expect(const char *text, const char *want) {
  expect_tree(text, want, false);
}

static void expect_places(const char *text, const char *want) {
  expect_tree(text, want, true);
}

/* ---- trees ---- */

#define READS(name, text, want)                                                \
  Test(yaml, name) { expect(text, want); }

READS(a_file_of_mappings_and_lists_is_a_tree,
      "listen: 127.0.0.1:8480\n"
      "defaults: {timeout: 5s, hedge_after: 300ms}  # inherited\n"
      "routes:\n"
      "  - path: /users\n"
      "    methods: [GET, POST]\n"
      "  - {path: /x, upstream: 'x'}\n",
      "{listen: 127.0.0.1:8480, defaults: {timeout: 5s, hedge_after: "
      "300ms}, routes: [{path: /users, methods: [GET, POST]}, {path: /x, "
      "upstream: \"x\"}]}")

Test(yaml, a_root_may_be_anything) {
  expect("a", "a");
  expect("[a, [b], []]", "[a, [b], []]");
  expect("{}", "{}");
  expect("---\na: b\n...\n", "{a: b}");
  expect("%YAML 1.1\n--- a\n", "a");
  expect("{\"a\": [1, true, null], \"b\": {}}", "{a: [1, true, null], b: {}}");
}

Test(yaml, quotes_and_blocks_are_not_plain) {
  expect("[a, 'a', \"a\"]", "[a, \"a\", \"a\"]");
  expect("- |\n  a\n  b\n- >\n  c\n  d\n- e\n  f",
         "[\"a\\nb\\n\", \"c d\\n\", e f]");
  expect("\"\\t\\n\"", "\"\\t\\n\"");
  expect("'': 1", "{: 1}");
}

Test(yaml, texts_have_a_NUL_behind_them) {
  struct yaml_tree *tree = yaml_file_read("key: \"a text\"");
  const struct yaml_node *node = yaml_get(yaml_root(tree), "key");
  cr_assert(node);
  cr_expect_str_eq(node->text.at, "a text");
  cr_expect_str_eq(node->key.at, "key");
  cr_expect_eq(node->text.len, 6);
  yaml_tree_free(tree);
}

Test(yaml, everything_has_its_place) {
  expect_places("a: 1\nb:\n  - x\n  -   y\nc: {d: 2}\n",
                "{a@1:1: 1@1:4, b@2:1: [x@3:5, y@4:7]@3:3, c@5:1: {d@5:5: "
                "2@5:8}@5:4}@1:1");
  expect_places("a:\nb: ''\n", "{a@1:1: @1:3, b@2:1: \"\"@2:4}@1:1");
}

Test(yaml, a_column_counts_characters_not_bytes) {
  expect_places("\"\xc3\xa9\xe2\x82\xac\": \xf0\x9f\x99\x82\n",
                "{\xc3\xa9\xe2\x82\xac@1:1: \xf0\x9f\x99\x82@1:7}@1:1");
}

Test(yaml, a_byte_order_mark_and_CR_LF_move_nothing) {
  expect_places("\xef\xbb\xbf"
                "a: 1\r\nb:\r\n  - c\r\n",
                "{a@1:1: 1@1:4, b@2:1: [c@3:5]@3:3}@1:1");
}

Test(yaml, children_are_counted) {
  struct yaml_tree *tree = yaml_file_read("[{a: 1, b: 2, c: 3}, [], x]");
  const struct yaml_node *root = yaml_root(tree);
  cr_expect_eq(root->count, 3);
  cr_expect_eq(root->first->count, 3);
  cr_expect_eq(root->first->next->count, 0);
  cr_expect_eq(root->first->next->next->count, 0);
  yaml_tree_free(tree);
}

Test(yaml, a_member_is_found_by_its_name) {
  struct yaml_tree *tree = yaml_file_read("a: 1\nab: [a]\n");
  const struct yaml_node *root = yaml_root(tree);
  cr_assert(yaml_get(root, "ab"));
  cr_expect_eq(yaml_get(root, "ab")->kind, YAML_SEQUENCE);
  cr_expect(!yaml_get(root, "b"));
  cr_expect(!yaml_get(yaml_get(root, "ab"), "a"), "a list has no members");
  cr_expect(!yaml_get(yaml_get(root, "a"), "1"), "a scalar has none either");
  yaml_tree_free(tree);
}

Test(yaml, null_is_nothing_a_tilde_or_the_word_without_quotes) {
  struct yaml_tree *tree = yaml_file_read(
      "null: [~, null, Null, NULL]\nnot: ['', '~', \"null\", nUll, 0, []]\n"
      "nothing:\n");
  const struct yaml_node *root = yaml_root(tree);
  const struct yaml_node *nulls = yaml_get(root, "null");
  const struct yaml_node *others = yaml_get(root, "not");
  for (const struct yaml_node *at = nulls->first; at; at = at->next)
    cr_expect(yaml_is_null(at), "%s", at->text.at);
  for (const struct yaml_node *at = others->first; at; at = at->next)
    cr_expect(!yaml_is_null(at), "%s", at->text.at ? at->text.at : "[]");
  cr_expect(yaml_is_null(yaml_get(root, "nothing")));
  yaml_tree_free(tree);
}

/* ---- aliases ---- */

Test(yaml, an_alias_is_a_copy_of_what_its_anchor_names) {
  expect("a: &x {b: [1, {c: 2}], d: 3}\ne: *x\nf: [*x, *x]\n",
         "{a: {b: [1, {c: 2}], d: 3}, e: {b: [1, {c: 2}], d: 3}, f: [{b: [1, "
         "{c: 2}], d: 3}, {b: [1, {c: 2}], d: 3}]}");
  expect("[&x 1, *x, &x 2, *x]", "[1, 1, 2, 2]");
  expect("- &x []\n- *x\n- &y ~\n- *y\n", "[[], [], ~, ~]");
}

Test(yaml, a_copy_has_the_places_of_the_original_and_a_key_of_its_own) {
  expect_places("a: &x\n  b: 1\nc: *x\n",
                "{a@1:1: {b@2:3: 1@2:6}@1:4, c@3:1: {b@2:3: 1@2:6}@1:4}@1:1");
  expect_places("[&x a, *x]", "[a@1:2, a@1:2]@1:1");
}

Test(yaml, an_alias_needs_its_anchor_before_it) {
  yaml_file_expect_error(
      "a: 1\nb: *x\nc: &x 1\n",
      "line 2, column 4: the alias \"x\" has no anchor (&name) before it");
  yaml_file_expect_error(
      "*x", "line 1, column 1: the alias \"x\" has no anchor (&name) "
            "before it");
}

Test(yaml, an_alias_cannot_stand_inside_of_what_it_names) {
  yaml_file_expect_error(
      "a: &x\n  b: [*x]\n",
      "line 2, column 7: the alias \"x\" stands inside of what it names");
  yaml_file_expect_error("&x {<<: *x}",
                         "line 1, column 9: the alias \"x\" stands inside "
                         "of what it names");
}

Test(yaml, neither_alias_nor_anchor_stands_at_a_key) {
  yaml_file_expect_error("a: &x b\n*x : 1\n",
                         "line 2, column 1: an alias (*name) cannot be a key");
  yaml_file_expect_error(
      "&x a: b\n",
      "line 1, column 1: an anchor (&name) cannot stand before a key: "
      "put it before the value, or on the line above");
}

/* ---- merges ---- */

Test(yaml, a_merge_adds_what_a_mapping_does_not_have) {
  expect("d: &d {a: 1, b: [2]}\ne: {<<: *d, b: 3, c: 4}\n",
         "{d: {a: 1, b: [2]}, e: {b: 3, c: 4, a: 1}}");
  expect("d: &d {a: 1, b: 2}\ne: {b: 3, <<: *d}\n",
         "{d: {a: 1, b: 2}, e: {b: 3, a: 1}}");
  expect("d: &d {a: 1}\ne: {b: 3, <<: *d, c: 4}\n",
         "{d: {a: 1}, e: {b: 3, c: 4, a: 1}}");
  expect("{<<: {a: 1}}", "{a: 1}");
  expect("{<<: {}}", "{}");
  expect("{<<: []}", "{}");
}

READS(of_several_merged_the_first_wins,
      "- &x {a: 1, b: 2}\n- &y {b: 3, c: 4}\n- {<<: [*x, *y], d: 5}\n"
      "- <<: [{b: 6}, *y]\n",
      "[{a: 1, b: 2}, {b: 3, c: 4}, {d: 5, a: 1, b: 2, c: 4}, {b: 6, c: 4}]")
READS(what_was_merged_into_can_be_merged_again,
      "- &x {a: {u: 1}}\n- &y {<<: *x, b: 2}\n- {<<: *y, c: 3}\n- *y\n"
      "- {<<: &z {i: 1}, j: *z}\n",
      "[{a: {u: 1}}, {b: 2, a: {u: 1}}, {c: 3, b: 2, a: {u: 1}}, {b: 2, a: "
      "{u: 1}}, {j: {i: 1}, i: 1}]")
READS(a_merge_in_quotes_is_a_key_like_others, "{'<<': 1}", "{<<: 1}")

Test(yaml, members_that_were_merged_have_the_places_of_the_source) {
  expect_places("a: &x\n  b: 1\nc:\n  <<: *x\n  d: 2\n",
                "{a@1:1: {b@2:3: 1@2:6}@1:4, c@3:1: {d@5:3: 2@5:6, b@2:3: "
                "1@2:6}@4:3}@1:1");
}

Test(yaml, only_mappings_can_be_merged) {
  const char *want = "line 2, column 6: << takes a mapping, or a list of "
                     "mappings";
  yaml_file_expect_error("- &x 1\n-   {<<: *x}\n", want);
  yaml_file_expect_error("- &x 1\n-   {<<: [{a: 1}, *x]}\n", want);
  yaml_file_expect_error("- \n-   {<<: [[]]}\n", want);
}

/* ---- limits ---- */

/* Lines "HEAD1 1", "HEAD2 2" and so on. Free it. */
static char *numbered(const char *head, unsigned count, const char *between) {
  const size_t cap = (size_t)count * 32 + 1;
  char *text = malloc(cap);
  size_t len = 0;
  for (unsigned i = 0; i < count; i++)
    len += (size_t)snprintf(text + len, cap - len, "%s%u%s%u\n", head, i,
                            between, i);
  return text;
}

static void expect_read(char *text) {
  yaml_tree_free(yaml_file_read(text));
  free(text);
}

static void expect_refused(char *text, const char *want) {
  yaml_file_expect_error(text, want);
  free(text);
}

static const char too_many[] =
    "the file has more than 100000 values up to here (an alias counts as what "
    "it stands for)";

Test(yaml, a_billion_laughs_end_early) {
  const char *want = words_of("line 5, column 29: %s", too_many);
  yaml_file_expect_error("a: &a [x,x,x,x,x,x,x,x,x,x]\n"
                         "b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
                         "c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\n"
                         "d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\n"
                         "e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\n"
                         "f: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e,*e]\n"
                         "g: &g [*f,*f,*f,*f,*f,*f,*f,*f,*f,*f]\n"
                         "h: &h [*g,*g,*g,*g,*g,*g,*g,*g,*g,*g]\n"
                         "i: &i [*h,*h,*h,*h,*h,*h,*h,*h,*h,*h]\n",
                         want);
}

Test(yaml, merges_cannot_multiply_without_end) {
  static char text[1 << 16];
  size_t len = 0;
  for (unsigned i = 0; i < 32; i++)
    len += (size_t)snprintf(
        text + len, sizeof text - len,
        i == 0 ? "- &x%u {k: [1, 2, 3]}\n"
               : "- &x%u {a: {<<: *x%u}, b: {<<: [*x%u, *x%u]}}\n",
        i, i - 1, i - 1, i - 1);
  char error[256];
  cr_expect(!yaml_read(slice_of(text), error, sizeof error));
  words_expect(error, too_many);
}

Test(yaml, a_file_has_at_most_100000_values) {
  const char *want = words_of("line 100000, column 3: %s", too_many);
  expect_read(yaml_file_repeat("", "- x\n", YAML_NODES_MAX - 1, ""));
  expect_refused(yaml_file_repeat("", "- x\n", YAML_NODES_MAX, ""), want);
}

Test(yaml, values_nest_32_deep_at_most) {
  const char *close = "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]";
  expect_read(yaml_file_repeat("", "[", YAML_DEPTH_MAX, close));
  expect_refused(yaml_file_repeat("", "[", YAML_DEPTH_MAX + 1, close),
                 "line 1, column 33: this is nested deeper than 32 levels");
  expect_refused(yaml_file_repeat("", "[", 100 * 1000, ""),
                 "line 1, column 33: this is nested deeper than 32 levels");
  expect_refused(
      yaml_file_repeat("- &a [[]]\n- ", "[", YAML_DEPTH_MAX - 2, "*a"),
      "line 2, column 33: this is nested deeper than 32 levels");
}

Test(yaml, a_mapping_has_at_most_4096_keys) {
  expect_read(numbered("k", YAML_MEMBERS_MAX, ": "));
  expect_refused(numbered("k", YAML_MEMBERS_MAX + 1, ": "),
                 "line 4097, column 8: this mapping has more than 4096 keys");
}

Test(yaml, a_file_has_at_most_256_anchors) {
  expect_read(numbered("- &a", YAML_ANCHORS_MAX, " "));
  expect_refused(numbered("- &a", YAML_ANCHORS_MAX + 1, " "),
                 "line 257, column 3: the file has more than 256 anchors "
                 "(&name)");
  expect_read(yaml_file_repeat("", "- &a b\n", YAML_ANCHORS_MAX + 1, ""));
}

Test(yaml, a_file_has_at_most_4_MiB) {
  char *text = malloc(YAML_BYTES_MAX + 1);
  memset(text, 'a', YAML_BYTES_MAX + 1);
  char error[256];
  yaml_tree_free(
      yaml_read((struct slice){text, YAML_BYTES_MAX}, error, sizeof error));
  cr_expect_str_empty(error);
  yaml_file_expect_error_of((struct slice){text, YAML_BYTES_MAX + 1},
                            "the file has more than 4 MiB");
  free(text);
}

/* fuzz_yaml: any bytes into config/yaml.
 *
 * They become a tree that keeps the promises of its header, or an error that is
 * one clean line. The same file with CR LF for LF is the same tree, with the
 * same places. */
#include <stdlib.h>

#include "config/yaml.h"
#include "fuzz/fuzz.h"

enum { ERROR_BYTES = 512 };

/* ---- an error ---- */

static void check_error(const char *error) {
  demand(strncmp(error, "line ", 5) == 0 || strncmp(error, "the file ", 9) == 0,
         "an error says where it is");
  for (const char *c = error; *c; c++)
    demand(*c >= ' ' && *c <= '~', "an error is one line of ASCII");
  demand(strlen(error) < 300, "an error is short");
}

/* ---- a tree ---- */

/* How many characters a line has; 0 too where there is no such line. */
static size_t line_length(struct slice text, unsigned line) {
  size_t count = 0;
  while (--line > 0) (void)fuzz_line(&text);
  const struct slice wanted = fuzz_line(&text);
  for (size_t i = 0; i < wanted.len; i++)
    count += ((unsigned char)wanted.at[i] & 0xc0) != 0x80;
  return count;
}

static void check_place(struct yaml_place place, struct slice file) {
  demand(place.line >= 1 && place.column >= 1, "places count from 1");
  demand(place.column <= line_length(file, place.line) + 1,
         "a place is in the file");
}

static void check_text(struct slice text) {
  demand(text.at[text.len] == '\0' && strlen(text.at) == text.len,
         "a text has one NUL, behind it");
  for (size_t i = 0; i < text.len; i++) {
    const unsigned char c = (unsigned char)text.at[i];
    demand((c >= ' ' && c != 0x7f) || c == '\t' || c == '\n',
           "a text has no control characters");
    demand(c != 0xc2 || (unsigned char)text.at[i + 1] >= 0xa0,
           "nor those beyond ASCII");
  }
}

static void check_member(const struct yaml_node *mapping,
                         const struct yaml_node *member, struct slice file) {
  check_text(member->key);
  check_place(member->key_place, file);
  demand(yaml_get(mapping, member->key.at) == member, "no key stands twice");
}

static void check_scalar(const struct yaml_node *node) {
  check_text(node->text);
  demand(!node->first && node->count == 0, "a scalar has no children");
  demand(!yaml_is_null(node) || node->plain, "null is plain");
}

/* A large tree comes of aliases, and repeats itself: not all is looked at. */
static unsigned check_node(const struct yaml_node *node, unsigned depth,
                           struct slice file, unsigned *looks) {
  unsigned total = 1, count = 0;
  const bool looked_at = *looks > 0 && (*looks)--;
  demand(depth <= YAML_DEPTH_MAX, "a tree is not deep");
  if (looked_at) check_place(node->place, file);
  if (node->kind == YAML_SCALAR) check_scalar(node);
  for (const struct yaml_node *at = node->first; at; at = at->next) {
    if (node->kind == YAML_MAPPING && looked_at) check_member(node, at, file);
    total += check_node(at, depth + 1, file, looks);
    count++;
  }
  demand(count == node->count, "children are counted");
  demand(count <= YAML_MEMBERS_MAX || node->kind == YAML_SEQUENCE,
         "a mapping is not large");
  return total;
}

/* ---- two trees ---- */

static bool same_place(struct yaml_place a, struct yaml_place b) {
  return a.line == b.line && a.column == b.column;
}

static void check_same(const struct yaml_node *a, const struct yaml_node *b) {
  demand(a->kind == b->kind && a->plain == b->plain && a->count == b->count &&
             slice_equal(a->text, b->text) && slice_equal(a->key, b->key) &&
             same_place(a->place, b->place) &&
             same_place(a->key_place, b->key_place),
         "CR LF ends a line as LF does");
  for (a = a->first, b = b->first; a; a = a->next, b = b->next)
    check_same(a, b);
}

static struct text with_CR_LF(struct slice file) {
  struct text out = fuzz_text(2 * file.len + 1);
  for (size_t i = 0; i < file.len; i++) {
    if (file.at[i] == '\n') text_char(&out, '\r');
    text_char(&out, file.at[i]);
  }
  return out;
}

/* Of two mistakes the other may be told first: libyaml finds bytes that are not
 * UTF-8 by reading ahead. A CR that is there already would be another one. */
static void check_CR_LF(struct slice file, const struct yaml_tree *tree) {
  if (fuzz_contains(file, slice_of("\r"))) return;
  char said[ERROR_BYTES];
  struct text out = with_CR_LF(file);
  struct yaml_tree *other = yaml_read(text_slice_of(&out), said, sizeof said);
  demand(!other == !tree, "CR LF changes no verdict");
  if (tree) check_same(yaml_root(tree), yaml_root(other));
  yaml_tree_free(other);
  free(out.at);
}

/* ---- the target ---- */

static struct slice without_mark(struct slice file) {
  const struct slice mark = slice_of("\xef\xbb\xbf");
  return slice_starts_with(file, mark) ? slice_from(file, mark.len) : file;
}

static void check_tree(const struct yaml_tree *tree, struct slice file) {
  unsigned looks = 1000;
  const unsigned total =
      check_node(yaml_root(tree), 1, without_mark(file), &looks);
  demand(total <= YAML_NODES_MAX, "a tree is not large");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const struct slice file = fuzz_input(data, size);
  char *copy = fuzz_copy(file), error[ERROR_BYTES], small[16];
  struct yaml_tree *tree =
      yaml_read((struct slice){copy, size}, error, sizeof error);
  free(copy);
  demand(!tree == (error[0] != '\0'), "either a tree or an error");
  if (tree) check_tree(tree, file);
  else check_error(error);
  check_CR_LF(file, tree);
  struct yaml_tree *other = yaml_read(file, small, sizeof small);
  demand(!other == !tree && memchr(small, '\0', sizeof small),
         "a small room for the error changes nothing");
  yaml_tree_free(other);
  yaml_tree_free(tree);
  return 0;
}

/* A YAML file of a test. */
#include "support/yaml_file.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static char error[512];

/* In a block of exactly their length, so that ASan sees a read beyond it. */
static struct yaml_tree *read_bytes(struct slice bytes) {
  char *copy = malloc(bytes.len + (bytes.len == 0));
  if (bytes.len > 0) memcpy(copy, bytes.at, bytes.len);
  struct yaml_tree *tree =
      yaml_read((struct slice){copy, bytes.len}, error, sizeof error);
  free(copy);
  return tree;
}

struct yaml_tree *yaml_file_read(const char *text) {
  struct yaml_tree *tree = read_bytes(slice_of(text));
  cr_assert(tree, "%s\n  %s", text, error);
  cr_expect_str_empty(error);
  return tree;
}

void yaml_file_expect_error_of(struct slice bytes, const char *want) {
  struct yaml_tree *tree = read_bytes(bytes);
  cr_expect(!tree, "%.60s: was read", bytes.at);
  cr_expect_str_eq(error, want, "%.60s\n  got %s\n  not %s", bytes.at, error,
                   want);
  yaml_tree_free(tree);
}

void yaml_file_expect_fault(const char *text, const char *want) {
  struct yaml_tree *tree = yaml_file_read(text);
  char got[1024] = "";
  struct text line;
  text_init(&line, got, sizeof got);
  for (const struct yaml_fault *f = yaml_faults(tree); f; f = f->next) {
    yaml_where(&line, f->place);
    text_str(&line, ": ");
    text_str(&line, f->what);
    if (f->next) text_char(&line, '\n');
  }
  cr_expect_str_eq(text_end(&line), want, "%s\n  got %s\n  not %s", text, got,
                   want);
  yaml_tree_free(tree);
}

void yaml_file_expect_error(const char *text, const char *want) {
  yaml_file_expect_error_of(slice_of(text), want);
}

char *yaml_file_repeat(const char *head, const char *piece, unsigned count,
                       const char *tail) {
  const size_t len = strlen(piece);
  char *text = malloc(strlen(head) + len * count + strlen(tail) + 1);
  char *at = stpcpy(text, head);
  for (unsigned i = 0; i < count; i++) at = stpcpy(at, piece);
  strcpy(at, tail);
  return text;
}

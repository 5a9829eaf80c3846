/* yaml_file: a YAML file of a test, out of its text. */
#ifndef HEDGEROW_TESTS_SUPPORT_YAML_FILE_H
#define HEDGEROW_TESTS_SUPPORT_YAML_FILE_H

#include "config/yaml.h"

/* The tree; the test fails if the text has none. Free it. */
struct yaml_tree *yaml_file_read(const char *text);

/* The text has no tree, but this error. */
void yaml_file_expect_error(const char *text, const char *want);
/* The same of bytes, with which a NUL may be. */
void yaml_file_expect_error_of(struct slice bytes, const char *want);

/* The text has a tree, and these faults, a line each. */
void yaml_file_expect_fault(const char *text, const char *want);

/* `count` times the piece, between head and tail. Free it. */
char *yaml_file_repeat(const char *head, const char *piece, unsigned count,
                       const char *tail);

#endif

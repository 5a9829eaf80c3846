/* yaml: a YAML file as a tree whose every value and key has its place.
 *
 * Bytes in, tree out; no file is opened. The tree says what stands where, and
 * judges no value: `plain` tells 12 from "12", and the reader of the tree knows
 * what it wants. What is read is YAML 1.1 as libyaml understands it, less what
 * a file of options has no use for:
 *
 *  - one document; a second one is an error
 *  - keys are scalars, and none stands twice in a mapping
 *  - no tags (!!int, !mine)
 *  - UTF-8 with lines that end in LF or CR LF; no control characters, also not
 *    by escapes, but for the tab and the line feed
 *
 * An alias (*name) becomes a copy of what its anchor (&name) names. A merge
 * (<<: *name, or a list of such) adds the members that a mapping does not have
 * itself, behind its own; of several sources the first wins. */
#ifndef HEDGEROW_CONFIG_YAML_H
#define HEDGEROW_CONFIG_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include "core/slice.h"
#include "core/text.h"

/* More than that is an error. Aliases count as what they stand for. */
enum {
  YAML_BYTES_MAX = 4 * 1024 * 1024, /* of the file */
  YAML_NODES_MAX = 100 * 1000,
  YAML_DEPTH_MAX = 32,     /* the root has depth 1 */
  YAML_MEMBERS_MAX = 4096, /* of one mapping */
  YAML_ANCHORS_MAX = 256,
};

enum yaml_kind { YAML_SCALAR, YAML_SEQUENCE, YAML_MAPPING };

/* Both count from 1; a column is a character, not a byte. */
struct yaml_place {
  unsigned line, column;
};

struct yaml_node {
  enum yaml_kind kind;
  /* Where the value begins, its anchor included. Of a copy: where the original
   * stands. */
  struct yaml_place place;
  struct slice text; /* of a scalar; with a NUL behind it and none in it */
  bool plain; /* a scalar without quotes: null, true, 12 mean something */
  /* Of a member of a mapping; the text as `text` above. */
  struct slice key;
  struct yaml_place key_place;
  /* Of a sequence or mapping: its children, in order. */
  const struct yaml_node *first;
  unsigned count;
  const struct yaml_node *next; /* the next child of the same parent */
};

/* Owns its nodes and their texts. */
struct yaml_tree;

/* A key that stands a second time: that, and what it has, is not in the tree.
 * */
struct yaml_fault {
  const struct yaml_fault *next; /* in the order of the file */
  struct yaml_place place;
  const char *what; /* as an error of yaml_read, without the place */
};

/* The bytes are borrowed for the call. NULL: one line of ASCII in error,
 * without its end: "line 3, column 5: ..." or "the file ...". It shows at
 * most 60 bytes of the file, with an escape for each that is not visible.
 * cap >= 1. */
struct yaml_tree *yaml_read(struct slice bytes, char *error, size_t cap)
    __attribute__((warn_unused_result));
/* NULL is fine. It is not yaml_free, since libyaml has a function of that name,
 * and calls whichever the program has. */
void yaml_tree_free(struct yaml_tree *tree);

const struct yaml_node *yaml_root(const struct yaml_tree *tree);
/* What is wrong with it all the same. NULL: nothing. */
const struct yaml_fault *yaml_faults(const struct yaml_tree *tree);
/* The member of that name. NULL: there is none, or the node is no mapping. */
const struct yaml_node *yaml_get(const struct yaml_node *node, const char *key);
/* Nothing, ~ or null, without quotes. */
bool yaml_is_null(const struct yaml_node *node);
/* Appends "line 3, column 5". */
void yaml_where(struct text *out, struct yaml_place place);

#endif

/* yaml_tree: the tree of config/yaml while it is made.
 *
 * A part of yaml; nothing but its own files and tests includes this. */
#ifndef HEDGEROW_CONFIG_YAML_TREE_H
#define HEDGEROW_CONFIG_YAML_TREE_H

#include "config/yaml.h"

/* A node, and what only the making of the tree needs to know of it. */
struct yaml_branch {
  struct yaml_node node; /* first, so that the one is the other */
  struct yaml_branch *parent, *last;
  struct yaml_branch *merge; /* the member << of a mapping that is open */
  unsigned depth;
  bool open; /* more may be added */
};

struct yaml_tree {
  struct yaml_piece *pieces; /* of memory */
  struct yaml_branch *root;
  struct yaml_fault *faults, *last_fault;
  unsigned nodes;
};

struct yaml_making {
  struct slice bytes;
  struct yaml_tree *tree;
  struct yaml_branch *open; /* the innermost; NULL: the root is to come */
  struct yaml_place place;  /* of what is read now */
  /* The key that waits for its value. */
  struct yaml_key {
    bool waiting, is_merge;
    bool is_repeated; /* what comes is not added to what is open */
    struct slice text;
    struct yaml_place place;
  } key;
  struct yaml_anchor {
    struct slice name;
    struct yaml_branch *branch;
  } anchors[YAML_ANCHORS_MAX];
  unsigned anchor_count;
  struct text error; /* empty after a failure: no memory */
};

/* What may fail returns false or NULL, with the error written. */

/* A copy of the text, NUL behind it, that lives as long as the tree. */
bool yaml_keep(struct yaml_making *making, struct slice text,
               struct slice *kept);
/* Of the file, which is read on. */
bool yaml_add_fault(struct yaml_making *making, struct yaml_place place,
                    struct slice what);
/* Adds a value at the end of what is open, under the key that waits. Takes
 * kind, place, text and plain from `what`, and keeps the text as it is. */
struct yaml_branch *yaml_add(struct yaml_making *making,
                             const struct yaml_node *what);
/* The name's branch from now on. */
bool yaml_add_anchor(struct yaml_making *making, struct slice name,
                     struct yaml_branch *branch);
/* Adds a copy of what the name stands for. */
bool yaml_add_alias(struct yaml_making *making, struct slice name);
/* Nothing more comes into what is open. */
bool yaml_end(struct yaml_making *making);

#endif

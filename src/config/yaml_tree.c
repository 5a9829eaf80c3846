/* yaml_tree.c: the tree of a YAML file while it grows.
 *
 * It has no recursion: what is open forms a path from the root, and a branch
 * knows its parent. So depth costs nothing but the limit that it has.
 *
 * An alias is a copy, node by node, that shares the texts. A tree in which each
 * node has one parent is easy to read (a member knows its key, a child its next
 * sibling), and the limit on nodes makes the copies harmless: a file whose
 * aliases double ten times over ("billion laughs") ends at the 100,000th node.
 * An anchor is known from where it stands, but what it names can be copied only
 * once it is whole. So no cycle can come about.
 *
 * A merge is done when its mapping ends, since own members win wherever they
 * stand. Keys are compared one by one: the limit on members keeps that short,
 * and saves an index. */
#include "config/yaml_tree.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "config/yaml_explain.h"

/* ---- memory ---- */

struct yaml_piece {
  struct yaml_piece *next;
  max_align_t room[];
};

static void *take(struct yaml_making *making, size_t bytes) {
  struct yaml_piece *piece = malloc(sizeof *piece + bytes);
  if (!piece) return NULL;
  piece->next = making->tree->pieces;
  making->tree->pieces = piece;
  return piece->room;
}

void yaml_tree_free(struct yaml_tree *tree) {
  while (tree && tree->pieces) {
    struct yaml_piece *piece = tree->pieces;
    tree->pieces = piece->next;
    free(piece);
  }
  free(tree);
}

bool yaml_keep(struct yaml_making *making, struct slice text,
               struct slice *kept) {
  char *copy = take(making, text.len + 1);
  if (!copy) return false;
  if (text.len > 0) memcpy(copy, text.at, text.len);
  copy[text.len] = '\0';
  *kept = (struct slice){copy, text.len};
  return true;
}

bool yaml_add_fault(struct yaml_making *making, struct yaml_place place,
                    struct slice what) {
  struct yaml_tree *tree = making->tree;
  struct yaml_fault *fault = take(making, sizeof *fault);
  if (!fault || !yaml_keep(making, what, &what)) return false;
  *fault = (struct yaml_fault){.place = place, .what = what.at};
  if (tree->last_fault) tree->last_fault->next = fault;
  else tree->faults = fault;
  tree->last_fault = fault;
  return true;
}

/* ---- nodes ---- */

static struct yaml_branch *branch_of(const struct yaml_node *node) {
  return (struct yaml_branch *)(uintptr_t)node;
}

static const struct yaml_node *member_of(const struct yaml_node *mapping,
                                         struct slice key) {
  const struct yaml_node *member = mapping->first;
  while (member && !slice_equal(member->key, key)) member = member->next;
  return member;
}

const struct yaml_node *yaml_get(const struct yaml_node *node,
                                 const char *key) {
  if (node->kind != YAML_MAPPING) return NULL;
  return member_of(node, slice_of(key));
}

static void append(struct yaml_branch *parent, struct yaml_branch *child) {
  if (parent->last) parent->last->node.next = &child->node;
  else parent->node.first = &child->node;
  parent->last = child;
  parent->node.count++;
}

static const char *why_too_much(const struct yaml_making *making,
                                const struct yaml_branch *parent) {
  if (making->tree->nodes == YAML_NODES_MAX)
    return "the file has more than 100000 values up to here (an alias counts "
           "as what it stands for)";
  if (parent && parent->depth == YAML_DEPTH_MAX)
    return "this is nested deeper than 32 levels";
  if (parent && parent->node.kind == YAML_MAPPING &&
      parent->node.count == YAML_MEMBERS_MAX)
    return "this mapping has more than 4096 keys";
  return NULL;
}
_Static_assert(YAML_NODES_MAX == 100000 && YAML_DEPTH_MAX == 32 &&
                   YAML_MEMBERS_MAX == 4096,
               "why_too_much names the numbers");

/* A child of `parent` (NULL: the root), with the key that `what` has. */
static struct yaml_branch *add_below(struct yaml_making *making,
                                     struct yaml_branch *parent,
                                     const struct yaml_node *what) {
  const char *why = why_too_much(making, parent);
  if (why) (void)yaml_refuse(making, making->place, why);
  struct yaml_branch *branch = why ? NULL : take(making, sizeof *branch);
  if (!branch) return NULL;
  *branch = (struct yaml_branch){
      .node = *what, .parent = parent, .depth = parent ? parent->depth + 1 : 1};
  branch->node.first = branch->node.next = NULL;
  branch->node.count = 0;
  making->tree->nodes++;
  if (parent && !making->key.is_repeated) append(parent, branch);
  if (!parent) making->tree->root = branch;
  return branch;
}

struct yaml_branch *yaml_add(struct yaml_making *making,
                             const struct yaml_node *what) {
  struct yaml_node keyed = *what;
  keyed.key = making->key.text;
  keyed.key_place = making->key.place;
  struct yaml_branch *branch = add_below(making, making->open, &keyed);
  if (branch && making->key.is_merge) making->open->merge = branch;
  making->key = (struct yaml_key){.waiting = false};
  return branch;
}

/* ---- copies ---- */

/* Below `to` comes what is below `from`; both walk through it side by side. */
static bool copy_below(struct yaml_making *making, struct yaml_branch *to,
                       const struct yaml_branch *from) {
  const struct yaml_branch *top = from;
  for (;;) {
    const struct yaml_node *next = from->node.first;
    while (!next && from != top) {
      next = from->node.next;
      from = from->parent;
      to = to->parent;
    }
    if (!next) return true;
    from = branch_of(next);
    to = add_below(making, to, next);
    if (!to) return false;
  }
}

static struct yaml_anchor *find_anchor(struct yaml_making *making,
                                       struct slice name) {
  for (unsigned i = 0; i < making->anchor_count; i++)
    if (slice_equal(making->anchors[i].name, name)) return &making->anchors[i];
  return NULL;
}

/* A name that comes again has another meaning from there on. */
bool yaml_add_anchor(struct yaml_making *making, struct slice name,
                     struct yaml_branch *branch) {
  struct yaml_anchor *anchor = find_anchor(making, name);
  if (!anchor && making->anchor_count == YAML_ANCHORS_MAX)
    return yaml_refuse(making, making->place,
                       "the file has more than 256 anchors (&name)");
  if (!anchor) {
    anchor = &making->anchors[making->anchor_count];
    if (!yaml_keep(making, name, &anchor->name)) return false;
    making->anchor_count++;
  }
  anchor->branch = branch;
  return true;
}
_Static_assert(YAML_ANCHORS_MAX == 256, "yaml_add_anchor names the number");

static bool refuse_alias(struct yaml_making *making, struct slice name,
                         const char *why) {
  struct text *error = yaml_complain(making, making->place);
  text_str(error, "the alias ");
  yaml_show(error, name);
  text_str(error, why);
  return false;
}

bool yaml_add_alias(struct yaml_making *making, struct slice name) {
  const struct yaml_anchor *anchor = find_anchor(making, name);
  if (!anchor)
    return refuse_alias(making, name, " has no anchor (&name) before it");
  if (anchor->branch->open)
    return refuse_alias(making, name, " stands inside of what it names");
  struct yaml_branch *copy = yaml_add(making, &anchor->branch->node);
  return copy && copy_below(making, copy, anchor->branch);
}

/* ---- merges ---- */

static void take_out(struct yaml_branch *mapping,
                     const struct yaml_branch *member) {
  struct yaml_branch *before = NULL;
  const struct yaml_node *at = mapping->node.first;
  for (; at != &member->node; at = at->next) before = branch_of(at);
  if (before) before->node.next = member->node.next;
  else mapping->node.first = member->node.next;
  if (mapping->last == member) mapping->last = before;
  mapping->node.count--;
}

static bool merge_from(struct yaml_making *making, struct yaml_branch *mapping,
                       const struct yaml_node *from) {
  if (from->kind != YAML_MAPPING)
    return yaml_refuse(making, mapping->merge->node.key_place,
                       "<< takes a mapping, or a list of mappings");
  for (const struct yaml_node *at = from->first; at; at = at->next) {
    if (member_of(&mapping->node, at->key)) continue;
    struct yaml_branch *copy = add_below(making, mapping, at);
    if (!copy || !copy_below(making, copy, branch_of(at))) return false;
  }
  return true;
}

/* What was merged stays in memory: an anchor may name it. */
static bool merge(struct yaml_making *making, struct yaml_branch *mapping) {
  const struct yaml_node *from = &mapping->merge->node;
  take_out(mapping, mapping->merge);
  if (from->kind != YAML_SEQUENCE) return merge_from(making, mapping, from);
  for (const struct yaml_node *at = from->first; at; at = at->next)
    if (!merge_from(making, mapping, at)) return false;
  return true;
}

bool yaml_end(struct yaml_making *making) {
  struct yaml_branch *ended = making->open;
  if (ended->merge && !merge(making, ended)) return false;
  ended->open = false;
  making->open = ended->parent;
  return true;
}

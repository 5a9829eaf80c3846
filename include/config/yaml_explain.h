/* yaml_explain: what is wrong with a file, in words that help.
 *
 * A part of yaml; nothing but its own files includes this. */
#ifndef HEDGEROW_CONFIG_YAML_EXPLAIN_H
#define HEDGEROW_CONFIG_YAML_EXPLAIN_H

#include "config/yaml_tree.h"

/* Writes "line 3, column 5: " and what was said; returns false. */
bool yaml_refuse(struct yaml_making *making, struct yaml_place place,
                 const char *why);
bool yaml_refuse_tag(struct yaml_making *making, struct yaml_place place);
/* The same, in pieces: begins the line. */
struct text *yaml_complain(struct yaml_making *making, struct yaml_place place);
/* Text of the file, in quotes, as an error may show it. */
void yaml_show(struct text *out, struct slice text);

/* What libyaml says. */
struct yaml_complaint {
  const char *problem;     /* NULL: no memory */
  const char *context;     /* "while ...", or NULL */
  struct yaml_place place; /* of the problem */
  size_t character;        /* the same, counted from the file's begin */
  struct yaml_place context_place;
  bool by_offset; /* the problem is at this byte, and has no place */
  size_t offset;
};
/* Writes it as our error; returns false. */
bool yaml_explain(struct yaml_making *making,
                  const struct yaml_complaint *complaint);

/* Refuses bytes that libyaml would take, and should not. */
bool yaml_check_bytes(struct yaml_making *making);

#endif

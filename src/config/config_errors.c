/* config_errors.c: errors in the order of the lines that they are of.
 *
 * A file is read in the order in which its parts need each other: defaults come
 * before the flags that win over them, all routes before what a gather asks of
 * them. Whoever mends it goes from its top to its bottom, so errors wait until
 * all of it has been read, and are then sorted by their places. What several
 * inherit, or have by an alias, is wrong once and is told once. */
#include "config/config_errors.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

struct config_error {
  struct yaml_place place; /* zeros: of no file */
  unsigned number;         /* in the order in which they were found */
  char *what;
};

static void tell(const struct config_errors *errors, struct yaml_place place,
                 const char *what) {
  char storage[PATH_MAX + 2 * CONFIG_ERROR_BYTES];
  struct text line = TEXT_ON(storage);
  if (place.line > 0) {
    text_put(&line, errors->file, ": ");
    yaml_where(&line, place);
    text_str(&line, ": ");
  }
  text_str(&line, what);
  errors->complain(errors->arg, text_end(&line));
}

/* For one more. */
static bool make_room(struct config_errors *errors) {
  if (errors->count < errors->room) return true;
  const unsigned room = errors->room > 0 ? 2 * errors->room : 16;
  struct config_error *kept = realloc(errors->kept, room * sizeof *kept);
  if (!kept) return false;
  errors->kept = kept;
  errors->room = room;
  return true;
}

void config_errors_add(struct config_errors *errors, struct yaml_place place,
                       struct text *line) {
  const char *what = text_end(line);
  char *copy = make_room(errors) ? strdup(what) : NULL;
  errors->any = true;
  const unsigned n = errors->count;
  if (!copy) tell(errors, place, what); /* out of its turn: no memory */
  else errors->kept[errors->count++] = (struct config_error){place, n, copy};
}

void config_errors_add_name(struct config_errors *errors, const char *option,
                            const struct config_name *name, const char *why) {
  const bool in_file = name->place.line > 0;
  char storage[2 * CONFIG_ERROR_BYTES];
  struct text line = TEXT_ON(storage);
  text_str(&line, in_file ? "" : "--");
  for (const char *c = option; *c != '\0'; c++)
    text_char(&line, in_file && *c == '-' ? '_' : *c);
  text_str(&line, ": ");
  for (const char *c = name->text; *c != '\0'; c++)
    if ((unsigned char)*c < ' ' || *c == 0x7f) text_hex(&line, *c);
    else text_char(&line, *c);
  text_put(&line, ": ", why);
  config_errors_add(errors, name->place, &line);
}

/* ---- their order ---- */

static int compare(unsigned a, unsigned b) { return (a > b) - (a < b); }

static int compare_errors(const void *one, const void *other) {
  const struct config_error *a = one, *b = other;
  int order = compare(a->place.line, b->place.line);
  if (order == 0) order = compare(a->place.column, b->place.column);
  return order != 0 ? order : compare(a->number, b->number);
}

static bool is_same(const struct config_error *a,
                    const struct config_error *b) {
  return a->place.line == b->place.line && a->place.column == b->place.column &&
         strcmp(a->what, b->what) == 0;
}

void config_errors_tell(struct config_errors *errors) {
  struct config_error *kept = errors->kept;
  const unsigned count = errors->count;
  if (count > 0) qsort(kept, count, sizeof *kept, compare_errors);
  for (unsigned i = 0; i < count; i++)
    if (i == 0 || !is_same(&kept[i - 1], &kept[i]))
      tell(errors, kept[i].place, kept[i].what);
  for (unsigned i = 0; i < count; i++) free(kept[i].what);
  free(kept);
  errors->kept = NULL;
  errors->count = errors->room = 0;
}

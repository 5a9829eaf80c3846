/* config_errors.c: what is wrong with a file, in the order of its lines.
 *
 * A file is read in the order in which its parts need each other: defaults come
 * before the flags that win over them, and all routes before what a gather asks
 * of them. Whoever mends it goes from its top to its bottom, so errors wait
 * until all of it has been read, and are then sorted by their places. What
 * several aliases share is wrong once, and is told once. */
#include <stdlib.h>
#include <string.h>

#include "config/config_file_parts.h"
#include "config/config_refuse.h"

struct config_error {
  struct yaml_place place; /* zeros: of the command line */
  unsigned number;         /* in the order in which they were found */
  char *what;
};

static void say(const struct config_file *file, struct yaml_place place,
                const char *what) {
  char storage[2 * CONFIG_ERROR_BYTES];
  struct text line;
  text_init(&line, storage, sizeof storage);
  if (place.line > 0) {
    text_str(&line, file->source->name);
    text_str(&line, ": ");
    yaml_where(&line, place);
    text_str(&line, ": ");
  }
  text_str(&line, what);
  file->complain(file->arg, text_end(&line));
}

/* For one more. */
static bool make_room(struct config_file *file) {
  if (file->kept < file->room) return true;
  const unsigned room = file->room > 0 ? 2 * file->room : 16;
  struct config_error *errors =
      realloc(file->errors, room * sizeof *file->errors);
  if (!errors) return false;
  file->errors = errors;
  file->room = room;
  return true;
}

void config_file_tell(struct config_file *file, struct yaml_place place,
                      struct text *line) {
  const char *what = text_end(line);
  char *copy = make_room(file) ? strdup(what) : NULL;
  file->failed = true;
  if (!copy) {
    say(file, place, what); /* out of its turn, for lack of memory */
    return;
  }
  file->errors[file->kept] = (struct config_error){place, file->kept, copy};
  file->kept++;
}

void config_file_complain(struct config_file *file, struct yaml_place place,
                          struct slice shown, const char *why) {
  char storage[CONFIG_ERROR_BYTES];
  struct text line;
  text_init(&line, storage, sizeof storage);
  if (shown.len > 0) config_show(&line, shown);
  text_str(&line, why);
  config_file_tell(file, place, &line);
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

void config_file_say_errors(struct config_file *file) {
  struct config_error *errors = file->errors;
  if (file->kept > 0) qsort(errors, file->kept, sizeof *errors, compare_errors);
  for (unsigned i = 0; i < file->kept; i++)
    if (i == 0 || !is_same(&errors[i - 1], &errors[i]))
      say(file, errors[i].place, errors[i].what);
  for (unsigned i = 0; i < file->kept; i++) free(errors[i].what);
  free(errors);
}

/* config_options: the one table that drives the options of hedgerow.
 *
 * A row says everything about its option: how it is called, what its value
 * looks like, where in struct config it goes, its default and its range (as
 * text, so that --help and the errors print what the parser parses), and its
 * line of help. A new option is a new row. */
#ifndef HEDGEROW_CONFIG_CONFIG_OPTIONS_H
#define HEDGEROW_CONFIG_CONFIG_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/slice.h"
#include "core/text.h"

enum option_kind {
  OPTION_DURATION,
  OPTION_SIZE,
  OPTION_COUNT,
  OPTION_CHOICE,  /* one of the words of `value`: its place is the number */
  OPTION_ADDRESS, /* struct listen_at */
  OPTION_PATH,    /* const char * */
  OPTION_FIELD,   /* struct slice, the value of an HTTP field */
  OPTION_URLS,    /* repeatable, as the two below; at its count */
  OPTION_HEADERS,
  OPTION_NAMES,
  OPTION_HELP, /* these two take no value and have no variable */
  OPTION_VERSION,
};

enum option_group {
  GROUP_TARGETS,
  GROUP_RACING,
  GROUP_TIME,
  GROUP_REQUESTS,
  GROUP_RUNNING,
  GROUP_LIMITS,
  GROUP_COUNT,
};

/* What an option is a property of. Flags say each of them once, for all that
 * there is of its kind. */
enum option_scope {
  SCOPE_PROCESS = 1, /* for its life: a reload does not change it */
  SCOPE_ROUTE,       /* struct route */
  SCOPE_GROUP,       /* struct group, its targets and what they are shown */
};

enum { CONFIG_OPTIONS_MAX = 64, OPTION_NAME_MAX = 32 };

struct config_option {
  enum option_group group; /* in --help */
  enum option_scope scope;
  const char *name;  /* without dashes */
  char letter;       /* the short form, or 0 */
  const char *value; /* what --help prints for it; NULL: takes none */
  enum option_kind kind;
  size_t offset, size;   /* of the member of struct config */
  const char *fallback;  /* the default; NULL: nothing, or an empty list */
  const char *min, *max; /* of a number, else NULL */
  bool may_be_off;       /* the word `off` is taken, and stored as 0 */
  const char *help;
};

extern const struct config_option config_options[];
extern const size_t config_option_count; /* <= CONFIG_OPTIONS_MAX */

/* By "--name" or "-c"; NULL: there is none. */
const struct config_option *config_option_find(struct slice flag);
/* What somebody who wrote this may have meant, or NULL. */
const struct config_option *config_option_nearest(struct slice flag);
/* Whether it is a name with one or two slips of the finger. */
bool config_option_is_slip(struct slice flag, struct slice name);
/* The variable of an option of that name: hedge-after, HEDGEROW_HEDGE_AFTER. */
void config_option_variable(struct text *out, const char *name);

/* Whether it may be given several times. */
bool config_option_is_list(const struct config_option *option);

#endif

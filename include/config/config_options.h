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
  OPTION_CHOICE,     /* one of the words of `value`: its place is the number */
  OPTION_SWITCH,     /* off or on (in the file false and true, too): a bool */
  OPTION_DURATIONS,  /* one, or A..B: int64_t[2] */
  OPTION_DELAY,      /* policy.hedge_after_us and policy.learn */
  OPTION_BUDGET,     /* struct hedge_budget_rule */
  OPTION_RATE,       /* struct rate_rule */
  OPTION_QUEUE,      /* struct queue_rule */
  OPTION_RATIO,      /* 0 to 1, in millionths: int64_t */
  OPTION_FILTER,     /* struct race_filter */
  OPTION_COLLECTOR,  /* struct slice, a URL; empty: off */
  OPTION_ADDRESS,    /* struct listen_at */
  OPTION_PLACE,      /* the same, or unix:/PATH, or off */
  OPTION_PATH,       /* struct config_name, of a file */
  OPTION_FILE,       /* const char *, the file of options itself */
  OPTION_FIELD,      /* struct slice, the value of an HTTP field */
  OPTION_WORD,       /* struct slice, a name; empty: off */
  OPTION_FIELD_NAME, /* the same, the name of a field that is hedgerow's */
  OPTION_VARIABLE,   /* struct config_name, of a variable */
  OPTION_METHODS,    /* a list of methods, as a set of 1 << enum http_method */
  OPTION_URLS,       /* repeatable, as the two below; at its count */
  OPTION_HEADERS,
  OPTION_NAMES,
  OPTION_ORIGINS,      /* as core/cors has them */
  OPTION_LOCAL_ORIGIN, /* struct slice, one of this machine; empty: off */
  OPTION_BLOCKS,       /* of addresses: struct cidr */
  OPTION_RULES,        /* of core/json_rule, as text */
  /* What a file is built of (config/config_file): no members, no flags. */
  OPTION_DEFAULTS,  /* a mapping of what may stand there */
  OPTION_UPSTREAMS, /* a mapping of upstreams by their names */
  OPTION_ROUTES,    /* a list of routes */
  OPTION_TARGETS,   /* a list of targets, or of their URLs alone */
  OPTION_URL,
  OPTION_PREFIX,   /* the path of a route */
  OPTION_UPSTREAM, /* the name of one */
  OPTION_LISTED,   /* the same, of one that is asked as a whole */
  OPTION_GATHER,   /* a list of items, or of their paths and URLs alone */
  OPTION_ITEM,     /* the path of one, with its query */
  OPTION_NAME,     /* any text */
  OPTION_MARK,     /* off or on */
  /* These take no value and have no variable. */
  OPTION_HELP,
  OPTION_VERSION,
  OPTION_SCHEMA,
  OPTION_CHECK,
  OPTION_DUMP,
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

/* Where an option may be written. What may stand in several places is looked
 * for from the innermost outwards. */
enum option_scope {
  SCOPE_FLAG = 1, /* and in a variable */
  /* in the file: */
  SCOPE_FILE = 2,     /* at its top */
  SCOPE_DEFAULTS = 4, /* for every route, or every upstream */
  SCOPE_UPSTREAM = 8,
  SCOPE_TARGET = 16, /* of an upstream */
  SCOPE_ROUTE = 32,
  SCOPE_ITEM = 64, /* of a route's gather */
};

/* Members of struct config_rules; all others are of struct config. */
#define SCOPE_RULES                                                            \
  (SCOPE_DEFAULTS | SCOPE_UPSTREAM | SCOPE_TARGET | SCOPE_ROUTE)

enum { CONFIG_OPTIONS_MAX = 96, OPTION_NAME_MAX = 32 };

struct config_option {
  enum option_group group; /* in --help */
  unsigned scope;          /* a set of enum option_scope */
  const char *name;        /* without dashes */
  const char *key;         /* in the file; NULL: the name, with '_' for '-' */
  char letter;             /* the short form, or 0 */
  const char *value;       /* what --help prints for it; NULL: takes none */
  enum option_kind kind;
  size_t offset, size;   /* of its member, see SCOPE_RULES */
  const char *fallback;  /* the default; NULL: nothing, or an empty list */
  const char *min, *max; /* of a number, else NULL */
  const char *word;      /* taken in place of a number, and stored as */
  int64_t word_number;   /* this; NULL: there is none */
  const char *help;
};

extern const struct config_option config_options[];
extern const size_t config_option_count; /* <= CONFIG_OPTIONS_MAX */

/* Whether it may be a variable. */
bool config_option_has_variable(const struct config_option *option);
/* The variable of an option of that name: hedge-after, HEDGEROW_HEDGE_AFTER. */
void config_option_variable(struct text *out, const char *name);

/* Its key in the file. */
void config_option_key(struct text *out, const struct config_option *option);

/* Whether it may be given several times. */
bool config_option_is_list(const struct config_option *option);

#endif

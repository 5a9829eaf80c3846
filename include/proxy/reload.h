/* reload: the configuration in force, and what takes its place. */
#ifndef HEDGEROW_PROXY_RELOAD_H
#define HEDGEROW_PROXY_RELOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "config/config_errors.h"
#include "config/snapshot.h"
#include "io/log.h"
#include "io/slot.h"
#include "proxy/crew.h"
#include "proxy/secrets.h"
#include "proxy/spans.h"

enum { RELOAD_WHY_BYTES = 384, RELOAD_ERRORS_BYTES = 4 * 1024 };

/* One of the process; only its main thread touches it. */
struct reload {
  /* Borrowed, and there before it is needed: */
  const struct config_words *words;
  const struct config *config; /* of the start: its process options count */
  struct log *log;             /* NULL: --log off */
  struct slots *slots;
  struct crew *crew;
  struct spans *spans;           /* NULL: --otlp off */
  const struct slice *via_lines; /* as struct snapshot_source has them, */
  unsigned workers;              /* and this */
  /* as the start asked for, before it was fitted (proxy/machine) */
  int64_t max_connections;
  /* Its own: */
  struct secrets secrets;
  struct snapshot *snapshot;  /* the last that workers were told of */
  struct config *renewed;     /* of the last reload; NULL: there was none */
  uint64_t taken, refused;    /* how many reloads came into force, or not */
  char why[RELOAD_WHY_BYTES]; /* the first error of the last reload; or "" */
  struct text errors;         /* all of them that fit, a line each */
  char errors_bytes[RELOAD_ERRORS_BYTES];
};

/* Makes the first snapshot, of the config of the start and of the secrets,
 * which have been read. False: no memory. */
bool reload_first(struct reload *reload) __attribute__((warn_unused_result));

/* Opens the config's log file, if there is one, and moves the log there. False:
 * it cannot be opened, the errors say why, and the log stays where it was. */
bool reload_open_log(const struct reload *reload, const struct config *config,
                     struct config_errors *errors)
    __attribute__((warn_unused_result));

/* Reads what the command line names once more, and tells the crew of it.
 * Notices say what will not do, and what counts from the next start only. All
 * is taken or nothing. Returns what there is to say of it, static; `why` tells
 * more. */
const char *reload_run(struct reload *reload);

/* Lets go of what is its own. */
void reload_clear(struct reload *reload);

#endif

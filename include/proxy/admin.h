/* admin: what operators ask, on a listener of its own (--admin): metrics,
 * state, races as they settle, and a page of all that; to reload and to drain.
 * docs/api.md, "Admin", lists it.
 *
 * It runs on the main thread's loop and reads copies and published values, so
 * it takes nothing from the workers, and answers while they are busy or drain.
 */
#ifndef HEDGEROW_PROXY_ADMIN_H
#define HEDGEROW_PROXY_ADMIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/address.h"
#include "io/loop.h"
#include "proxy/common.h"
#include "proxy/history.h"
#include "proxy/reload.h"

struct admin;

/* What it may look at, and whom it tells what operators want. Borrowed for as
 * long as it lives. */
struct admin_view {
  const struct process *process;
  const struct reload *reload;
  struct history *history;
  const bool *stopping;
  unsigned readers_max; /* of events, at once */
  void *arg;
  /* Reloads; admin_reloaded follows when it is over, perhaps at once. */
  void (*on_reload)(void *arg);
  /* Stops, as SIGTERM does. */
  void (*on_drain)(void *arg);
};

/* Listens there. NULL with one line in error. */
struct admin *admin_new(struct loop *loop, const struct listen_at *listen,
                        const struct admin_view *view, char *error,
                        size_t error_cap);
/* The port that it got. */
uint16_t admin_port(const struct admin *admin);
/* A reload is over; errors: why it was refused, or empty. Who asked for one is
 * answered. No admin (NULL) is fine. */
void admin_reloaded(struct admin *admin, struct text *errors);
/* Tells those who listen of the last races, and closes what is left; the
 * workers have ended. NULL is fine. */
void admin_free(struct admin *admin);

#endif

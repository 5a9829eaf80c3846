/* admin: what operators ask, on a listener of its own (--admin): /metrics,
 * /healthz, /readyz.
 *
 * It runs on the main thread's loop and reads published values, so it takes
 * nothing from the workers, and answers while they are busy or drain. */
#ifndef HEDGEROW_PROXY_ADMIN_H
#define HEDGEROW_PROXY_ADMIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/address.h"
#include "io/loop.h"
#include "proxy/common.h"
#include "proxy/reload.h"

struct admin;

/* Borrowed for as long as it lives. */
struct admin_view {
  const struct process *process;
  const struct reload *reload;
  const bool *stopping;
};

/* Listens there. NULL with one line in error. */
struct admin *admin_new(struct loop *loop, const struct listen_at *listen,
                        const struct admin_view *view, char *error,
                        size_t error_cap);
/* The port that it got. */
uint16_t admin_port(const struct admin *admin);
/* Closes what is left. NULL is fine. */
void admin_free(struct admin *admin);

#endif

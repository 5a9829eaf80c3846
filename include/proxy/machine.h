/* machine: what the machine gives the process: cores and descriptors. */
#ifndef HEDGEROW_PROXY_MACHINE_H
#define HEDGEROW_PROXY_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"

/* How many threads are to serve: --workers, else one per core. At least 1. */
unsigned machine_workers(const struct config *config);

/* Raises the soft limit of descriptors to the hard one, and lowers what the
 * config asks for to what fits in that (config/config_fit). True: something was
 * lowered, and descriptors is the limit. */
bool machine_fit(struct config *config, uint64_t *descriptors);

#endif

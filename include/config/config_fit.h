/* config_fit: limits that fit in what the system allows. */
#ifndef HEDGEROW_CONFIG_CONFIG_FIT_H
#define HEDGEROW_CONFIG_CONFIG_FIT_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"

/* workers: how many threads will run; each has descriptors of its own.
 * Lowers --max-connections, and --max-attempts of every upstream, in
 * proportion, so that the process stays below that many descriptors. True: they
 * were lowered. */
bool config_fit_descriptors(struct config *config, int64_t descriptors,
                            int64_t workers);

/* How many may listen to the events of --admin at once, with that many
 * descriptors. */
unsigned config_admin_readers(int64_t descriptors);

#endif

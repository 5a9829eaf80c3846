/* hindsight: races that were only observed (--observe), and what they tell. */
#ifndef HEDGEROW_PROXY_HINDSIGHT_H
#define HEDGEROW_PROXY_HINDSIGHT_H

#include <stdbool.h>

#include "config/snapshot.h"
#include "core/record.h"
#include "proxy/fetch.h"

/* A fetch whose plan observes is settled: it is counted, and *would says what a
 * hedge would have done for it. */
void hindsight_settled(const struct fetch *fetch, int64_t now_us,
                       struct race_would *would);

/* Tells by notices, for each route that is observed, what hedging would have
 * brought. From any thread. */
void hindsight_tell(const struct snapshot *snapshot);

#endif

/* hindsight: races that were only observed (--observe), and what they tell. */
#ifndef HEDGEROW_PROXY_HINDSIGHT_H
#define HEDGEROW_PROXY_HINDSIGHT_H

#include <stdbool.h>

#include "config/snapshot.h"
#include "core/record.h"
#include "proxy/fetch.h"

/* These fetches of one client request are settled. Those whose plan observes
 * are counted; where there is one and no other, *would says what a hedge would
 * have done for it. Not inline, so that it is not laid into the path of those
 * who are not observed. */
void hindsight_note(const struct fetch *fetches, unsigned count,
                    struct race_would *would) __attribute__((noinline));

/* Tells by notices, for each route that is observed, what hedging would have
 * brought. From any thread. */
void hindsight_tell(const struct snapshot *snapshot);

#endif

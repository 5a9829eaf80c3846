/* receipts: what hedging has brought the clients of each route, and of all. */
#ifndef HEDGEROW_PROXY_RECEIPTS_H
#define HEDGEROW_PROXY_RECEIPTS_H

#include <stdbool.h>
#include <stdint.h>

#include "config/snapshot.h"
#include "core/receipt.h"
#include "io/log.h"

/* All of these read what workers count on at, from any thread that holds the
 * snapshot. Counters go on over reloads, as those of metrics. */

/* Of a route, and of those that share its path. */
struct receipt receipts_of(const struct snapshot *snapshot,
                           const struct route *route);
struct receipt receipts_of_all(const struct snapshot *snapshot);

/* How long clients of the route's path have waited of late for an upstream's
 * answer: how many by tally_spans_us, and the last longer. From the thread of
 * snapshot_learn. */
void receipts_waited(const struct snapshot *snapshot, const struct route *route,
                     uint64_t counts[TALLY_SPANS + 1]);
/* What share of them would have waited so long for the primary alone, by what
 * was learned of late of whom it asks, and until the route's deadline at most.
 * Returns how many of the spans that is known of, from the first. */
unsigned receipts_alone(const struct route *route,
                        float shares[TALLY_SPANS + 1]);

/* Tell the receipt of all, and where several paths have asked an upstream that
 * of each: by notices, and as lines of the log, in its form. */
void receipts_tell(const struct snapshot *snapshot);
void receipts_log(const struct snapshot *snapshot, struct log_channel *log,
                  bool as_text);

#endif

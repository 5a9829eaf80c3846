/* aftermath: what a primary tells that has lost, and is read to its end. */
#ifndef HEDGEROW_PROXY_AFTERMATH_H
#define HEDGEROW_PROXY_AFTERMATH_H

#include <stdbool.h>
#include <stdint.h>

#include "core/tally.h"
#include "proxy/fetch.h"
#include "proxy/lease.h"

/* Of a race that was rescued from slowness at at_us, and whose primary is still
 * read: when that has ended, counts there what was saved, which is then known,
 * or else the estimate. False: nobody reads it, or no memory; nothing will be
 * counted. While on_settled of the fetch is called. */
bool aftermath_await(const struct fetch *fetch, struct lease *lease,
                     struct route_tally *tally, int64_t at_us,
                     int64_t estimated_us) __attribute__((warn_unused_result));

#endif

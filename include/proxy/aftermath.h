/* aftermath: what a loser tells that is read to its end. */
#ifndef HEDGEROW_PROXY_AFTERMATH_H
#define HEDGEROW_PROXY_AFTERMATH_H

#include <stdbool.h>
#include <stdint.h>

#include "core/pilot.h"
#include "core/rescue.h"
#include "core/tally.h"
#include "io/attempt.h"
#include "io/slab.h"
#include "proxy/lease.h"

struct aftermath;

/* A worker's slab of them. */
void aftermath_slab_init(struct slab *slab);

/* Which attempt it was. */
struct aftermath_of {
  struct lease *lease; /* on the snapshot of the pilot, and of all below */
  const struct pilot *pilot;
  unsigned place; /* of its target, in the group */
  int64_t start_us;
  bool final_4xx; /* the plan's */
};

/* Of an attempt that was just cancelled, and is read: when that has ended, its
 * target's curve learns how long it took. The result is valid until the loop
 * turns. NULL: no memory, nothing will be learned. */
struct aftermath *aftermath_await(struct slab *slab, struct attempt *attempt,
                                  const struct aftermath_of *of)
    __attribute__((warn_unused_result));
/* It is the primary of a race that was rescued from slowness: there that end
 * counts what was saved, which is then known, or else the estimate. */
void aftermath_measure(struct aftermath *aftermath, struct route_tally *tally,
                       const struct rescue_saving *saving);

#endif

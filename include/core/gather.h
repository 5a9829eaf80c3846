/* gather: the policy of /all, as a value: every item starts at once, and the
 * gather is settled when each has ended or the deadline has come. */
#ifndef HEDGEROW_CORE_GATHER_H
#define HEDGEROW_CORE_GATHER_H

#include <stdint.h>

#include "core/step.h"

struct gather {
  unsigned items;
  unsigned open;      /* started or to be started, and not ended */
  unsigned completed; /* ended with a success */
  int64_t timeout_us, deadline_us;
  enum outcome outcome;
};

/* timeout_us > 0 runs from the time of EVENT_START. items may be 0: the start
 * settles it. */
void gather_init(struct gather *gather, unsigned items, int64_t timeout_us);

struct todo gather_step(struct gather *gather, const struct step_event *event)
    __attribute__((warn_unused_result));

/* When EVENT_TIMER is due: the deadline, monotonic microseconds. */
int64_t gather_wakeup_us(const struct gather *gather);

#endif

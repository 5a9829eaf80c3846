/* pulse: how late a worker's loop turns. */
#ifndef HEDGEROW_PROXY_PULSE_H
#define HEDGEROW_PROXY_PULSE_H

#include <stdint.h>

#include "core/tally.h"
#include "io/loop.h"

/* Embedded in a worker; only its thread touches it. All zeros does not run. */
struct pulse {
  struct timer timer;
  struct worker_tally *tally;  /* where it is published; NULL: does not run */
  int64_t worst_us, before_us; /* of the window under way, of that before */
  unsigned beats;              /* left of that window */
};

/* From then on tally_lag_us is the longest that the loop kept a timer waiting
 * within the last 5 to 10 seconds, or keeps it waiting. */
void pulse_start(struct pulse *pulse, struct loop *loop,
                 struct worker_tally *tally);
/* The loop turns no more, and is not late. Not started is fine. */
void pulse_stop(struct pulse *pulse);

#endif

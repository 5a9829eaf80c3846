/* rescue: whether the extra attempts of a race have helped its client. */
#ifndef HEDGEROW_CORE_RESCUE_H
#define HEDGEROW_CORE_RESCUE_H

#include <stdint.h>

#include "core/step.h"

enum rescue {
  RESCUE_NONE,   /* there was no answer, or it is the primary's own */
  RESCUE_FAILED, /* the primary had ended without one */
  RESCUE_SLOW,   /* the primary was still running */
};

enum { RESCUES = RESCUE_SLOW + 1 };

/* "none", "failed", "slow". */
const char *rescue_name(enum rescue rescue);

/* Of a settled race, `answered` as core/race has it. A primary that was not let
 * start, or stood in line until then, counts as failed. */
enum rescue rescue_of(bool answered, unsigned winner,
                      const struct attempt_end *primary);

/* Of a rescue from slowness. */
struct rescue_saving {
  int64_t at_us;        /* when the answer came */
  int64_t limit_us;     /* when the primary would have been ended at the latest:
                         * by its own limit, or by the race's */
  int64_t estimated_us; /* how much sooner the answer came at least than the
                         * primary's; 0: nobody knows */
};

/* How much sooner it came, where the primary's is known to have come at
 * primary_us. */
int64_t rescue_known_us(const struct rescue_saving *saving, int64_t primary_us);

#endif

/* rescue: whether the extra attempts of a race have helped its client. */
#ifndef HEDGEROW_CORE_RESCUE_H
#define HEDGEROW_CORE_RESCUE_H

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

#endif

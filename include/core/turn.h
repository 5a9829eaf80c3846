/* turn: whether a primary that may not start waits in line for its turn
 * (--queue), and until when. Where the line is, and who is the first in it, is
 * proxy/line's to know. */
#ifndef HEDGEROW_CORE_TURN_H
#define HEDGEROW_CORE_TURN_H

#include <stdbool.h>
#include <stdint.h>

#include "core/gate.h"
#include "core/pilot.h"
#include "core/race.h"
#include "core/target.h"

/* Until when who comes now may wait; not above now_us: it may not at all. */
int64_t turn_until_us(const struct queue_rule *rule, const struct race *race,
                      int64_t now_us);
/* Whether a refusal like this one is waited out: only a primary's, and only one
 * that ends by itself. */
bool turn_is_awaited(const struct queue_rule *rule, enum gate_verdict refusal,
                     enum pilot_kind kind);

/* Of the attempts from number i on the first that asks another target than k
 * does; plan->hedged: none. Where one of these has room, nobody waits. */
static inline unsigned turn_elsewhere(const struct race_plan *plan, unsigned k,
                                      unsigned i) {
  while (i < plan->hedged && plan->target[i] == plan->target[k]) i++;
  return i;
}

#endif

/* turn: whether a primary that may not start waits in line for its turn
 * (--queue), for whom, and until when. Where the line is, and who is the first
 * in it, is proxy/line's to know. */
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

/* Whose room a primary may take that finds none at its own target: that one's,
 * and those of the pilot's others in a circle behind it, but for those that are
 * passed by. In this order into `order`, which has room for pilot->count; how
 * many. */
unsigned turn_targets(const struct pilot *pilot, unsigned own, uint8_t *order,
                      int64_t now_us);

#endif

/* turn: for whom, and how long, an attempt may wait before it starts.
 *
 * The targets of an upstream stand for each other. A place in the line of one
 * is worth less than an idle other one, so who waits, waits for all of them.
 *
 * In the last eighth of its time an answer would hardly come any more: so long
 * before its end a place in line is worth nothing. */
#include "core/turn.h"

int64_t turn_until_us(const struct queue_rule *rule, const struct race *race,
                      int64_t now_us) {
  const struct race_plan *plan = race->plan;
  uint32_t time_us = plan->attempt_timeout_us > 0 ? plan->attempt_timeout_us
                                                  : plan->deadline_us;
  int64_t least_us = race->start_us + time_us - time_us / 8;
  int64_t until_us = now_us + rule->time_us;
  return until_us < least_us ? until_us : least_us;
}

bool turn_is_awaited(const struct queue_rule *rule, enum gate_verdict refusal,
                     enum pilot_kind kind) {
  return rule->most > 0 && kind == PILOT_PRIMARY &&
         (refusal == GATE_FULL || refusal == GATE_RATE ||
          refusal == GATE_QUEUE);
}

unsigned turn_targets(const struct pilot *pilot, unsigned own, uint8_t *order,
                      int64_t now_us) {
  unsigned found = 0;
  order[found++] = (uint8_t)own;
  for (unsigned i = 1; i < pilot->count; i++) {
    const unsigned target = (own + i) % pilot->count;
    if (pilot_is_well(pilot, target, now_us)) order[found++] = (uint8_t)target;
  }
  return found;
}

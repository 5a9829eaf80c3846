/* gather: the race's smaller sister, which /all runs on.
 *
 * Nothing is hedged and nobody wins: every item starts at once, each ends in
 * its own way, and the deadline fills the places of those that did not. It
 * speaks the same words as the race (core/step.h), so the same shell performs
 * both. Which items succeeded, and their bodies, are the shell's to keep: it
 * holds them anyway, and the policy needs only to count. */
#include "core/gather.h"

#include <assert.h>

void gather_init(struct gather *gather, unsigned items, int64_t timeout_us) {
  assert(timeout_us > 0);
  *gather = (struct gather){.items = items, .timeout_us = timeout_us};
}

static void note(struct gather *gather, const struct step_event *event) {
  switch (event->kind) {
    case EVENT_START:
      gather->deadline_us = event->now_us + gather->timeout_us;
      gather->open = gather->items;
      break;
    case EVENT_ENDED:
      assert(gather->open > 0);
      gather->open--;
      if (event->end.result == ATTEMPT_SUCCESS) gather->completed++;
      break;
    case EVENT_GONE: gather->outcome = OUTCOME_GONE; break;
    case EVENT_DRAIN: gather->outcome = OUTCOME_DRAINED; break;
    case EVENT_TIMER: break;
  }
}

struct todo gather_step(struct gather *gather, const struct step_event *event) {
  struct todo todo = {.start_below = gather->items};
  if (gather->outcome != OUTCOME_OPEN) return todo;

  note(gather, event);
  if (gather->outcome == OUTCOME_OPEN &&
      (gather->open == 0 || event->now_us >= gather->deadline_us))
    gather->outcome = OUTCOME_GATHERED;
  if (gather->outcome != OUTCOME_OPEN) todo.cancel_below = gather->items;
  todo.outcome = gather->outcome;
  return todo;
}

int64_t gather_wakeup_us(const struct gather *gather) {
  return gather->deadline_us;
}

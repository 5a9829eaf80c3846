/* plan: when which attempt of a race is due, and whom it asks.
 *
 * Attempt 0, the primary, is due at once, the first hedge after hedge_after_us,
 * each further one stagger_us later. A hedge's time is a function of its
 * number, so a hedge that is brought forward leaves the others' times alone: a
 * short outage is outlived. A hedge whose time comes only at the deadline is of
 * no use to anybody, so it is planned for never.
 *
 * A retry has no time of its own in the plan: it counts from a failure that
 * nobody can foresee. What the plan knows is how long to wait then. All of that
 * wait is left to chance ("full jitter"): those who failed in the same instant
 * do not come back in the same instant.
 *
 * Where the request may be sent only once, time and failures start no hedge.
 * Its attempts are there for one case: those before have reached nobody.
 *
 * What this file leaves to others: which targets are worth asking, and which
 * delay was learned (core/pilot), what brings a hedge forward (core/race),
 * whether an attempt may start when its time has come (core/gate). */
#include "core/plan.h"

#include <assert.h>
#include <stddef.h>

static uint32_t due_us(const struct race_policy *policy, unsigned k,
                       int64_t timeout_us) {
  if (k == 0) return 0;
  if (policy->once) return PLAN_NEVER_US;
  int64_t stagger_us = policy->stagger_us;
  if (stagger_us == RACE_STAGGER_AUTO)
    stagger_us = policy->learn.per_mille > 0 ? policy->hedge_after_us : 0;
  int64_t due = policy->hedge_after_us + (k - 1) * stagger_us;
  return due < timeout_us ? (uint32_t)due : PLAN_NEVER_US;
}

/* A limit that the deadline comes before, or with, is none. */
static uint32_t attempt_timeout_us(const struct race_policy *policy,
                                   int64_t timeout_us) {
  int64_t limit = policy->attempt_timeout_us;
  return limit < timeout_us ? (uint32_t)limit : 0;
}

static void add_retries(struct race_plan *plan,
                        const struct race_policy *policy) {
  assert(plan->hedged + policy->retries <= RACE_MAX_ATTEMPTS);
  plan->attempts = (uint8_t)(plan->hedged + policy->retries);
  plan->first_backoff_us = (uint32_t)policy->backoff.first_us;
  plan->most_backoff_us = (uint32_t)policy->backoff.most_us;
}

/* Nothing but the primary is part of the race. Where no hedge could have been,
 * there is nothing to see. */
static void only_observe(struct race_plan *plan, struct estimate_seen *seen) {
  plan->observed_hedges = (uint8_t)(plan->hedged - 1);
  plan->observed = plan->hedged > 1 ? seen : NULL;
  plan->attempts = plan->hedged = 1;
}

void plan_make(struct race_plan *plan, const struct race_policy *policy,
               const uint8_t *order, unsigned count, int64_t timeout_us) {
  unsigned hedged = 1 + policy->hedges;
  assert(hedged <= RACE_MAX_ATTEMPTS && count >= 1);
  assert(timeout_us > 0 && timeout_us < PLAN_NEVER_US);
  plan->attempts = plan->hedged = (uint8_t)hedged;
  plan->deadline_us = (uint32_t)timeout_us;
  plan->attempt_timeout_us = attempt_timeout_us(policy, timeout_us);
  plan->on_failure = policy->once ? RACE_WAIT : policy->on_failure;
  plan->final_4xx = policy->final_4xx;
  plan->once = policy->once;
  if (policy->retries > 0) add_retries(plan, policy);
  for (unsigned k = 0; k < hedged; k++)
    plan->due_us[k] = due_us(policy, k, timeout_us);
  for (unsigned k = 0; k < plan->attempts; k++)
    plan->target[k] = order[k % count];
  plan->observed = NULL;
  if (policy->observed) only_observe(plan, policy->observed);
}

uint32_t plan_backoff_us(const struct race_plan *plan, unsigned n,
                         uint32_t chance) {
  uint64_t span_us = (uint64_t)plan->first_backoff_us << n;
  if (span_us > plan->most_backoff_us) span_us = plan->most_backoff_us;
  uint32_t share = chance * (2 * n + 1); /* odd: as evenly spread as chance */
  return (uint32_t)(span_us - (span_us * share >> 32));
}

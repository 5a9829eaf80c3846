/* race: the policy of /smart, as a value. See src/core/race.c for its diagram
 * and docs/api.md for its rules in words. */
#ifndef HEDGEROW_CORE_RACE_H
#define HEDGEROW_CORE_RACE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/plan.h"
#include "core/step.h"

/* Open so that tests can copy it. Sets are bit masks by attempt number. A large
 * /all holds thousands, so members are as small as their values. */
struct race {
  const struct race_plan *plan; /* borrowed until the race is settled */
  int64_t start_us;
  uint32_t started_us[RACE_MAX_ATTEMPTS]; /* since the start */
  uint16_t in_flight;                     /* started, and not ended */
  uint16_t refused;                       /* never started */
  uint16_t unasked; /* those, and with plan->once those that failed unsent */
  uint16_t starved;
  uint16_t whole_4xx; /* ended with a whole 4xx */
  uint16_t held;      /* ended with a Retry-After: see held_us */
  uint16_t retried;   /* started as retries, */
  uint8_t retries;    /* so many */
  uint8_t next;       /* the first attempt that has not been started */
  uint8_t winner;     /* once it is settled, where there is one */
  bool forwarded;     /* a failure has brought a hedge forward */
  bool answered;      /* the winner's end is an answer: a success, or with
                       * --final 4xx its 4xx; not where all were a 4xx */
  uint32_t retry_us; /* when a retry may start; PLAN_NEVER_US: none is wanted */
  uint32_t chance;   /* the caller's, 0 after race_init: any number, of which
                      * waits for retries are made (plan_backoff_us) */
  enum outcome outcome;
  uint8_t moved[2]; /* these two targets stand for each other; see race_move */
  uint32_t held_us[RACE_MAX_ATTEMPTS]; /* no retry asks the same target before;
                                        * of those that are held */
};

/* The plan's times run from the time of EVENT_START. */
void race_init(struct race *race, const struct race_plan *plan);

/* Takes what happened and says what to do. After the race is settled every
 * event is answered with nothing to do. */
struct todo race_step(struct race *race, const struct step_event *event)
    __attribute__((warn_unused_result));

/* Whom attempt k is to ask: as its plan says, but where the race has moved. */
static inline unsigned race_target(const struct race *race, unsigned k) {
  const unsigned target = race->plan->target[k];
  if (target == race->moved[0]) return race->moved[1];
  return target == race->moved[1] ? race->moved[0] : target;
}

/* Attempt k is the first that asks anybody, and asks that target, which had
 * room before its own. Those that come after it, and were to ask that target,
 * ask its own instead: a hedge is there to ask another. */
static inline void race_move(struct race *race, unsigned k, unsigned target) {
  race->moved[0] = race->plan->target[k];
  race->moved[1] = (uint8_t)target;
}

/* Why an attempt was started. */
static inline enum attempt_kind race_kind(const struct race *race,
                                          unsigned attempt) {
  if (race->retried >> attempt & 1) return ATTEMPT_RETRY;
  return attempt == 0 ? ATTEMPT_PRIMARY : ATTEMPT_HEDGE;
}

/* Which of plan->due_us was its time; it is no retry. */
static inline unsigned race_hedge_number(const struct race *race,
                                         unsigned attempt) {
  unsigned number = attempt;
  for (unsigned before = race->retried & ((1u << attempt) - 1); before > 0;
       before &= before - 1)
    number--;
  return number;
}

/* Whether attempt k, begun or about to start, is a hedge at its own time, and
 * all hedges that were due before it were refused, while the primary was not.
 */
bool race_is_late(const struct race *race, unsigned k);

/* Whom attempt k asks, begun or about to start: as race_target; but a late one
 * takes the place of the hedge that was refused, since the plan may send it to
 * the primary's target again, which has been silent for longest. It says the
 * same until the race is over. */
static inline unsigned race_whom(const struct race *race, unsigned k) {
  return race_target(race, k > 1 && race_is_late(race, k) ? 1 : k);
}

/* When EVENT_TIMER is due, monotonic microseconds. Only for an open race: it
 * always has a deadline, so there is always an answer. */
int64_t race_wakeup_us(const struct race *race);

#endif

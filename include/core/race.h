/* race: the policy of /smart, as a value. See src/core/race.c for its diagram
 * and docs/api.md for its rules in words. */
#ifndef HEDGEROW_CORE_RACE_H
#define HEDGEROW_CORE_RACE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/step.h"

enum { RACE_MAX_HEDGES = 15, RACE_MAX_ATTEMPTS = RACE_MAX_HEDGES + 1 };

/* What a failure does to the hedges that still wait, when it leaves nothing in
 * flight. In Envoy's terms `wait` is a pure hedge, the others add a retry. */
enum race_on_failure {
  RACE_NEXT, /* the next hedge starts at once, once per race */
  RACE_ALL,  /* every waiting hedge starts at once */
  RACE_WAIT, /* each hedge waits for its own time */
};

struct race_policy {
  unsigned hedges; /* 0 .. RACE_MAX_HEDGES */
  enum race_on_failure on_failure;
  bool final_4xx;             /* --final 4xx */
  int64_t hedge_after_us;     /* >= 0 */
  int64_t stagger_us;         /* >= 0 */
  int64_t attempt_timeout_us; /* 0: none */
};

/* Open so that tests can copy it. Sets are bit masks by attempt number. */
struct race {
  const struct race_policy *policy; /* borrowed until the race is settled */
  int64_t start_us, deadline_us;
  int64_t started_us[RACE_MAX_ATTEMPTS];
  uint32_t in_flight; /* started, and not ended */
  uint32_t refused;
  uint32_t whole_4xx; /* ended with a whole 4xx */
  unsigned next;      /* the first attempt that has not been started */
  unsigned limit;     /* attempts this race may still come to */
  bool forwarded;     /* a failure has brought a hedge forward */
  int final_4xx;      /* the attempt whose 4xx closed the race, or -1 */
  enum outcome outcome;
};

/* timeout_us > 0 runs from the time of EVENT_START. */
void race_init(struct race *race, const struct race_policy *policy,
               int64_t timeout_us);

/* Takes what happened and says what to do. After the race is settled every
 * event is answered with nothing to do. */
struct todo race_step(struct race *race, const struct step_event *event)
    __attribute__((warn_unused_result));

/* When EVENT_TIMER is due, monotonic microseconds. Only for an open race: it
 * always has a deadline, so there is always an answer. */
int64_t race_wakeup_us(const struct race *race);

#endif

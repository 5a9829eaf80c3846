/* plan: one race's timetable, made before it starts.
 *
 * A policy says how races go; a plan says when each attempt of this one is due,
 * whom it asks and when the race must be over. So the race itself computes no
 * time and reads no configuration, and several races can share a plan. */
#ifndef HEDGEROW_CORE_PLAN_H
#define HEDGEROW_CORE_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "core/delay.h"

/* Hedges and retries together are RACE_MAX_HEDGES at most. */
enum { RACE_MAX_HEDGES = 15, RACE_MAX_ATTEMPTS = RACE_MAX_HEDGES + 1 };

/* What a failure does to the hedges that still wait, when it leaves nothing in
 * flight. */
enum race_on_failure {
  RACE_NEXT, /* the next hedge starts at once, once per race */
  RACE_ALL,  /* every waiting hedge starts at once */
  RACE_WAIT, /* each hedge waits for its own time */
};

/* As long as a hedge_after_us that is learned; none beside a fixed one. */
enum { RACE_STAGGER_AUTO = -1 };

struct estimate_seen;

struct race_policy {
  unsigned hedges, retries; /* RACE_MAX_HEDGES together */
  enum race_on_failure on_failure;
  bool final_4xx; /* --final 4xx */
  bool once; /* the request may reach one upstream only (RFC 9110, 9.2.2) */
  int64_t hedge_after_us;     /* >= 0; with `learn` until enough is known */
  int64_t stagger_us;         /* >= 0, or RACE_STAGGER_AUTO */
  struct delay_rule learn;    /* of hedge_after_us; for core/pilot */
  int64_t attempt_timeout_us; /* 0: none */
  struct race_backoff {
    int64_t first_us, most_us; /* 0 <= first_us <= most_us < PLAN_NEVER_US */
  } backoff;
  struct estimate_seen *observed; /* --observe: nothing but the primary starts,
                                   * and here, by worker, is told what would
                                   * have been; NULL: off. See core/estimate */
};

/* All times are microseconds since the start of the race. What would be due at
 * the deadline or later never starts; its due_us is PLAN_NEVER_US. With `once`
 * so is that of every hedge, and on_failure is RACE_WAIT: there an attempt
 * follows only where all before it have reached nobody (core/race). */
struct race_plan {
  uint8_t attempts;                   /* 1 .. RACE_MAX_ATTEMPTS: the primary, */
  uint8_t hedged;                     /* and the hedges; the rest are retries */
  uint8_t target[RACE_MAX_ATTEMPTS];  /* whom each asks, as in its order */
  uint32_t due_us[RACE_MAX_ATTEMPTS]; /* ascending; [0], the primary's, is 0,
                                       * then come the hedges' */
  uint32_t first_backoff_us, most_backoff_us; /* where there are retries */
  uint32_t deadline_us;                       /* > 0 */
  uint32_t attempt_timeout_us;                /* 0: none */
  enum race_on_failure on_failure;
  bool final_4xx;
  bool once;
  uint8_t observed_hedges; /* that never start; their due_us and target stand
                            * behind the primary's */
  struct estimate_seen *observed; /* NULL: hedges start */
};

#define PLAN_NEVER_US UINT32_MAX

/* `order` names `count` >= 1 targets, best first: attempt k asks the one at
 * k mod count. 0 < timeout_us < PLAN_NEVER_US, which is more than an hour. */
void plan_make(struct race_plan *plan, const struct race_policy *policy,
               const uint8_t *order, unsigned count, int64_t timeout_us);

static inline bool plan_has_retries(const struct race_plan *plan) {
  return plan->attempts > plan->hedged;
}

/* How long to wait before the n-th retry, n counted from 0: a time between 0
 * and a span that begins at backoff.first_us, and doubles with each retry up to
 * backoff.most_us. chance / 2^32 of the first is taken off, and another share
 * of each further one; chance 0: nothing, all wait for the whole span. */
uint32_t plan_backoff_us(const struct race_plan *plan, unsigned n,
                         uint32_t chance);

#endif

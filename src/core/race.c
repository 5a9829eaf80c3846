/* race: when to ask again, and whose answer counts.
 *
 *              START
 *                | start 0
 *                v
 *   +---------- OPEN <---------------------------------------------+
 *   |            |                                                 |
 *   |            +-- TIMER: hedges that are due start -------------+
 *   |            +-- ENDED, failed, others in flight --------------+
 *   |            +-- ENDED, failed, none in flight:                |
 *   |            |     the next hedge starts at once,              |
 *   |            |     once per race (`next`), or all of them -----+
 *   |            |
 *   |  ENDED, succeeded ............ SUCCESS        the first one wins
 *   |  none in flight, none left ... FAILED         or CLIENT_ERROR, REFUSED
 *   |  TIMER at the deadline ....... DEADLINE       or CLIENT_ERROR
 *   |  GONE, DRAIN ................. GONE, DRAINED
 *   +--> settled: cancel whatever is in flight; nothing starts again
 *
 * Each step runs through the same four questions in the same order: what
 * happened, which attempts have used up their own limit, what starts now, is it
 * over. A result therefore counts before a timer that is due in the same turn,
 * and there is one place from which an attempt can start.
 *
 * A hedge's time is a function of its number, so a hedge that was brought
 * forward leaves the others' times alone: a short outage is outlived. What this
 * file leaves to others: clocks, sockets, caps (a refusal is told to it as an
 * end), and what the answer looks like. */
#include "core/race.h"

#include <assert.h>

static uint32_t bit(unsigned attempt) { return UINT32_C(1) << attempt; }

static uint32_t below(unsigned attempt) { return bit(attempt) - 1; }

void race_init(struct race *race, const struct race_policy *policy,
               int64_t timeout_us) {
  assert(policy->hedges <= RACE_MAX_HEDGES && timeout_us > 0);
  *race = (struct race){
      .policy = policy,
      .deadline_us = timeout_us, /* becomes absolute at the start */
      .limit = 1 + policy->hedges,
      .final_4xx = -1,
  };
}

/* When attempt k starts of its own accord. */
static int64_t due_us(const struct race *race, unsigned k) {
  if (k == 0) return race->start_us;
  return race->start_us + race->policy->hedge_after_us +
         (k - 1) * race->policy->stagger_us;
}

static void launch_next(struct race *race, int64_t now_us) {
  race->started_us[race->next] = now_us;
  race->in_flight |= bit(race->next);
  race->next++;
}

static void settle(struct race *race, enum outcome outcome) {
  race->outcome = outcome;
}

/* ---- what happened ---- */

/* A 4xx other than these says the same to whoever asks again (RFC 9110, section
 * 15.5; 425 is RFC 8470's, 429 is RFC 6585's). */
static bool is_final_4xx(int status) {
  return status != 408 && status != 425 && status != 429;
}

static bool is_whole_4xx(const struct attempt_end *end) {
  return end->whole && end->status >= 400 && end->status <= 499;
}

static bool asks_to_wait(const struct attempt_end *end) {
  return end->status == 429 || end->retry_after;
}

static void note_4xx(struct race *race, unsigned k, int status) {
  race->whole_4xx |= bit(k);
  if (!race->policy->final_4xx || !is_final_4xx(status)) return;
  if (race->final_4xx < 0) race->final_4xx = (int)k;
  race->limit = race->next;
}

/* Takes the end of an attempt, and returns whether it is a failure that may
 * bring a hedge forward. */
static bool note_end(struct race *race, unsigned k,
                     const struct attempt_end *end) {
  assert(race->in_flight & bit(k));
  race->in_flight &= ~bit(k);
  if (end->result == ATTEMPT_SUCCESS) settle(race, OUTCOME_SUCCESS);
  if (end->result == ATTEMPT_REFUSED) race->refused |= bit(k);
  if (end->result == ATTEMPT_SUCCESS || end->result == ATTEMPT_REFUSED)
    return false;
  if (is_whole_4xx(end)) note_4xx(race, k, end->status);
  return !asks_to_wait(end);
}

static bool note(struct race *race, const struct step_event *event) {
  switch (event->kind) {
    case EVENT_START:
      race->start_us = event->now_us;
      race->deadline_us += event->now_us;
      break;
    case EVENT_ENDED: return note_end(race, event->attempt, &event->end);
    case EVENT_GONE: settle(race, OUTCOME_GONE); break;
    case EVENT_DRAIN: settle(race, OUTCOME_DRAINED); break;
    case EVENT_TIMER: break;
  }
  return false;
}

/* ---- whose own limit is used up ---- */

/* Attempts start in order, so those that have used up their time are the first
 * of those in flight. Returns the watermark below which they are. */
static unsigned expire(struct race *race, int64_t now_us) {
  int64_t limit_us = race->policy->attempt_timeout_us;
  unsigned k = 0;
  if (limit_us == 0) return 0;
  while (k < race->next && now_us - race->started_us[k] >= limit_us) k++;
  if ((race->in_flight & below(k)) == 0) return 0;
  race->in_flight &= ~below(k);
  return k;
}

/* ---- what starts now ---- */

static void launch_due(struct race *race, int64_t now_us) {
  while (race->next < race->limit && due_us(race, race->next) <= now_us)
    launch_next(race, now_us);
}

/* Nothing is in flight after a failure: what the policy brings forward. */
static void launch_after_failure(struct race *race, int64_t now_us) {
  unsigned wanted = race->next;
  if (race->policy->on_failure == RACE_ALL) wanted = race->limit;
  if (race->policy->on_failure == RACE_NEXT && !race->forwarded) wanted++;
  race->forwarded = true;
  while (race->next < wanted && race->next < race->limit)
    launch_next(race, now_us);
}

static void launch(struct race *race, int64_t now_us, bool failed) {
  launch_due(race, now_us);
  if (failed && race->in_flight == 0) launch_after_failure(race, now_us);
  /* Nobody has been asked yet: a refused primary hands its turn on, perhaps to
   * another target, rather than wait for the hedges' time. */
  if (race->refused == below(race->next) && race->next < race->limit)
    launch_next(race, now_us);
}

/* ---- is it over ---- */

static enum outcome lost(const struct race *race) {
  uint32_t asked = below(race->next) & ~race->refused;
  if (race->final_4xx >= 0) return OUTCOME_CLIENT_ERROR;
  if (asked == 0) return OUTCOME_REFUSED;
  return race->whole_4xx == asked ? OUTCOME_CLIENT_ERROR : OUTCOME_FAILED;
}

/* A hedge whose time only comes at the deadline is not worth waiting for. */
static bool may_start(const struct race *race) {
  return race->next < race->limit &&
         due_us(race, race->next) < race->deadline_us;
}

static void judge(struct race *race, int64_t now_us) {
  if (race->in_flight == 0 && !may_start(race)) settle(race, lost(race));
  else if (now_us >= race->deadline_us)
    settle(race,
           race->final_4xx >= 0 ? OUTCOME_CLIENT_ERROR : OUTCOME_DEADLINE);
}

/* The first attempt that was asked: the primary, unless it was refused. */
static unsigned first_asked(const struct race *race) {
  unsigned k = 0;
  while (race->refused & bit(k)) k++;
  return k;
}

static unsigned winner(const struct race *race,
                       const struct step_event *event) {
  if (race->outcome == OUTCOME_SUCCESS) return event->attempt;
  if (race->final_4xx >= 0) return (unsigned)race->final_4xx;
  return first_asked(race);
}

struct todo race_step(struct race *race, const struct step_event *event) {
  struct todo todo = {.start_below = race->next};
  bool failed;
  if (race->outcome != OUTCOME_OPEN) return todo;

  failed = note(race, event);
  if (race->outcome == OUTCOME_OPEN) {
    todo.cancel_below = expire(race, event->now_us);
    if (event->now_us < race->deadline_us)
      launch(race, event->now_us, failed || todo.cancel_below > 0);
    judge(race, event->now_us);
  }
  if (race->outcome != OUTCOME_OPEN) {
    todo.cancel_below = race->next;
    todo.winner = winner(race, event);
    race->in_flight = 0;
  }
  todo.start_below = race->next;
  todo.outcome = race->outcome;
  return todo;
}

int64_t race_wakeup_us(const struct race *race) {
  int64_t at_us = race->deadline_us;
  unsigned k = 0;
  if (race->next < race->limit && due_us(race, race->next) < at_us)
    at_us = due_us(race, race->next);
  if (race->policy->attempt_timeout_us == 0 || race->in_flight == 0)
    return at_us;
  while (!(race->in_flight & bit(k))) k++;
  if (race->started_us[k] + race->policy->attempt_timeout_us < at_us)
    at_us = race->started_us[k] + race->policy->attempt_timeout_us;
  return at_us;
}

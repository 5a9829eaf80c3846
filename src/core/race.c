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
 *   |            +-- ENDED, failed: a retry gets its time ---------+
 *   |            +-- TIMER, none in flight: the retry starts ------+
 *   |            |
 *   |  ENDED, an answer ............ SUCCESS        the first one wins;
 *   |                                CLIENT_ERROR   a 4xx, with --final 4xx
 *   |  none in flight, none left ... FAILED         or CLIENT_ERROR, REFUSED
 *   |  TIMER at the deadline ....... DEADLINE
 *   |  GONE, DRAIN ................. GONE, DRAINED
 *   +--> settled: cancel whatever is in flight; nothing starts again
 *
 * Each step runs through the same four questions in the same order: what
 * happened, which attempts have used up their own limit, what starts now, is it
 * over. A result therefore counts before a timer that is due in the same turn,
 * and there is one place from which an attempt can start.
 *
 * A hedge is there for an attempt that may be slow, a retry for one that has
 * failed. So a retry gets its time from a failure, and starts only when nothing
 * is in flight: while another attempt runs, it waits for what that brings. The
 * last failure decides anew: its time counts, and a 4xx that says the same to
 * whoever asks again takes the retry back. A Retry-After of the target that it
 * would ask puts it off; that of another does not. A hedge that the failure
 * brings forward goes first, since it waits for nothing; a refused one leaves
 * the retry its time. A retry that would start at the deadline is none.
 *
 * Where the plan says `once`, no hedge is due and no failure brings one
 * forward. An attempt then follows another only where no byte of the request
 * can have reached anybody so far: each before it was refused, or failed
 * unsent. So whatever --on-failure is, they follow one by one: hedges at once,
 * then retries.
 *
 * An attempt that was refused (never started) or starved (started, and then
 * this machine lacked memory) says nothing of the upstream. So it is no failure
 * and brings nothing forward: where memory is short, more requests would be the
 * wrong answer. A retry that a gate refuses is used up, like a hedge.
 *
 * Whether what is to come would be refused is not known here. Who knows (see
 * core/pilot) takes the race through these refusals at once, and the client
 * need not wait for them.
 *
 * What this file leaves to others: times and targets (core/plan), clocks and
 * sockets, whether an attempt may start (core/gate; a refusal is told to it as
 * an end), and what the answer looks like. */
#include "core/race.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

static uint16_t bit(unsigned attempt) { return (uint16_t)(1u << attempt); }

static uint16_t below(unsigned attempt) {
  return (uint16_t)((1u << attempt) - 1);
}

void race_init(struct race *race, const struct race_plan *plan) {
  memset(race, 0, offsetof(struct race, held_us));
  race->plan = plan;
  race->retry_us = PLAN_NEVER_US;
}

static uint32_t elapsed_us(const struct race *race, int64_t now_us) {
  int64_t elapsed = now_us - race->start_us;
  if (elapsed < 0) return 0;
  return elapsed < PLAN_NEVER_US ? (uint32_t)elapsed : PLAN_NEVER_US - 1;
}

static void race_launch_next(struct race *race, uint32_t at_us) {
  race->started_us[race->next] = at_us;
  race->in_flight |= bit(race->next);
  race->next++;
}

static void race_launch_retry(struct race *race, uint32_t at_us) {
  race->retried |= bit(race->next);
  race->retries++;
  race->retry_us = PLAN_NEVER_US;
  race_launch_next(race, at_us);
}

/* The first of plan->due_us that has not been started: retries have none. */
static unsigned race_due(const struct race *race) {
  return race->next - race->retries;
}

static bool has_hedge(const struct race *race) {
  return race_due(race) < race->plan->hedged;
}

static void race_settle(struct race *race, enum outcome outcome,
                        unsigned winner) {
  race->outcome = outcome;
  race->winner = (uint8_t)winner;
}

/* Where each attempt that was asked brought a 4xx, the first one's is the
 * answer: the primary's, unless that was refused. */
static void race_lose(struct race *race) {
  uint16_t failed =
      below(race->next) & (uint16_t) ~(race->refused | race->starved);
  uint16_t told = failed & (uint16_t)~race->unasked;
  unsigned first = 0;
  if (failed == 0) {
    race_settle(race, OUTCOME_REFUSED, 0);
  } else if (told == 0 || race->whole_4xx != told) {
    race_settle(race, OUTCOME_FAILED, 0);
  } else {
    while (!(told & bit(first))) first++;
    race_settle(race, OUTCOME_CLIENT_ERROR, first);
  }
}

/* ---- what happened ---- */

/* What a failure asks for: a set. */
enum { FORWARD = 1, RETRY = 2 };

static bool is_4xx(int status) { return status >= 400 && status <= 499; }

static bool is_whole_4xx(const struct attempt_end *end) {
  return end->whole && is_4xx(end->status);
}

static void race_answer(struct race *race, unsigned k,
                        enum attempt_result result) {
  race->answered = true;
  race_settle(
      race, result == ATTEMPT_SUCCESS ? OUTCOME_SUCCESS : OUTCOME_CLIENT_ERROR,
      k);
}

/* Times since the start, without overflow. */
static uint32_t later_us(uint32_t at_us, uint32_t by_us) {
  return by_us < PLAN_NEVER_US - at_us ? at_us + by_us : PLAN_NEVER_US;
}

static uint32_t us_of(uint32_t ms) {
  return ms < PLAN_NEVER_US / 1000 ? ms * 1000 : PLAN_NEVER_US;
}

static void race_hold(struct race *race, unsigned k, uint32_t until_us) {
  race->held |= bit(k);
  race->held_us[k] = until_us;
}

/* Takes the end of an attempt, and returns what it asks for. */
static unsigned race_note_end(struct race *race,
                              const struct step_event *event) {
  const struct attempt_end *end = &event->end;
  unsigned k = event->attempt;
  assert(race->in_flight & bit(k));
  race->in_flight &= (uint16_t)~bit(k);
  if (attempt_end_is_answer(end, race->plan->final_4xx)) {
    race_answer(race, k, end->result);
    return 0;
  }
  if (end->result == ATTEMPT_REFUSED) {
    race->refused |= bit(k);
    race->unasked |= bit(k);
    return 0;
  }
  race->retry_us = PLAN_NEVER_US;
  if (end->result == ATTEMPT_STARVED) {
    race->starved |= bit(k);
    return 0;
  }
  if (race->plan->once && end->unsent) race->unasked |= bit(k);
  if (is_whole_4xx(end)) race->whole_4xx |= bit(k);
  uint32_t wait_ms = attempt_end_wait_ms(end);
  if (wait_ms > 0)
    race_hold(race, k,
              later_us(elapsed_us(race, event->now_us), us_of(wait_ms)));
  return (attempt_end_asks_to_wait(end) ? 0 : FORWARD) |
         (status_is_final_4xx(end->status) ? 0 : RETRY);
}

static unsigned race_note(struct race *race, const struct step_event *event) {
  switch (event->kind) {
    case EVENT_START: race->start_us = event->now_us; break;
    case EVENT_ENDED: return race_note_end(race, event);
    case EVENT_GONE: race_settle(race, OUTCOME_GONE, 0); break;
    case EVENT_DRAIN: race_settle(race, OUTCOME_DRAINED, 0); break;
    case EVENT_TIMER: break;
  }
  return 0;
}

/* ---- whose own limit is used up ---- */

/* Events of one turn may carry instants that lie a little apart, in any order.
 */
static uint32_t used_us(const struct race *race, unsigned k, uint32_t at_us) {
  return at_us > race->started_us[k] ? at_us - race->started_us[k] : 0;
}

/* Attempts start in order, so those that have used up their time are the first
 * of those in flight. Returns the watermark below which they are. */
static unsigned race_expire(struct race *race, uint32_t at_us) {
  uint32_t limit_us = race->plan->attempt_timeout_us;
  unsigned k = 0;
  if (limit_us == 0) return 0;
  while (k < race->next && used_us(race, k, at_us) >= limit_us) k++;
  if ((race->in_flight & below(k)) == 0) return 0;
  race->in_flight &= (uint16_t)~below(k);
  return k;
}

/* ---- what starts now ---- */

bool race_is_late(const struct race *race, unsigned k) {
  const uint32_t *due_us = race->plan->due_us;
  if (k < 2 || race_kind(race, k) == ATTEMPT_RETRY) return false;
  unsigned hedge = race_hedge_number(race, k);
  return (race->refused & below(k)) == (below(k) & ~1u) &&
         due_us[hedge] > due_us[1] && race->started_us[k] >= due_us[hedge];
}

/* Until when the target of the next attempt has asked to be left alone. */
static uint32_t race_held_us(const struct race *race) {
  const unsigned target = race_target(race, race->next);
  uint32_t until_us = 0;
  for (unsigned k = 0; k < race->next; k++)
    if ((race->held & bit(k)) && race->held_us[k] > until_us &&
        race_whom(race, k) == target)
      until_us = race->held_us[k];
  return until_us;
}

/* When a retry starts unless something is in flight then. */
static uint32_t race_retry_us(const struct race *race) {
  uint32_t at_us = race->retry_us;
  if (at_us == PLAN_NEVER_US) return at_us;
  uint32_t held_us = race_held_us(race);
  if (held_us > at_us) at_us = held_us;
  return at_us < race->plan->deadline_us ? at_us : PLAN_NEVER_US;
}

/* When the next hedge is, by its own time. */
static uint32_t race_due_us(const struct race *race) {
  return has_hedge(race) ? race->plan->due_us[race_due(race)] : PLAN_NEVER_US;
}

/* Nothing is in flight after a failure: what the policy brings forward. */
static void race_forward(struct race *race, uint32_t at_us) {
  unsigned wanted = 0;
  if (race->plan->on_failure == RACE_ALL) wanted = RACE_MAX_HEDGES;
  if (race->plan->on_failure == RACE_NEXT && !race->forwarded) wanted = 1;
  race->forwarded = true;
  for (; wanted > 0 && has_hedge(race); wanted--) race_launch_next(race, at_us);
}

/* No byte of the request has reached anybody. */
static bool is_unasked(const struct race *race) {
  return race->unasked == below(race->next);
}

static void race_want_retry(struct race *race, uint32_t at_us) {
  const struct race_plan *plan = race->plan;
  race->retry_us = PLAN_NEVER_US;
  if (plan->hedged + race->retries == plan->attempts ||
      (plan->once && !is_unasked(race)))
    return;
  race->retry_us =
      later_us(at_us, plan_backoff_us(plan, race->retries, race->chance));
}

static void race_go_on(struct race *race, uint32_t at_us, unsigned asked) {
  while (race_due_us(race) <= at_us) race_launch_next(race, at_us);
  if (asked & RETRY) race_want_retry(race, at_us);
  if ((asked & FORWARD) && race->in_flight == 0) race_forward(race, at_us);
  /* Nobody has been asked yet: a refused primary hands its turn on, perhaps to
   * another target, rather than wait for the hedges' time. */
  if (is_unasked(race) && has_hedge(race)) race_launch_next(race, at_us);
  if (race->in_flight == 0 && race_retry_us(race) <= at_us)
    race_launch_retry(race, at_us);
}

/* ---- is it over ---- */

static void race_judge(struct race *race, uint32_t at_us) {
  if (race->in_flight == 0 && race_due_us(race) == PLAN_NEVER_US &&
      race_retry_us(race) == PLAN_NEVER_US)
    race_lose(race);
  else if (at_us >= race->plan->deadline_us)
    race_settle(race, OUTCOME_DEADLINE, 0);
}

struct todo race_step(struct race *race, const struct step_event *event) {
  struct todo todo = {.start_below = race->next};
  if (race->outcome != OUTCOME_OPEN) return todo;

  unsigned asked = race_note(race, event);
  if (race->outcome == OUTCOME_OPEN) {
    uint32_t at_us = elapsed_us(race, event->now_us);
    todo.expire_below = race_expire(race, at_us);
    if (todo.expire_below > 0) asked = FORWARD | RETRY;
    if (at_us < race->plan->deadline_us) race_go_on(race, at_us, asked);
    race_judge(race, at_us);
  }
  if (race->outcome != OUTCOME_OPEN) {
    todo.cancel_below = race->next;
    todo.winner = race->winner;
    race->in_flight = 0;
  }
  todo.start_below = race->next;
  todo.outcome = race->outcome;
  return todo;
}

int64_t race_wakeup_us(const struct race *race) {
  uint32_t at_us = race->plan->deadline_us;
  uint32_t limit_us = race->plan->attempt_timeout_us;
  unsigned k = 0;
  if (race_due_us(race) < at_us) at_us = race_due_us(race);
  if (race->in_flight == 0 && race_retry_us(race) < at_us)
    at_us = race_retry_us(race);
  if (limit_us > 0 && race->in_flight > 0) {
    while (!(race->in_flight & bit(k))) k++;
    /* Without overflow: a limit is below the deadline, which fits twice. */
    if (limit_us < at_us && race->started_us[k] < at_us - limit_us)
      at_us = race->started_us[k] + limit_us;
  }
  return race->start_us + at_us;
}

/* simulation_start: how attempts start, or wait until they may.
 *
 * What proxy/fetch_start and proxy/line do, in the same order, with one line
 * for each target. To its race who waits is in flight already, and it is
 * nobody's job yet. A line is looked at when somebody joins it, when an attempt
 * at its target has ended, when there is a token again, and when somebody's
 * time is over. */
#include "core/turn.h"
#include "tools/simulation_parts.h"

/* ---- the line ---- */

void simulation_look(struct simulation *s, unsigned target, int64_t at_us) {
  struct waiting_line *line = &s->lines[target];
  if (line->first == NOBODY || at_us == line->wakeup_us) return;
  line->wakeup_us = at_us;
  events_add(&s->events, (struct event){.at_us = at_us,
                                        .happening = HAPPENS_TURN,
                                        .index = (int)target});
}

static void join(struct simulation *s, int index, unsigned k) {
  struct request *r = &s->requests[index];
  struct waiting_line *line = &s->lines[r->whom[k]];
  r->waiter = k;
  r->has_waited = true;
  r->jobs[k] = WAITS;
  r->until_us = turn_until_us(&s->policy->queue, &r->race, s->now_us);
  r->before = line->last;
  r->behind = NOBODY;
  if (line->last == NOBODY) line->first = index;
  else s->requests[line->last].behind = index;
  line->last = index;
  s->waiting++;
  simulation_look(s, r->whom[k], s->now_us);
}

void simulation_leave_line(struct simulation *s, struct request *r) {
  struct waiting_line *line = &s->lines[r->whom[r->waiter]];
  if (r->before == NOBODY) line->first = r->behind;
  else s->requests[r->before].behind = r->behind;
  if (r->behind == NOBODY) line->last = r->before;
  else s->requests[r->behind].before = r->before;
  r->jobs[r->waiter] = NOBODY;
  s->waiting--;
}

/* ---- whether one may start ---- */

static bool is_full(const struct simulation *s, unsigned target, unsigned k) {
  const struct gate gate = {.in_flight = s->upstream.stations[target].in_flight,
                            .cap = s->policy->max_attempts,
                            .hedge = k > 0};
  return gate_try(&gate) != GATE_OPEN;
}

/* A yes has taken a token. */
static enum gate_verdict admit_limited(struct simulation *s, unsigned target,
                                       enum pilot_kind kind) {
  const struct rate_rule *rule = &s->policy->rate;
  int64_t left = kind == PILOT_PRIMARY ? 0 : rule->burst / 8;
  if (s->lines[target].first != NOBODY) return GATE_QUEUE;
  return rate_take(&s->rates[target], rule, left, s->now_us) > 0 ? GATE_RATE
                                                                 : GATE_OPEN;
}

static void give_token(struct simulation *s, unsigned target) {
  rate_give(&s->rates[target], &s->policy->rate);
}

static enum gate_verdict admit(struct simulation *s, struct request *r,
                               unsigned k, enum pilot_kind kind) {
  const unsigned target = r->whom[k];
  if (is_full(s, target, k)) return GATE_FULL;
  enum gate_verdict verdict = admit_limited(s, target, kind);
  if (verdict != GATE_OPEN) return verdict;
  if (!s->policy->rival) {
    verdict = pilot_admit(simulation_pilot(s, r), target, kind,
                          s->upstream.stations[target].in_flight, s->now_us);
    if (verdict != GATE_OPEN) give_token(s, target);
    return verdict;
  }
  if (kind == PILOT_PRIMARY || rival_take(&s->rival, s->now_us))
    return GATE_OPEN;
  return GATE_BUDGET;
}

/* ---- whether one may wait ---- */

static bool has_room(struct simulation *s, unsigned target) {
  if (is_full(s, target, 0) ||
      admit_limited(s, target, PILOT_PRIMARY) != GATE_OPEN)
    return false;
  give_token(s, target);
  return true;
}

static bool has_room_elsewhere(struct simulation *s, const struct request *r,
                               unsigned k) {
  const struct race_plan *plan = &r->plan;
  for (unsigned i = turn_elsewhere(plan, k, k + 1); i < plan->hedged;
       i = turn_elsewhere(plan, k, i + 1))
    if (has_room(s, plan->target[i])) return true;
  return false;
}

static bool may_wait(struct simulation *s, const struct request *r, unsigned k,
                     enum pilot_kind kind, enum gate_verdict refusal) {
  const struct queue_rule *rule = &s->policy->queue;
  return !r->has_waited && turn_is_awaited(rule, refusal, kind) &&
         turn_until_us(rule, &r->race, s->now_us) > s->now_us &&
         !has_room_elsewhere(s, r, k) && s->waiting < rule->most;
}

/* ---- how one starts ---- */

static void count_start(struct simulated *seen, const struct request *r,
                        enum pilot_kind kind) {
  if (!r->counted) return;
  seen->attempts++;
  seen->hedges += kind == PILOT_HEDGE || kind == PILOT_LATE;
  seen->forwarded += kind == PILOT_FAILURE;
}

static enum gate_verdict ask(struct simulation *s, int index, unsigned k,
                             enum pilot_kind kind) {
  struct request *r = &s->requests[index];
  r->asked_us[k] = s->now_us;
  r->jobs[k] = upstream_ask(&s->upstream, index, k, r->whom[k],
                            luck_of(s->seed, r->number, k), s->now_us);
  if (r->jobs[k] == NOBODY) return GATE_MEMORY;
  count_start(s->seen, r, kind);
  return GATE_OPEN;
}

void simulation_count_refusal(struct simulation *s, const struct request *r,
                              enum gate_verdict verdict) {
  if (r->counted) s->seen->refused[verdict]++;
}

enum gate_verdict simulation_start_next(struct simulation *s, int index) {
  struct request *r = &s->requests[index];
  unsigned k = r->begun++;
  enum pilot_kind kind = pilot_kind(&r->race, k);
  r->whom[k] = (uint8_t)pilot_whom(&r->race, k);
  r->jobs[k] = NOBODY;
  enum gate_verdict verdict = admit(s, r, k, kind);
  if (verdict == GATE_OPEN) verdict = ask(s, index, k, kind);
  if (verdict == GATE_OPEN) return GATE_OPEN;
  if (may_wait(s, r, k, kind, verdict)) {
    join(s, index, k);
    return GATE_OPEN;
  }
  simulation_count_refusal(s, r, verdict);
  return verdict;
}

/* ---- whose turn it is ---- */

/* Of the first: when to look again. 0: it may start, and has what it needs;
 * INT64_MAX: when there is room. */
static int64_t try_first(struct simulation *s, unsigned target) {
  int64_t wait_us =
      rate_take(&s->rates[target], &s->policy->rate, 0, s->now_us);
  if (wait_us > 0) return s->now_us + wait_us;
  if (!is_full(s, target, 0)) return 0;
  give_token(s, target);
  return INT64_MAX;
}

static int64_t earlier(int64_t a_us, int64_t b_us) {
  return a_us < b_us ? a_us : b_us;
}

/* Who leaves the line now, and whether it may start; NOBODY: none does, and
 * the line will be looked at again. */
static int call_next(struct simulation *s, unsigned target, bool *may_start) {
  int64_t next_us = INT64_MAX;
  for (int i = s->lines[target].first; i != NOBODY; i = s->requests[i].behind) {
    struct request *r = &s->requests[i];
    const bool is_late = r->until_us <= s->now_us;
    *may_start = false;
    if (!is_late && r->before == NOBODY) {
      const int64_t again_us = try_first(s, target);
      *may_start = again_us == 0;
      next_us = again_us;
    }
    if (is_late || *may_start) return i;
    next_us = earlier(next_us, r->until_us);
  }
  simulation_look(s, target, next_us);
  return NOBODY;
}

int simulation_call(struct simulation *s, unsigned target,
                    enum gate_verdict *verdict) {
  bool may_start;
  int index = call_next(s, target, &may_start);
  if (index == NOBODY) return NOBODY;
  struct request *r = &s->requests[index];
  simulation_leave_line(s, r);
  *verdict = may_start ? ask(s, index, r->waiter, PILOT_PRIMARY) : GATE_QUEUE;
  if (*verdict != GATE_OPEN) simulation_count_refusal(s, r, *verdict);
  return index;
}

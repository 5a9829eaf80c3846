/* simulation_start: how attempts start, or wait until they may.
 *
 * What proxy/fetch_start and proxy/line do, in the same order. One line is
 * enough here: whoever stands behind somebody who waits for the same target is
 * not the first there. To its race who waits is in flight already, and it is
 * nobody's job yet. The line is looked at when somebody joins it, when an
 * attempt has ended, when there is a token again, and when somebody's time is
 * over. */
#include "core/turn.h"
#include "tools/simulation_parts.h"

/* ---- the line ---- */

void simulation_look(struct simulation *s, int64_t at_us) {
  struct waiting_line *line = &s->line;
  if (list_is_empty(&line->list) || at_us == line->wakeup_us) return;
  line->wakeup_us = at_us;
  events_add(&s->events, at_us, simulation_on_turn, NULL);
}

static void count_waiter(struct simulation *s, const struct request *r,
                         int64_t step) {
  for (unsigned i = 0; i < r->roomy_count; i++)
    s->line.count_for[r->roomy[i]] += step;
  s->line.count += step;
}

static void join(struct simulation *s, struct request *r, unsigned k) {
  r->waiter = k;
  r->waits = r->has_waited = true;
  r->until_us = turn_until_us(&s->policy->queue, &r->race, s->now_us);
  list_append(&s->line.list, &r->party.link);
  count_waiter(s, r, 1);
  simulation_look(s, s->now_us);
}

void simulation_leave_line(struct simulation *s, struct request *r) {
  list_remove(&s->line.list, &r->party.link);
  r->waits = false;
  count_waiter(s, r, -1);
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
  if (s->line.count_for[target] > 0) return GATE_QUEUE;
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

/* ---- how one starts ---- */

static void count_start(struct simulated *seen, const struct request *r,
                        enum pilot_kind kind) {
  if (!r->counted) return;
  seen->attempts++;
  seen->hedges += kind == PILOT_HEDGE || kind == PILOT_LATE;
  seen->forwarded += kind == PILOT_FAILURE;
}

static enum gate_verdict ask(struct simulation *s, struct request *r,
                             unsigned k, enum pilot_kind kind) {
  r->asked_us[k] = s->now_us;
  r->jobs[k] = upstream_ask(&s->upstream, r, k, r->whom[k],
                            luck_of(s->seed, r->number, k), s->now_us);
  if (!r->jobs[k]) return GATE_MEMORY;
  count_start(s->seen, r, kind);
  return GATE_OPEN;
}

void simulation_count_refusal(struct simulation *s, const struct request *r,
                              enum gate_verdict verdict) {
  if (r->counted) s->seen->refused[verdict]++;
}

static bool take_room(struct simulation *s, unsigned target) {
  return !is_full(s, target, 0) &&
         admit_limited(s, target, PILOT_PRIMARY) == GATE_OPEN;
}

static enum gate_verdict ask_other(struct simulation *s, struct request *r,
                                   unsigned k, unsigned target) {
  if (target != r->whom[k]) race_move(&r->race, k, target);
  r->whom[k] = (uint8_t)target;
  return ask(s, r, k, PILOT_PRIMARY);
}

/* It was refused. Another target may have room. */
static enum gate_verdict wait_or_not(struct simulation *s, struct request *r,
                                     unsigned k, enum gate_verdict refusal) {
  const struct queue_rule *rule = &s->policy->queue;
  r->roomy_count =
      turn_targets(simulation_pilot(s, r), r->whom[k], r->roomy, s->now_us);
  for (unsigned i = 0; i < r->roomy_count; i++)
    if (take_room(s, r->roomy[i])) return ask_other(s, r, k, r->roomy[i]);
  if (r->has_waited || s->line.count >= rule->most ||
      turn_until_us(rule, &r->race, s->now_us) <= s->now_us)
    return refusal;
  join(s, r, k);
  return GATE_OPEN;
}

enum gate_verdict simulation_start_next(struct simulation *s,
                                        struct request *r) {
  unsigned k = r->begun++;
  enum pilot_kind kind = pilot_kind(&r->race, k);
  r->whom[k] = (uint8_t)race_whom(&r->race, k);
  r->jobs[k] = NULL;
  enum gate_verdict verdict = admit(s, r, k, kind);
  if (verdict == GATE_OPEN) verdict = ask(s, r, k, kind);
  if (turn_is_awaited(&s->policy->queue, verdict, kind))
    verdict = wait_or_not(s, r, k, verdict);
  if (verdict != GATE_OPEN) simulation_count_refusal(s, r, verdict);
  return verdict;
}

/* ---- whose turn it is ---- */

/* When to look again. 0: one may start there, and has what it needs;
 * INT64_MAX: when there is room. */
static int64_t try_at(struct simulation *s, unsigned target) {
  if (is_full(s, target, 0)) return INT64_MAX;
  int64_t wait_us =
      rate_take(&s->rates[target], &s->policy->rate, 0, s->now_us);
  return wait_us > 0 ? s->now_us + wait_us : 0;
}

static int64_t earlier(int64_t a_us, int64_t b_us) {
  return a_us < b_us ? a_us : b_us;
}

/* The same of all its targets, but those that somebody before it waits for;
 * these, one bit each, it adds its own to. *target: where it may start. */
static int64_t try_all(struct simulation *s, const struct request *r,
                       unsigned *awaited, unsigned *target) {
  int64_t next_us = INT64_MAX;
  for (unsigned i = 0; i < r->roomy_count && next_us > 0; i++) {
    *target = r->roomy[i];
    if (*awaited >> *target & 1) continue;
    *awaited |= 1u << *target;
    next_us = earlier(next_us, try_at(s, *target));
  }
  return next_us;
}

/* Who leaves the line now, and where it may start, if it may; NULL: none does,
 * and the line will be looked at again. */
static struct request *call_next(struct simulation *s, bool *may_start,
                                 unsigned *target) {
  int64_t next_us = INT64_MAX;
  unsigned awaited = 0;
  list_each (link, &s->line.list) {
    struct request *r = list_item(link, struct request, party.link);
    *may_start = false;
    if (r->until_us <= s->now_us) return r;
    const int64_t again_us = try_all(s, r, &awaited, target);
    *may_start = again_us == 0;
    if (*may_start) return r;
    next_us = earlier(next_us, earlier(again_us, r->until_us));
  }
  simulation_look(s, next_us);
  return NULL;
}

void simulation_on_turn(struct simulation *s, struct party *nobody) {
  struct request *r;
  bool may_start;
  unsigned target;
  (void)nobody;
  if (s->line.wakeup_us != s->now_us) return;
  s->line.wakeup_us = 0;
  while ((r = call_next(s, &may_start, &target))) {
    simulation_leave_line(s, r);
    enum gate_verdict verdict =
        may_start ? ask_other(s, r, r->waiter, target) : GATE_QUEUE;
    if (verdict == GATE_OPEN) continue;
    simulation_count_refusal(s, r, verdict);
    simulation_refuse(s, r, r->waiter);
  }
}

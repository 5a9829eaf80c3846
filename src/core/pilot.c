/* pilot: what was learned, put to work.
 *
 *        pilot_plan                pilot_admit               pilot_ended
 *   whom: outlier benches     pushback (all extra)      latency    one count
 *   when: pilot_delay         the gate (hedges)         overload  quick numbers
 *                             budget (all extra)        outlier    streaks
 *                                                       budget     earns
 *
 * What may refuse stands in the order of what it costs: a token is taken last,
 * when nothing else is in the way.
 *
 * A primary is never refused, and asks even a target on a bench where no other
 * is left: what is known of a target may be wrong, or old, and a client who
 * waits is worth a try.
 *
 * Whether there is room (core/gate), and when a client has waited long enough
 * (core/race), is decided elsewhere. */
#include "core/pilot.h"

#include <assert.h>

#include "core/relaxed.h"

/* ---- whom to ask ---- */

/* On which of its benches it stands worse. */
static enum outlier_place place_of(const struct pilot *pilot, unsigned number,
                                   int64_t now_us) {
  const struct pilot_target *target = pilot->targets[number];
  enum outlier_place failing = outlier_place(&target->failing, now_us);
  enum outlier_place slow = outlier_place(&target->slow, now_us);
  return failing > slow ? failing : slow;
}

bool pilot_is_well(const struct pilot *pilot, unsigned number, int64_t now_us) {
  return place_of(pilot, number, now_us) == OUTLIER_IN;
}

bool pilot_is_out(const struct pilot *pilot, unsigned number, int64_t now_us) {
  return place_of(pilot, number, now_us) == OUTLIER_OUT;
}

unsigned pilot_next_in_turn(const struct pilot *pilot, _Atomic unsigned *turn,
                            int64_t now_us) {
  unsigned at = relaxed_add(turn, 1);
  unsigned skipped = 0;
  assert(pilot->count > 0);
  while (skipped < pilot->count &&
         pilot_is_out(pilot, (at + skipped) % pilot->count, now_us))
    skipped++;
  if (skipped == 0 || skipped == pilot->count) return at % pilot->count;
  relaxed_add(turn, skipped);
  return (at + skipped) % pilot->count;
}

/* No more than half may be passed by: those of the lowest numbers. */
static bool has_room_outside(const struct pilot *pilot, unsigned number,
                             int64_t now_us) {
  unsigned out = 1;
  for (unsigned i = 0; i < number; i++) out += pilot_is_out(pilot, i, now_us);
  return out <= pilot->count / 2;
}

static bool is_spare(const struct pilot *pilot, unsigned number,
                     int64_t now_us) {
  enum outlier_place place = place_of(pilot, number, now_us);
  return place == OUTLIER_DUE ||
         (place == OUTLIER_OUT && !has_room_outside(pilot, number, now_us));
}

static bool may_try(const struct pilot *pilot, unsigned number,
                    int64_t now_us) {
  struct pilot_target *target = pilot->targets[number];
  return place_of(pilot, number, now_us) == OUTLIER_DUE &&
         outlier_may_ask(&target->failing, now_us) &&
         outlier_may_ask(&target->slow, now_us);
}

typedef bool taker(const struct pilot *pilot, unsigned number, int64_t now_us);

/* Adds what is wanted and asked for by `take`, from `first` on in a circle. One
 * that is tried stands in front, and nowhere else. */
static unsigned add_targets(const struct pilot *pilot, unsigned first,
                            unsigned wanted, uint8_t *order, unsigned found,
                            int64_t now_us, taker *take) {
  for (unsigned i = 0; i < pilot->count && found < wanted; i++) {
    unsigned number = first + i;
    if (number >= pilot->count) number -= pilot->count;
    if (found > 0 && number == order[0]) continue;
    if (take(pilot, number, now_us)) order[found++] = (uint8_t)number;
  }
  return found;
}

/* Whoever is due is tried by the next primary that a hedge or retry can rescue,
 * whose turn it ever is: a hedge may never start, and by turns one may be
 * missed for long. What cannot be rescued tries it in its turn only. */
static bool can_be_rescued(const struct race_policy *policy) {
  return policy->hedges + policy->retries > 0 && !policy->once &&
         !policy->observed;
}

static unsigned add_tried(const struct pilot *pilot,
                          const struct race_policy *policy,
                          struct pilot_reach reach, uint8_t *order,
                          int64_t now_us) {
  if (reach.shared) return 0;
  if (can_be_rescued(policy))
    return add_targets(pilot, reach.first, 1, order, 0, now_us, may_try);
  order[0] = (uint8_t)reach.first;
  return may_try(pilot, reach.first, now_us);
}

/* Targets worth asking, as many as the race has attempts. Where too few are
 * well, behind them those that are due, and those that are out without a place
 * outside. */
static unsigned order_targets(const struct pilot *pilot,
                              const struct race_policy *policy,
                              struct pilot_reach reach, uint8_t *order,
                              int64_t now_us) {
  unsigned wanted = 1 + policy->hedges + policy->retries, first = reach.first;
  unsigned found =
      add_targets(pilot, first, wanted, order, 0, now_us, pilot_is_well);
  if (found == pilot->count) return found; /* mostly: nobody is due */
  found = add_tried(pilot, policy, reach, order, now_us);
  found =
      add_targets(pilot, first, wanted, order, found, now_us, pilot_is_well);
  found = add_targets(pilot, first, wanted, order, found, now_us, is_spare);
  if (found == 0) order[found++] = (uint8_t)first;
  return found;
}

/* ---- when ---- */

/* A hedge should start while an answer can still come in time, but not before
 * half of the primaries have answered: a target that takes most of the deadline
 * would get twice the requests. */
static void apply_delay(const struct pilot_delay *delay,
                        struct race_policy *policy, int64_t timeout_us) {
  int64_t delay_us = relaxed_load(&delay->delay_us);
  int64_t median_us = relaxed_load(&delay->median_us);
  int64_t last_us = timeout_us - median_us;
  if (delay_us == 0) return;
  if (last_us < median_us) last_us = median_us;
  if (delay_us > last_us) delay_us = last_us;
  policy->hedge_after_us = delay_us;
}

void pilot_plan(const struct pilot *pilot, struct race_plan *plan,
                const struct race_policy *policy, struct pilot_reach reach,
                int64_t timeout_us, int64_t now_us) {
  uint8_t order[RACE_MAX_ATTEMPTS] = {0};
  unsigned count = 1;
  if (reach.targets > 1)
    count = order_targets(pilot, policy, reach, order, now_us);
  struct race_policy learned = *policy;
  if (policy->learn.per_mille > 0)
    apply_delay(pilot->delay, &learned, timeout_us);
  plan_make(plan, &learned, order, count, timeout_us);
}

/* ---- whether ---- */

enum pilot_kind pilot_kind(const struct race *race, unsigned k) {
  unsigned before = (1u << k) - 1;
  if ((race->unasked & before) == before) return PILOT_PRIMARY;
  if (race_kind(race, k) == ATTEMPT_RETRY) return PILOT_FAILURE;
  unsigned hedge = race_hedge_number(race, k);
  if (race->started_us[k] < race->plan->due_us[hedge]) return PILOT_FAILURE;
  return race_is_late(race, k) ? PILOT_LATE : PILOT_HEDGE;
}

/* hedge_budget_take, or hedge_budget_has where nothing is to be taken. */
typedef bool purse_asked(struct hedge_budget *budget, enum purse purse,
                         const struct hedge_budget_rule *rule, uint32_t left);

/* A primary that is silent at the time of a second hedge, and whose first was
 * refused, is not far from a failure: it may have what failures can spare. */
static bool pay(const struct pilot *pilot, enum pilot_kind kind,
                purse_asked *ask) {
  struct hedge_budget *budget = pilot->budget;
  const struct hedge_budget_rule *rule = &pilot->budget_rule;
  if (kind == PILOT_FAILURE) return ask(budget, PURSE_FAILURE, rule, 0);
  if (ask(budget, PURSE_TIME, rule, 0)) return true;
  return kind == PILOT_LATE && ask(budget, PURSE_FAILURE, rule, rule->cap / 2);
}

static inline enum gate_verdict look(const struct pilot *pilot, unsigned target,
                                     enum pilot_kind kind, int64_t in_flight,
                                     int64_t now_us) {
  const struct overload *overload = &pilot->targets[target]->overload;
  enum gate_verdict verdict = overload_admit_any(overload, now_us);
  if (verdict == GATE_OPEN && kind != PILOT_FAILURE && pilot->gate)
    verdict = overload_admit_hedge(overload, in_flight);
  return verdict;
}

bool pilot_would_let(const struct pilot *pilot, unsigned target,
                     enum pilot_kind kind, int64_t in_flight, int64_t now_us) {
  return look(pilot, target, kind, in_flight, now_us) == GATE_OPEN;
}

enum gate_verdict pilot_admit(const struct pilot *pilot, unsigned target,
                              enum pilot_kind kind, int64_t in_flight,
                              int64_t now_us) {
  if (kind == PILOT_PRIMARY) return GATE_OPEN;
  enum gate_verdict verdict = look(pilot, target, kind, in_flight, now_us);
  if (verdict != GATE_OPEN) return verdict;
  return pay(pilot, kind, hedge_budget_take) ? GATE_OPEN : GATE_BUDGET;
}

/* ---- whether to wait for it ---- */

/* Why attempt k would be refused, which the race has just started at at_us. The
 * gate may have opened by then, and a 429 may be forgotten, but hardly in an
 * outage. */
static enum gate_verdict foresee(const struct pilot *pilot,
                                 const struct race *race, unsigned k,
                                 unsigned first, int64_t at_us) {
  unsigned target = first + race_whom(race, k);
  enum pilot_kind kind = pilot_kind(race, k);
  const struct overload *overload = &pilot->targets[target]->overload;
  enum gate_verdict verdict = GATE_OPEN;
  if (kind == PILOT_PRIMARY) return GATE_OPEN;
  if (overload_is_paused(overload, at_us)) return GATE_PUSHBACK;
  if (overload_is_failing(overload))
    verdict = look(pilot, target, kind, 0, at_us);
  if (verdict != GATE_OPEN) return verdict;
  return pay(pilot, kind, hedge_budget_has) ? GATE_OPEN : GATE_BUDGET;
}

bool pilot_gives_up(const struct pilot *pilot, struct race *race,
                    unsigned first, enum gate_verdict why[RACE_MAX_ATTEMPTS]) {
  struct race ahead = *race;
  struct todo todo = {.start_below = race->next};
  struct step_event refused = {.kind = EVENT_ENDED,
                               .end.result = ATTEMPT_REFUSED};
  struct step_event due = {.kind = EVENT_TIMER};
  for (unsigned k = race->next; todo.outcome == OUTCOME_OPEN; k++) {
    if (k == todo.start_below) {
      refused.now_us = due.now_us = race_wakeup_us(&ahead);
      todo = race_step(&ahead, &due);
    }
    if (todo.outcome != OUTCOME_OPEN) break;
    why[k] = foresee(pilot, &ahead, k, first, refused.now_us);
    if (why[k] == GATE_OPEN) return false;
    refused.attempt = k;
    todo = race_step(&ahead, &refused);
  }
  *race = ahead;
  return true;
}

/* ---- what an end teaches ---- */

/* A final word on the target's health. A 4xx shows that it lives, and so does a
 * 501 or 505, which speaks of the request. Other answers that are failures may
 * be the request's fault: a page of HTML is one at every target. A client may
 * shorten a deadline: one that left an attempt less than many times the usual,
 * or than a second where nothing is known yet, says nothing. */
enum health { UNKNOWN, WELL, DOUBTFUL, ILL };

enum { PATIENCE = 8, PATIENCE_US = 1000 * 1000 };

static bool had_its_time(const struct pilot_target *target, int64_t took_us) {
  int64_t usual = relaxed_load(&target->overload.usual); /* in sixteenths */
  return took_us >= (usual > 0 ? PATIENCE * usual / 16 : PATIENCE_US);
}

static bool is_ill(int status) {
  return status >= 500 && status != 501 && status != 505;
}

static enum health health_of(const struct pilot_target *target,
                             const struct attempt_end *end, int64_t took_us) {
  switch (end->result) {
    case ATTEMPT_SUCCESS: return WELL;
    case ATTEMPT_STATUS: return is_ill(end->status) ? DOUBTFUL : WELL;
    case ATTEMPT_TIMEOUT: return had_its_time(target, took_us) ? ILL : UNKNOWN;
    case ATTEMPT_BAD_JSON: return DOUBTFUL;
    case ATTEMPT_TRANSPORT: return ILL;
    default: return UNKNOWN;
  }
}

static bool is_another_sound(const struct pilot *pilot, unsigned number,
                             int64_t now_us) {
  for (unsigned i = 0; i < pilot->count; i++)
    if (i != number && outlier_is_sound(&pilot->targets[i]->failing, now_us))
      return true;
  return false;
}

/* What may be the request's fault is the target's where another answers well,
 * or where no good answer comes for a while. Else one client who asks for what
 * fails everywhere could send out all targets while others use them. Alone a
 * target is sent out in name only. */
static const struct outlier_limit *limit_of(const struct pilot *pilot,
                                            unsigned number, enum health health,
                                            int64_t now_us) {
  bool is_its_own = health == ILL || pilot->count == 1 ||
                    is_another_sound(pilot, number, now_us);
  return is_its_own ? &outlier_failing : &outlier_doubtful;
}

static enum pilot_news note_health(const struct pilot *pilot, unsigned number,
                                   enum health health, int64_t asked_us,
                                   int64_t now_us) {
  struct outlier_bench *failing = &pilot->targets[number]->failing;
  if (health == UNKNOWN) return PILOT_NO_NEWS;
  if (health == WELL)
    return outlier_good(failing, asked_us) ? PILOT_BACK : PILOT_NO_NEWS;
  return outlier_strike(failing, limit_of(pilot, number, health, now_us),
                        now_us)
             ? PILOT_EJECTED
             : PILOT_NO_NEWS;
}

/* A race that a primary wins because its hedge was refused is no win: else a
 * slow target, which uses up the budget, would be safe from being found out. */
static bool was_contest(const struct race *race, int64_t took_us) {
  return !(race->refused & 2) || took_us < race->plan->due_us[1];
}

/* Whether attempt k, the primary, has lost to a hedge on another target, or has
 * won. Other attempts say nothing of who is slow. */
static enum pilot_news note_race(struct pilot_target *target,
                                 const struct race *race, unsigned k,
                                 const struct attempt_end *end, int64_t took_us,
                                 int64_t now_us) {
  bool won = attempt_end_is_answer(end, race->plan->final_4xx);
  bool lost = end->result == ATTEMPT_CANCELLED &&
              race_whom(race, race->winner) != race_target(race, k);
  if (k > 0 || !race->answered) return PILOT_NO_NEWS;
  if (won && was_contest(race, took_us) &&
      outlier_good(&target->slow, now_us - took_us))
    return PILOT_BACK;
  if (lost && outlier_strike(&target->slow, &outlier_slow, now_us))
    return PILOT_SLOW;
  return PILOT_NO_NEWS;
}

static void note_pushback(struct pilot_target *target,
                          const struct attempt_end *end, int64_t now_us) {
  struct overload *overload = &target->overload;
  if (end->status != 429 && end->status != 503) return;
  if (end->retry_after)
    overload_push_back(overload, end->retry_after_ms * INT64_C(1000), now_us);
  else if (end->status == 429) overload_throttle(overload, now_us);
}

/* Once for each attempt, at its real end: what has been counted cannot be taken
 * back, since windows are differences of counts that only grow. */
void pilot_read_out(const struct pilot *pilot, unsigned target, bool answered,
                    int64_t took_us) {
  latency_note(pilot->counts[target], took_us, answered);
}

enum pilot_news pilot_ended(const struct pilot *pilot, const struct race *race,
                            unsigned k, unsigned target,
                            const struct attempt_end *end, int64_t took_us,
                            int64_t now_us) {
  struct pilot_target *its = pilot->targets[target];
  bool answered = attempt_end_is_answer(end, race->plan->final_4xx);
  if (end->result == ATTEMPT_REFUSED || end->result == ATTEMPT_STARVED)
    return PILOT_NO_NEWS;
  if (!end->read_out) pilot_read_out(pilot, target, answered, took_us);
  overload_note(&its->overload, end, answered, took_us);
  note_pushback(its, end, now_us);
  if (answered)
    hedge_budget_earn(pilot->budget, pilot->earnings, &pilot->budget_rule);
  enum pilot_news news = note_health(
      pilot, target, health_of(its, end, took_us), now_us - took_us, now_us);
  if (news == PILOT_NO_NEWS)
    news = note_race(its, race, k, end, took_us, now_us);
  return news;
}

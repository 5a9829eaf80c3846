/* estimate: one race, and all that could have become of it.
 *
 *   silent(t)  the chance that no hedge has answered t after the start:
 *              the product of 1 - odds(t - d) over the hedges due before t
 *
 * From it follows all else: of a request that took T, silent(T) waits as long
 * as it did, and between two instants as many are answered as silent falls by.
 * A further hedge starts where those before it are silent at its time. So
 * nothing is drawn by lot, and a race that needs no hedge, as most, is one
 * increment. */
#include "core/estimate.h"

#include <assert.h>

#include "core/relaxed.h"

enum { OF_LATE = 64 /* requests, whose failures a hedge shares */ };

static uint64_t requests(float share) {
  return (uint64_t)(share * ESTIMATE_REQUEST + 0.5f);
}

/* ---- how it ended ---- */

enum verdict {
  ANSWERED,
  FAILED, /* another attempt may do better */
  STAYS,  /* or would bring the same failure */
  SAYS_NOTHING,
};

static enum verdict verdict_of(const struct estimate_race *r) {
  if (r->race->answered) return ANSWERED;
  switch (r->race->outcome) {
    case OUTCOME_FAILED:
    case OUTCOME_DEADLINE: return FAILED;
    case OUTCOME_CLIENT_ERROR:
      return status_is_final_4xx(r->end->status) ? STAYS : FAILED;
    default: return SAYS_NOTHING;
  }
}

/* ---- which hedges there would have been ---- */

struct hedges {
  unsigned count;
  bool forward;   /* a failure brings the first of them forward */
  float good;     /* the share of them that brings an answer at all */
  int64_t end_us; /* of the race, if none of them ends it */
  int64_t due_us[RACE_MAX_HEDGES];
  const struct latency_odds *odds[RACE_MAX_HEDGES];
};

static float silent(const struct hedges *hedges, int64_t at_us) {
  float silent = 1;
  for (unsigned k = 0; k < hedges->count && hedges->due_us[k] < at_us; k++) {
    int64_t past_us = at_us - hedges->due_us[k];
    silent *=
        1 - hedges->good * latency_answered(hedges->odds[k], (uint32_t)past_us);
  }
  return silent;
}

/* Hedge k > 0: its own time, or that of the failure that brings it forward. */
static int64_t due_us(const struct estimate_race *r, unsigned k, bool failed) {
  const struct race_plan *plan = r->race->plan;
  const bool forward =
      plan->on_failure == RACE_ALL || (plan->on_failure == RACE_NEXT && k == 1);
  const int64_t due = plan->due_us[k];
  return failed && forward && r->took_us < due &&
                 !attempt_end_asks_to_wait(r->end)
             ? r->took_us
             : due;
}

static unsigned place_of(const struct estimate_race *r, unsigned k) {
  unsigned place = r->first + race_target(r->race, k);
  assert(place < r->pilot->count);
  return place;
}

static const struct pilot_target *target_of(const struct estimate_race *r,
                                            unsigned k) {
  return r->pilot->targets[place_of(r, k)];
}

/* One that is asked by hedges alone has told nothing yet. */
static const struct latency_odds *odds_of(const struct estimate_race *r,
                                          unsigned k) {
  const struct latency_odds *odds = &target_of(r, k)->odds;
  return latency_answered(odds, UINT32_MAX) > 0 ? odds : &target_of(r, 0)->odds;
}

static void find_hedges(struct hedges *hedges, const struct estimate_seen *seen,
                        const struct estimate_race *r, enum verdict verdict) {
  const struct race_plan *plan = r->race->plan;
  const bool failed = verdict != ANSWERED;
  hedges->count = 0;
  hedges->good = verdict == STAYS ? 0 : 1 - seen->failing;
  hedges->end_us = failed ? plan->deadline_us : r->took_us;
  for (unsigned k = 1; k <= plan->observed_hedges; k++) {
    int64_t due = due_us(r, k, failed);
    if (due >= hedges->end_us) break;
    hedges->odds[hedges->count] = odds_of(r, k);
    hedges->due_us[hedges->count++] = due;
  }
  hedges->forward = hedges->count > 0 && hedges->due_us[0] < plan->due_us[1];
}

/* ---- whether they might have started ---- */

static enum purse purse_of(const struct hedges *hedges) {
  return hedges->forward ? PURSE_FAILURE : PURSE_TIME;
}

/* A failure is due when it comes. */
static bool may_start(struct estimate_seen *seen, const struct estimate_race *r,
                      const struct hedges *hedges) {
  bool let = hedges->forward ? pilot_would_let(r->pilot, place_of(r, 1),
                                               PILOT_FAILURE, 0, r->now_us)
                             : !r->held_back;
  return let && hedge_budget_has(&seen->budget, purse_of(hedges),
                                 &r->pilot->budget_rule, 0);
}

static float extra_of(const struct hedges *hedges) {
  float extra = 0;
  for (unsigned k = 0; k < hedges->count; k++)
    extra += silent(hedges, hedges->due_us[k]);
  return extra;
}

static void pay(struct estimate_seen *seen, const struct estimate_race *r,
                const struct hedges *hedges) {
  const enum purse purse = purse_of(hedges);
  seen->owed[purse] += extra_of(hedges);
  while (seen->owed[purse] >= 1) {
    seen->owed[purse] -= 1;
    if (!hedge_budget_take(&seen->budget, purse, &r->pilot->budget_rule, 0))
      break;
  }
}

/* ---- what is counted ---- */

/* Between two instants of one span. Returns how much earlier than at the end
 * those are answered who are. */
static float note_span(struct estimate_seen *seen, unsigned span, float before,
                       float after, float long_us) {
  relaxed_count(&seen->answered[AS_IT_WOULD_BE][span],
                requests(before - after));
  return (1 - (before + after) / 2) * long_us;
}

/* Those whom a hedge answers, and by how much sooner than the end of the race
 * that is on average. *left: the others. */
static float note_hedges(struct estimate_seen *seen,
                         const struct hedges *hedges, float *left) {
  int64_t at_us = hedges->due_us[0];
  float saved_us = 0;
  *left = 1;
  for (unsigned span = latency_span(at_us); at_us < hedges->end_us; span++) {
    int64_t next_us = latency_next_us(span, hedges->end_us);
    float after = silent(hedges, next_us);
    if (after > *left) after = *left; /* the odds are written meanwhile */
    saved_us += note_span(seen, span, *left, after, (float)(next_us - at_us));
    *left = after;
    at_us = next_us;
  }
  return saved_us;
}

static void note_world(struct estimate_seen *seen, enum estimate_world world,
                       enum verdict verdict, int64_t took_us, float share) {
  if (verdict == ANSWERED)
    relaxed_count(&seen->answered[world][latency_span(took_us)],
                  requests(share));
  else if (verdict == FAILED)
    relaxed_count(&seen->failed[world], requests(share));
}

static void note_hedged(struct estimate_seen *seen, const struct hedges *hedges,
                        enum verdict verdict, struct race_would *would,
                        float *left) {
  float extra = extra_of(hedges), saved_us = note_hedges(seen, hedges, left);
  relaxed_count(&seen->hedged, 1);
  relaxed_count(&seen->extra, requests(extra));
  would->hedge_us = hedges->due_us[0] > 0 ? hedges->due_us[0] : 1;
  if (verdict == ANSWERED) would->save_us = (int64_t)saved_us;
  else would->rescue = 1 - *left;
}

/* ---- what is learned ---- */

/* An attempt that takes too long is no failing hedge: it stands in the odds. */
static void learn(struct estimate_seen *seen, const struct estimate_race *r,
                  enum verdict verdict) {
  bool failed = verdict == FAILED && r->end->result != ATTEMPT_TIMEOUT;
  if (verdict == STAYS) return;
  if (seen->young < OF_LATE) seen->young++;
  seen->failing += ((failed ? 1 : 0) - seen->failing) / (float)seen->young;
  if (verdict == ANSWERED)
    hedge_budget_earn(&seen->budget, &seen->earnings, &r->pilot->budget_rule);
}

void estimate_note(struct estimate_seen *seen, const struct estimate_race *race,
                   struct race_would *would) {
  enum verdict verdict = verdict_of(race);
  struct hedges hedges;
  float left = 1;
  if (verdict == SAYS_NOTHING) return;
  if (seen->young == 0)
    hedge_budget_init(&seen->budget, &race->pilot->budget_rule);
  find_hedges(&hedges, seen, race, verdict);
  if (hedges.count > 0 && may_start(seen, race, &hedges)) {
    pay(seen, race, &hedges);
    note_hedged(seen, &hedges, verdict, would, &left);
  }
  relaxed_count(&seen->requests, 1);
  note_world(seen, AS_IT_WAS, verdict, race->took_us, 1);
  note_world(seen, AS_IT_WOULD_BE, verdict, race->took_us, left);
  learn(seen, race, verdict);
}

/* ---- the reader ---- */

void estimate_add(struct estimate_totals *totals,
                  const struct estimate_seen *seen) {
  totals->requests += relaxed_load(&seen->requests);
  totals->hedged += relaxed_load(&seen->hedged);
  totals->extra += relaxed_load(&seen->extra);
  for (unsigned w = AS_IT_WAS; w <= AS_IT_WOULD_BE; w++) {
    totals->failed[w] += relaxed_load(&seen->failed[w]);
    for (unsigned i = 0; i < LATENCY_SPANS; i++)
      totals->answered[w][i] += relaxed_load(&seen->answered[w][i]);
  }
}

static double answered(const struct estimate_totals *totals,
                       enum estimate_world world) {
  uint64_t sum = 0;
  for (unsigned i = 0; i < LATENCY_SPANS; i++)
    sum += totals->answered[world][i];
  return (double)sum;
}

int64_t estimate_until_us(const struct estimate_totals *totals,
                          enum estimate_world world, double part) {
  const uint64_t *spans = totals->answered[world];
  double left = part * answered(totals, world);
  unsigned span = 0;
  if (left <= 0) return 0;
  while (span < LATENCY_SPANS - 1 && left > (double)spans[span])
    left -= (double)spans[span++];
  int64_t start_us = latency_span_start_us(span);
  int64_t long_us = latency_span_end_us(span) - start_us;
  if (spans[span] == 0) return start_us;
  return start_us + (int64_t)(left / (double)spans[span] * (double)long_us);
}

double estimate_success(const struct estimate_totals *totals,
                        enum estimate_world world) {
  double good = answered(totals, world);
  double all = good + (double)totals->failed[world];
  return all > 0 ? good / all : 0;
}

double estimate_extra(const struct estimate_totals *totals) {
  if (totals->requests == 0) return 0;
  return (double)totals->extra / ESTIMATE_REQUEST / (double)totals->requests;
}

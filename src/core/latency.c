/* latency: counts, windows and the curve.
 *
 * A worker's counters never fall and know nothing of windows, so the path of a
 * request has one increment and no clock edge to look after. The reader takes
 * differences of 32 bits, which are right across an overflow as long as fewer
 * than 2^32 attempts end within two windows.
 *
 * The counters are atomics since another thread reads them, but they have one
 * writer: a load and a store are enough, and cost what a plain increment does.
 *
 * What this file leaves to others: what delay follows (core/delay), and what
 * is unusual (core/overload). */
#include "core/latency.h"

#include "core/relaxed.h"

#define SECONDS INT64_C(1000000)

const struct latency_rule latency_present = {5 * SECONDS, 60 * SECONDS, 200};
const struct latency_rule latency_past = {600 * SECONDS, 600 * SECONDS, 0};

/* ---- spans ---- */

uint32_t latency_span_start_us(unsigned span) {
  if (span == 0) return 0;
  unsigned octave = (span - 1) / 8, eighth = (span - 1) % 8;
  return (8 + eighth) << (octave + LATENCY_SHIFT - 3);
}

uint32_t latency_span_end_us(unsigned span) {
  return latency_span_start_us(span < LATENCY_SPANS - 1 ? span + 1 : span);
}

/* ---- counting ---- */

void latency_note(struct latency_counts *counts, int64_t took_us, bool whole) {
  unsigned span = latency_span(took_us);
  _Atomic uint32_t *count =
      whole ? &counts->whole[span] : &counts->longer[span];
  relaxed_count(count, 1);
}

void latency_add(struct latency_totals *totals,
                 const struct latency_counts *counts) {
  for (unsigned i = 0; i < LATENCY_SPANS; i++) {
    totals->whole[i] += relaxed_load(&counts->whole[i]);
    totals->longer[i] += relaxed_load(&counts->longer[i]);
  }
}

/* ---- windows ---- */

static uint32_t whole_since(const struct latency_totals *totals,
                            const struct latency_totals *start) {
  uint32_t sum = 0;
  for (unsigned i = 0; i < LATENCY_SPANS; i++)
    sum += totals->whole[i] - start->whole[i];
  return sum;
}

static bool window_is_full(const struct latency_windows *windows,
                           const struct latency_rule *rule,
                           const struct latency_totals *totals,
                           int64_t now_us) {
  int64_t age_us = now_us - windows->newer_us;
  if (age_us >= rule->most_us) return true;
  return age_us >= rule->least_us &&
         whole_since(totals, &windows->newer) >= rule->whole;
}

void latency_window(struct latency_windows *windows,
                    const struct latency_rule *rule,
                    const struct latency_totals *totals, int64_t now_us,
                    struct latency_totals *seen) {
  if (windows->newer_us == 0) windows->newer_us = now_us;
  if (window_is_full(windows, rule, totals, now_us)) {
    windows->older = windows->newer;
    windows->newer = *totals;
    windows->newer_us = now_us;
  }
  for (unsigned i = 0; i < LATENCY_SPANS; i++) {
    seen->whole[i] = totals->whole[i] - windows->older.whole[i];
    seen->longer[i] = totals->longer[i] - windows->older.longer[i];
  }
}

/* ---- calm times ---- */

enum {
  JUDGED = 16,
  SLOW = 10,  /* one in so many, or fewer */
  AT_ONCE = 4 /* as the attempts of a race, which end together */
};

static const struct latency_totals none;

/* How many have ended since, in this span or behind it. */
static uint32_t ended_from(const struct latency_totals *totals,
                           const struct latency_totals *start, unsigned span) {
  uint32_t sum = 0;
  for (; span < LATENCY_SPANS; span++)
    sum += totals->whole[span] - start->whole[span] + totals->longer[span] -
           start->longer[span];
  return sum;
}

uint32_t latency_ended(const struct latency_totals *totals) {
  return ended_from(totals, &none, 0);
}

/* Where the slow ones begin: no more than their share of all ended there. */
static unsigned slow_from(const struct latency_totals *usual) {
  const uint32_t most = latency_ended(usual) / SLOW;
  uint32_t behind = 0;
  unsigned span = LATENCY_SPANS;
  for (; span > 1; span--) {
    behind += usual->whole[span - 1] + usual->longer[span - 1];
    if (behind > most) break;
  }
  return span;
}

/* Chance gives a mean, and up to three deviations (Poisson's). */
static bool is_a_pause(const struct latency_totals *totals,
                       const struct latency_totals *start,
                       const struct latency_totals *usual) {
  const uint32_t all = latency_ended(usual);
  if (all < JUDGED) return false;
  const unsigned slow = slow_from(usual);
  const float share =
      (float)(ended_from(usual, &none, slow) + AT_ONCE) / (float)all;
  const float mean = share * (float)ended_from(totals, start, 0);
  const float more = (float)ended_from(totals, start, slow) - mean - AT_ONCE;
  return more > 0 && more * more > 9 * mean;
}

static void add_since(struct latency_totals *sum,
                      const struct latency_totals *totals,
                      const struct latency_totals *start) {
  for (unsigned i = 0; i < LATENCY_SPANS; i++) {
    sum->whole[i] += totals->whole[i] - start->whole[i];
    sum->longer[i] += totals->longer[i] - start->longer[i];
  }
}

void latency_calm_add(struct latency_calm *calm,
                      const struct latency_totals *totals,
                      struct latency_totals *usual) {
  if (ended_from(totals, &calm->judged, 0) < JUDGED) return;
  if (!is_a_pause(totals, &calm->judged, usual)) {
    add_since(&calm->sum, totals, &calm->judged);
    add_since(usual, totals, &calm->judged);
  }
  calm->judged = *totals;
}

/* ---- the curve ---- */

enum { A_FEW = 5 };

static uint32_t end_of_most(const struct latency_totals *seen, uint64_t sum) {
  uint64_t most = sum - sum / 100, below = 0;
  unsigned span = 0;
  while (span < LATENCY_SPANS - 1 &&
         (below += seen->whole[span] + seen->longer[span]) < most)
    span++;
  return latency_span_end_us(span);
}

void latency_curve_make(struct latency_curve *curve,
                        const struct latency_totals *seen) {
  uint64_t whole = 0, longer = 0;
  for (unsigned i = 0; i < LATENCY_SPANS; i++) {
    whole += seen->whole[i];
    longer += seen->longer[i];
  }
  float left = (float)(whole + longer), alive = 1;
  uint64_t answers = whole;
  curve->known_us = 0;
  for (unsigned i = 0; i < LATENCY_SPANS; i++) {
    float ended = (float)seen->whole[i], lost = (float)seen->longer[i];
    float risk = left - lost / 2;
    if (ended > 0) alive *= ended < risk ? 1 - ended / risk : 0;
    curve->alive[i] = alive;
    left -= ended + lost;
    if (ended > 0 && answers >= A_FEW)
      curve->known_us = alive > 0 ? latency_span_end_us(i) : UINT32_MAX;
    answers -= seen->whole[i];
  }
  curve->whole = (uint32_t)whole;
  curve->end_us = whole > 0 ? end_of_most(seen, whole + longer) : 0;
}

/* The span at whose end no more than `left` is unanswered, or none. */
static unsigned span_until(const struct latency_curve *curve, float left) {
  unsigned span = 0;
  while (span < LATENCY_SPANS && curve->alive[span] > left) span++;
  return span;
}

uint32_t latency_until(const struct latency_curve *curve, float left) {
  unsigned span = span_until(curve, left);
  if (span == LATENCY_SPANS) return curve->end_us;
  float before = span > 0 ? curve->alive[span - 1] : 1;
  float part = (before - left) / (before - curve->alive[span]);
  uint32_t start_us = latency_span_start_us(span);
  return start_us +
         (uint32_t)(part * (float)(latency_span_end_us(span) - start_us));
}

uint32_t latency_until_end(const struct latency_curve *curve, float left) {
  unsigned span = span_until(curve, left);
  return span == LATENCY_SPANS ? curve->end_us : latency_span_end_us(span);
}

bool latency_falls_to(const struct latency_curve *curve, float left) {
  return curve->alive[LATENCY_SPANS - 1] <= left;
}

/* ---- the odds ---- */

void latency_publish(struct latency_odds *odds,
                     const struct latency_curve *curve) {
  for (unsigned i = 0; i < LATENCY_SPANS; i++)
    relaxed_store(&odds->answered[i], 1 - curve->alive[i]);
  relaxed_store(&odds->known_us, curve->known_us);
}

static float answered(const struct latency_odds *odds, unsigned span) {
  return relaxed_load(&odds->answered[span]);
}

/* What part of its span lies before at_us; none of the last, which has no end.
 */
static float part_of(unsigned span, uint32_t at_us) {
  uint32_t start_us = latency_span_start_us(span);
  uint32_t end_us = latency_span_end_us(span);
  if (end_us == start_us) return 0;
  return (float)(at_us - start_us) / (float)(end_us - start_us);
}

float latency_answered(const struct latency_odds *odds, uint32_t at_us) {
  unsigned span = latency_span(at_us);
  float before = span > 0 ? answered(odds, span - 1) : 0;
  return before + part_of(span, at_us) * (answered(odds, span) - before);
}

int64_t latency_next_us(unsigned span, int64_t until_us) {
  int64_t end_us = latency_span_end_us(span);
  return span == LATENCY_SPANS - 1 || end_us > until_us ? until_us : end_us;
}

uint32_t latency_known_us(const struct latency_odds *odds) {
  return relaxed_load(&odds->known_us);
}

int64_t latency_ahead_us(const struct latency_odds *odds, int64_t from_us,
                         int64_t until_us) {
  int64_t known_us = latency_known_us(odds);
  float before = latency_answered(odds, (uint32_t)from_us), sum_us = 0;
  const float left = 1 - before;
  if (known_us < until_us) until_us = known_us;
  for (unsigned span = latency_span(from_us); from_us < until_us; span++) {
    int64_t next_us = latency_next_us(span, until_us);
    float after = latency_answered(odds, (uint32_t)next_us);
    sum_us += (1 - (before + after) / 2) * (float)(next_us - from_us);
    before = after;
    from_us = next_us;
  }
  return left > 0 ? (int64_t)(sum_us / left) : 0;
}

/* estimate_text.c: an estimate in words, for a person who decides by it.
 *
 * First what would be gained, and at which price: p99 where that falls, else
 * p99.9, else the answers in place of failures. Less than 5 % sooner, or than 1
 * answer in 1000, is within what such an estimate can tell from nothing, and is
 * called that. */
#include "core/estimate.h"

enum { FEW = 1000 /* of which a p99 is 10 requests */ };

static const double sooner = 0.95, rescued = 0.001;

/* 9987 -> "99.87 %" */
static void write_percent(struct text *out, int64_t hundredths) {
  text_put(out, hundredths / 100, ".", hundredths / 10 % 10, hundredths % 10,
           " %");
}
#define as_percent(share)                                                      \
  ((struct text_number){write_percent, (int64_t)(10000 * (share) + 0.5)})

static void add_change(struct text *out, const struct estimate_totals *totals,
                       const char *name, double part) {
  text_put(out, name, as_ms(estimate_until_us(totals, AS_IT_WAS, part)), " -> ",
           as_ms(estimate_until_us(totals, AS_IT_WOULD_BE, part)), " ms");
}

/* False, and nothing is said, where it is not. */
static bool add_sooner(struct text *out, const struct estimate_totals *totals,
                       const char *name, double part) {
  const int64_t was_us = estimate_until_us(totals, AS_IT_WAS, part);
  const int64_t would_us = estimate_until_us(totals, AS_IT_WOULD_BE, part);
  if ((double)would_us >= sooner * (double)was_us) return false;
  text_put(out, name, " would be about ", as_ms(would_us), " ms instead of ",
           as_ms(was_us), " ms");
  return true;
}

static void add_gain(struct text *out, const struct estimate_totals *totals) {
  double was = estimate_success(totals, AS_IT_WAS);
  double would = estimate_success(totals, AS_IT_WOULD_BE);
  if (add_sooner(out, totals, "p99", 0.99) ||
      add_sooner(out, totals, "p99.9", 0.999))
    return;
  if (would - was < rescued) text_str(out, "nothing would be gained");
  else
    text_put(out, "about ", as_percent(would),
             " of the requests would be answered instead of ", as_percent(was));
}

void estimate_write_gain(struct text *out,
                         const struct estimate_totals *totals) {
  if (totals->requests == 0) {
    text_str(out, "no request was observed yet");
    return;
  }
  add_gain(out, totals);
  text_put(out, ", at ", as_percent(estimate_extra(totals)), " more requests",
           totals->requests < FEW ? " (of few requests: a hint)" : "");
}

void estimate_write_figures(struct text *out,
                            const struct estimate_totals *totals) {
  double all = totals->requests > 0 ? (double)totals->requests : 1;
  text_put(out, (int64_t)totals->requests, " requests, ",
           as_percent((double)totals->hedged / all), " would be hedged; ");
  add_change(out, totals, "p50 ", 0.5);
  add_change(out, totals, ", p99 ", 0.99);
  add_change(out, totals, ", p99.9 ", 0.999);
  text_put(out, "; answered ", as_percent(estimate_success(totals, AS_IT_WAS)),
           " -> ", as_percent(estimate_success(totals, AS_IT_WOULD_BE)));
}

/* estimate_text.c: an estimate in words, for a person who decides by it.
 *
 * First what would be gained, and at which price: p99 where that falls, else
 * p99.9, else the answers in place of failures. Less than 5 % sooner, or than 1
 * answer in 1000, is within what such an estimate can tell from nothing, and is
 * called that. */
#include "core/estimate.h"

enum { FEW = 1000 /* of which a p99 is 10 requests */ };

static const double sooner = 0.95, rescued = 0.001;

/* 0.9987 -> "99.87 %" */
static void add_percent(struct text *out, double share) {
  int64_t hundredths = (int64_t)(10000 * share + 0.5);
  text_put(out, hundredths / 100, ".", hundredths / 10 % 10, hundredths % 10,
           " %");
}

static void add_change(struct text *out, const struct estimate_totals *totals,
                       const char *name, double part) {
  text_put(out, name, as_ms(estimate_until_us(totals, AS_IT_WAS, part)), " -> ",
           as_ms(estimate_until_us(totals, AS_IT_WOULD_BE, part)), " ms");
}

static bool is_sooner(const struct estimate_totals *totals, double part) {
  return (double)estimate_until_us(totals, AS_IT_WOULD_BE, part) <
         sooner * (double)estimate_until_us(totals, AS_IT_WAS, part);
}

static void add_sooner(struct text *out, const struct estimate_totals *totals,
                       const char *name, double part) {
  text_put(out, name, " would be about ",
           as_ms(estimate_until_us(totals, AS_IT_WOULD_BE, part)),
           " ms instead of ", as_ms(estimate_until_us(totals, AS_IT_WAS, part)),
           " ms");
}

static void add_gain(struct text *out, const struct estimate_totals *totals) {
  double was = estimate_success(totals, AS_IT_WAS);
  double would = estimate_success(totals, AS_IT_WOULD_BE);
  if (is_sooner(totals, 0.99)) add_sooner(out, totals, "p99", 0.99);
  else if (is_sooner(totals, 0.999)) add_sooner(out, totals, "p99.9", 0.999);
  else if (would - was >= rescued) {
    text_str(out, "about ");
    add_percent(out, would);
    text_str(out, " of the requests would be answered instead of ");
    add_percent(out, was);
  } else text_str(out, "nothing would be gained");
}

void estimate_write_gain(struct text *out,
                         const struct estimate_totals *totals) {
  if (totals->requests == 0) {
    text_str(out, "no request was observed yet");
    return;
  }
  add_gain(out, totals);
  text_str(out, ", at ");
  add_percent(out, estimate_extra(totals));
  text_str(out, " more requests");
  if (totals->requests < FEW) text_str(out, " (of few requests: a hint)");
}

void estimate_write_figures(struct text *out,
                            const struct estimate_totals *totals) {
  double all = totals->requests > 0 ? (double)totals->requests : 1;
  text_put(out, (int64_t)totals->requests, " requests, ");
  add_percent(out, (double)totals->hedged / all);
  text_str(out, " would be hedged; ");
  add_change(out, totals, "p50 ", 0.5);
  add_change(out, totals, ", p99 ", 0.99);
  add_change(out, totals, ", p99.9 ", 0.999);
  text_str(out, "; answered ");
  add_percent(out, estimate_success(totals, AS_IT_WAS));
  text_str(out, " -> ");
  add_percent(out, estimate_success(totals, AS_IT_WOULD_BE));
}

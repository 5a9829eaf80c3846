/* receipt: one line for a person, one object for a machine.
 *
 * First what it cost, then what it brought, then what was held back and why.
 * Time saved is an estimate, but for losers that were read to their end, and a
 * low one, and is never shown without saying so. Where nothing was gained the
 * line says that, since an operator decides by it. */
#include "core/receipt.h"

#include <stdbool.h>

enum { WORDS_BYTES = 1024 };

void receipt_add(struct receipt *sum, const struct route_tally *of,
                 unsigned workers) {
#define SUM(cell) tally_sum(&of->cell, sizeof *of, workers)
  sum->requests += SUM(races);
  sum->attempts += SUM(attempts);
  sum->known_us += (int64_t)SUM(known_us);
  sum->estimated_us += (int64_t)SUM(estimated_us);
  for (unsigned i = 0; i < RESCUES; i++) sum->rescued[i] += SUM(rescued[i]);
  for (unsigned i = 0; i < GATE_VERDICTS; i++)
    sum->refused[i] += SUM(refused[i]);
#undef SUM
}

/* Of a race that is counted while the sums are taken there may be attempts, and
 * no request. */
int64_t receipt_extra_per_mille(const struct receipt *receipt) {
  if (receipt->requests == 0 || receipt->attempts <= receipt->requests)
    return 0;
  uint64_t extra = receipt->attempts - receipt->requests;
  return (int64_t)((1000 * extra + receipt->requests / 2) / receipt->requests);
}

static int64_t saved_us(const struct receipt *receipt) {
  return receipt->known_us + receipt->estimated_us;
}

static bool is_time_known(const struct receipt *receipt) {
  return saved_us(receipt) > 0 || receipt->rescued[RESCUE_SLOW] == 0;
}

static void write_percent(struct text *out, int64_t per_mille) {
  text_put(out, per_mille / 10, ".", per_mille % 10);
}
#define as_extra(receipt)                                                      \
  ((struct text_number){write_percent, receipt_extra_per_mille(receipt)})

/* ---- words ---- */

/* "33.2 s", "12.3 ms": to the nearest. */
static void write_time(struct text *out, int64_t us) {
  const int64_t tenth_us = us < 999950 ? 100 : 100000;
  const int64_t tenths = (us + tenth_us / 2) / tenth_us;
  text_put(out, tenths / 10, ".", tenths % 10, tenth_us == 100 ? " ms" : " s");
}
#define as_time(us) ((struct text_number){write_time, us})

static void add_how_sure(struct text *out, const struct receipt *receipt) {
  if (receipt->estimated_us == 0) return;
  text_str(out, " (");
  if (receipt->known_us > 0)
    text_put(out, as_time(receipt->estimated_us), " of it by ");
  text_str(out, "estimate)");
}

static void add_saved(struct text *out, const struct receipt *receipt) {
  if (receipt->rescued[RESCUE_SLOW] == 0) return;
  if (!is_time_known(receipt)) {
    text_str(out, "; how much time that saved is not known");
    return;
  }
  text_put(out, "; at least ", as_time(saved_us(receipt)), " saved");
  add_how_sure(out, receipt);
}

static void add_rescued(struct text *out, const struct receipt *receipt) {
  const uint64_t failed = receipt->rescued[RESCUE_FAILED];
  const uint64_t slow = receipt->rescued[RESCUE_SLOW];
  if (failed + slow == 0) {
    text_str(out, "; nothing was rescued");
    return;
  }
  text_put(out, "; rescued ", (int64_t)failed, " after a failure and ",
           (int64_t)slow, " from slowness");
}

static void add_refused(struct text *out, const struct receipt *receipt) {
  const char *before = "; refused ";
  for (unsigned i = 0; i < GATE_VERDICTS; i++) {
    if (receipt->refused[i] == 0) continue;
    text_put(out, before, (int64_t)receipt->refused[i], " (",
             gate_verdict_name((enum gate_verdict)i), ")");
    before = ", ";
  }
}

void receipt_text(struct text *out, const struct receipt *receipt) {
  if (receipt->requests == 0) text_str(out, "no request asked an upstream");
  else {
    text_put(out, (int64_t)receipt->requests,
             receipt->requests == 1 ? " request, " : " requests, ",
             as_extra(receipt), " % extra");
    add_rescued(out, receipt);
    add_saved(out, receipt);
  }
  add_refused(out, receipt);
}

/* ---- JSON ---- */

/* To the nearest millisecond. */
static void write_seconds(struct text *out, int64_t us) {
  text_seconds(out, (us + 500) / 1000 * 1000);
}
#define as_rounded(us) ((struct text_number){write_seconds, us})

static void add_reasons(struct text *out, const struct receipt *receipt) {
  bool first = true;
  text_str(out, ",\"refused\":{");
  for (unsigned i = 0; i < GATE_VERDICTS; i++) {
    if (receipt->refused[i] == 0) continue;
    text_put(out, first ? "\"" : ",\"", gate_verdict_name((enum gate_verdict)i),
             "\":", (int64_t)receipt->refused[i]);
    first = false;
  }
  text_char(out, '}');
}

static void add_words(struct text *out, const struct receipt *receipt) {
  char storage[WORDS_BYTES];
  struct text words = TEXT_ON(storage);
  receipt_text(&words, receipt);
  text_put(out, ",\"text\":", as_json(text_slice_of(&words)));
}

void receipt_json(struct text *out, const struct receipt *receipt) {
  text_put(out, "{\"requests\":", (int64_t)receipt->requests,
           ",\"attempts\":", (int64_t)receipt->attempts,
           ",\"extra_percent\":", as_extra(receipt));
  text_put(out,
           ",\"rescued_failed\":", (int64_t)receipt->rescued[RESCUE_FAILED],
           ",\"rescued_slow\":", (int64_t)receipt->rescued[RESCUE_SLOW],
           ",\"saved_seconds\":");
  if (is_time_known(receipt)) text_put(out, as_rounded(saved_us(receipt)));
  else text_str(out, "null");
  text_put(out, ",\"saved_known_seconds\":", as_rounded(receipt->known_us),
           ",\"saved_estimated_seconds\":", as_rounded(receipt->estimated_us));
  add_reasons(out, receipt);
  add_words(out, receipt);
  text_char(out, '}');
}

/* tally: counters of one writer and many readers.
 *
 * Counting is inline, in the header.
 *
 * Times are counted in spans that are fine enough for a picture, and whose
 * bounds are round numbers, so that the few buckets of a metric are sums of
 * them. An octave holds three or four, so the one that a time lies in is found
 * by its highest bit and a step or two. */
#include "core/tally.h"

#include <string.h>

#define DECADE(from)                                                           \
  10 * (from), 12 * (from), 16 * (from), 20 * (from), 25 * (from),             \
      32 * (from), 40 * (from), 50 * (from), 64 * (from), 80 * (from)

#define BELOW_1_MS TALLY_FIRST_US, 200, 300, 400, 500, 600, 800

const int64_t tally_spans_us[TALLY_SPANS] = {
    BELOW_1_MS,     DECADE(100),     DECADE(1000),  DECADE(10000),
    DECADE(100000), DECADE(1000000), TALLY_LAST_US,
};

const uint8_t tally_spans_from[TALLY_OCTAVES] = {
    0,  0,  0,  0,  0,  0,  0,  1,  2,  5,  8,  11, 14, 17,
    20, 23, 26, 29, 32, 35, 38, 41, 44, 47, 50, 53, 56,
};

uint64_t tally_sum(const tally_cell *cell, size_t each, unsigned workers) {
  const char *at = (const char *)cell;
  uint64_t sum = 0;
  for (; workers > 0; workers--, at += each)
    sum += relaxed_load((const tally_cell *)(const void *)at);
  return sum;
}

/* ---- of late ---- */

int64_t tally_lag_us(const struct worker_tally *of, int64_t now_us) {
  int64_t lag_us = relaxed_load(&of->lag_us);
  int64_t beat_us = relaxed_load(&of->beat_us);
  if (beat_us > 0 && now_us - beat_us > lag_us) lag_us = now_us - beat_us;
  return lag_us;
}

static void sum_answered(const struct route_tally *of, unsigned workers,
                         uint64_t sums[TALLY_SPANS + 1]) {
  for (unsigned i = 0; i <= TALLY_SPANS; i++)
    sums[i] = tally_sum(&of->took[TOOK_ANSWERED].in[i], sizeof *of, workers);
}

void tally_waits_turn(struct tally_waits *waits, const struct route_tally *of,
                      unsigned workers, int64_t now_us) {
  if (waits->newer_us == 0) waits->newer_us = now_us;
  const int64_t past_us = now_us - waits->newer_us;
  if (past_us < TALLY_WAITS_US) return;
  memcpy(waits->older, waits->newer, sizeof waits->older);
  sum_answered(of, workers, waits->newer);
  if (past_us >= 2 * TALLY_WAITS_US) /* nobody has looked for so long */
    memcpy(waits->older, waits->newer, sizeof waits->older);
  waits->newer_us = now_us;
}

void tally_waits_count(const struct tally_waits *waits,
                       const struct route_tally *of, unsigned workers,
                       uint64_t counts[TALLY_SPANS + 1]) {
  sum_answered(of, workers, counts);
  for (unsigned i = 0; i <= TALLY_SPANS; i++) counts[i] -= waits->older[i];
}

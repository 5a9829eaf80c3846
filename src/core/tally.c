/* tally: counters of one writer and many readers.
 *
 * A request is mostly short, so its span is looked for from the shortest on. */
#include "core/tally.h"

const int64_t tally_spans_us[TALLY_SPANS] = {
    1000,   2500,   5000,   10000,   25000,   50000,
    100000, 250000, 500000, 1000000, 2500000, 10000000,
};

void tally_race(struct route_tally *of, enum outcome outcome, int64_t took_us) {
  unsigned span = 0;
  while (span < TALLY_SPANS && took_us > tally_spans_us[span]) span++;
  tally_add(&of->outcomes[outcome], 1);
  tally_add(&of->took[span], 1);
  tally_add(&of->took_us, (uint64_t)took_us);
}

uint64_t tally_sum(const tally_cell *cell, size_t each, unsigned workers) {
  const char *at = (const char *)cell;
  uint64_t sum = 0;
  for (; workers > 0; workers--, at += each)
    sum += atomic_load_explicit((const tally_cell *)(const void *)at,
                                memory_order_relaxed);
  return sum;
}

/* tally: counters of one writer and many readers.
 *
 * Counting is inline, in the header. */
#include "core/tally.h"

const int64_t tally_spans_us[TALLY_SPANS] = {
    1000,   2500,   5000,   10000,   25000,   50000,
    100000, 250000, 500000, 1000000, 2500000, 10000000,
};

uint64_t tally_sum(const tally_cell *cell, size_t each, unsigned workers) {
  const char *at = (const char *)cell;
  uint64_t sum = 0;
  for (; workers > 0; workers--, at += each)
    sum += atomic_load_explicit((const tally_cell *)(const void *)at,
                                memory_order_relaxed);
  return sum;
}

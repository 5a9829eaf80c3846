/* outlier: two benches, one rule.
 *
 *             strikes in a row                 its time is over
 *     in --------------------------> out ------------------------> tried
 *      ^                              ^                              |
 *      |                              |  strikes (fewer are needed)  |
 *      |                              +---- twice as long -----------+
 *      +----------------------------------- good -------------------+
 *
 * What ends late, asked before the target was sent out, changes nothing. One
 * that falls again within as long as it sat is sent out for twice that.
 *
 * Threads may meet here. What can go wrong then is that a strike is lost, or
 * that two try: neither matters, so there is no lock.
 *
 * That no more than half of an upstream's targets are passed by is the business
 * of who makes the plan (core/pilot). */
#include "core/outlier.h"

static const int64_t length_us = 10 * 1000 * 1000;
static const int64_t length_max_us = 300 * 1000 * 1000;

const struct outlier_limit outlier_failing = {5, 1};
const struct outlier_limit outlier_slow = {10, 2};

static int64_t load(const _Atomic int64_t *word) {
  return atomic_load_explicit(word, memory_order_relaxed);
}

static void store(_Atomic int64_t *word, int64_t value) {
  atomic_store_explicit(word, value, memory_order_relaxed);
}

static bool sits(const struct outlier_bench *bench, int64_t now_us) {
  return load(&bench->try_us) != 0 && now_us < load(&bench->until_us);
}

static int64_t next_length_us(const struct outlier_bench *bench,
                              int64_t now_us) {
  int64_t last_us = load(&bench->length_us);
  if (now_us >= load(&bench->until_us) + last_us) return length_us;
  return last_us < length_max_us / 2 ? 2 * last_us : length_max_us;
}

static void send_out(struct outlier_bench *bench,
                     const struct outlier_limit *limit, int64_t now_us) {
  int64_t out_us = next_length_us(bench, now_us);
  store(&bench->length_us, out_us);
  store(&bench->until_us, now_us + out_us);
  store(&bench->try_us, now_us + out_us);
  atomic_store_explicit(&bench->streak, limit->first - limit->again,
                        memory_order_relaxed);
}

bool outlier_strike(struct outlier_bench *bench,
                    const struct outlier_limit *limit, int64_t now_us) {
  if (sits(bench, now_us)) return false;
  uint32_t streak =
      1 + atomic_fetch_add_explicit(&bench->streak, 1, memory_order_relaxed);
  if (streak < limit->first) return false;
  send_out(bench, limit, now_us);
  return true;
}

bool outlier_good(struct outlier_bench *bench, int64_t now_us) {
  if (atomic_load_explicit(&bench->streak, memory_order_relaxed) == 0)
    return false;
  if (sits(bench, now_us)) return false;
  bool was_out = load(&bench->try_us) != 0;
  atomic_store_explicit(&bench->streak, 0, memory_order_relaxed);
  if (was_out) store(&bench->try_us, 0);
  return was_out;
}

enum outlier_place outlier_place(const struct outlier_bench *bench,
                                 int64_t now_us) {
  const int64_t try_us = load(&bench->try_us);
  if (try_us == 0) return OUTLIER_IN;
  return try_us > now_us ? OUTLIER_OUT : OUTLIER_DUE;
}

bool outlier_is_out(const struct outlier_bench *bench, int64_t now_us) {
  return load(&bench->try_us) > now_us;
}

bool outlier_may_ask(struct outlier_bench *bench, int64_t now_us) {
  int64_t try_us = load(&bench->try_us);
  if (try_us == 0) return true;
  if (try_us > now_us) return false;
  return atomic_compare_exchange_strong_explicit(
      &bench->try_us, &try_us, now_us + OUTLIER_TRY_US, memory_order_relaxed,
      memory_order_relaxed);
}

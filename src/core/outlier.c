/* outlier: two benches, one rule.
 *
 *             strikes in a row                 its time is over
 *     in --------------------------> out ------------------------> tried
 *      ^                              ^                              |
 *      |                              |  strikes (fewer are needed)  |
 *      |                              +---- twice as long -----------+
 *      +----------------------------------- good -------------------+
 *
 * What ends late, asked before the target was sent out, changes nothing. What
 * was asked since, because no other is left, brings it back if it is good; one
 * failure more changes nothing. One that falls again within as long as it sat,
 * or was to sit, is sent out for twice that, and for a tenth of it at least.
 *
 * Threads may meet here. What can go wrong then is that a strike is lost, or
 * that two try: neither matters, so there is no lock.
 *
 * That no more than half of an upstream's targets are passed by is the business
 * of who makes the plan (core/pilot). */
#include "core/outlier.h"

enum { LENGTH_S = 10, LENGTH_MAX_S = 300, LEAST_SHARE = 10 };

static const int64_t second_us = 1000 * 1000;

const struct outlier_limit outlier_failing = {5, 1, false};
const struct outlier_limit outlier_slow = {10, 2, true};

static int64_t load(const _Atomic int64_t *word) {
  return atomic_load_explicit(word, memory_order_relaxed);
}

static void store(_Atomic int64_t *word, int64_t value) {
  atomic_store_explicit(word, value, memory_order_relaxed);
}

static bool sits(const struct outlier_bench *bench, int64_t now_us) {
  return load(&bench->try_us) != 0 && now_us < load(&bench->until_us);
}

static uint32_t next_length_s(const struct outlier_bench *bench,
                              int64_t now_us) {
  uint32_t last_s =
      atomic_load_explicit(&bench->length_s, memory_order_relaxed);
  if (now_us >= load(&bench->until_us) + last_s * second_us) return LENGTH_S;
  return last_s < LENGTH_MAX_S / 2 ? 2 * last_s : LENGTH_MAX_S;
}

/* How much of its time it has to sit. That it fails when it is tried is no
 * news; that it falls again, when it has just been back, is a bad sign. */
static int64_t least_us(const struct outlier_bench *bench,
                        const struct outlier_limit *limit, uint32_t out_s) {
  bool falls_again = load(&bench->try_us) == 0 && out_s > LENGTH_S;
  if (limit->sits_whole) return out_s * second_us;
  return falls_again ? out_s * second_us / LEAST_SHARE : 0;
}

static void send_out(struct outlier_bench *bench,
                     const struct outlier_limit *limit, int64_t now_us) {
  uint32_t out_s = next_length_s(bench, now_us);
  int64_t until_us = now_us + out_s * second_us;
  store(&bench->soonest_us, now_us + least_us(bench, limit, out_s));
  atomic_store_explicit(&bench->length_s, out_s, memory_order_relaxed);
  store(&bench->until_us, until_us);
  store(&bench->try_us, until_us);
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

bool outlier_good(struct outlier_bench *bench, int64_t asked_us) {
  if (atomic_load_explicit(&bench->streak, memory_order_relaxed) == 0)
    return false;
  bool was_out = load(&bench->try_us) != 0;
  if (was_out && asked_us < load(&bench->soonest_us)) return false;
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

bool outlier_may_ask(struct outlier_bench *bench, int64_t now_us) {
  int64_t try_us = load(&bench->try_us);
  if (try_us == 0) return true;
  if (try_us > now_us) return false;
  return atomic_compare_exchange_strong_explicit(
      &bench->try_us, &try_us, now_us + OUTLIER_TRY_US, memory_order_relaxed,
      memory_order_relaxed);
}

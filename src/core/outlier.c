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

#include "core/relaxed.h"

enum { LENGTH_S = 10, LENGTH_MAX_S = 300, LEAST_SHARE = 10 };

static const int64_t second_us = 1000 * 1000;

const struct outlier_limit outlier_failing = {5, 1, 0, false};
const struct outlier_limit outlier_doubtful = {5, 1, 5000 * 1000, false};
const struct outlier_limit outlier_slow = {10, 2, 0, true};

/* While it sits, no strike counts, and while it is tried, none that is in
 * doubt: then somebody else's request is to try it. */
static bool counts(const struct outlier_bench *bench,
                   const struct outlier_limit *limit, int64_t now_us) {
  return relaxed_load(&bench->try_us) == 0 ||
         (limit->lasts_us == 0 && now_us >= relaxed_load(&bench->until_us));
}

static uint32_t next_length_s(const struct outlier_bench *bench,
                              int64_t now_us) {
  uint32_t last_s = relaxed_load(&bench->length_s);
  if (now_us >= relaxed_load(&bench->until_us) + last_s * second_us)
    return LENGTH_S;
  return last_s < LENGTH_MAX_S / 2 ? 2 * last_s : LENGTH_MAX_S;
}

/* How much of its time it has to sit. That it fails when it is tried is no
 * news; that it falls again, when it has just been back, is a bad sign. */
static int64_t least_us(const struct outlier_bench *bench,
                        const struct outlier_limit *limit, uint32_t out_s) {
  bool falls_again = relaxed_load(&bench->try_us) == 0 && out_s > LENGTH_S;
  if (limit->sits_whole) return out_s * second_us;
  return falls_again ? out_s * second_us / LEAST_SHARE : 0;
}

static void send_out(struct outlier_bench *bench,
                     const struct outlier_limit *limit, int64_t now_us) {
  uint32_t out_s = next_length_s(bench, now_us);
  int64_t until_us = now_us + out_s * second_us;
  relaxed_store(&bench->soonest_us, now_us + least_us(bench, limit, out_s));
  relaxed_store(&bench->length_s, out_s);
  relaxed_store(&bench->until_us, until_us);
  relaxed_store(&bench->try_us, until_us);
  relaxed_store(&bench->streak, limit->first - limit->again);
}

bool outlier_strike(struct outlier_bench *bench,
                    const struct outlier_limit *limit, int64_t now_us) {
  relaxed_store(&bench->proofs, OUTLIER_PROOFS);
  if (!counts(bench, limit, now_us)) return false;
  uint32_t before = relaxed_add(&bench->streak, 1);
  if (before == 0) relaxed_store(&bench->since_us, now_us);
  if (before + 1 < limit->first ||
      now_us - relaxed_load(&bench->since_us) < limit->lasts_us)
    return false;
  send_out(bench, limit, now_us);
  return true;
}

static void prove(struct outlier_bench *bench) {
  uint32_t proofs = relaxed_load(&bench->proofs);
  if (proofs > 0) relaxed_store(&bench->proofs, proofs - 1);
}

bool outlier_good(struct outlier_bench *bench, int64_t asked_us) {
  prove(bench);
  if (relaxed_load(&bench->streak) == 0) return false;
  bool was_out = relaxed_load(&bench->try_us) != 0;
  if (was_out && asked_us < relaxed_load(&bench->soonest_us)) return false;
  relaxed_store(&bench->streak, 0);
  if (was_out) relaxed_store(&bench->try_us, 0);
  return was_out;
}

bool outlier_is_sound(const struct outlier_bench *bench, int64_t now_us) {
  return relaxed_load(&bench->proofs) == 0 &&
         outlier_place(bench, now_us) == OUTLIER_IN;
}

enum outlier_place outlier_place(const struct outlier_bench *bench,
                                 int64_t now_us) {
  const int64_t try_us = relaxed_load(&bench->try_us);
  if (try_us == 0) return OUTLIER_IN;
  return try_us > now_us ? OUTLIER_OUT : OUTLIER_DUE;
}

bool outlier_may_ask(struct outlier_bench *bench, int64_t now_us) {
  int64_t try_us = relaxed_load(&bench->try_us);
  if (try_us == 0) return true;
  if (try_us > now_us) return false;
  return relaxed_swap(&bench->try_us, &try_us, now_us + OUTLIER_TRY_US);
}

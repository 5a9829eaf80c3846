/* rate: a token bucket that is one number.
 *
 * Instead of a count of tokens and the time when it was brought up to date, the
 * bucket is the time when it will be full again: a token taken puts that off by
 * an interval, and a bucket that would need longer than all its tokens take is
 * empty. (ATM calls this the generic cell rate algorithm, its theoretical
 * arrival time.) One number can be changed by many threads without a lock, and
 * nobody has to fill the bucket. */
#include "core/rate.h"

#include <assert.h>

#include "core/relaxed.h"

int64_t rate_take(struct rate *rate, const struct rate_rule *rule, int64_t left,
                  int64_t now_us) {
  const int64_t now_ns = now_us * 1000;
  const int64_t empty_ns = (rule->burst - left) * rule->interval_ns;
  if (rule->interval_ns == 0) return 0;
  assert(0 <= left && left < rule->burst);
  assert(rule->burst * rule->interval_ns <= RATE_FULL_NS_MAX);
  int64_t full_ns = relaxed_load(&rate->full_ns);
  int64_t next_ns;
  do {
    next_ns = (full_ns > now_ns ? full_ns : now_ns) + rule->interval_ns;
    if (next_ns - now_ns > empty_ns)
      return (next_ns - now_ns - empty_ns + 999) / 1000;
  } while (!relaxed_swap(&rate->full_ns, &full_ns, next_ns));
  return 0;
}

void rate_give(struct rate *rate, const struct rate_rule *rule) {
  relaxed_add(&rate->full_ns, -rule->interval_ns);
}

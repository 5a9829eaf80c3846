/* delay: a percentile of the curve, and where it stands behind a gap, less.
 *
 * Many upstreams are fast or slow, with a gap between: 95 % of the answers
 * take 5 ms, the rest 50 ms and more. There p95 may lie behind the gap at 60
 * ms, and p94 before it. A hedge after 60 ms is no cheaper by much than one
 * after 6, and brings far less. So where the percentile at twice the price
 * comes in less than a third of the time, that is taken: the end of its span,
 * since an earlier time would hedge what lies together there. Once it is taken,
 * whatever lies behind the gap is cancelled before it can be seen, so that a
 * percentile which the curve never reaches lies behind a gap as well. */
#include "core/delay.h"

static int64_t bounded(const struct delay_rule *rule, int64_t delay_us) {
  if (rule->most_us > 0 && delay_us > rule->most_us) delay_us = rule->most_us;
  if (delay_us < rule->least_us) delay_us = rule->least_us;
  return delay_us > 1 ? delay_us : 1;
}

uint32_t delay_learn(const struct delay_rule *rule,
                     const struct latency_curve *curve) {
  if (curve->whole < DELAY_COLD) return 0;
  float price = (float)(1000 - rule->per_mille) / 1000;
  uint32_t delay_us = latency_until(curve, price);
  uint32_t knee_us = latency_until_end(curve, 1.5f * price);
  bool known = latency_falls_to(curve, price);
  bool before = latency_falls_to(curve, 1.5f * price);
  if (before && (!known || knee_us < delay_us / 3)) delay_us = knee_us;
  return (uint32_t)bounded(rule, delay_us);
}

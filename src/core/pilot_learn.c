/* pilot_learn: the reader's half of the pilot, off the path of requests.
 *
 * A few times a second it adds up what the workers have counted of each target,
 * and publishes what pilot_plan and pilot_admit ask: the curves, the usual
 * numbers, the delay. */
#include "core/pilot.h"

#include "core/relaxed.h"

static void learn_past(struct pilot_target *target, struct pilot_learner *its,
                       const struct latency_totals *totals, int64_t now_us) {
  struct latency_totals seen;
  struct latency_curve curve;
  latency_window(&its->past, &latency_past, &its->calm.sum, now_us, &seen);
  latency_calm_add(&its->calm, totals, &seen);
  latency_curve_make(&curve, &seen);
  if (curve.whole >= DELAY_COLD) latency_publish(&target->past, &curve);
}

void pilot_learn_target(struct pilot_target *target,
                        struct pilot_learner *learner,
                        const struct latency_totals *totals, int64_t in_flight,
                        int64_t now_us) {
  struct latency_totals seen;
  latency_window(&learner->windows, &latency_present, totals, now_us, &seen);
  latency_curve_make(&learner->curve, &seen);
  uint32_t median_us = learner->curve.whole < DELAY_COLD
                           ? 0
                           : latency_until(&learner->curve, 0.5f);
  if (median_us > 0) latency_publish(&target->odds, &learner->curve);
  learn_past(target, learner, totals, now_us);
  overload_refresh(&target->overload, &learner->usual, median_us, in_flight,
                   latency_ended(totals), now_us);
}

void pilot_learn_delay(struct pilot_delay *delay, const struct delay_rule *rule,
                       struct pilot_target *const *targets,
                       const struct pilot_learner *const *learners,
                       unsigned count, int64_t now_us) {
  uint32_t least_us = 0, median_us = 0;
  bool least_is_out = true;
  for (unsigned i = 0; i < count; i++) {
    bool out = outlier_place(&targets[i]->failing, now_us) == OUTLIER_OUT ||
               outlier_place(&targets[i]->slow, now_us) == OUTLIER_OUT;
    uint32_t delay_us = delay_learn(rule, &learners[i]->curve);
    if (delay_us == 0 || (out && !least_is_out)) continue;
    if (least_us > 0 && out == least_is_out && delay_us >= least_us) continue;
    least_us = delay_us;
    least_is_out = out;
    median_us = latency_until(&learners[i]->curve, 0.5f);
  }
  relaxed_store(&delay->delay_us, least_us);
  relaxed_store(&delay->median_us, median_us);
}

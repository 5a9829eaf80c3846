/* workload: what a workload says, drawn.
 *
 * Each attempt has a luck of its own (seed, request, attempt), so that two
 * policies meet the same upstream, and what one does changes nothing of what
 * another meets but by the load that it makes. */
#include "tools/workload.h"

#include <math.h>

double workload_rate(const struct workload *workload, double at_s) {
  double rate = workload->rate;
  if (workload->burst_every_s > 0 &&
      fmod(at_s, workload->burst_every_s) < workload->burst_s)
    rate *= workload->burst;
  return rate;
}

static double takes_us(const struct workload_answer *answer,
                       struct luck *luck) {
  if (answer->sigma > 0)
    return answer->median_us * exp(answer->sigma * luck_normal(luck));
  return answer->from_us + (answer->to_us - answer->from_us) * luck_share(luck);
}

struct workload_draw workload_draw(const struct workload *workload,
                                   struct luck *luck) {
  double sum = 0;
  unsigned i = 0;
  for (unsigned k = 0; k < workload->answer_count; k++)
    sum += workload->answers[k].weight;
  double left = sum * luck_share(luck);
  while (i + 1 < workload->answer_count &&
         (left -= workload->answers[i].weight) > 0)
    i++;
  return (struct workload_draw){takes_us(&workload->answers[i], luck),
                                workload->answers[i].end};
}

struct workload_draw workload_at(const struct workload *workload,
                                 struct workload_draw draw, unsigned target,
                                 double at_s, struct luck *luck) {
  double share = luck_share(luck);
  for (unsigned i = 0; i < workload->change_count; i++) {
    const struct workload_change *change = &workload->changes[i];
    if (at_s < change->from_s || at_s >= change->to_s) continue;
    if (change->target >= 0 && (unsigned)change->target != target) continue;
    draw.takes_us *= change->times;
    if (share < change->fails) draw.end = WORKLOAD_FAILS;
    else if (share < change->fails + change->hangs) draw.end = WORKLOAD_HANGS;
  }
  draw.takes_us = fmin(draw.takes_us, WORKLOAD_LONGEST_US);
  return draw;
}

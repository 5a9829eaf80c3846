/* delay: after how long a hedge starts, learned from how long answers take.
 *
 * The percentile is the price: with p95 a hedge starts for 5 % of requests,
 * whatever the target does, since the delay follows it. */
#ifndef HEDGEROW_CORE_DELAY_H
#define HEDGEROW_CORE_DELAY_H

#include <stdint.h>

#include "core/latency.h"

enum { DELAY_COLD = 50 }; /* with fewer answers nothing is learned */

/* --hedge-after pN[:MIN..MAX] */
struct delay_rule {
  unsigned per_mille;        /* 500 .. 999; 0: nothing is learned */
  int64_t least_us, most_us; /* 0 <= least_us <= most_us; most_us 0: none */
};

/* The delay for one target. 0: too little is known, and the fixed delay holds;
 * else 1 or more. The rule learns. For the thread that refreshes. */
uint32_t delay_learn(const struct delay_rule *rule,
                     const struct latency_curve *curve);

#endif

/* rate: how often something may start, as a token bucket (--rate).
 *
 * The bucket holds `burst` tokens and gets one each `interval_ns`; who starts
 * takes one. */
#ifndef HEDGEROW_CORE_RATE_H
#define HEDGEROW_CORE_RATE_H

#include <stdatomic.h>
#include <stdint.h>

struct rate_rule {
  int64_t interval_ns; /* > 0; 0: no rule, everything may start */
  int64_t burst;       /* >= 1; burst * interval_ns <= RATE_FULL_NS_MAX */
};

#define RATE_FULL_NS_MAX (INT64_C(3600) * 1000000000)

/* A bucket that all threads take from. All zeros is a full one. */
struct rate {
  _Atomic int64_t full_ns; /* when it is full again, monotonic */
};

/* Takes a token and returns 0; or takes none, and returns in how many
 * microseconds there will be one (> 0). `left`, below the burst, are not for
 * the caller: one is taken only where there are more. From any thread. */
int64_t rate_take(struct rate *rate, const struct rate_rule *rule, int64_t left,
                  int64_t now_us) __attribute__((warn_unused_result));
/* Gives one back that was taken and not used. From any thread. */
void rate_give(struct rate *rate, const struct rate_rule *rule);

#endif

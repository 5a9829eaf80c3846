/* rival: how other hedgers decide, as far as their rules are known, so that
 * `hedgerow simulate --rivals` can show them on the same luck. They are written
 * from their documentation, not from their code, and are no more than that. */
#ifndef HEDGEROW_TOOLS_RIVAL_H
#define HEDGEROW_TOOLS_RIVAL_H

#include <stdbool.h>
#include <stdint.h>

#include "core/latency.h"

enum rival_refill {
  RIVAL_UNLIMITED,
  RIVAL_BY_TIME,     /* at a share of a rate that it was told */
  RIVAL_BY_REQUESTS, /* each request earns a share */
  RIVAL_BY_SUCCESS,  /* of gRPC: a success earns a tenth, a failure costs one,
                      * and extra attempts want more than half */
};

struct rival_rule {
  const char *name, *about;
  double percentile; /* of what clients waited, 0 to 1; 0: fixed_us */
  int64_t fixed_us, least_us;
  unsigned hedges;
  enum rival_refill refill;
  double share, cap; /* of the refill */
  bool first_result; /* a failure is a result, and ends the race */
};

enum { RIVALS = 5 };
extern const struct rival_rule rival_rules[RIVALS];

/* What one of them has learned; all zeros, and then rival_init. */
struct rival {
  const struct rival_rule *rule;
  double tokens, rate;
  int64_t filled_us, turned_us;
  struct latency_counts waited;
  struct latency_totals older, newer; /* at the start of two windows of 30 s */
  int64_t delay_us;
};

/* rate: requests a second, which it is told. */
void rival_init(struct rival *rival, const struct rival_rule *rule,
                double rate);
/* Four times a second. */
void rival_refresh(struct rival *rival, int64_t now_us);
void rival_on_request(struct rival *rival);
/* An extra attempt may start. */
bool rival_take(struct rival *rival, int64_t now_us)
    __attribute__((warn_unused_result));
/* An attempt has ended, waited_us after the client's request came. */
void rival_on_end(struct rival *rival, bool good, int64_t waited_us);

#endif

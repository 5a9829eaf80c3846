/* simulation: one policy, one workload, one seed, in virtual time.
 *
 * The race, the plan, the gate and the pilot are those of the proxy; what is
 * simulated is the world around them. */
#ifndef HEDGEROW_TOOLS_SIMULATION_H
#define HEDGEROW_TOOLS_SIMULATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/gate.h"
#include "core/hedge_budget.h"
#include "core/plan.h"
#include "core/rate.h"
#include "core/target.h"
#include "tools/rival.h"
#include "tools/workload.h"

struct simulated_policy {
  const char *name;
  struct race_policy race;
  struct hedge_budget_rule budget;
  bool gate;
  int64_t max_attempts;
  struct rate_rule rate;          /* of each target; all zeros: no limit */
  struct queue_rule queue;        /* all zeros: nobody waits */
  const struct rival_rule *rival; /* NULL: hedgerow's own */
};

/* What was seen of the requests that began within [from_s, to_s). Sums over
 * all simulations that were given it. */
struct simulated {
  double from_s, to_s;
  uint64_t requests, good, attempts; /* attempts: those of these requests */
  uint64_t hedges, forwarded;        /* by time; brought forward */
  uint64_t refused[GATE_VERDICTS];
  uint64_t rescued_slow; /* by a hedge, while their primary was running, */
  double saved_ms;       /* which would have gone on for so long, */
  double saved_told_ms;  /* and of which a receipt says so much */
  double failed_ms;      /* that the others waited, all together */
  float *took_ms;        /* of each good answer; owned */
  size_t took_cap;
};

/* Runs it, and adds to *seen. False: no memory. */
bool simulation_run(const struct workload *workload,
                    const struct simulated_policy *policy, uint64_t seed,
                    struct simulated *seen) __attribute__((warn_unused_result));

/* Sorts the times; then any quantile may be asked for, 0 to 1. NAN: none. */
void simulated_sort(struct simulated *seen);
double simulated_quantile_ms(const struct simulated *seen, double quantile);
void simulated_clear(struct simulated *seen);

#endif

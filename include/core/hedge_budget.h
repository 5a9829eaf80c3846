/* hedge_budget: what extra attempts may cost, paid by successes alone.
 *
 * Each success earns a part of a token, each extra attempt takes one. Neither
 * time nor requests earn anything: so in an outage, where nothing succeeds, the
 * extra attempts end by themselves. A primary is never asked to pay.
 *
 * There are two purses, so that slowness cannot eat what failures need: one for
 * hedges by time, one for what a failure brings forward, and for retries.
 *
 *   struct hedge_budget   one for each upstream; whole tokens; all threads
 *   struct hedge_earnings one for each worker and upstream; its thread only:
 *                         the parts of tokens that have not become whole */
#ifndef HEDGEROW_CORE_HEDGE_BUDGET_H
#define HEDGEROW_CORE_HEDGE_BUDGET_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum purse { PURSE_TIME, PURSE_FAILURE };

/* --budget RATIO[:CAP]; the default is 200%:400. */
struct hedge_budget_rule {
  uint32_t per_mille; /* of a token, for each success: 10% is 100; 0: no
                       * extra attempt at all */
  uint32_t cap;       /* whole tokens that are kept, in each purse */
};

enum {
  HEDGE_BUDGET_CAP = 20,                /* where the rule names none */
  HEDGE_BUDGET_FAILURE_PER_MILLE = 250, /* the failures' purse earns so much,
                                         * or the rule's where that is more */
};

struct hedge_budget {
  _Atomic int32_t tokens[2]; /* by enum purse */
};

struct hedge_earnings {
  uint32_t per_mille[2]; /* by enum purse; below 1000 */
};

/* Both purses full. Before any other thread sees it. */
void hedge_budget_init(struct hedge_budget *budget,
                       const struct hedge_budget_rule *rule);
/* A request of this upstream has an answer (attempt_end_is_answer). From any
 * thread, which brings earnings of its own. */
void hedge_budget_earn(struct hedge_budget *budget,
                       struct hedge_earnings *earnings,
                       const struct hedge_budget_rule *rule);
/* How many a purse holds; never more than the cap, even where it was filled
 * under an older rule that had a larger one. From any thread, as the next two.
 */
int32_t hedge_budget_tokens(const struct hedge_budget *budget, enum purse purse,
                            const struct hedge_budget_rule *rule);
/* Takes a token, or says that there is none: no more than `left` are there. */
bool hedge_budget_take(struct hedge_budget *budget, enum purse purse,
                       const struct hedge_budget_rule *rule, uint32_t left)
    __attribute__((warn_unused_result));
/* Whether there is one to be taken just now. */
bool hedge_budget_has(struct hedge_budget *budget, enum purse purse,
                      const struct hedge_budget_rule *rule, uint32_t left);

#endif

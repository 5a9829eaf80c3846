/* hedge_budget: two purses of tokens.
 *
 * Workers share whole tokens and keep parts to themselves. With 10 % a worker
 * so writes to the shared line once in ten successes, and where the purse is
 * full, which is the usual case, not at all.
 *
 * All is relaxed: a token stands for no other memory. A purse may stand above
 * its cap by a token or two for each worker that earned at the same instant. */
#include "core/hedge_budget.h"

#include "core/relaxed.h"

enum { TOKEN = 1000 };

static int32_t cap_of(const struct hedge_budget_rule *rule) {
  return rule->per_mille > 0 ? (int32_t)rule->cap : 0;
}

void hedge_budget_init(struct hedge_budget *budget,
                       const struct hedge_budget_rule *rule) {
  for (unsigned i = PURSE_TIME; i <= PURSE_FAILURE; i++)
    atomic_init(&budget->tokens[i], cap_of(rule));
}

/* Of what was kept by an older rule, so much is left. */
static int32_t kept(int32_t tokens, const struct hedge_budget_rule *rule) {
  int32_t cap = cap_of(rule);
  return tokens < cap ? tokens : cap;
}

int32_t hedge_budget_tokens(const struct hedge_budget *budget, enum purse purse,
                            const struct hedge_budget_rule *rule) {
  return kept(relaxed_load(&budget->tokens[purse]), rule);
}

static void earn(_Atomic int32_t *tokens, uint32_t *part, uint32_t per_mille,
                 uint32_t cap) {
  uint32_t earned = *part + per_mille;
  *part = earned % TOKEN;
  if (earned < TOKEN) return;
  int32_t room = (int32_t)cap - relaxed_load(tokens);
  int32_t whole = (int32_t)(earned / TOKEN);
  if (room <= 0) return;
  relaxed_add(tokens, whole < room ? whole : room);
}

void hedge_budget_earn(struct hedge_budget *budget,
                       struct hedge_earnings *earnings,
                       const struct hedge_budget_rule *rule) {
  uint32_t time = rule->per_mille, failure = time;
  if (time > 0 && failure < HEDGE_BUDGET_FAILURE_PER_MILLE)
    failure = HEDGE_BUDGET_FAILURE_PER_MILLE;
  earn(&budget->tokens[PURSE_TIME], &earnings->per_mille[PURSE_TIME], time,
       rule->cap);
  earn(&budget->tokens[PURSE_FAILURE], &earnings->per_mille[PURSE_FAILURE],
       failure, rule->cap);
}

bool hedge_budget_take(struct hedge_budget *budget, enum purse purse,
                       const struct hedge_budget_rule *rule, uint32_t left) {
  _Atomic int32_t *tokens = &budget->tokens[purse];
  int32_t have = relaxed_load(tokens);
  while (kept(have, rule) > (int32_t)left)
    if (relaxed_swap(tokens, &have, kept(have, rule) - 1)) return true;
  return false;
}

bool hedge_budget_has(struct hedge_budget *budget, enum purse purse,
                      const struct hedge_budget_rule *rule, uint32_t left) {
  return hedge_budget_tokens(budget, purse, rule) > (int32_t)left;
}

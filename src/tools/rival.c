/* rival: the rules of five others.
 *
 * What most have in common: a percentile is learned from what clients waited,
 * and a failure ends the race. What tells them apart: which percentile, how
 * often they hedge, and what pays for it. Sources: the README of bhope/hedge
 * 1.0.0; Finagle's BackupRequestFilter (maxExtraLoad); failsafe-go's
 * hedgepolicy 0.9; docs.erpc.cloud, hedge policy; gRPC's proposal A6. */
#include "tools/rival.h"

enum { WINDOW_US = 30 * 1000 * 1000, SAMPLES_MIN = 50 };

const struct rival_rule rival_rules[RIVALS] = {
    {.name = "bhope",
     .about = "bhope/hedge: p90, one hedge, 10 % of a rate that it is told",
     .percentile = 0.90,
     .least_us = 1000,
     .hedges = 1,
     .refill = RIVAL_BY_TIME,
     .share = 0.10,
     .cap = 20,
     .first_result = true},
    {.name = "finagle",
     .about = "Finagle: p95, one backup, 5 % of requests",
     .percentile = 0.95,
     .hedges = 1,
     .refill = RIVAL_BY_REQUESTS,
     .share = 0.05,
     .cap = 100,
     .first_result = true},
    {.name = "failsafe",
     .about = "failsafe-go: p95, one hedge, no budget",
     .percentile = 0.95,
     .hedges = 1,
     .first_result = true},
    {.name = "erpc",
     .about = "eRPC: p95, at least 50 ms, two hedges, no budget",
     .percentile = 0.95,
     .least_us = 50000,
     .hedges = 2,
     .first_result = true},
    {.name = "grpc",
     .about = "gRPC: fixed 300 ms, two hedges, throttled by failures",
     .fixed_us = 300000,
     .hedges = 2,
     .refill = RIVAL_BY_SUCCESS,
     .share = 0.1,
     .cap = 10},
};

void rival_init(struct rival *rival, const struct rival_rule *rule,
                double rate) {
  rival->rule = rule;
  rival->rate = rate;
  rival->tokens = rule->cap;
  rival->delay_us = rule->fixed_us;
}

static void earn(struct rival *rival, double tokens) {
  rival->tokens += tokens;
  if (rival->tokens > rival->rule->cap) rival->tokens = rival->rule->cap;
  if (rival->tokens < 0) rival->tokens = 0;
}

void rival_refresh(struct rival *rival, int64_t now_us) {
  struct latency_totals totals = {0}, seen;
  struct latency_curve curve;
  if (rival->rule->percentile == 0) return;
  latency_add(&totals, &rival->waited);
  if (now_us - rival->turned_us >= WINDOW_US) {
    rival->older = rival->newer;
    rival->newer = totals;
    rival->turned_us = now_us;
  }
  for (unsigned i = 0; i < LATENCY_SPANS; i++) {
    seen.whole[i] = totals.whole[i] - rival->older.whole[i];
    seen.longer[i] = 0;
  }
  latency_curve_make(&curve, &seen);
  rival->delay_us = 0;
  if (curve.whole >= SAMPLES_MIN)
    rival->delay_us =
        latency_until(&curve, (float)(1 - rival->rule->percentile));
  if (rival->delay_us > 0 && rival->delay_us < rival->rule->least_us)
    rival->delay_us = rival->rule->least_us;
}

void rival_on_request(struct rival *rival) {
  if (rival->rule->refill == RIVAL_BY_REQUESTS) earn(rival, rival->rule->share);
}

bool rival_take(struct rival *rival, int64_t now_us) {
  const struct rival_rule *rule = rival->rule;
  if (rule->refill == RIVAL_UNLIMITED) return true;
  if (rule->refill == RIVAL_BY_SUCCESS) return rival->tokens > rule->cap / 2;
  if (rule->refill == RIVAL_BY_TIME)
    earn(rival,
         (double)(now_us - rival->filled_us) / 1e6 * rule->share * rival->rate);
  rival->filled_us = now_us;
  if (rival->tokens < 1) return false;
  rival->tokens--;
  return true;
}

void rival_on_end(struct rival *rival, bool good, int64_t waited_us) {
  if (good) latency_note(&rival->waited, waited_us, true);
  if (rival->rule->refill == RIVAL_BY_SUCCESS)
    earn(rival, good ? rival->rule->share : -1);
}

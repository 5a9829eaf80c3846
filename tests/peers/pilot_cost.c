/* usage: pilot_cost REQUESTS TARGETS
 *
 * What core/pilot does for a request that one attempt answers, so many times,
 * with all of it on: for a tool that counts instructions. With 0 targets only
 * the plan is made, as without a pilot. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/pilot.h"

enum { TARGETS_MAX = 2 };

static struct pilot_target targets[TARGETS_MAX];
static struct latency_counts counts[TARGETS_MAX];
static struct pilot_delay delay = {8000, 5000};
static struct hedge_budget budget;
static struct hedge_earnings earnings;
static struct pilot_target *const target_at[] = {&targets[0], &targets[1]};
static struct latency_counts *const counts_at[] = {&counts[0], &counts[1]};
static const struct race_policy policy = {.hedges = 2,
                                          .hedge_after_us = 300000,
                                          .stagger_us = RACE_STAGGER_AUTO,
                                          .learn = {.per_mille = 950}};

static struct race_plan plan;

static void ask_once(const struct pilot *pilot, int64_t now_us) {
  struct race race = {.plan = &plan, .answered = true};
  struct attempt_end end = {
      .result = ATTEMPT_SUCCESS, .status = 200, .whole = true};
  struct pilot_reach reach = {pilot->count, (unsigned)now_us % pilot->count,
                              false};
  pilot_plan(pilot, &plan, &policy, reach, 10000000, now_us);
  if (pilot_admit(pilot, plan.target[0], PILOT_PRIMARY, 3, now_us) == GATE_OPEN)
    (void)pilot_ended(pilot, &race, 0, plan.target[0], &end,
                      5000 + now_us % 3000, now_us);
}

int main(int argc, char **argv) {
  if (argc != 3) return EXIT_FAILURE;
  long count = strtol(argv[1], NULL, 10);
  long target_count = strtol(argv[2], NULL, 10);
  struct pilot pilot = {.targets = target_at,
                        .counts = counts_at,
                        .count = target_count == 2 ? 2 : 1,
                        .delay = &delay,
                        .budget = &budget,
                        .earnings = &earnings,
                        .budget_rule = {.per_mille = 100, .cap = 20},
                        .gate = true};
  hedge_budget_init(&budget, &pilot.budget_rule);
  for (int64_t i = 0; i < count; i++)
    if (target_count > 0) ask_once(&pilot, 1000000 + i * 997);
    else plan_make(&plan, &policy, (const uint8_t[]){0}, 1, 10000000);
  return EXIT_SUCCESS;
}

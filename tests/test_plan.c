/* Tests of core/plan: policies in, timetables out. */
#include "core/plan.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

enum { MS = 1000, S = 1000 * MS };

static const uint8_t one[1];

/* "0 300 300", in microseconds; a point is never. */
static const char *times_of(const struct race_plan *plan) {
  static char text[256];
  size_t len = 0;
  for (unsigned k = 0; k < plan->hedged; k++) {
    const char *gap = k > 0 ? " " : "";
    uint32_t due_us = plan->due_us[k];
    int n = due_us == PLAN_NEVER_US
                ? snprintf(text + len, sizeof text - len, "%s.", gap)
                : snprintf(text + len, sizeof text - len, "%s%u", gap, due_us);
    len += (size_t)n;
    cr_assert_lt(len, sizeof text);
  }
  return text;
}

static void expect_due(const struct race_policy *policy, int64_t timeout_us,
                       const char *want) {
  struct race_plan plan;
  plan_make(&plan, policy, one, 1, timeout_us);
  cr_expect_str_eq(times_of(&plan), want, "of %u hedges: %s", policy->hedges,
                   times_of(&plan));
  cr_expect_eq(plan.deadline_us, timeout_us);
}

/* ---- when each is due ---- */

Test(plan, the_primary_is_due_at_once) {
  expect_due(&(struct race_policy){.hedges = 0}, 1, "0");
  expect_due(&(struct race_policy){.hedge_after_us = 300}, 10 * S, "0");
}

Test(plan, hedges_without_a_stagger_are_due_together) {
  expect_due(&(struct race_policy){.hedges = 2, .hedge_after_us = 300 * MS},
             10 * S, "0 300000 300000");
  expect_due(&(struct race_policy){.hedges = 3}, 10 * S, "0 0 0 0");
}

Test(plan, a_stagger_stands_between_hedges_and_not_before_the_first) {
  expect_due(&(struct race_policy){.hedges = 3,
                                   .hedge_after_us = 300,
                                   .stagger_us = 50},
             10 * S, "0 300 350 400");
  expect_due(&(struct race_policy){.hedges = 3, .stagger_us = 50}, 10 * S,
             "0 0 50 100");
}

Test(plan, a_stagger_that_nobody_chose_is_none_or_the_learned_delay) {
  struct race_policy policy = {
      .hedges = 3, .hedge_after_us = 300, .stagger_us = RACE_STAGGER_AUTO};
  expect_due(&policy, 800, "0 300 300 300");
  policy.learn.per_mille = 950;
  expect_due(&policy, 800, "0 300 600 .");
}

Test(plan, what_would_be_due_at_the_deadline_never_is) {
  struct race_policy policy = {
      .hedges = 3, .hedge_after_us = 300, .stagger_us = 50};
  expect_due(&policy, 401, "0 300 350 400");
  expect_due(&policy, 400, "0 300 350 .");
  expect_due(&policy, 351, "0 300 350 .");
  expect_due(&policy, 350, "0 300 . .");
  expect_due(&policy, 300, "0 . . .");
  expect_due(&policy, 1, "0 . . .");
}

Test(plan, a_time_beyond_32_bits_is_never) {
  struct race_policy policy = {.hedges = 2,
                               .hedge_after_us = INT64_C(1) << 32,
                               .stagger_us = INT64_C(1) << 32};
  expect_due(&policy, 10 * S, "0 . .");
  policy.hedge_after_us = (INT64_C(1) << 32) + 5; /* 5, if it were cut */
  expect_due(&policy, 10 * S, "0 . .");
  policy.hedge_after_us = 0;
  expect_due(&policy, 10 * S, "0 0 .");
}

Test(plan, the_longest_race_has_times_of_its_own) {
  struct race_policy policy = {.hedges = 1,
                               .hedge_after_us = PLAN_NEVER_US - INT64_C(2)};
  expect_due(&policy, PLAN_NEVER_US - INT64_C(1), "0 4294967293");
  policy.hedge_after_us++;
  expect_due(&policy, PLAN_NEVER_US - INT64_C(1), "0 .");
}

Test(plan, the_largest_policy_fits) {
  struct race_policy policy = {
      .hedges = RACE_MAX_HEDGES, .hedge_after_us = 10, .stagger_us = 1};
  expect_due(&policy, 10 * S, "0 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24");
}

/* ---- whom each asks ---- */

/* `digits` and `want`: a digit for each target, or attempt. */
static void expect_targets(unsigned hedges, const char *digits,
                           const char *want) {
  struct race_policy policy = {.hedges = hedges};
  uint8_t order[RACE_MAX_ATTEMPTS];
  unsigned count = (unsigned)strlen(digits);
  for (unsigned i = 0; i < count; i++) order[i] = (uint8_t)(digits[i] - '0');
  struct race_plan plan;
  char got[2 * RACE_MAX_ATTEMPTS + 1] = "";
  plan_make(&plan, &policy, order, count, S);
  for (unsigned k = 0; k < plan.attempts; k++)
    snprintf(got + k, sizeof got - k, "%x", plan.target[k]);
  cr_expect_str_eq(got, want, "in the order %s: %s", digits, got);
}

Test(plan, attempts_ask_the_targets_in_their_order) {
  expect_targets(0, "0", "0");
  expect_targets(3, "0", "0000");
  expect_targets(3, "01", "0101");
  expect_targets(3, "10", "1010");
  expect_targets(4, "208", "20820");
  expect_targets(2, "3456789", "345");
  expect_targets(15, "7", "7777777777777777");
}

/* ---- what else it says ---- */

static uint32_t limit_of(int64_t attempt_timeout_us, int64_t timeout_us) {
  struct race_policy policy = {.attempt_timeout_us = attempt_timeout_us};
  struct race_plan plan;
  plan_make(&plan, &policy, one, 1, timeout_us);
  return plan.attempt_timeout_us;
}

Test(plan, an_attempts_limit_beyond_the_deadline_is_none) {
  cr_expect_eq(limit_of(0, S), 0, "there was none");
  cr_expect_eq(limit_of(1, S), 1);
  cr_expect_eq(limit_of(S - 1, S), S - 1);
  cr_expect_eq(limit_of(S, S), 0, "the deadline says as much");
  cr_expect_eq(limit_of(S + 1, S), 0);
  cr_expect_eq(limit_of((INT64_C(1) << 32) + 5, S), 0, "it was cut to 32 bits");
}

Test(plan, a_plan_says_what_a_failure_does) {
  for (int i = RACE_NEXT; i <= RACE_WAIT; i++) {
    struct race_policy policy = {.on_failure = (enum race_on_failure)i,
                                 .final_4xx = i == RACE_ALL};
    struct race_plan plan;
    memset(&plan, 0xff, sizeof plan);
    plan_make(&plan, &policy, one, 1, S);
    cr_expect_eq(plan.on_failure, policy.on_failure);
    cr_expect_eq(plan.final_4xx, policy.final_4xx);
    cr_expect_not(plan.once);
    cr_expect_eq(plan.attempts, 1);
  }
}

/* ---- once ---- */

Test(plan, what_may_go_out_once_has_no_hedge_that_is_due) {
  expect_due(
      &(struct race_policy){
          .hedges = 3, .hedge_after_us = 300, .stagger_us = 50, .once = true},
      10 * S, "0 . . .");
  expect_due(&(struct race_policy){.hedges = 1, .once = true}, 10 * S, "0 .");
  expect_due(&(struct race_policy){.once = true}, 10 * S, "0");
}

Test(plan, no_failure_brings_forward_what_may_go_out_once) {
  for (int i = RACE_NEXT; i <= RACE_WAIT; i++) {
    struct race_policy policy = {.on_failure = (enum race_on_failure)i,
                                 .once = true};
    struct race_plan plan;
    plan_make(&plan, &policy, one, 1, S);
    cr_expect_eq(plan.on_failure, RACE_WAIT);
    cr_expect(plan.once);
  }
}

/* ---- retries ---- */

Test(plan, retries_come_on_top_of_hedges) {
  struct race_policy policy = {.hedges = 2, .retries = 3, .hedge_after_us = 7};
  struct race_plan plan;
  plan_make(&plan, &policy, (const uint8_t[]){1, 2, 3, 0}, 4, S);
  cr_expect_eq(plan.attempts, 6);
  cr_expect_eq(plan.hedged, 3);
  cr_expect_str_eq(times_of(&plan), "0 7 7");
  for (unsigned k = 0; k < plan.attempts; k++)
    cr_expect_eq(plan.target[k], (1 + k) % 4, "of attempt %u", k);
}

static void expect_backoffs(int64_t first_us, int64_t most_us, uint32_t chance,
                            const uint32_t want[5]) {
  struct race_policy policy = {.retries = 15, .backoff = {first_us, most_us}};
  struct race_plan plan;
  plan_make(&plan, &policy, one, 1, S);
  for (unsigned n = 0; n < 5; n++) {
    uint32_t got = plan_backoff_us(&plan, n, chance);
    cr_expect_eq(got, want[n], "%lld..%lld, retry %u: %u, not %u",
                 (long long)first_us, (long long)most_us, n, got, want[n]);
  }
}

Test(plan, a_wait_doubles_up_to_its_most) {
  expect_backoffs(25, 250, 0, (uint32_t[]){25, 50, 100, 200, 250});
  expect_backoffs(25, 25, 0, (uint32_t[]){25, 25, 25, 25, 25});
  expect_backoffs(0, 0, 0, (uint32_t[]){0, 0, 0, 0, 0});
  expect_backoffs(0, 250, 0, (uint32_t[]){0, 0, 0, 0, 0});
}

Test(plan, chance_takes_a_share_off_a_wait_and_another_off_the_next) {
  const uint32_t half = UINT32_C(1) << 31, quarter = UINT32_C(1) << 30;
  expect_backoffs(24, 250, half, (uint32_t[]){12, 24, 48, 96, 125});
  expect_backoffs(100, 100, quarter, (uint32_t[]){75, 25, 75, 25, 75});
  expect_backoffs(100, 100, UINT32_MAX, (uint32_t[]){1, 1, 1, 1, 1});
}

Test(plan, the_longest_wait_does_not_overflow) {
  struct race_policy policy = {
      .retries = 15,
      .backoff = {PLAN_NEVER_US - INT64_C(1), PLAN_NEVER_US - INT64_C(1)}};
  struct race_plan plan;
  plan_make(&plan, &policy, one, 1, S);
  cr_expect_eq(plan_backoff_us(&plan, 14, 0), PLAN_NEVER_US - 1);
  cr_expect_eq(plan_backoff_us(&plan, 0, UINT32_MAX), 1);
}

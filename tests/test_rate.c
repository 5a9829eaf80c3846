/* Tests of core/rate, in virtual time. */
#include "core/rate.h"

#include <criterion/criterion.h>

enum { NOW_US = 5000000 };

/* 100 a second. */
static const struct rate_rule hundred = {.interval_ns = 10000000, .burst = 3};

static int taken(struct rate *rate, const struct rate_rule *rule,
                 int64_t now_us, int tries) {
  int count = 0;
  for (int i = 0; i < tries; i++)
    count += rate_take(rate, rule, 0, now_us) == 0;
  return count;
}

Test(rate, a_full_bucket_gives_a_burst) {
  struct rate rate = {0};
  cr_expect_eq(taken(&rate, &hundred, NOW_US, 10), 3);
}

Test(rate, a_token_comes_each_interval) {
  struct rate rate = {0};
  (void)taken(&rate, &hundred, NOW_US, 10);
  cr_expect_eq(rate_take(&rate, &hundred, 0, NOW_US), 10000);
  cr_expect_eq(rate_take(&rate, &hundred, 0, NOW_US + 9999), 1);
  cr_expect_eq(rate_take(&rate, &hundred, 0, NOW_US + 10000), 0);
  cr_expect_eq(rate_take(&rate, &hundred, 0, NOW_US + 10000), 10000);
}

Test(rate, what_waits_as_told_gets_its_token) {
  const struct rate_rule odd = {.interval_ns = 333333333, .burst = 1};
  struct rate rate = {0};
  int64_t now_us = NOW_US;
  for (int i = 0; i < 100; i++) {
    cr_assert_eq(rate_take(&rate, &odd, 0, now_us), 0, "token %d", i);
    int64_t wait_us = rate_take(&rate, &odd, 0, now_us);
    cr_assert_gt(wait_us, 0);
    cr_assert_gt(rate_take(&rate, &odd, 0, now_us + wait_us - 1), 0);
    now_us += wait_us;
  }
}

Test(rate, it_never_holds_more_than_a_burst) {
  struct rate rate = {0};
  (void)taken(&rate, &hundred, NOW_US, 10);
  cr_expect_eq(taken(&rate, &hundred, NOW_US + 3600000000, 10), 3);
}

Test(rate, over_a_long_time_it_is_the_rate) {
  struct rate rate = {0};
  int count = 0;
  for (int64_t at_us = 0; at_us < 10000000; at_us += 700)
    count += rate_take(&rate, &hundred, 0, NOW_US + at_us) == 0;
  cr_expect_geq(count, 1000);
  cr_expect_leq(count, 1003);
}

Test(rate, intervals_below_a_microsecond_count) {
  const struct rate_rule fast = {.interval_ns = 250, .burst = 4};
  struct rate rate = {0};
  cr_expect_eq(taken(&rate, &fast, NOW_US, 10), 4);
  cr_expect_eq(taken(&rate, &fast, NOW_US + 1, 10), 4);
}

Test(rate, no_rule_refuses_nothing) {
  const struct rate_rule none = {0};
  struct rate rate = {0};
  cr_expect_eq(taken(&rate, &none, NOW_US, 1000), 1000);
  cr_expect_eq(rate.full_ns, 0);
}

Test(rate, what_is_left_for_others_is_not_taken) {
  struct rate rate = {0};
  cr_expect_eq(rate_take(&rate, &hundred, 2, NOW_US), 0);
  cr_expect_eq(rate_take(&rate, &hundred, 2, NOW_US), 10000);
  cr_expect_eq(rate_take(&rate, &hundred, 1, NOW_US), 0);
  cr_expect_eq(rate_take(&rate, &hundred, 0, NOW_US), 0);
  cr_expect_eq(rate_take(&rate, &hundred, 0, NOW_US), 10000);
}

Test(rate, a_token_given_back_can_be_taken) {
  struct rate rate = {0};
  (void)taken(&rate, &hundred, NOW_US, 10);
  rate_give(&rate, &hundred);
  cr_expect_eq(taken(&rate, &hundred, NOW_US, 10), 1);
}

/* Tests of core/hedge_budget: who pays, and when nobody can. */
#include "core/hedge_budget.h"

#include <criterion/criterion.h>
#include <pthread.h>

static const struct hedge_budget_rule ten_percent = {100, 20};
static const struct hedge_budget_rule usual = {2000, 100};

/* To take what is there. */
static const struct hedge_budget_rule any = {1000, 1000000};

static struct hedge_budget budget;
static struct hedge_earnings earnings;

static void earn(unsigned times, const struct hedge_budget_rule *rule) {
  for (unsigned i = 0; i < times; i++)
    hedge_budget_earn(&budget, &earnings, rule);
}

static unsigned take_all(enum purse purse) {
  unsigned taken = 0;
  while (hedge_budget_take(&budget, purse, &any, 0)) taken++;
  return taken;
}

Test(hedge_budget, both_purses_are_full_at_first_and_then_empty) {
  hedge_budget_init(&budget, &ten_percent);
  cr_expect_eq(take_all(PURSE_TIME), 20);
  cr_expect_eq(take_all(PURSE_FAILURE), 20, "they share nothing");
  cr_expect_not(hedge_budget_take(&budget, PURSE_TIME, &any, 0));
}

Test(hedge_budget, ten_successes_earn_a_token_of_10_percent) {
  earn(9, &ten_percent);
  cr_expect_eq(take_all(PURSE_TIME), 0);
  earn(1, &ten_percent);
  cr_expect_eq(take_all(PURSE_TIME), 1);
  earn(95, &ten_percent);
  cr_expect_eq(take_all(PURSE_TIME), 9);
  earn(5, &ten_percent);
  cr_expect_eq(take_all(PURSE_TIME), 1, "the parts are kept");
}

Test(hedge_budget, what_failures_need_earns_a_quarter_at_least) {
  earn(40, &ten_percent);
  cr_expect_eq(take_all(PURSE_FAILURE), 10);
  earn(40, &usual);
  cr_expect_eq(take_all(PURSE_FAILURE), 80);
}

Test(hedge_budget, more_than_one_token_may_come_of_one_success) {
  earn(3, &usual);
  cr_expect_eq(take_all(PURSE_TIME), 6);
  struct hedge_budget_rule odd = {1500, 100};
  earn(3, &odd);
  cr_expect_eq(take_all(PURSE_TIME), 4);
  earn(1, &odd);
  cr_expect_eq(take_all(PURSE_TIME), 2);
}

Test(hedge_budget, no_more_is_kept_than_the_cap) {
  earn(1000, &ten_percent);
  cr_expect_eq(take_all(PURSE_TIME), 20);
  earn(1000, &usual);
  cr_expect_eq(take_all(PURSE_TIME), 100);
}

Test(hedge_budget, a_look_into_a_purse_takes_nothing) {
  hedge_budget_init(&budget, &ten_percent);
  for (int i = 0; i < 100; i++)
    cr_expect(hedge_budget_has(&budget, PURSE_TIME, &any, 19));
  cr_expect(!hedge_budget_has(&budget, PURSE_TIME, &any, 20));
  cr_expect_eq(take_all(PURSE_TIME), 20);
  cr_expect(!hedge_budget_has(&budget, PURSE_TIME, &any, 0));
}

Test(hedge_budget, of_nothing_nothing_is_paid) {
  struct hedge_budget_rule none = {0, 20};
  hedge_budget_init(&budget, &none);
  earn(1000, &none);
  cr_expect_eq(take_all(PURSE_TIME), 0);
  cr_expect_eq(take_all(PURSE_FAILURE), 0);
}

static void expect_no_more(const struct hedge_budget_rule *rule, int tokens) {
  hedge_budget_init(&budget, &usual);
  cr_expect_eq(hedge_budget_tokens(&budget, PURSE_TIME, rule), tokens);
  for (int i = 0; i < tokens; i++)
    cr_expect(hedge_budget_take(&budget, PURSE_TIME, rule, 0));
  cr_expect_not(hedge_budget_has(&budget, PURSE_TIME, rule, 0));
  cr_expect_not(hedge_budget_take(&budget, PURSE_TIME, rule, 0));
}

Test(hedge_budget, what_an_older_rule_kept_counts_up_to_the_cap) {
  static const struct hedge_budget_rule none = {0, 20};
  expect_no_more(&ten_percent, 20);
  expect_no_more(&none, 0);
  expect_no_more(&usual, 100);
}

/* ---- threads ---- */

enum { THREADS = 4, ROUNDS = 20000 };

static void *spend(void *taken) {
  struct hedge_earnings own = {0};
  for (int i = 0; i < ROUNDS; i++) {
    hedge_budget_earn(&budget, &own, &any);
    if (i % 2 == 0)
      *(unsigned *)taken += hedge_budget_take(&budget, PURSE_TIME, &any, 0);
  }
  return NULL;
}

Test(hedge_budget, no_token_is_lost_or_taken_twice) {
  pthread_t threads[THREADS];
  unsigned taken[THREADS] = {0}, sum = 0;
  for (int i = 0; i < THREADS; i++)
    cr_assert_eq(pthread_create(&threads[i], NULL, spend, &taken[i]), 0);
  for (int i = 0; i < THREADS; i++) {
    pthread_join(threads[i], NULL);
    sum += taken[i];
  }
  cr_expect_eq(sum + take_all(PURSE_TIME), THREADS * ROUNDS);
}

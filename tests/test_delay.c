/* Tests of core/delay: curves in, delays out. */
#include "core/delay.h"

#include <criterion/criterion.h>
#include <string.h>

enum { MS = 1000 };

static struct latency_totals seen;
static struct latency_counts counts;

static void answers(unsigned times, int64_t from_us, int64_t to_us) {
  for (unsigned i = 0; i < times; i++)
    latency_note(&counts, from_us + (to_us - from_us) * i / times, true);
}

static uint32_t learn(struct delay_rule rule) {
  struct latency_curve curve;
  memset(&seen, 0, sizeof seen);
  latency_add(&seen, &counts);
  latency_curve_make(&curve, &seen);
  return delay_learn(&rule, &curve);
}

#define expect_between(got, least, most)                                       \
  do {                                                                         \
    uint32_t got_us = (got);                                                   \
    cr_expect(got_us >= (least) && got_us <= (most), "%u us", got_us);         \
  } while (0)

Test(delay, below_50_answers_nothing_is_learned) {
  answers(49, 5 * MS, 10 * MS);
  cr_expect_eq(learn((struct delay_rule){.per_mille = 950}), 0);
  answers(1, 5 * MS, 10 * MS);
  cr_expect_neq(learn((struct delay_rule){.per_mille = 950}), 0);
}

Test(delay, the_percentile_is_the_delay) {
  answers(10000, 100 * MS, 200 * MS);
  expect_between(learn((struct delay_rule){.per_mille = 500}), 148 * MS,
                 152 * MS);
  expect_between(learn((struct delay_rule){.per_mille = 950}), 192 * MS,
                 198 * MS);
  expect_between(learn((struct delay_rule){.per_mille = 999}),
                 197 * MS, /* the last span */
                 213 * MS);
}

Test(delay, behind_a_gap_the_delay_before_the_gap_is_taken) {
  answers(940, 4 * MS, 5 * MS);
  answers(60, 60 * MS, 150 * MS);
  expect_between(learn((struct delay_rule){.per_mille = 950}), 5 * MS, 6 * MS);
}

Test(delay, a_tail_that_rises_slowly_has_no_gap) {
  answers(900, 4 * MS, 5 * MS);
  answers(100, 5 * MS, 14 * MS);
  expect_between(learn((struct delay_rule){.per_mille = 950}), 9 * MS, 10 * MS);
}

Test(delay, bounds_hold_whatever_is_learned) {
  answers(1000, 10 * MS, 20 * MS);
  cr_expect_eq(learn((struct delay_rule){
                   .per_mille = 950, .least_us = 50 * MS, .most_us = 90 * MS}),
               50 * MS);
  cr_expect_eq(learn((struct delay_rule){.per_mille = 950, .most_us = 3 * MS}),
               3 * MS);
}

Test(delay, a_target_that_answers_at_once_has_a_delay_too) {
  answers(1000, 0, 1);
  cr_expect_geq(learn((struct delay_rule){.per_mille = 500}), 1);
}

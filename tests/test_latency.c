/* Tests of core/latency: attempts in, windows and curves out. */
#include "core/latency.h"

#include <criterion/criterion.h>
#include <string.h>

enum { MS = 1000, S = 1000 * MS };

static struct latency_counts counts;

static void note(unsigned times, int64_t took_us, bool whole) {
  for (unsigned i = 0; i < times; i++) latency_note(&counts, took_us, whole);
}

static struct latency_curve curve_of_all(void) {
  struct latency_totals totals = {0};
  struct latency_curve curve;
  latency_add(&totals, &counts);
  latency_curve_make(&curve, &totals);
  return curve;
}

/* What share is unanswered after at_us, as all are told. */
static double alive(const struct latency_curve *curve, uint32_t at_us) {
  static struct latency_odds odds;
  latency_publish(&odds, curve);
  return 1 - (double)latency_answered(&odds, at_us);
}

static void expect_about(double got, double want, double part) {
  cr_expect(got > want * (1 - part) && got < want * (1 + part),
            "%g is not within %g %% of %g", got, 100 * part, want);
}

/* ---- spans ---- */

Test(latency,
     a_quantile_is_within_3_percent_from_a_tenth_of_a_ms_to_2_minutes) {
  for (double at = 130; 1.5 * at < 120e6; at *= 1.07) {
    memset(&counts, 0, sizeof counts);
    /* Evenly from half of it to one and a half. */
    for (int i = 0; i < 1000; i++)
      note(1, (int64_t)(at * (0.5 + i / 1000.0)), true);
    struct latency_curve curve = curve_of_all();
    expect_about(latency_until(&curve, 0.5f), at, 0.03);
    expect_about(latency_until(&curve, 0.1f), 1.4 * at, 0.03);
  }
}

Test(latency, the_shortest_and_the_longest_have_their_place) {
  note(10, 0, true);
  struct latency_curve curve = curve_of_all();
  cr_expect_leq(latency_until(&curve, 0.01f), 128);
  note(90, INT64_MAX, true);
  curve = curve_of_all();
  cr_expect_gt(latency_until(&curve, 0.5f), 120 * S);
  cr_expect_eq(curve.whole, 100);
}

/* ---- the curve ---- */

Test(latency, nothing_seen_is_a_curve_that_never_falls) {
  struct latency_curve curve = curve_of_all();
  cr_expect_eq(curve.whole, 0);
  cr_expect_eq(latency_until(&curve, 0.5f), 0);
  cr_expect_float_eq(alive(&curve, 100 * MS), 1, 0.001);
}

Test(latency, losers_count_as_longer_than_they_lasted) {
  note(95, 5 * MS, true);
  note(5, 10 * MS, false); /* cancelled */
  note(5, 12 * MS, true);  /* what beat them */
  struct latency_curve curve = curve_of_all();
  /* 95 of 105 had ended when five were lost. Of the rest all took 12 ms. */
  expect_about(alive(&curve, 9 * MS), 10 / 105.0, 0.01);
  expect_about(latency_until(&curve, 0.05f), 12 * MS, 0.05);
}

Test(latency, without_losers_the_tail_would_vanish) {
  note(950, 5 * MS, true);
  note(50, 20 * MS, false);
  struct latency_curve curve = curve_of_all();
  expect_about(alive(&curve, 100 * MS), 0.05, 0.01);
  expect_about(latency_until(&curve, 0.01f), curve.end_us, 0.01);
  cr_expect_geq(curve.end_us, 20 * MS, "nobody has seen what lies behind");
}

Test(latency, a_failure_at_once_is_no_fast_answer) {
  note(50, 200, false);
  note(50, 10 * MS, true);
  struct latency_curve curve = curve_of_all();
  expect_about(latency_until(&curve, 0.5f), 10 * MS, 0.06);
}

Test(latency, the_end_of_a_span_is_behind_all_that_lie_in_it) {
  note(100, 5 * MS, true);
  struct latency_curve curve = curve_of_all();
  cr_expect_lt(latency_until(&curve, 0.9f), 5 * MS);
  cr_expect_geq(latency_until_end(&curve, 0.9f), 5 * MS);
}

/* ---- windows ---- */

static struct latency_windows windows;

/* How many answers are seen at that second. */
static unsigned seen_by(const struct latency_rule *rule, int64_t second) {
  struct latency_totals totals = {0}, seen;
  unsigned sum = 0;
  latency_add(&totals, &counts);
  latency_window(&windows, rule, &totals, second * S, &seen);
  for (int i = 0; i < LATENCY_SPANS; i++) sum += seen.whole[i];
  return sum;
}

static unsigned seen_at(int64_t second) {
  return seen_by(&latency_present, second);
}

Test(latency, the_past_is_10_to_20_minutes) {
  cr_expect_eq(seen_by(&latency_past, 100), 0);
  note(1000, MS, true);
  cr_expect_eq(seen_by(&latency_past, 100 + 600), 1000);
  cr_expect_eq(seen_by(&latency_past, 100 + 1199), 1000);
  cr_expect_eq(seen_by(&latency_past, 100 + 1200), 0);
}

Test(latency, a_window_turns_after_5_seconds_with_200_answers) {
  cr_expect_eq(seen_at(100), 0);
  note(199, MS, true);
  cr_expect_eq(seen_at(105), 199, "199 are not enough");
  note(1, MS, true);
  cr_expect_eq(seen_at(105), 200, "the older began where the newer did");
  note(200, MS, true);
  cr_expect_eq(seen_at(109), 400, "4 s are not enough");
  cr_expect_eq(seen_at(110), 200, "the first window is over");
}

Test(latency, a_window_turns_after_a_minute_whatever_it_has) {
  seen_at(100);
  note(3, MS, true);
  cr_expect_eq(seen_at(159), 3);
  cr_expect_eq(seen_at(160), 3);
  cr_expect_eq(seen_at(219), 3);
  cr_expect_eq(seen_at(220), 0);
}

Test(latency, differences_are_right_across_an_overflow) {
  for (int i = 0; i < LATENCY_SPANS; i++) counts.whole[i] = UINT32_MAX - 1;
  seen_at(100);
  seen_at(160);
  seen_at(220);
  note(5, MS, true);
  cr_expect_eq(seen_at(221), 5);
}

/* ---- calm times ---- */

static struct latency_calm calm;
static struct latency_totals usual;

/* How many of all that was noted count. */
static unsigned calm_ones(void) {
  struct latency_totals totals = {0};
  unsigned sum = 0;
  latency_add(&totals, &counts);
  latency_calm_add(&calm, &totals, &usual);
  for (int i = 0; i < LATENCY_SPANS; i++)
    sum += calm.sum.whole[i] + calm.sum.longer[i];
  return sum;
}

Test(latency, sixteen_are_judged_together) {
  note(15, 5 * MS, true);
  cr_expect_eq(calm_ones(), 0);
  note(1, 5 * MS, true);
  cr_expect_eq(calm_ones(), 16);
  cr_expect_eq(calm_ones(), 16, "once");
}

Test(latency, in_a_pause_nothing_counts) {
  note(95, 5 * MS, true);
  note(5, 50 * MS, false);
  cr_expect_eq(calm_ones(), 100);
  note(20, S, true);
  note(20, 5 * MS, true);
  cr_expect_eq(calm_ones(), 100);
  note(17, 5 * MS, true);
  note(3, S, true); /* as many as chance gives */
  cr_expect_eq(calm_ones(), 120);
}

Test(latency, what_is_quicker_than_usual_counts) {
  note(100, 50 * MS, true);
  cr_expect_eq(calm_ones(), 100);
  note(100, 5 * MS, true);
  cr_expect_eq(calm_ones(), 200);
}

/* ---- what is still to come ---- */

static struct latency_odds odds;

static void learn_all(void) {
  struct latency_curve curve = curve_of_all();
  latency_publish(&odds, &curve);
}

/* One for each millisecond of 1 to 100. */
static void learn_an_even_spread(void) {
  for (int i = 1; i <= 100; i++) note(1, i * MS, true);
  learn_all();
}

Test(latency, who_is_unanswered_takes_half_of_what_is_left_of_an_even_spread) {
  learn_an_even_spread();
  expect_about((double)latency_ahead_us(&odds, 0, S), 50 * MS, 0.05);
  expect_about((double)latency_ahead_us(&odds, 60 * MS, S), 20 * MS, 0.1);
}

Test(latency, nobody_takes_longer_than_until_he_is_cut) {
  learn_an_even_spread();
  /* Half of those who are left at 50 ms are there at 75 ms. */
  expect_about((double)latency_ahead_us(&odds, 50 * MS, 75 * MS),
               0.5 * 12.5 * MS + 0.5 * 25 * MS, 0.1);
  cr_expect_eq(latency_ahead_us(&odds, 50 * MS, 50 * MS), 0);
  cr_expect_eq(latency_ahead_us(&odds, 50 * MS, 20 * MS), 0);
}

Test(latency, who_never_answers_tells_nothing_of_answers) {
  note(80, 10 * MS, true);
  note(20, 10 * S, false); /* until the deadline */
  learn_all();
  cr_expect_lt(latency_ahead_us(&odds, 5 * MS, 60 * S), 6 * MS);
  cr_expect_eq(latency_ahead_us(&odds, 20 * MS, 60 * S), 0);
}

Test(latency, behind_what_five_answers_took_nothing_is_known) {
  note(90, 10 * MS, true);
  note(100, 50 * MS, false); /* losers, which may take for ever */
  note(20, 10 * S, false);
  note(4, 2 * S, true); /* by accident */
  learn_all();
  cr_expect_lt(latency_known_us(&odds), 12 * MS);
  cr_expect_eq(latency_ahead_us(&odds, 56 * MS, 60 * S), 0);
  note(1, 3 * S, true);
  learn_all();
  cr_expect_geq(latency_known_us(&odds), 2 * S);
  cr_expect_lt(latency_known_us(&odds), 3 * S);
  expect_about((double)latency_ahead_us(&odds, S, 60 * S), S, 0.15);
}

Test(latency, where_all_have_answered_all_is_known) {
  note(50, 10 * MS, true);
  learn_all();
  cr_expect_eq(latency_known_us(&odds), UINT32_MAX);
  cr_expect_eq(latency_ahead_us(&odds, 20 * MS, 10 * S), 0);
}

Test(latency, who_knows_nothing_expects_nothing) {
  memset(&odds, 0, sizeof odds);
  cr_expect_eq(latency_ahead_us(&odds, 10 * MS, 10 * S), 0);
}

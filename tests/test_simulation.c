/* Tests of tools/simulation: that the world is simulated as it says, and, with
 * slack and small workloads, that the policy meets its goals in it. All figures
 * come from seeds, so they are the same on every machine. */
#include "tools/simulation.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "support/words.h"

/* ---- playing ---- */

static const struct simulated_policy defaults = {
    .name = "defaults",
    .race = {.hedges = 2, .hedge_after_us = 300000},
    .budget = {2000, 400},
    .gate = true,
    .max_attempts = 4000};

static struct simulated_policy unhedged(void) {
  struct simulated_policy policy = defaults;
  policy.race.hedges = 0;
  return policy;
}

/* pN, and so many per mille of a budget. */
static struct simulated_policy learned(unsigned per_mille, uint32_t budget) {
  struct simulated_policy policy = defaults;
  policy.race.learn.per_mille = per_mille;
  policy.race.stagger_us = RACE_STAGGER_AUTO;
  policy.budget = (struct hedge_budget_rule){budget, 20};
  return policy;
}

static struct workload workload_of(const char *text) {
  struct workload workload;
  char error[256] = "";
  cr_assert(workload_parse(&workload, text, error, sizeof error), "%s", error);
  return workload;
}

/* A built-in one, with more lines; a change there is instead of its own. */
static struct workload built_in(const char *name, const char *more) {
  const char *text = words_of("%s%s", workload_built_in(name), more);
  struct workload workload = workload_of(text);
  if (workload.change_count == 2) workload.changes[0] = workload.changes[1];
  if (workload.change_count == 2) workload.change_count = 1;
  return workload;
}

struct figures {
  double good, asked, p50, p99, p999, mean, failed_mean;
};

static struct figures play_within(const struct workload *workload,
                                  struct simulated_policy policy, double from_s,
                                  double to_s) {
  struct simulated seen = {.from_s = from_s, .to_s = to_s};
  cr_assert(simulation_run(workload, &policy, 4711, &seen));
  simulated_sort(&seen);
  double sum = 0;
  for (size_t i = 0; i < seen.good; i++) sum += seen.took_ms[i];
  struct figures figures = {
      .good = 100 * (double)seen.good / (double)seen.requests,
      .asked = (double)seen.attempts / (double)seen.requests,
      .p50 = simulated_quantile_ms(&seen, 0.5),
      .p99 = simulated_quantile_ms(&seen, 0.99),
      .p999 = simulated_quantile_ms(&seen, 0.999),
      .mean = sum / (double)seen.good,
      .failed_mean = seen.failed_ms / (double)(seen.requests - seen.good)};
  simulated_clear(&seen);
  return figures;
}

static struct figures play(const struct workload *workload,
                           struct simulated_policy policy) {
  return play_within(workload, policy, workload->settle_s, workload->seconds);
}

static void expect_about(double got, double want, double slack) {
  cr_expect(fabs(got - want) <= slack, "%g is not %g +- %g", got, want, slack);
}

/* ---- the world ---- */

Test(simulation, one_seed_is_one_history) {
  struct workload workload = built_in("W3", "seconds 60\n");
  struct figures a = play(&workload, defaults), b = play(&workload, defaults);
  cr_expect_eq(memcmp(&a, &b, sizeof a), 0);
}

/* M/D/1: the wait is load / (2 (1 - load)) services (Pollaczek, Khinchin). */
Test(simulation, a_line_is_as_long_as_theory_says) {
  struct workload workload = workload_of(
      "load 50%\nservers 1\nanswer 1 10ms\nseconds 2000\ncancel blind\n");
  expect_about(play(&workload, unhedged()).mean, 15, 0.3);
}

Test(simulation, what_a_cancel_frees_is_the_workloads_choice) {
  static const char text[] = "load 90%\nservers 4\nseconds 60\ntimeout 100ms\n"
                             "answer 8 20ms\nanswer 2 20ms hangs\ncancel ";
  double good[3];
  static const char *const cancels[] = {"frees", "line", "blind"};
  for (int i = 0; i < 3; i++) {
    const char *whole = words_of("%s%s\n", text, cancels[i]);
    struct workload workload = workload_of(whole);
    good[i] = play(&workload, unhedged()).good;
  }
  cr_expect_gt(good[0], 60);
  cr_expect_lt(good[1], 10, "who hangs keeps a server for ten seconds");
  cr_expect_leq(good[2], good[1]);
}

Test(simulation, a_change_holds_for_its_time_and_its_target) {
  struct workload workload =
      workload_of("rate 100\ntargets 2\nanswer 1 10ms\nseconds 90\nsettle 1\n"
                  "change 30s..60s target 1 5x\nchange 60s..90s fails 50%\n");
  expect_about(play_within(&workload, unhedged(), 2, 30).mean, 10, 0.01);
  struct figures slow = play_within(&workload, unhedged(), 31, 60);
  expect_about(slow.mean, 30, 1.5);
  expect_about(slow.good, 100, 0);
  expect_about(play_within(&workload, unhedged(), 61, 89).good, 50, 5);
}

Test(simulation, bursts_are_denser) {
  struct workload workload =
      workload_of("rate 100\nburst 3x 1s 10s\nanswer 1 1ms\nseconds 1000\n");
  struct simulated seen = {.from_s = 0, .to_s = 1000};
  cr_assert(simulation_run(&workload, &defaults, 1, &seen));
  expect_about((double)seen.requests, 1000 * (0.9 * 100 + 0.1 * 300), 2500);
  simulated_clear(&seen);
}

/* ---- the goals, with slack ---- */

Test(simulation, a_percentile_is_the_price) {
  struct workload workload = built_in("W4", "load 50%\nseconds 60\n");
  expect_about(play(&workload, learned(950, 2000)).asked, 1.05, 0.006);
  expect_about(play(&workload, learned(900, 2000)).asked, 1.10, 0.006);
}

Test(simulation, two_staggered_hedges_cut_the_tail) {
  struct workload workload = built_in("W1", "");
  struct figures got = play(&workload, learned(900, 150));
  cr_expect_leq(got.p99, 17);
  cr_expect_leq(got.p999, 28);
  cr_expect_leq(got.asked, 1.11);
}

Test(simulation, before_a_gap_a_hedge_comes_before_the_gap) {
  struct workload workload = built_in("W2", "");
  struct figures got = play(&workload, learned(950, 150));
  cr_expect_leq(got.p99, 12);
  cr_expect_leq(got.p999, 20);
  cr_expect_geq(got.good, 99.98);
  cr_expect_leq(got.asked, 1.09);
}

Test(simulation, the_assignments_upstream_gets_its_two_hedges) {
  struct workload workload = built_in("W3", "");
  struct figures got = play(&workload, defaults);
  cr_expect_geq(got.good, 97.3);
  expect_about(got.asked, 2.42, 0.03);
}

Test(simulation, a_brown_out_ends_where_nobody_sees_a_cancel) {
  struct workload workload = built_in("W5", "load 80%\nservers 4\nseconds 200\n"
                                            "change 60s..65s 5x\n");
  struct simulated_policy open = defaults;
  open.gate = false;
  double alone = play_within(&workload, unhedged(), 100, 200).good;
  cr_expect_geq(alone, 99);
  cr_expect_geq(play_within(&workload, defaults, 100, 200).good, alone - 1);
  cr_expect_geq(play_within(&workload, learned(950, 100), 100, 200).good,
                alone - 1);
  cr_expect_lt(play_within(&workload, open, 100, 200).good, 60,
               "without the gate it never ends, else this shows nothing");
}

Test(simulation, an_outage_ends_the_hedges_by_itself) {
  struct workload workload = built_in("W6", "seconds 160\n");
  cr_expect_leq(play_within(&workload, defaults, 100, 130).asked, 1.1);
  cr_expect_leq(play_within(&workload, learned(950, 100), 100, 130).asked,
                1.05);
  struct simulated_policy free_of_charge = defaults;
  free_of_charge.budget = (struct hedge_budget_rule){2000, 10000000};
  cr_expect_geq(play_within(&workload, free_of_charge, 100, 130).asked, 1.5);
  expect_about(play_within(&workload, learned(950, 100), 140, 160).asked, 1.05,
               0.01);
}

/* An answer takes 15 ms in the mean. */
Test(simulation, in_an_outage_no_failure_waits_for_a_hedge_that_is_refused) {
  struct workload workload = built_in("W6", "seconds 130\n");
  cr_expect_leq(play_within(&workload, defaults, 110, 130).failed_mean, 20);
  cr_expect_leq(play_within(&workload, learned(950, 100), 110, 130).failed_mean,
                20);
}

/* ---- the time saved ---- */

/* The upstream of `hedgerow demo`. */
static const char bad_day[] =
    "rate 100\nseconds 320\ntimeout 5s\n"
    "answer 88 20ms..80ms\nanswer 5 300ms..900ms\nanswer 3 1s..3s\n"
    "answer 3 20ms..80ms fails\nanswer 1 1ms hangs\n";

static void expect_told(const char *text, struct simulated_policy policy,
                        double part) {
  struct workload workload = workload_of(text);
  for (uint64_t seed = 1; seed <= 3; seed++) {
    struct simulated seen = {.from_s = 0, .to_s = workload.seconds};
    cr_assert(simulation_run(&workload, &policy, seed, &seen));
    cr_expect_leq(seen.saved_told_ms, 1.1 * seen.saved_ms, "%s: %g of %g", text,
                  seen.saved_told_ms, seen.saved_ms);
    cr_expect_geq(seen.saved_told_ms, part * seen.saved_ms, "%s: %g of %g",
                  text, seen.saved_told_ms, seen.saved_ms);
    simulated_clear(&seen);
  }
}

/* Five minutes each; what hangs is rescued, and its time is not told. */
Test(simulation, no_more_is_told_than_was_saved) {
  expect_told(workload_built_in("W1"), defaults, 0);
  expect_told(workload_built_in("W1"), learned(950, 100), 0.4);
  expect_told(workload_built_in("W2"), defaults, 0);
  expect_told(workload_built_in("W2"), learned(950, 100), 0.05);
  expect_told(workload_built_in("W3"), defaults, 0.35);
  expect_told(workload_built_in("W3"), learned(950, 100), 0);
  expect_told(bad_day, defaults, 0.3);
  expect_told(bad_day, learned(950, 100), 0.3);
}

/* Quick answers, twenty that hang until a limit of 3 s, quick ones again; then
 * what takes 80 ms is rescued at 56. */
Test(simulation, who_hung_once_makes_no_rescue_greater) {
  struct workload workload =
      workload_of("rate 20\nseconds 120\ntimeout 3s\n"
                  "answer 90 2ms\nanswer 10 80ms\nchange 10s..20s hangs 90%\n");
  struct simulated_policy policy = defaults;
  policy.race = (struct race_policy){.hedges = 1, .hedge_after_us = 50000};
  struct simulated seen = {.from_s = 30, .to_s = 120};
  cr_assert(simulation_run(&workload, &policy, 1, &seen));
  cr_expect_gt(seen.rescued_slow, 100);
  cr_expect_leq(seen.saved_told_ms, 1.1 * seen.saved_ms, "%g of %g",
                seen.saved_told_ms, seen.saved_ms);
  simulated_clear(&seen);
}

/* A second in which all takes 2 s is no measure for those that are slow alone:
 * there a hedge is quick. */
Test(simulation, a_pause_makes_no_rescue_greater) {
  struct workload workload =
      workload_of("rate 40\nseconds 320\ntimeout 5s\nanswer 97 2ms\n"
                  "answer 3 80ms\nchange 20s..21s 1000x\n");
  for (uint64_t seed = 1; seed <= 3; seed++) {
    struct simulated seen = {.from_s = 0, .to_s = workload.seconds};
    struct simulated_policy policy = learned(950, 100);
    cr_assert(simulation_run(&workload, &policy, seed, &seen));
    cr_expect_gt(seen.rescued_slow, 200);
    cr_expect_leq(seen.saved_told_ms, 1.1 * seen.saved_ms, "%g of %g",
                  seen.saved_told_ms, seen.saved_ms);
    simulated_clear(&seen);
  }
}

#define SHEDDING                                                               \
  "rate 250\nseconds 120\ntimeout 2s\nanswer 94 median 10ms sigma 0.3\n"       \
  "answer 5 150ms..250ms\n"

Test(simulation, one_429_in_a_hundred_leaves_the_others_their_hedges) {
  struct workload workload = workload_of(SHEDDING "answer 1 5ms sheds\n");
  struct figures got = play(&workload, learned(950, 100));
  cr_expect_geq(play(&workload, unhedged()).p99, 220);
  cr_expect_leq(got.p99, 50);
  expect_about(got.asked, 1.07, 0.01);
}

Test(simulation, a_target_over_its_limit_is_spared) {
  struct workload workload = workload_of(SHEDDING "limit 200\n");
  double alone = play(&workload, unhedged()).good;
  struct figures got = play(&workload, learned(950, 100));
  expect_about(alone, 80, 1);
  cr_expect_geq(got.good, alone - 0.2);
  cr_expect_leq(got.asked, 1.005);
}

Test(simulation, a_rate_below_the_limit_keeps_hedges_from_primaries) {
  struct workload workload = workload_of(SHEDDING "limit 252\n");
  struct simulated_policy limited = learned(950, 100);
  limited.rate = (struct rate_rule){1000000000 / 250, 250};
  double alone = play(&workload, unhedged()).good;
  struct figures greedy = play(&workload, learned(950, 100));
  struct figures modest = play(&workload, limited);
  cr_expect_leq(greedy.good, alone - 1.5);
  cr_expect_geq(modest.good, alone - 0.8);
}

Test(simulation, a_target_that_is_ill_is_passed_by) {
  static const char *const ills[] = {"20x", "fails", "hangs", "fails 50%"};
  for (int i = 0; i < 4; i++) {
    const char *change = words_of("change 100s..200s target 1 %s\n", ills[i]);
    struct workload workload = built_in("W8", change);
    struct figures got = play(&workload, learned(900, 100));
    cr_expect_geq(got.good, 99.98, "%s: %g", ills[i], got.good);
    cr_expect_leq(got.p99, 38, "%s: %g", ills[i], got.p99);
    cr_expect_leq(got.p999, 56, "%s: %g", ills[i], got.p999);
    cr_expect_leq(got.asked, 1.11, "%s: %g", ills[i], got.asked);
  }
}

Test(simulation, a_rival_never_recovers_from_a_brown_out) {
  struct workload workload = built_in("W5", "seconds 260\n");
  struct simulated_policy policy = defaults;
  policy.rival = &rival_rules[3];
  cr_expect_str_eq(policy.rival->name, "erpc");
  cr_expect_lt(play_within(&workload, policy, 230, 260).good, 50);
  cr_expect_geq(play_within(&workload, defaults, 230, 260).good, 99);
}

/* ---- lines of our own (--queue) ---- */

enum { SECOND_US = 1000 * 1000 };

/* One attempt at a time, for which so many wait that long. */
static struct simulated_policy one_by_one(int64_t most, int64_t time_us) {
  struct simulated_policy policy = unhedged();
  policy.max_attempts = 1;
  policy.queue = (struct queue_rule){most, time_us};
  return policy;
}

/* M/D/1, as above. */
Test(simulation, a_queue_is_as_long_as_theory_says) {
  struct workload workload =
      workload_of("rate 50\nanswer 1 10ms\nseconds 2000\n");
  struct figures got = play(&workload, one_by_one(1000, 10 * SECOND_US));
  cr_expect_eq(got.good, 100);
  expect_about(got.mean, 15, 0.3);
  struct figures none = play(&workload, one_by_one(0, 0));
  expect_about(none.good, 100 / 1.5, 0.5); /* Erlang: what finds it idle */
  cr_expect_eq(none.p999, 10);
}

/* M/D/1/2: two requests at most are there. Who comes first of a busy time
 * serves one, and whether another has come by then is Poisson's e^-1. */
Test(simulation, a_queue_holds_no_more_than_it_may) {
  struct workload workload =
      workload_of("rate 100\nanswer 1 10ms\nseconds 2000\n");
  struct figures got = play(&workload, one_by_one(1, 10 * SECOND_US));
  expect_about(got.good, 100 * M_E / (1 + M_E), 0.5);
  cr_expect_leq(got.p999, 20.01);
}

Test(simulation, who_waits_too_long_is_refused_before_its_deadline) {
  struct workload workload =
      workload_of("rate 200\nanswer 1 10ms\nseconds 200\ntimeout 100ms\n");
  struct simulated seen = {.from_s = 0, .to_s = 200};
  struct simulated_policy policy = one_by_one(1000, SECOND_US);
  cr_assert(simulation_run(&workload, &policy, 1, &seen));
  simulated_sort(&seen);
  cr_expect_leq(simulated_quantile_ms(&seen, 1), 87.5 + 10.01);
  cr_expect_gt(simulated_quantile_ms(&seen, 0.5), 80);
  cr_expect_eq(seen.refused[GATE_QUEUE], seen.requests - seen.good);
  cr_expect_eq(seen.refused[GATE_FULL], 0);
  simulated_clear(&seen);
}

Test(simulation, a_queue_waits_for_tokens_and_no_hedge_overtakes) {
  struct workload workload =
      workload_of("rate 95\nanswer 9 5ms\nanswer 1 60ms\nseconds 200\n");
  struct simulated_policy policy = defaults;
  struct simulated seen = {.from_s = 0, .to_s = 200};
  policy.gate = false;
  policy.race.hedge_after_us = 20000;
  policy.rate = (struct rate_rule){1000000000 / 100, 8};
  policy.queue = (struct queue_rule){1000, 10 * (int64_t)SECOND_US};
  cr_assert(simulation_run(&workload, &policy, 1, &seen));
  cr_expect_eq(seen.good, seen.requests);
  cr_expect_leq(seen.attempts, 200 * 100 + 8);
  cr_expect_gt(seen.refused[GATE_QUEUE], 0);
  simulated_clear(&seen);
}

Test(simulation, nobody_waits_where_another_target_has_room) {
  struct workload workload =
      workload_of("rate 40\ntargets 2\nanswer 1 10ms\nseconds 200\n"
                  "change 0s..200s target 0 20x\n");
  struct simulated_policy policy = one_by_one(1000, 10 * SECOND_US);
  policy.race.hedges = 1;
  struct figures got = play(&workload, policy);
  cr_expect_leq(got.p50, 15);
}

/* Two servers with one line, of which one takes 25 times as long. Whoever stood
 * in a line of its own for the slow one would wait too long. */
Test(simulation, who_waits_takes_the_first_room_of_any_target) {
  struct workload workload =
      workload_of("rate 30\ntargets 2\nanswer 1 20ms\nseconds 200\n"
                  "change 0s..200s target 0 25x\n");
  for (unsigned hedges = 0; hedges < 2; hedges++) {
    struct simulated_policy policy = one_by_one(1000, SECOND_US);
    policy.race.hedges = hedges;
    struct figures got = play(&workload, policy);
    cr_expect_eq(got.good, 100, "%u hedges: %f %%", hedges, got.good);
  }
}

/* M/D/2 of load 0.8 waits for 0.9 of a service less than M/D/1 does (Tijms);
 * two lines would be two M/D/1, whose mean is 3 services. */
Test(simulation, two_targets_have_one_line) {
  struct workload workload =
      workload_of("rate 160\ntargets 2\nanswer 1 10ms\nseconds 2000\n");
  struct figures got = play(&workload, one_by_one(1000, 10 * SECOND_US));
  cr_expect_eq(got.good, 100);
  cr_expect_lt(got.mean, 21);
}

Test(simulation, every_reason_can_be_met) {
  struct simulated seen = {.from_s = 0, .to_s = 300};
  struct workload workload = built_in("W5", "");
  struct simulated_policy policy = learned(950, 100);
  cr_assert(simulation_run(&workload, &policy, 1, &seen));
  workload = built_in("W6", "");
  cr_assert(simulation_run(&workload, &policy, 1, &seen));
  cr_expect_gt(seen.refused[GATE_SLOW_TARGET], 0);
  cr_expect_gt(seen.refused[GATE_CROWDED], 0);
  cr_expect_gt(seen.refused[GATE_BUDGET], 0);
  simulated_clear(&seen);
}

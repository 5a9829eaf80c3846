/* Tests of core/estimate: what it says of races that were only observed,
 * against what came of the same races when they were hedged. Both are drawn
 * with fixed seeds; only the estimate does not see what the hedges drew. */
#include "core/estimate.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "support/rows.h"
#include "support/words.h"
#include "tools/luck.h"

enum { MS = 1000, RACES = 100 * 1000, GAP_US = 10 * MS, TARGETS = 2 };

/* ---- an upstream of one worker, and its reader ---- */

static struct pilot_target targets[TARGETS];
static struct pilot_learner learners[TARGETS];
static struct latency_counts counts[TARGETS];
static struct pilot_delay delay;
static struct hedge_budget budget;
static struct hedge_earnings earnings;
static struct pilot_target *target_at[TARGETS];
static struct latency_counts *counts_at[TARGETS];
static const struct pilot_learner *learner_at[TARGETS];
static struct pilot pilot;
static struct estimate_seen seen;
static struct race_policy policy;
static unsigned rotating = 1; /* so many targets' primaries */
static bool held_back;        /* the next races */
static int64_t timeout_us = 2000 * MS, now_us = 1000 * 1000 * 1000;

static void set_up(unsigned count) {
  for (unsigned i = 0; i < TARGETS; i++) {
    target_at[i] = &targets[i];
    counts_at[i] = &counts[i];
    learner_at[i] = &learners[i];
  }
  pilot = (struct pilot){.targets = target_at,
                         .counts = counts_at,
                         .count = count,
                         .delay = &delay,
                         .budget = &budget,
                         .earnings = &earnings,
                         .budget_rule = {2000, 100},
                         .gate = true};
  policy = (struct race_policy){.hedges = 2,
                                .hedge_after_us = 50 * MS,
                                .stagger_us = RACE_STAGGER_AUTO,
                                .learn = {.per_mille = 950},
                                .observed = &seen};
  hedge_budget_init(&budget, &pilot.budget_rule);
}

static void learn(void) {
  for (unsigned i = 0; i < pilot.count; i++) {
    struct latency_totals totals = {0};
    latency_add(&totals, &counts[i]);
    pilot_learn_target(&targets[i], &learners[i], &totals, 2, now_us);
  }
  pilot_learn_delay(&delay, &policy.learn, target_at, learner_at, pilot.count,
                    now_us);
}

/* ---- one attempt ---- */

struct drawn {
  int64_t took_us;
  bool good;
  int status; /* of what is not good */
};

typedef struct drawn drawer(struct luck *luck, unsigned target);

/* Mean 5 ms, one in twenty takes ten times as long. */
static struct drawn slow_at_times(struct luck *luck, unsigned target) {
  double ms = 4.6 * exp(0.39 * luck_normal(luck));
  (void)target;
  if (luck_share(luck) < 0.05) ms *= 10;
  return (struct drawn){(int64_t)(ms * 1000), true, 200};
}

/* 95 % 5 ms, 4 % 50 to 150, 1 % 1 to 2 s; 1.5 % fail at once, 0.5 % hang. */
static struct drawn fails_at_times(struct luck *luck, unsigned target) {
  double share = luck_share(luck), kind = luck_share(luck);
  double ms = 5 * exp(0.1 * luck_normal(luck));
  (void)target;
  if (kind < 0.015) return (struct drawn){MS, false, 500};
  if (kind < 0.020) return (struct drawn){100 * 1000 * MS, true, 200};
  if (share < 0.01) ms = 1000 + 1000 * luck_share(luck);
  else if (share < 0.05) ms = 50 + 100 * luck_share(luck);
  return (struct drawn){(int64_t)(ms * 1000), true, 200};
}

static struct drawn fails_often(struct luck *luck, unsigned target) {
  if (luck_share(luck) < 0.3) return (struct drawn){2 * MS, false, 500};
  return slow_at_times(luck, target);
}

static struct drawn always_the_same(struct luck *luck, unsigned target) {
  (void)luck;
  (void)target;
  return (struct drawn){5 * MS, true, 200};
}

static struct drawn fails_as_slowly(struct luck *luck, unsigned target) {
  (void)target;
  if (luck_share(luck) < 0.3) return (struct drawn){5 * MS, false, 500};
  return (struct drawn){5 * MS, true, 200};
}

static struct drawn one_is_slow(struct luck *luck, unsigned target) {
  struct drawn drawn = slow_at_times(luck, target);
  if (target == 1) drawn.took_us *= 4;
  return drawn;
}

static struct drawn is_not_there(struct luck *luck, unsigned target) {
  (void)luck;
  (void)target;
  return (struct drawn){3 * MS, false, 404};
}

/* ---- one race, hedged and not ---- */

static double truth_ms[RACES];
static unsigned truth_count, truth_extra, truth_hedged;

static struct attempt_end end_of(const struct drawn *drawn, int64_t limit_us) {
  if (drawn->took_us >= limit_us)
    return (struct attempt_end){.result = ATTEMPT_TIMEOUT};
  return (struct attempt_end){.result = drawn->good ? ATTEMPT_SUCCESS
                                                    : ATTEMPT_STATUS,
                              .status = drawn->status,
                              .whole = true};
}

/* What the race would be if the hedges of its plan started. */
static void hedge_for_real(const struct race_plan *plan, drawer *draw,
                           struct luck *luck, const struct drawn *primary) {
  int64_t best_us = plan->deadline_us, due_us;
  bool failed = !primary->good;
  if (!failed && primary->took_us < best_us) best_us = primary->took_us;
  for (unsigned k = 1; k <= plan->observed_hedges; k++) {
    struct drawn hedge = draw(luck, plan->target[k]);
    due_us = plan->due_us[k];
    bool forward = plan->on_failure == RACE_ALL ||
                   (plan->on_failure == RACE_NEXT && k == 1);
    if (failed && forward && primary->took_us < due_us)
      due_us = primary->took_us;
    if (due_us >= best_us) break;
    truth_extra++;
    truth_hedged += k == 1;
    if (hedge.good && due_us + hedge.took_us < best_us)
      best_us = due_us + hedge.took_us;
  }
  if (best_us < plan->deadline_us)
    truth_ms[truth_count++] = (double)best_us / 1000;
}

static struct race_would observe(const struct race_plan *plan,
                                 const struct drawn *primary) {
  struct race race;
  struct race_would would = {0};
  struct attempt_end end = end_of(primary, plan->deadline_us);
  int64_t took_us =
      end.result == ATTEMPT_TIMEOUT ? plan->deadline_us : primary->took_us;
  race_init(&race, plan);
  struct todo todo = race_step(
      &race, &(struct step_event){.kind = EVENT_START, .now_us = now_us});
  cr_assert_eq(todo.start_below, 1);
  struct step_event event = {
      .kind = end.result == ATTEMPT_TIMEOUT ? EVENT_TIMER : EVENT_ENDED,
      .now_us = now_us + took_us,
      .end = end};
  todo = race_step(&race, &event);
  cr_assert_eq(todo.start_below, 1, "a hedge started");
  cr_assert_neq(todo.outcome, OUTCOME_OPEN);
  (void)pilot_ended(&pilot, &race, 0, plan->target[0], &end, took_us,
                    now_us + took_us);
  struct estimate_race r = {.pilot = &pilot,
                            .race = &race,
                            .end = &end,
                            .took_us = took_us,
                            .now_us = now_us + took_us,
                            .held_back = held_back};
  estimate_note(&seen, &r, &would);
  return would;
}

static struct race_plan plan_from(unsigned first) {
  struct race_plan plan;
  pilot_plan(&pilot, &plan, &policy,
             (struct pilot_reach){pilot.count, first, false}, timeout_us,
             now_us);
  return plan;
}

/* One request whose primary ends so. */
static struct race_would ask(struct drawn primary) {
  const struct race_plan plan = plan_from(0);
  return observe(&plan, &primary);
}

static const struct drawn slow = {500 * MS, true, 200};

static struct race_would run(unsigned races, drawer *draw) {
  struct race_would would = {0};
  for (unsigned i = 0; i < races; i++) {
    struct luck mine = luck_of(7, i, 0), others = luck_of(7, i, 1);
    const struct race_plan plan = plan_from(i % rotating);
    struct drawn primary = draw(&mine, plan.target[0]);
    hedge_for_real(&plan, draw, &others, &primary);
    would = observe(&plan, &primary);
    now_us += GAP_US;
    if (i % (PILOT_REFRESH_US / GAP_US) == 0) learn();
  }
  return would;
}

/* ---- what is expected ---- */

static int compare(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double truth_until_ms(double part) {
  qsort(truth_ms, truth_count, sizeof *truth_ms, compare);
  return truth_ms[(unsigned)(part * truth_count)];
}

static void expect_about(const char *what, double got, double want,
                         double part) {
  cr_expect(got > want * (1 - part) && got < want * (1 + part),
            "%s: %g is not within %g %% of %g", what, got, 100 * part, want);
}

static struct estimate_totals totals_of(void) {
  struct estimate_totals totals = {0};
  estimate_add(&totals, &seen);
  return totals;
}

static void expect_truth(void) {
  static const double parts[] = {0.5, 0.9, 0.99, 0.999};
  struct estimate_totals totals = totals_of();
  EACH_ROW (row, parts) {
    double want = truth_until_ms(*row);
    double got = (double)estimate_until_us(&totals, AS_IT_WOULD_BE, *row);
    expect_about(words_of("p%g", 100 * *row), got / 1000, want, 0.1);
  }
  expect_about("extra", estimate_extra(&totals), (double)truth_extra / RACES,
               0.1);
  expect_about("hedged", (double)totals.hedged, truth_hedged, 0.1);
  expect_about("answered", estimate_success(&totals, AS_IT_WOULD_BE),
               (double)truth_count / RACES, 0.002);
}

Test(estimate, of_a_slow_tail_is_within_a_tenth_of_the_truth) {
  set_up(1);
  run(RACES, slow_at_times);
  expect_truth();
  struct estimate_totals totals = totals_of();
  double was = (double)estimate_until_us(&totals, AS_IT_WAS, 0.99);
  double would = (double)estimate_until_us(&totals, AS_IT_WOULD_BE, 0.99);
  cr_expect_lt(would, was / 2);
}

Test(estimate, of_failures_and_of_what_hangs_too) {
  set_up(1);
  run(RACES, fails_at_times);
  expect_truth();
  struct estimate_totals totals = totals_of();
  expect_about("answered", estimate_success(&totals, AS_IT_WAS), 0.98, 0.002);
}

Test(estimate, of_hedges_that_fail_as_often_as_primaries) {
  set_up(1);
  run(RACES, fails_often);
  expect_truth();
}

Test(estimate, of_failures_that_bring_all_hedges_forward_or_none) {
  for (int all = 0; all < 2; all++) {
    memset(&seen, 0, sizeof seen);
    truth_count = truth_extra = truth_hedged = 0;
    set_up(1);
    policy.on_failure = all ? RACE_ALL : RACE_WAIT;
    run(RACES, fails_often);
    expect_truth();
  }
}

Test(estimate, of_a_fixed_delay_too) {
  set_up(1);
  policy.learn.per_mille = 0;
  policy.hedge_after_us = 12 * MS;
  run(RACES, slow_at_times);
  expect_truth();
}

Test(estimate, knows_that_a_hedge_asks_another_target) {
  set_up(2);
  rotating = 2;
  run(RACES, one_is_slow);
  expect_truth();
}

Test(estimate, takes_a_target_that_nobody_has_asked_for_one_like_the_other) {
  set_up(2);
  run(RACES, slow_at_times);
  expect_truth();
}

/* Of a curve that the reader writes meanwhile a part is the old one, and what is
 * seen of it may fall. */
Test(estimate, reads_a_curve_that_is_being_written) {
  set_up(1);
  policy.learn.per_mille = 0;
  run(1000, always_the_same);
  for (unsigned i = latency_span(12 * MS); i < LATENCY_SPANS; i++)
    targets[0].odds.answered[i] = 0.1f;
  struct estimate_totals before = totals_of();
  (void)ask(slow);
  struct estimate_totals after = totals_of();
  for (unsigned i = 0; i < LATENCY_SPANS; i++)
    cr_expect_leq(after.answered[AS_IT_WOULD_BE][i] -
                      before.answered[AS_IT_WOULD_BE][i],
                  ESTIMATE_REQUEST, "in span %u", i);
}

/* ---- what else it says ---- */

static void expect_texts(const char *gain, const char *figures) {
  char storage[512];
  struct text text;
  struct estimate_totals totals = totals_of();
  text_init(&text, storage, sizeof storage);
  estimate_write_gain(&text, &totals);
  cr_expect(strstr(text_end(&text), gain), "%s", storage);
  text_init(&text, storage, sizeof storage);
  estimate_write_figures(&text, &totals);
  cr_expect(strstr(text_end(&text), figures), "%s", storage);
}

Test(estimate, says_when_it_has_seen_nothing) {
  expect_texts("no request was observed yet", "0 requests, 0.00 %");
}

Test(estimate, says_when_nothing_would_be_gained) {
  set_up(1);
  policy.learn.per_mille = 0;
  run(1000, always_the_same);
  expect_texts("nothing would be gained, at 0.00 % more requests",
               "1000 requests, 0.00 % would be hedged; p50 4.");
}

Test(estimate, says_what_would_be_gained) {
  set_up(1);
  run(RACES, slow_at_times);
  expect_texts("p99 would be about 30.", " would be hedged; p50 4.");
}

Test(estimate, says_what_would_be_rescued) {
  set_up(1);
  policy.learn.per_mille = 0;
  run(1000, fails_as_slowly);
  expect_texts(" of the requests would be answered instead of ",
               "1000 requests, ");
}

Test(estimate, promises_no_rescue_of_what_each_attempt_says) {
  set_up(1);
  run(1000, slow_at_times);
  struct estimate_totals before = totals_of();
  struct race_would would = run(1, is_not_there);
  struct estimate_totals totals = totals_of();
  cr_expect_eq(would.hedge_us, 3 * MS, "the failure brings it forward");
  cr_expect_eq(would.rescue, 0);
  cr_expect_eq(totals.extra - before.extra, 2 * ESTIMATE_REQUEST);
  cr_expect_eq(totals.failed[AS_IT_WAS], 0);
}

Test(estimate, promises_nothing_in_an_outage) {
  set_up(1);
  run(1000, slow_at_times);
  for (unsigned i = 0; i < 1000; i++) {
    struct race_would would = ask((struct drawn){MS, false, 500});
    if (i == 0) cr_expect_gt(would.rescue, 0.9f);
    if (i == 500) cr_expect_lt(would.rescue, 0.01f);
  }
  struct estimate_totals totals = totals_of();
  cr_expect_lt(totals.extra / ESTIMATE_REQUEST, 400, "the budget is asked");
}

Test(estimate, expects_nothing_of_a_target_that_it_does_not_know) {
  set_up(1);
  struct race_would would = ask(slow);
  cr_expect_eq(would.hedge_us, 50 * MS);
  cr_expect_eq(would.save_us, 0);
}

Test(estimate, promises_nothing_where_the_hedge_would_have_been_held_back) {
  set_up(1);
  run(1000, always_the_same);
  held_back = true;
  struct race_would would = ask(slow);
  cr_expect_eq(would.hedge_us, 0);
  cr_expect_eq(totals_of().hedged, 0);
}

/* Its own end, and those of others that were as late, must not count. */
Test(estimate, does_not_ask_how_the_target_is_when_the_race_is_over) {
  set_up(1);
  run(1000, always_the_same);
  const struct race_plan plan = plan_from(0);
  for (int i = 0; i < 40; i++) (void)observe(&plan, &slow);
  cr_expect_not(pilot_would_let(&pilot, 0, PILOT_HEDGE, 1, now_us));
  struct race_would would = observe(&plan, &slow);
  cr_expect_gt(would.hedge_us, 0);
}

Test(estimate, says_what_a_single_answer_would_have_saved) {
  set_up(1);
  policy.learn.per_mille = 0;
  run(1000, always_the_same);
  struct race_would would = ask(slow);
  cr_expect_eq(would.hedge_us, 50 * MS);
  expect_about("saved", (double)would.save_us, 445 * MS, 0.01);
}

Test(estimate, leaves_out_a_request_whose_client_left) {
  struct race race;
  struct race_would would = {0};
  struct attempt_end end = {.result = ATTEMPT_CANCELLED};
  set_up(1);
  const struct race_plan plan = plan_from(0);
  race_init(&race, &plan);
  race.outcome = OUTCOME_GONE;
  struct estimate_race r = {
      .pilot = &pilot, .race = &race, .end = &end, .took_us = 500 * MS};
  estimate_note(&seen, &r, &would);
  cr_expect_eq(totals_of().requests, 0);
  cr_expect_eq(would.hedge_us, 0);
}

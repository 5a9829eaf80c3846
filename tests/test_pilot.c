/* Tests of core/pilot: what the parts decide together. */
#include "core/pilot.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "support/rows.h"

enum { MS = 1000, TARGETS = 4 };

static const int64_t S = 1000 * 1000;
static const struct attempt_end success = {.result = ATTEMPT_SUCCESS,
                                           .status = 200};
static const struct attempt_end cancelled = {.result = ATTEMPT_CANCELLED};
static const struct attempt_end broken = {.result = ATTEMPT_TRANSPORT};
static const struct attempt_end html = {
    .result = ATTEMPT_BAD_JSON, .status = 200, .whole = true};

/* ---- an upstream of one worker ---- */

static struct pilot_target targets[TARGETS];
static struct latency_counts counts[TARGETS];
static struct pilot_learner learners[TARGETS];
static struct pilot_delay delay;
static struct hedge_budget budget;
static struct hedge_earnings earnings;
static struct pilot_target *target_at[TARGETS];
static struct latency_counts *counts_at[TARGETS];
static const struct pilot_learner *learner_at[TARGETS];
static struct pilot pilot;
static struct race_policy policy = {.hedges = 2, .hedge_after_us = 300 * MS};
static int64_t now_us = 1000 * 1000 * 1000;

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
                         .budget_rule = {100, 20},
                         .gate = true};
  hedge_budget_init(&budget, &pilot.budget_rule);
}

static void refresh(void) {
  now_us += PILOT_REFRESH_US;
  for (unsigned i = 0; i < pilot.count; i++) {
    struct latency_totals totals = {0};
    latency_add(&totals, &counts[i]);
    pilot_learn_target(&targets[i], &learners[i], &totals, 2, now_us);
  }
  pilot_learn_delay(&delay, &policy.learn, target_at, learner_at, pilot.count,
                    now_us);
}

static struct race_plan plan_of(unsigned first, int64_t timeout_us) {
  struct race_plan plan;
  pilot_plan(&pilot, &plan, &policy,
             (struct pilot_reach){pilot.count, first, false}, timeout_us,
             now_us);
  return plan;
}

static void expect_order(unsigned first, const char *want) {
  struct race_plan plan = plan_of(first, 10 * S);
  char got[RACE_MAX_ATTEMPTS + 1] = "";
  for (unsigned k = 0; k < plan.attempts; k++)
    got[k] = (char)('0' + plan.target[k]);
  cr_expect_str_eq(got, want, "from %u: %s, not %s", first, got, want);
}

/* Attempt k of some race of three, at that target, ends. */
static enum pilot_news end_one(unsigned k, unsigned target,
                               struct attempt_end end, int64_t took_us) {
  struct race_plan plan = {.target = {0, 1, 2}, .final_4xx = policy.final_4xx};
  struct race race = {.plan = &plan, .answered = true, .winner = 1};
  return pilot_ended(&pilot, &race, k, target, &end, took_us, now_us);
}

static void end_many(unsigned times, unsigned target, struct attempt_end end,
                     int64_t took_us) {
  for (unsigned i = 0; i < times; i++) end_one(1, target, end, took_us);
}

static struct attempt_end status(int code) {
  return (struct attempt_end){
      .result = ATTEMPT_STATUS, .status = code, .whole = true};
}

static const struct race_plan open_plan;
static const struct race open_race = {.plan = &open_plan};

/* ---- losers that are read to their end ---- */

static const struct attempt_end read_out = {.result = ATTEMPT_CANCELLED,
                                            .read_out = true};

/* Of target 0, so far. */
static uint32_t counted(bool whole, int64_t took_us) {
  struct latency_totals totals = {0};
  latency_add(&totals, &counts[0]);
  unsigned span = latency_span(took_us);
  return whole ? totals.whole[span] : totals.longer[span];
}

static uint32_t counted_in_all(void) {
  uint32_t sum = 0;
  for (unsigned i = 0; i < LATENCY_SPANS; i++)
    sum += counted(true, latency_span_start_us(i)) +
           counted(false, latency_span_start_us(i));
  return sum;
}

Test(pilot, a_loser_that_is_read_is_counted_once_at_its_real_end) {
  set_up(2);
  end_one(0, 0, read_out, 40 * MS);
  cr_expect_eq(counted_in_all(), 0);
  pilot_read_out(&pilot, 0, true, 200 * MS);
  cr_expect_eq(counted(true, 200 * MS), 1);
  cr_expect_eq(counted_in_all(), 1);
}

Test(pilot, a_loser_that_is_given_up_took_longer_than_until_then) {
  set_up(2);
  end_one(0, 0, read_out, 40 * MS);
  pilot_read_out(&pilot, 0, false, 1040 * MS);
  cr_expect_eq(counted(false, 1040 * MS), 1);
  cr_expect_eq(counted_in_all(), 1);
}

/* Whoever loses or expires is slow, or ill, at once; its real end earns nothing
 * and heals nobody. */
Test(pilot, all_but_the_time_of_a_loser_is_learned_when_it_loses) {
  enum pilot_news news = PILOT_NO_NEWS;
  struct attempt_end expired = {.result = ATTEMPT_TIMEOUT, .read_out = true};
  set_up(2);
  for (int i = 0; i < 10; i++) news = end_one(0, 0, read_out, 300 * MS);
  cr_expect_eq(news, PILOT_SLOW);
  for (int i = 0; i < 64; i++) end_one(0, 1, expired, 2 * S);
  cr_expect(overload_is_failing(&targets[1].overload));
  struct overload before = targets[1].overload;
  struct hedge_earnings earned = earnings;
  for (int i = 0; i < 64; i++) pilot_read_out(&pilot, 1, true, 3 * S);
  cr_expect_not(pilot_is_well(&pilot, 0, now_us));
  cr_expect_eq(memcmp(&targets[1].overload, &before, sizeof before), 0);
  cr_expect_eq(memcmp(&earnings, &earned, sizeof earned), 0);
}

/* 95 % take 10 ms, the others 200 ms, and lose after 40. */
static void lose_to_hedges(struct attempt_end end) {
  set_up(2);
  end_many(950, 0, success, 10 * MS);
  end_many(50, 0, end, 40 * MS);
  for (int i = 0; i < 50 && end.read_out; i++)
    pilot_read_out(&pilot, 0, true, 200 * MS);
  refresh();
}

static void expect_near(int64_t got_us, int64_t want_us) {
  cr_expect(16 * got_us > 14 * want_us && 16 * got_us < 18 * want_us,
            "%lld us, not %lld", (long long)got_us, (long long)want_us);
}

Test(pilot, what_losers_would_have_taken_is_not_known_where_they_are_closed) {
  lose_to_hedges(cancelled);
  cr_expect_not(latency_falls_to(&learners[0].curve, 0.01f));
  cr_expect_eq(latency_ahead_us(&targets[0].past, 40 * MS, S), 0);
}

Test(pilot, what_losers_would_have_taken_is_known_where_they_are_read) {
  lose_to_hedges(read_out);
  expect_near(latency_until(&learners[0].curve, 0.01f), 200 * MS);
  expect_near(latency_ahead_us(&targets[0].past, 40 * MS, S), 160 * MS);
}

/* ---- what is an answer ---- */

static void expect_answer(struct attempt_end end, bool final_4xx, bool want) {
  memset(targets, 0, sizeof targets);
  memset(counts, 0, sizeof counts);
  set_up(1);
  policy.final_4xx = final_4xx;
  atomic_store(&budget.tokens[PURSE_TIME], 0);
  end_many(10, 0, end, MS);
  cr_expect_eq(atomic_load(&budget.tokens[PURSE_TIME]), want, "%d earns",
               end.status);
  cr_expect_eq(atomic_load(&counts[0].whole[latency_span(MS)]), want ? 10 : 0);
  cr_expect_eq(atomic_load(&targets[0].overload.quick) > 0, want);
  cr_expect_eq(atomic_load(&targets[0].overload.bad) == 0, want);
}

Test(pilot, a_final_4xx_is_an_answer) {
  struct attempt_end cut = status(404);
  cut.whole = false;
  expect_answer(success, false, true);
  expect_answer(status(404), true, true);
  expect_answer(status(404), false, false);
  expect_answer(cut, true, false);
  expect_answer(status(408), true, false);
  expect_answer(status(425), true, false);
  expect_answer(status(500), true, false);
}

Test(pilot, a_final_4xx_wins_a_race) {
  set_up(2);
  policy.final_4xx = true;
  for (int i = 0; i < 9; i++) end_one(0, 0, cancelled, 40 * MS);
  cr_expect_eq(end_one(0, 0, status(404), 10 * MS), PILOT_NO_NEWS);
  cr_expect_eq(end_one(0, 0, cancelled, 40 * MS), PILOT_NO_NEWS);
}

/* ---- whom ---- */

Test(pilot, targets_are_asked_in_a_circle) {
  set_up(4);
  expect_order(0, "012");
  expect_order(3, "301");
  set_up(2);
  expect_order(1, "101");
  set_up(1);
  expect_order(0, "000");
}

Test(pilot, primaries_and_hedges_pass_by_a_target_that_fails) {
  set_up(4);
  end_many(5, 1, status(500), MS);
  expect_order(0, "023");
  expect_order(1, "230");
  now_us += 10 * S;
  expect_order(0, "102");
  expect_order(0, "023");
}

/* ---- whose turn it is ---- */

static void expect_turns(const char *want) {
  static _Atomic unsigned turn;
  char got[16] = "";
  turn = 0;
  for (size_t i = 0; i < strlen(want); i++)
    got[i] = (char)('0' + pilot_next_in_turn(&pilot, &turn, now_us));
  cr_expect_str_eq(got, want, "%s, not %s", got, want);
}

Test(pilot, who_stands_behind_those_that_are_out_gets_no_second_share) {
  set_up(4);
  expect_turns("012301");
  end_many(5, 1, status(500), MS);
  expect_turns("023023");
  end_many(5, 2, status(500), MS);
  expect_turns("030303");
}

Test(pilot, where_all_are_out_each_has_its_turn) {
  set_up(3);
  for (unsigned i = 0; i < 3; i++) end_many(5, i, broken, MS);
  expect_turns("012012");
}

Test(pilot, who_may_be_tried_has_its_turn) {
  set_up(2);
  end_many(5, 1, status(500), MS);
  expect_turns("0000");
  now_us += 10 * S;
  expect_turns("0101");
}

/* ---- who is tried, and when ---- */

static void expect_shared(const char *want, bool shared) {
  struct race_plan plan;
  char got[] = "...";
  pilot_plan(&pilot, &plan, &policy, (struct pilot_reach){3, 0, shared}, S,
             now_us);
  for (unsigned k = 0; k < 3; k++) got[k] = (char)('0' + plan.target[k]);
  cr_expect_str_eq(got, want, "%s, not %s", got, want);
}

Test(pilot, one_request_tries_a_target_and_no_shared_plan_does) {
  set_up(3);
  end_many(5, 1, status(500), MS);
  now_us += 10 * S;
  expect_shared("021", true);
  expect_shared("102", false);
  expect_shared("020", false);
}

Test(pilot, each_request_tries_one_target) {
  set_up(3);
  end_many(5, 0, status(500), MS);
  end_many(5, 1, status(500), MS);
  now_us += 10 * S;
  expect_order(2, "021");
  expect_order(2, "121");
  expect_order(2, "212");
}

/* The second has no place outside while the first sits. */
Test(pilot, who_is_tried_stands_in_a_plan_once) {
  policy.hedges = 3;
  set_up(3);
  end_many(5, 1, status(500), MS);
  now_us += 5 * S;
  end_many(5, 0, status(500), MS);
  now_us += 5 * S;
  expect_order(2, "1212");
}

/* A hedge may never start, so what a plan asks second is tried by nobody. */
Test(pilot, what_cannot_be_rescued_tries_a_target_in_its_turn) {
  static const struct race_policy cases[] = {{.hedges = 0},
                                             {.hedges = 2, .once = true}};
  for (unsigned i = 0; i < 2; i++) {
    memset(targets, 0, sizeof targets);
    policy = cases[i];
    set_up(2);
    end_many(5, 1, status(500), MS);
    now_us += 10 * S;
    cr_expect_eq(plan_of(0, S).target[0], 0);
    cr_expect_eq(plan_of(1, S).target[0], 1);
    cr_expect_eq(plan_of(1, S).target[0], 0, "it is being tried");
  }
}

/* Requests of several workers, at even or random intervals, take turns; their
 * hedges never start. */
static struct traffic {
  unsigned targets, workers;
  int64_t interval_us;
  bool even;
  uint32_t luck, turn;
} traffic;

static int64_t next_gap_us(void) {
  traffic.luck = traffic.luck * 1664525 + 1013904223;
  if (traffic.even) return traffic.interval_us;
  return 1 + traffic.interval_us * (traffic.luck >> 16) / 0x8000;
}

/* When the first target is asked. */
static int64_t asked_at(const struct pilot *workers) {
  for (;;) {
    now_us += next_gap_us();
    struct race_plan plan;
    const struct pilot *its = &workers[(traffic.luck >> 8) % traffic.workers];
    struct pilot_reach reach = {traffic.targets,
                                traffic.turn++ % traffic.targets, false};
    pilot_plan(its, &plan, &policy, reach, S, now_us);
    if (plan.target[0] == 0) return now_us;
  }
}

/* By the first request after that time. */
static void expect_try(const struct pilot *workers, int64_t due_us,
                       const char *what) {
  int64_t late_us = asked_at(workers) - due_us;
  cr_assert(late_us >= 0 && late_us <= 2 * traffic.interval_us,
            "%s: %lld us late; %u targets, %u workers, %s %lld us", what,
            (long long)late_us, traffic.targets, traffic.workers,
            traffic.even ? "every" : "about", (long long)traffic.interval_us);
}

static int64_t until(const struct outlier_bench *bench) {
  return bench->until_us;
}

/* It fails, is tried, and nothing comes of it; is tried again, fails, is tried
 * after twice the time, and is well. */
static void live_through_failures(const struct pilot *workers) {
  const struct outlier_bench *bench = &targets[0].failing;
  end_many(5, 0, status(500), MS);
  expect_try(workers, until(bench), "the first try");
  expect_try(workers, now_us + OUTLIER_TRY_US, "the second");
  cr_assert_eq(end_one(0, 0, status(500), MS), PILOT_EJECTED);
  expect_try(workers, until(bench), "after twice the time");
  cr_assert_eq(end_one(0, 0, success, MS), PILOT_BACK);
}

static void live_through_losses(const struct pilot *workers) {
  const struct outlier_bench *bench = &targets[0].slow;
  for (int i = 0; i < 10; i++) end_one(0, 0, cancelled, 40 * MS);
  expect_try(workers, until(bench), "a slow one");
  cr_assert_eq(end_one(0, 0, cancelled, 40 * MS), PILOT_NO_NEWS);
  expect_try(workers, now_us + OUTLIER_TRY_US, "once more");
  cr_assert_eq(end_one(0, 0, cancelled, 40 * MS), PILOT_SLOW);
  expect_try(workers, until(bench), "after twice the time, a slow one");
  now_us += MS;
  cr_assert_eq(end_one(0, 0, success, MS), PILOT_BACK);
}

static void live(struct traffic of) {
  traffic = of;
  memset(targets, 0, sizeof targets);
  set_up(of.targets);
  const struct pilot workers[] = {pilot, pilot};
  live_through_failures(workers);
  live_through_losses(workers);
}

Test(pilot, while_requests_come_the_first_tries_whose_time_is_over) {
  static const int64_t intervals_ms[] = {1,   3,   10,  33,  50,  100, 125, 200,
                                         250, 300, 333, 400, 500, 750, 900};
  EACH_ROW (row, intervals_ms)
    for (unsigned n = 2; n <= TARGETS; n++)
      for (unsigned seed = 0; seed < 8; seed++)
        live((struct traffic){.targets = n,
                              .workers = 1 + seed % 2,
                              .interval_us = *row * MS,
                              .even = seed < 4,
                              .luck = seed,
                              .turn = seed / 2});
}

Test(pilot, no_more_than_half_of_the_targets_are_passed_by) {
  set_up(4);
  for (unsigned i = 0; i < 4; i++) end_many(5, i, broken, MS);
  expect_order(0, "232");
  set_up(2);
  expect_order(0, "111");
  set_up(1);
  expect_order(0, "000");
}

Test(pilot, who_is_well_is_asked_before_all_that_are_out) {
  set_up(4);
  for (unsigned i = 0; i < 3; i++) end_many(5, i, broken, MS);
  expect_order(0, "323");
  expect_order(2, "323");
  set_up(3);
  memset(targets, 0, sizeof targets);
  end_many(5, 0, status(500), MS);
  end_many(5, 1, status(500), MS);
  expect_order(0, "212");
}

Test(pilot, alone_a_target_is_not_passed_by) {
  set_up(1);
  for (int i = 0; i < 4; i++) end_one(0, 0, status(500), MS);
  cr_expect_eq(end_one(0, 0, status(500), MS), PILOT_EJECTED);
  expect_order(0, "000");
}

Test(pilot, who_is_asked_while_it_is_out_is_back_with_a_good_answer) {
  for (unsigned count = 1; count <= 2; count++) {
    memset(targets, 0, sizeof targets);
    set_up(count);
    for (unsigned i = 0; i < count; i++) end_many(5, i, broken, MS);
    now_us += 20 * MS;
    cr_expect_eq(end_one(0, count - 1, success, 30 * MS), PILOT_NO_NEWS,
                 "it was asked before");
    cr_expect_eq(end_one(0, count - 1, success, 10 * MS), PILOT_BACK);
  }
}

Test(pilot, which_ends_are_failures) {
  static const struct {
    struct attempt_end end;
    bool ill;
  } cases[] = {
      {{.result = ATTEMPT_TRANSPORT}, true},
      {{.result = ATTEMPT_TIMEOUT}, false}, /* it may have been the client's */
      {{.result = ATTEMPT_BAD_JSON, .status = 200}, true},
      {{.result = ATTEMPT_STATUS, .status = 500}, true},
      {{.result = ATTEMPT_STATUS, .status = 404}, false},
      {{.result = ATTEMPT_STATUS, .status = 501}, false},
      {{.result = ATTEMPT_STATUS, .status = 505}, false},
      {{.result = ATTEMPT_TOO_LARGE, .status = 200}, false},
      {{.result = ATTEMPT_CANCELLED}, false},
      {{.result = ATTEMPT_STARVED}, false},
      {{.result = ATTEMPT_REFUSED}, false},
  };
  for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
    memset(targets, 0, sizeof targets);
    set_up(2);
    for (unsigned n = 0; n < 4; n++)
      cr_expect_eq(end_one(1, 0, cases[i].end, 20 * MS), PILOT_NO_NEWS);
    cr_expect_eq(end_one(1, 0, cases[i].end, 20 * MS),
                 cases[i].ill ? PILOT_EJECTED : PILOT_NO_NEWS, "case %u", i);
  }
}

/* ---- whose fault a failure is ---- */

/* One client's request, which is HTML everywhere; twice a second somebody
 * else's, which is not, at each target. */
Test(pilot, what_fails_everywhere_sends_nobody_out_whom_others_use) {
  set_up(3);
  for (unsigned at = 0; at < 1000; at++) {
    for (unsigned k = 0; k < 3; k++)
      cr_assert_eq(end_one(k, k, html, MS), PILOT_NO_NEWS, "at %u", at);
    if (at % 50 == 49)
      for (unsigned k = 0; k < 3; k++) end_one(0, k, success, MS);
    now_us += 10 * MS;
  }
}

Test(pilot, what_fails_for_5_seconds_and_is_never_good_is_out) {
  set_up(2);
  end_many(5, 0, broken, MS);
  end_many(99, 1, html, MS);
  now_us += 5 * S - MS;
  cr_expect_eq(end_one(0, 1, status(500), MS), PILOT_NO_NEWS);
  now_us += MS;
  cr_expect_eq(end_one(0, 1, html, MS), PILOT_EJECTED);
}

Test(pilot, a_try_that_may_have_failed_by_its_request_is_made_again) {
  set_up(2);
  end_many(5, 0, broken, MS);
  end_many(1, 1, html, MS);
  now_us += 10 * S;
  expect_order(0, "010");
  cr_expect_eq(end_one(0, 0, html, MS), PILOT_NO_NEWS);
  expect_order(0, "111");
  now_us += OUTLIER_TRY_US;
  expect_order(0, "010");
  cr_expect_eq(end_one(0, 0, success, MS), PILOT_BACK);
}

Test(pilot, one_that_fails_where_another_answers_well_is_out_at_once) {
  set_up(2);
  end_many(1, 1, html, MS);
  end_many(20, 0, html, MS);
  end_many(OUTLIER_PROOFS - 1, 1, success, MS);
  cr_expect_eq(end_one(0, 0, html, MS), PILOT_NO_NEWS);
  end_many(1, 1, success, MS);
  cr_expect_eq(end_one(0, 0, html, MS), PILOT_EJECTED);
}

Test(pilot, a_deadline_that_came_too_soon_is_no_failure) {
  struct attempt_end timeout = {.result = ATTEMPT_TIMEOUT};
  set_up(2);
  end_many(100, 0, success, 20 * MS);
  refresh();
  for (int i = 0; i < 20; i++)
    cr_expect_eq(end_one(1, 0, timeout, 100 * MS), PILOT_NO_NEWS);
  for (int i = 0; i < 4; i++) end_one(1, 0, timeout, 200 * MS);
  cr_expect_eq(end_one(1, 0, timeout, 200 * MS), PILOT_EJECTED);
  memset(targets, 0, sizeof targets);
  for (int i = 0; i < 20; i++)
    cr_expect_eq(end_one(1, 0, timeout, 999 * MS), PILOT_NO_NEWS);
  for (int i = 0; i < 4; i++) end_one(1, 0, timeout, 1 * S);
  cr_expect_eq(end_one(1, 0, timeout, 1 * S), PILOT_EJECTED);
}

Test(pilot, a_primary_that_loses_ten_races_elsewhere_is_slow) {
  set_up(2);
  for (int i = 0; i < 9; i++)
    cr_expect_eq(end_one(0, 0, cancelled, 40 * MS), PILOT_NO_NEWS);
  cr_expect_eq(end_one(0, 0, cancelled, 40 * MS), PILOT_SLOW);
  expect_order(0, "111");
  now_us += 10 * S;
  expect_order(1, "010");
  now_us += 10 * MS;
  cr_expect_eq(end_one(0, 0, success, 10 * MS), PILOT_BACK);
}

Test(pilot, a_primary_whose_hedge_was_refused_has_not_won) {
  struct race_plan plan = {.target = {0, 1}, .due_us = {0, 20 * MS}};
  struct race race = {.plan = &plan, .answered = true, .refused = 2};
  set_up(2);
  for (int i = 0; i < 9; i++) end_one(0, 0, cancelled, 40 * MS);
  pilot_ended(&pilot, &race, 0, 0, &success, 30 * MS, now_us);
  cr_expect_eq(end_one(0, 0, cancelled, 40 * MS), PILOT_SLOW);
  memset(targets, 0, sizeof targets);
  for (int i = 0; i < 9; i++) end_one(0, 0, cancelled, 40 * MS);
  pilot_ended(&pilot, &race, 0, 0, &success, 10 * MS, now_us);
  cr_expect_eq(end_one(0, 0, cancelled, 40 * MS), PILOT_NO_NEWS,
               "it was sooner than any hedge");
}

Test(pilot, a_hedge_that_loses_says_nothing_of_its_target) {
  set_up(2);
  for (int i = 0; i < 20; i++)
    cr_expect_eq(end_one(1, 1, cancelled, 40 * MS), PILOT_NO_NEWS);
}

Test(pilot, a_race_that_asks_one_target_has_no_order) {
  struct race_plan plan;
  set_up(4);
  pilot_plan(&pilot, &plan, &policy, (struct pilot_reach){1, 3, false}, S,
             now_us);
  for (unsigned k = 0; k < plan.attempts; k++) cr_expect_eq(plan.target[k], 0);
}

/* ---- when ---- */

Test(pilot, until_enough_is_known_the_fixed_delay_holds) {
  policy.learn.per_mille = 950;
  policy.stagger_us = RACE_STAGGER_AUTO;
  set_up(1);
  end_many(49, 0, success, 20 * MS);
  refresh();
  cr_expect_eq(plan_of(0, 10 * S).due_us[1], 300 * MS);
  cr_expect_eq(plan_of(0, 10 * S).due_us[2], 600 * MS);
  end_many(1, 0, success, 20 * MS);
  refresh();
  cr_expect_leq(plan_of(0, 10 * S).due_us[1], 22 * MS);
  cr_expect_eq(plan_of(0, 10 * S).due_us[2], 2 * plan_of(0, 10 * S).due_us[1]);
}

Test(pilot, a_fixed_delay_learns_nothing) {
  set_up(1);
  end_many(1000, 0, success, 20 * MS);
  refresh();
  cr_expect_eq(plan_of(0, 10 * S).due_us[1], 300 * MS);
}

Test(pilot, a_learned_delay_leaves_the_deadline_a_medians_time) {
  policy.learn.per_mille = 950;
  set_up(1);
  for (int i = 0; i < 1000; i++) end_one(1, 0, success, (20 + i % 80) * MS);
  refresh();
  uint32_t delay_us = plan_of(0, 10 * S).due_us[1];
  cr_expect(delay_us > 90 * MS && delay_us < 100 * MS);
  uint32_t due_us = plan_of(0, 140 * MS).due_us[1];
  cr_expect(due_us > 75 * MS && due_us < 85 * MS, "%u", due_us);
  due_us = plan_of(0, 100 * MS).due_us[1];
  cr_expect(due_us > 55 * MS && due_us < 65 * MS,
            "%u: before the median it would double the requests", due_us);
  cr_expect_eq(plan_of(0, 40 * MS).due_us[1], PLAN_NEVER_US);
}

Test(pilot, of_several_targets_the_least_delay_counts) {
  policy.learn.per_mille = 950;
  set_up(2);
  end_many(100, 0, success, 20 * MS);
  end_many(100, 1, success, 200 * MS);
  refresh();
  cr_expect_leq(plan_of(0, 10 * S).due_us[1], 22 * MS);
  end_many(5, 0, status(500), MS);
  refresh();
  cr_expect_geq(plan_of(0, 10 * S).due_us[1], 190 * MS,
                "the fast one is passed by");
}

/* ---- whether ---- */

/* Attempt k, started then, of a race that is due at 0 300 300 600. */
static struct race race_of(const struct race_plan *plan, unsigned k,
                           uint32_t started_us, uint16_t refused) {
  struct race race = {.plan = plan, .unasked = refused, .refused = refused};
  race.started_us[k] = started_us;
  return race;
}

static void expect_kind(unsigned k, uint32_t started_us, uint16_t refused,
                        enum pilot_kind want) {
  struct race_plan plan = {.attempts = 4, .due_us = {0, 300, 300, 600}};
  struct race race = race_of(&plan, k, started_us, refused);
  cr_expect_eq(pilot_kind(&race, k), want, "attempt %u at %u, refused %x", k,
               started_us, refused);
}

Test(pilot, what_starts_an_attempt) {
  expect_kind(0, 0, 0, PILOT_PRIMARY);
  expect_kind(1, 300, 0, PILOT_HEDGE);
  expect_kind(1, 299, 0, PILOT_FAILURE);
  expect_kind(1, 0, 1, PILOT_PRIMARY); /* nobody has been asked */
  expect_kind(2, 300, 2, PILOT_HEDGE); /* due with the one that was refused */
  expect_kind(3, 600, 2, PILOT_HEDGE); /* another was let in */
  expect_kind(3, 600, 6, PILOT_LATE);
  expect_kind(3, 500, 6, PILOT_FAILURE);
}

Test(pilot, a_late_hedge_takes_the_place_of_the_refused) {
  struct race_plan plan = {
      .attempts = 3, .target = {0, 1, 0}, .due_us = {0, 300, 600}};
  struct race race = race_of(&plan, 2, 600, 2);
  cr_expect_eq(race_whom(&race, 2), 1);
  race = race_of(&plan, 2, 600, 0);
  cr_expect_eq(race_whom(&race, 2), 0);
  cr_expect_eq(race_whom(&race, 1), 1);
}

Test(pilot, a_race_that_has_moved_hedges_where_it_came_from) {
  struct race_plan plan = {
      .attempts = 4, .target = {0, 1, 2, 0}, .due_us = {0, 300, 600, 900}};
  struct race race = race_of(&plan, 1, 300, 0);
  race_move(&race, 0, 1);
  static const unsigned want[] = {1, 0, 2, 1};
  for (unsigned k = 0; k < 4; k++)
    cr_expect_eq(race_whom(&race, k), want[k], "attempt %u", k);
  race_move(&race, 0, 3); /* which is not in the plan */
  cr_expect_eq(race_whom(&race, 0), 3);
  cr_expect_eq(race_whom(&race, 1), 1);
}

Test(pilot, who_has_moved_has_lost_to_a_hedge_where_it_came_from) {
  struct race_plan plan = {.target = {0, 1, 2}};
  struct race race = {
      .plan = &plan, .outcome = OUTCOME_SUCCESS, .answered = true, .winner = 1};
  enum pilot_news news = PILOT_NO_NEWS;
  set_up(3);
  race_move(&race, 0, 1);
  for (int i = 0; i < 10; i++)
    news = pilot_ended(&pilot, &race, 0, 1,
                       &(struct attempt_end){.result = ATTEMPT_CANCELLED},
                       300 * MS, now_us);
  cr_expect_eq(news, PILOT_SLOW);
  cr_expect_not(pilot_is_well(&pilot, 1, now_us));
  cr_expect(pilot_is_well(&pilot, 0, now_us));
}

static void expect_verdict(enum pilot_kind kind, int64_t in_flight,
                           enum gate_verdict want) {
  enum gate_verdict got = pilot_admit(&pilot, 0, kind, in_flight, now_us);
  cr_expect_eq(got, want, "%s, not %s", gate_verdict_name(got),
               gate_verdict_name(want));
}

Test(pilot, a_primary_is_never_refused) {
  set_up(1);
  pilot_ended(&pilot, &open_race, 1, 0,
              &(struct attempt_end){.result = ATTEMPT_STATUS,
                                    .status = 503,
                                    .retry_after = true,
                                    .retry_after_ms = 10000},
              MS, now_us);
  for (int i = 0; i < 100; i++) expect_verdict(PILOT_PRIMARY, 1000, GATE_OPEN);
}

Test(pilot, hedges_and_what_failures_bring_have_a_purse_each) {
  set_up(1);
  for (int i = 0; i < 20; i++) expect_verdict(PILOT_HEDGE, 0, GATE_OPEN);
  expect_verdict(PILOT_HEDGE, 0, GATE_BUDGET);
  for (int i = 0; i < 20; i++) expect_verdict(PILOT_FAILURE, 0, GATE_OPEN);
  expect_verdict(PILOT_FAILURE, 0, GATE_BUDGET);
  end_many(10, 0, success, 20 * MS);
  expect_verdict(PILOT_HEDGE, 0, GATE_OPEN);
  expect_verdict(PILOT_HEDGE, 0, GATE_BUDGET);
}

Test(pilot, a_late_hedge_may_have_what_failures_can_spare) {
  set_up(1);
  for (int i = 0; i < 20; i++) expect_verdict(PILOT_LATE, 0, GATE_OPEN);
  for (int i = 0; i < 10; i++) expect_verdict(PILOT_LATE, 0, GATE_OPEN);
  expect_verdict(PILOT_LATE, 0, GATE_BUDGET);
  for (int i = 0; i < 10; i++) expect_verdict(PILOT_FAILURE, 0, GATE_OPEN);
  expect_verdict(PILOT_FAILURE, 0, GATE_BUDGET);
}

Test(pilot, the_gate_is_for_hedges_by_time_and_takes_no_token) {
  set_up(1);
  end_many(100, 0, success, 20 * MS);
  refresh();
  end_many(30, 0, success, 100 * MS);
  for (int i = 0; i < 30; i++) expect_verdict(PILOT_HEDGE, 0, GATE_SLOW_TARGET);
  expect_verdict(PILOT_FAILURE, 0, GATE_OPEN);
  pilot.gate = false;
  expect_verdict(PILOT_HEDGE, 0, GATE_OPEN);
}

Test(pilot, a_crowd_and_a_target_that_sheds_get_no_hedge) {
  set_up(1);
  end_many(100, 0, success, 20 * MS);
  refresh();
  expect_verdict(PILOT_HEDGE, 16, GATE_OPEN);
  expect_verdict(PILOT_HEDGE, 17, GATE_CROWDED);
  end_many(10, 0, status(503), MS);
  expect_verdict(PILOT_HEDGE, 0, GATE_SHED);
}

Test(pilot, retry_after_suspends_all_that_is_extra) {
  static const struct {
    int status;
    bool retry_after;
    uint32_t retry_after_ms;
    int64_t pause_us;
  } cases[] = {{429, true, 2000, 2000000},    {503, true, 2000, 2000000},
               {429, false, 0, 1000000},      {503, false, 0, 0},
               {500, true, 2000, 0},          {429, true, 0, 0},
               {429, true, 3600000, 60000000}};
  EACH_ROW (row, cases) {
    struct attempt_end end = status(row->status);
    memset(targets, 0, sizeof targets);
    set_up(1);
    end.retry_after = row->retry_after;
    end.retry_after_ms = row->retry_after_ms;
    pilot_ended(&pilot, &open_race, 1, 0, &end, MS, now_us);
    if (row->pause_us > 0) {
      now_us += row->pause_us - 1;
      expect_verdict(PILOT_HEDGE, 0, GATE_PUSHBACK);
      expect_verdict(PILOT_FAILURE, 0, GATE_PUSHBACK);
      now_us++;
    }
    expect_verdict(PILOT_HEDGE, 0, GATE_OPEN);
  }
}

Test(pilot, a_lone_429_suspends_until_the_next_good_answer) {
  set_up(1);
  pilot.gate = false;
  end_one(1, 0, status(429), MS);
  expect_verdict(PILOT_HEDGE, 0, GATE_PUSHBACK);
  expect_verdict(PILOT_FAILURE, 0, GATE_PUSHBACK);
  end_one(1, 0, status(500), MS);
  end_one(1, 0, cancelled, MS);
  expect_verdict(PILOT_FAILURE, 0, GATE_PUSHBACK);
  end_one(1, 0, success, MS);
  expect_verdict(PILOT_HEDGE, 0, GATE_OPEN);
  expect_verdict(PILOT_FAILURE, 0, GATE_OPEN);
}

Test(pilot, of_many_each_429_suspends_for_a_second) {
  set_up(1);
  for (int i = 0; i < 10; i++) {
    end_one(1, 0, status(429), MS);
    end_one(1, 0, success, MS);
  }
  now_us += S - 1;
  expect_verdict(PILOT_FAILURE, 0, GATE_PUSHBACK);
  now_us++;
  expect_verdict(PILOT_FAILURE, 0, GATE_OPEN);
}

Test(pilot, a_good_answer_does_not_end_what_retry_after_asks_for) {
  struct attempt_end end = status(429);
  end.retry_after = true;
  end.retry_after_ms = 2000;
  set_up(1);
  end_one(1, 0, end, MS);
  end_one(1, 0, success, MS);
  expect_verdict(PILOT_FAILURE, 0, GATE_PUSHBACK);
}

/* ---- whether to wait for it ---- */

/* A race whose primary, asked at now_us, has failed at once, and what that
 * brought forward was refused or is not to be. */
static struct race lonely_race(const struct race_plan *plan) {
  struct race race;
  struct step_event event = {.kind = EVENT_START, .now_us = now_us};
  race_init(&race, plan);
  struct todo todo = race_step(&race, &event);
  event.kind = EVENT_ENDED;
  event.end = status(503);
  todo = race_step(&race, &event);
  event.attempt = 1;
  event.end = (struct attempt_end){.result = ATTEMPT_REFUSED};
  if (todo.start_below == 2) todo = race_step(&race, &event);
  cr_assert_eq(todo.outcome, OUTCOME_OPEN);
  cr_assert_eq(race.in_flight, 0);
  return race;
}

static enum gate_verdict why[RACE_MAX_ATTEMPTS];

static bool has_hope(enum race_on_failure on_failure, unsigned retries) {
  struct race_plan plan;
  policy.on_failure = on_failure;
  policy.retries = retries;
  policy.backoff = (struct race_backoff){25 * MS, 250 * MS};
  pilot_plan(&pilot, &plan, &policy,
             (struct pilot_reach){pilot.count, 0, false}, 10 * S, now_us);
  struct race race = lonely_race(&plan);
  const unsigned next = race.next;
  bool gives_up = pilot_gives_up(&pilot, &race, 0, why);
  cr_expect_eq(race.outcome, gives_up ? OUTCOME_FAILED : OUTCOME_OPEN);
  cr_expect(gives_up || race.next == next);
  return !gives_up;
}

static void spend(enum purse purse) { atomic_store(&budget.tokens[purse], 0); }

Test(pilot, hope_is_a_token_in_the_purse_that_would_pay) {
  set_up(1);
  cr_expect(has_hope(RACE_NEXT, 0));
  spend(PURSE_FAILURE);
  cr_expect(has_hope(RACE_NEXT, 0), "the second hedge has its own time");
  spend(PURSE_TIME);
  cr_expect(!has_hope(RACE_NEXT, 0));
  cr_expect(!has_hope(RACE_WAIT, 0));
  cr_expect(!has_hope(RACE_NEXT, 1));
  hedge_budget_init(&budget, &pilot.budget_rule);
  spend(PURSE_TIME);
  cr_expect(!has_hope(RACE_NEXT, 0));
  cr_expect(has_hope(RACE_NEXT, 1), "a retry is paid from failures' purse");
}

Test(pilot, to_look_ahead_takes_no_token) {
  set_up(1);
  for (int i = 0; i < 100; i++) cr_expect(has_hope(RACE_WAIT, 1));
  cr_expect_eq(atomic_load(&budget.tokens[PURSE_TIME]), 20);
  cr_expect_eq(atomic_load(&budget.tokens[PURSE_FAILURE]), 20);
}

Test(pilot, a_pause_that_ends_before_a_hedge_is_due_leaves_hope) {
  struct attempt_end end = status(503);
  set_up(1);
  end.retry_after = true;
  end.retry_after_ms = 299;
  end_one(1, 0, end, MS);
  cr_expect(has_hope(RACE_WAIT, 0));
  end.retry_after_ms = 301;
  end_one(1, 0, end, MS);
  cr_expect(!has_hope(RACE_WAIT, 0));
  set_up(2);
  cr_expect(has_hope(RACE_WAIT, 0), "the other target has asked for none");
}

Test(pilot, a_shut_gate_is_waited_for_unless_most_attempts_fail) {
  set_up(1);
  end_many(10, 0, status(503), MS);
  expect_verdict(PILOT_HEDGE, 0, GATE_SHED);
  cr_expect(has_hope(RACE_WAIT, 0));
  end_many(50, 0, status(503), MS);
  cr_expect(!has_hope(RACE_WAIT, 0));
  cr_expect(has_hope(RACE_WAIT, 1), "a failure's retry passes it");
  pilot.gate = false;
  cr_expect(has_hope(RACE_WAIT, 0));
}

Test(pilot, a_lone_429_is_waited_for_unless_most_attempts_fail) {
  set_up(1);
  end_one(1, 0, status(429), MS);
  expect_verdict(PILOT_HEDGE, 0, GATE_PUSHBACK);
  cr_expect(has_hope(RACE_WAIT, 0));
  end_many(50, 0, status(429), MS);
  cr_expect(!has_hope(RACE_WAIT, 0));
}

Test(pilot, who_has_asked_nobody_has_hope) {
  struct race_plan plan;
  struct race race;
  set_up(1);
  spend(PURSE_TIME);
  spend(PURSE_FAILURE);
  policy.once = true;
  policy.retries = 1;
  policy.backoff = (struct race_backoff){25 * MS, 250 * MS};
  pilot_plan(&pilot, &plan, &policy, (struct pilot_reach){1, 0, false}, 10 * S,
             now_us);
  race_init(&race, &plan);
  struct step_event event = {.kind = EVENT_START, .now_us = now_us};
  struct todo todo = race_step(&race, &event);
  for (unsigned k = 0; k < 3; k++) {
    event = (struct step_event){
        .kind = EVENT_ENDED, .now_us = now_us, .attempt = k};
    event.end =
        (struct attempt_end){.result = ATTEMPT_TRANSPORT, .unsent = true};
    todo = race_step(&race, &event);
  }
  cr_assert(todo.outcome == OUTCOME_OPEN && race.in_flight == 0);
  cr_expect(!pilot_gives_up(&pilot, &race, 0, why));
}

/* Its primary ends so, and what is to come is refused. */
static struct race given_up(struct race_plan *plan, struct attempt_end end) {
  struct race race;
  struct step_event event = {.kind = EVENT_START, .now_us = now_us};
  pilot_plan(&pilot, plan, &policy, (struct pilot_reach){pilot.count, 0, false},
             10 * S, now_us);
  race_init(&race, plan);
  struct todo todo = race_step(&race, &event);
  event.kind = EVENT_ENDED;
  event.end = end;
  todo = race_step(&race, &event);
  cr_assert_eq(todo.outcome, OUTCOME_OPEN);
  cr_assert(pilot_gives_up(&pilot, &race, 0, why));
  return race;
}

/* The hedge to the other target comes first, then the retry to the first. */
Test(pilot, each_attempt_that_is_given_up_has_its_kind_and_its_reason) {
  struct race_plan plan;
  struct attempt_end asks = status(503);
  asks.retry_after = true;
  asks.retry_after_ms = 60 * 1000;
  set_up(2);
  end_one(1, 1, asks, MS);
  spend(PURSE_FAILURE);
  policy = (struct race_policy){.hedges = 1,
                                .retries = 3,
                                .hedge_after_us = 20 * MS,
                                .on_failure = RACE_WAIT,
                                .backoff = {50 * MS, 50 * MS}};
  struct race race = given_up(&plan, status(500));
  cr_expect_eq(race.outcome, OUTCOME_FAILED);
  cr_assert_eq(race.next, 3, "a retry that is refused brings no other");
  cr_expect_eq(race_kind(&race, 1), ATTEMPT_HEDGE);
  cr_expect_eq(why[1], GATE_PUSHBACK);
  cr_expect_eq(race_kind(&race, 2), ATTEMPT_RETRY);
  cr_expect_eq(why[2], GATE_BUDGET);
}

Test(pilot, what_is_not_due_is_not_given_up) {
  struct race_plan plan;
  set_up(1);
  spend(PURSE_TIME);
  policy.stagger_us = 20 * S;
  policy.on_failure = RACE_WAIT;
  struct race race = given_up(&plan, status(404));
  cr_expect_eq(race.next, 2, "the second hedge would start at the deadline");
  cr_expect_eq(race.outcome, OUTCOME_CLIENT_ERROR);
  cr_expect_eq(race.winner, 0);
}

/* ---- threads ---- */

enum { WORKERS = 3, RACES = 20000 };

static const int64_t t0 = 1000 * 1000 * 1000;

static atomic_uint working = WORKERS;

/* A worker with counts and earnings of its own, on what all share; the reader
 * takes those of two of them for those of its targets. */
static void *work(void *arg) {
  struct latency_counts *its = &counts[*(unsigned *)arg];
  struct latency_counts *its_counts[] = {its, its};
  struct hedge_earnings its_earnings = {0};
  struct pilot mine = pilot;
  mine.counts = its_counts;
  mine.earnings = &its_earnings;
  for (int64_t i = 0; i < RACES; i++) {
    struct race_plan plan;
    struct attempt_end end = i % 7 == 0 ? status(503) : success;
    pilot_plan(&mine, &plan, &policy, (struct pilot_reach){2, i % 2, false}, S,
               t0 + i * MS);
    struct race race = {.plan = &plan, .answered = true};
    if (pilot_admit(&mine, 0, PILOT_HEDGE, 1, t0 + i * MS) == GATE_OPEN)
      pilot_ended(&mine, &race, 0, plan.target[0], &end, i % 50 * MS,
                  t0 + i * MS);
  }
  atomic_fetch_sub(&working, 1);
  return its;
}

Test(pilot, workers_and_the_reader_may_go_on_at_once) {
  pthread_t threads[WORKERS];
  unsigned numbers[WORKERS];
  struct latency_totals totals = {0};
  uint64_t sum = 0;
  policy.learn.per_mille = 950;
  set_up(2);
  for (unsigned i = 0; i < WORKERS; i++) {
    numbers[i] = i;
    cr_assert_eq(pthread_create(&threads[i], NULL, work, &numbers[i]), 0);
  }
  while (atomic_load(&working) > 0) refresh();
  for (unsigned i = 0; i < WORKERS; i++) {
    void *its;
    pthread_join(threads[i], &its);
    latency_add(&totals, its);
  }
  for (unsigned i = 0; i < LATENCY_SPANS; i++)
    sum += totals.whole[i] + totals.longer[i];
  cr_expect_gt(sum, 0);
}

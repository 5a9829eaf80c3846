/* Tests of core/overload: answers in, reasons out. */
#include "core/overload.h"

#include <criterion/criterion.h>

enum { MS = 1000 };

static const int64_t S = 1000 * 1000;
static const struct attempt_end success = {.result = ATTEMPT_SUCCESS,
                                           .status = 200};
static const struct attempt_end failure = {.result = ATTEMPT_STATUS,
                                           .status = 500};
static const struct attempt_end cancelled = {.result = ATTEMPT_CANCELLED};

static struct overload overload;
static struct overload_usual usual;
static int64_t now_us = 1000 * 1000 * 1000;
static uint32_t ended;

static void note(unsigned times, const struct attempt_end *end,
                 int64_t took_us) {
  for (unsigned i = 0; i < times; i++)
    overload_note(&overload, end, attempt_end_is_answer(end, false), took_us);
  ended += times;
}

/* Seconds that go by with that median, that many in flight, and answers. */
static void live(double seconds, int64_t median_us, int64_t in_flight) {
  for (int i = 0; i < 4 * seconds; i++) {
    now_us += S / 4;
    if (median_us > 0) note(50, &success, median_us);
    overload_refresh(&overload, &usual, (uint32_t)median_us, in_flight, ended,
                     now_us);
  }
}

static void expect_gate(enum gate_verdict want, int64_t in_flight) {
  enum gate_verdict got = overload_admit_hedge(&overload, in_flight);
  cr_expect_eq(got, want, "%s, not %s", gate_verdict_name(got),
               gate_verdict_name(want));
}

Test(overload, what_nothing_is_known_of_gets_its_hedge) {
  expect_gate(GATE_OPEN, 1000);
  note(1, &success, 10 * MS);
  expect_gate(GATE_OPEN, 1000);
}

Test(overload, a_target_that_gets_slow_is_spared_within_some_answers) {
  live(10, 10 * MS, 2);
  expect_gate(GATE_OPEN, 2);
  note(5, &success, 50 * MS);
  expect_gate(GATE_OPEN, 2);
  note(15, &success, 50 * MS);
  expect_gate(GATE_SLOW_TARGET, 2);
  note(50, &success, 10 * MS);
  expect_gate(GATE_OPEN, 2);
}

Test(overload, an_attempt_cut_late_is_slow_and_one_cut_early_says_nothing) {
  live(10, 10 * MS, 2);
  note(100, &cancelled, 5 * MS);
  expect_gate(GATE_OPEN, 2);
  note(20, &cancelled, 50 * MS);
  expect_gate(GATE_SLOW_TARGET, 2);
}

Test(overload, failures_are_no_latencies) {
  live(10, 10 * MS, 2);
  note(100, &failure, 500 * MS);
  expect_gate(GATE_OPEN, 2);
}

Test(overload, a_brown_out_does_not_become_the_usual) {
  live(200, 10 * MS, 2);
  live(30, 50 * MS, 10);
  expect_gate(GATE_SLOW_TARGET, 2);
}

Test(overload, what_is_many_times_the_usual_does_not_become_it_the_sooner) {
  live(60, 10 * MS, 2);
  live(30, 200 * MS, 2);
  note(100, &success, 50 * MS);
  expect_gate(GATE_SLOW_TARGET, 2);
}

Test(overload, what_stays_slow_for_minutes_is_the_usual) {
  live(200, 10 * MS, 2);
  live(600, 30 * MS, 2);
  expect_gate(GATE_OPEN, 2);
}

Test(overload, the_usual_falls_sooner_than_it_rises) {
  live(200, 30 * MS, 2);
  live(30, 10 * MS, 2);
  note(20, &success, 30 * MS);
  expect_gate(GATE_SLOW_TARGET, 2);
}

Test(overload, where_most_fails_nothing_is_learned_upward) {
  live(200, 10 * MS, 2);
  for (int i = 0; i < 4 * 600; i++) {
    note(50, &failure, 50 * MS);
    now_us += S / 4;
    overload_refresh(&overload, &usual, 50 * MS, 50, ended, now_us);
  }
  note(20, &success, 50 * MS);
  expect_gate(GATE_SLOW_TARGET, 2);
  note(50, &success, 10 * MS);
  expect_gate(GATE_CROWDED, 40);
}

/* Nobody asks, and the reader looks on. */
static void idle(double seconds) {
  for (int i = 0; i < 4 * seconds; i++) {
    now_us += S / 4;
    overload_refresh(&overload, &usual, 0, 0, ended, now_us);
  }
}

Test(overload, idle_times_teach_nothing) {
  idle(60);
  live(1, 10 * MS, 200);
  expect_gate(GATE_OPEN, 400);
}

Test(overload, more_in_flight_at_the_same_speed_is_no_crowd_for_long) {
  live(60, 10 * MS, 2);
  expect_gate(GATE_CROWDED, 100);
  live(3, 10 * MS, 100);
  expect_gate(GATE_OPEN, 100);
}

Test(overload, more_in_flight_that_is_slower_stays_a_crowd) {
  live(60, 10 * MS, 2);
  live(3, 14 * MS, 100);
  expect_gate(GATE_CROWDED, 100);
}

Test(overload, a_crowd_is_four_times_the_usual_number_and_eight) {
  live(200, 10 * MS, 5);
  expect_gate(GATE_OPEN, 28);
  expect_gate(GATE_CROWDED, 29);
}

/* Who counts them reads two numbers, one after the other, while they move. */
Test(overload, fewer_than_none_in_flight_is_no_crowd) {
  live(10, 10 * MS, 2);
  expect_gate(GATE_OPEN, -1);
  live(200, 10 * MS, -1);
  cr_expect_geq(usual.in_flight, 0);
  expect_gate(GATE_OPEN, 8);
  expect_gate(GATE_CROWDED, 9);
}

Test(overload, five_percent_of_429_or_503_shut_the_gate) {
  static const int statuses[] = {429, 503};
  for (unsigned i = 0; i < 2; i++) {
    struct attempt_end shed = {.result = ATTEMPT_STATUS, .status = statuses[i]};
    live(10, 10 * MS, 2);
    note(3, &shed, MS);
    expect_gate(GATE_OPEN, 2);
    note(1, &shed, MS);
    expect_gate(GATE_SHED, 2);
    note(64, &success, 10 * MS);
    expect_gate(GATE_OPEN, 2);
  }
}

Test(overload, without_answers_what_they_said_fades_within_two_seconds) {
  struct attempt_end shed = {.result = ATTEMPT_STATUS, .status = 503};
  live(100, 10 * MS, 2);
  note(10, &shed, MS);
  note(30, &success, 25 * MS);
  live(0.25, 0, 2);
  expect_gate(GATE_SHED, 2);
  live(2, 0, 2);
  expect_gate(GATE_OPEN, 2);
}

Test(overload, a_pause_lasts_as_long_as_was_asked_for_and_a_minute_at_most) {
  overload_push_back(&overload, 2 * S, now_us);
  cr_expect_eq(overload_admit_any(&overload, now_us), GATE_PUSHBACK);
  overload_push_back(&overload, S, now_us);
  cr_expect_eq(overload_admit_any(&overload, now_us + 2 * S - 1), GATE_PUSHBACK,
               "the later of two holds");
  cr_expect_eq(overload_admit_any(&overload, now_us + 2 * S), GATE_OPEN);
  overload_push_back(&overload, 3600 * S, now_us);
  cr_expect_eq(overload_admit_any(&overload, now_us + 60 * S - 1),
               GATE_PUSHBACK);
  cr_expect_eq(overload_admit_any(&overload, now_us + 60 * S), GATE_OPEN);
}

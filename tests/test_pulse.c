/* proxy/pulse: a loop that does not turn is late, as long as it is to turn. */
#include "proxy/pulse.h"

#include <criterion/criterion.h>

#include "io/clock.h"

static const int64_t hour_us = INT64_C(3600000000);

/* The loop never runs: so the first beat stays due. */
Test(pulse, a_loop_that_stands_still_is_told_while_it_does) {
  static struct worker_tally tally;
  struct pulse pulse = {0};
  struct loop *loop = loop_new();
  cr_assert(loop);
  const int64_t before_us = clock_now_us();
  pulse_start(&pulse, loop, &tally);
  cr_expect_eq(tally_lag_us(&tally, before_us), 0, "it is not due yet");
  const int64_t lag_us = tally_lag_us(&tally, clock_now_us() + 2 * hour_us);
  cr_expect_gt(lag_us, hour_us);
  pulse_stop(&pulse);
  cr_expect_eq(tally_lag_us(&tally, clock_now_us() + 2 * hour_us), 0,
               "a loop that has ended is not late");
  loop_free(loop);
}

static void stop(void *loop) { loop_stop(loop); }

/* A beat is late by what kept the loop, and that is told for a while. */
Test(pulse, what_a_beat_was_late_by_stays_for_a_while) {
  static struct worker_tally tally;
  struct pulse pulse = {0};
  struct timer later;
  struct loop *loop = loop_new();
  cr_assert(loop);
  pulse_start(&pulse, loop, &tally);
  tally.beat_us -= hour_us; /* as if it had been due then */
  timer_init(&later, loop, stop, loop);
  timer_set(&later, pulse.timer.due_us + 1);
  loop_run(loop);
  cr_expect_geq(tally_lag_us(&tally, 0), hour_us);
  pulse_stop(&pulse);
  cr_expect_geq(tally_lag_us(&tally, 0), hour_us);
  loop_free(loop);
}

Test(pulse, one_that_was_not_started_may_be_stopped) {
  struct pulse pulse = {0};
  pulse_stop(&pulse);
}

/* Tests of core/tally. */
#include "core/tally.h"

#include <criterion/criterion.h>

Test(tally, a_request_is_counted_by_its_outcome_and_its_span) {
  static struct route_tally of;
  tally_race(&of, OUTCOME_SUCCESS, 0);
  tally_race(&of, OUTCOME_SUCCESS, 100); /* as long as the first span */
  tally_race(&of, OUTCOME_FAILED, 101);
  tally_race(&of, OUTCOME_DEADLINE, 100000000);
  tally_race(&of, OUTCOME_DEADLINE, 100000001);
  cr_expect_eq(of.outcomes[OUTCOME_SUCCESS], 2);
  cr_expect_eq(of.outcomes[OUTCOME_FAILED], 1);
  cr_expect_eq(of.outcomes[OUTCOME_DEADLINE], 2);
  cr_expect_eq(of.took.in[0], 2);
  cr_expect_eq(of.took.in[1], 1);
  cr_expect_eq(of.took.in[TALLY_SPANS - 1], 1);
  cr_expect_eq(of.took.in[TALLY_SPANS], 1);
  cr_expect_eq(of.took.sum_us, 200000202);
}

Test(tally, spans_only_grow) {
  for (unsigned i = 1; i < TALLY_SPANS; i++)
    cr_expect_lt(tally_spans_us[i - 1], tally_spans_us[i]);
}

Test(tally, a_time_lies_in_the_first_span_that_is_as_long) {
  for (unsigned i = 0; i < TALLY_SPANS; i++) {
    cr_expect_eq(tally_span(tally_spans_us[i]), i);
    cr_expect_eq(tally_span(tally_spans_us[i] + 1), i + 1);
  }
  for (unsigned octave = 0; octave < 63; octave++) {
    int64_t us = INT64_C(1) << octave;
    unsigned span = tally_span(us);
    cr_expect(span == TALLY_SPANS || us <= tally_spans_us[span]);
    cr_expect(span == 0 || us > tally_spans_us[span - 1]);
  }
  cr_expect_eq(tally_span(-1), 0);
  cr_expect_eq(tally_span(INT64_MAX), TALLY_SPANS);
}

Test(tally, a_sum_is_that_of_all_workers) {
  static struct target_tally of[3];
  for (unsigned i = 0; i < 3; i++)
    tally_add(&of[i].ended[ATTEMPT_HEDGE][ATTEMPT_STATUS], i + 1);
  tally_add(&of[1].ended[ATTEMPT_PRIMARY][ATTEMPT_STATUS], 9);
  cr_expect_eq(
      tally_sum(&of->ended[ATTEMPT_HEDGE][ATTEMPT_STATUS], sizeof *of, 3), 6);
  cr_expect_eq(
      tally_sum(&of->ended[ATTEMPT_HEDGE][ATTEMPT_STATUS], sizeof *of, 1), 1);
}

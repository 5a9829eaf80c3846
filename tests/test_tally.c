/* Tests of core/tally. */
#include "core/tally.h"

#include <criterion/criterion.h>

Test(tally, a_request_is_counted_by_its_outcome_and_its_span) {
  static struct route_tally of;
  tally_race(&of, OUTCOME_SUCCESS, 0);
  tally_race(&of, OUTCOME_SUCCESS, 1000); /* as long as the first span */
  tally_race(&of, OUTCOME_FAILED, 1001);
  tally_race(&of, OUTCOME_DEADLINE, 10000000);
  tally_race(&of, OUTCOME_DEADLINE, 10000001);
  cr_expect_eq(of.outcomes[OUTCOME_SUCCESS], 2);
  cr_expect_eq(of.outcomes[OUTCOME_FAILED], 1);
  cr_expect_eq(of.outcomes[OUTCOME_DEADLINE], 2);
  cr_expect_eq(of.took[0], 2);
  cr_expect_eq(of.took[1], 1);
  cr_expect_eq(of.took[TALLY_SPANS - 1], 1);
  cr_expect_eq(of.took[TALLY_SPANS], 1);
  cr_expect_eq(of.took_us, 20002002);
}

Test(tally, spans_only_grow) {
  for (unsigned i = 1; i < TALLY_SPANS; i++)
    cr_expect_lt(tally_spans_us[i - 1], tally_spans_us[i]);
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

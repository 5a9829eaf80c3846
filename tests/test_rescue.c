/* Tests of core/rescue. */
#include "core/rescue.h"

#include <criterion/criterion.h>

#include "support/rows.h"

static enum rescue of(bool answered, unsigned winner,
                      enum attempt_result primary) {
  const struct attempt_end end = {.result = primary};
  return rescue_of(answered, winner, &end);
}

Test(rescue, a_race_that_the_primary_won_has_rescued_nothing) {
  cr_expect_eq(of(true, 0, ATTEMPT_SUCCESS), RESCUE_NONE);
}

Test(rescue, without_an_answer_there_is_no_rescue) {
  cr_expect_eq(of(false, 1, ATTEMPT_STATUS), RESCUE_NONE);
  cr_expect_eq(of(false, 0, ATTEMPT_CANCELLED), RESCUE_NONE);
}

Test(rescue, a_primary_that_was_still_running_was_slow) {
  cr_expect_eq(of(true, 1, ATTEMPT_CANCELLED), RESCUE_SLOW);
}

Test(rescue, any_other_end_of_the_primary_was_a_failure) {
  static const enum attempt_result ends[] = {
      ATTEMPT_STATUS,  ATTEMPT_BAD_JSON, ATTEMPT_TRANSPORT, ATTEMPT_TOO_LARGE,
      ATTEMPT_REFUSED, ATTEMPT_TIMEOUT,  ATTEMPT_STARVED,   ATTEMPT_RULE};
  EACH_ROW (row, ends)
    cr_expect_eq(of(true, 2, *row), RESCUE_FAILED, "%s",
                 attempt_result_name(*row));
}

Test(rescue, each_has_a_name) {
  cr_expect_str_eq(rescue_name(RESCUE_NONE), "none");
  cr_expect_str_eq(rescue_name(RESCUE_FAILED), "failed");
  cr_expect_str_eq(rescue_name(RESCUE_SLOW), "slow");
}

static int64_t known(int64_t primary_us) {
  const struct rescue_saving saving = {.at_us = 100, .limit_us = 300};
  return rescue_known_us(&saving, primary_us);
}

Test(rescue, what_is_known_is_known_up_to_the_primarys_limit) {
  cr_expect_eq(known(150), 50);
  cr_expect_eq(known(300), 200);
  cr_expect_eq(known(301), 200, "it would have been ended");
  cr_expect_eq(known(5000), 200);
}

Test(rescue, nothing_is_saved_by_an_answer_at_the_primarys_limit) {
  const struct rescue_saving late = {.at_us = 301, .limit_us = 300};
  cr_expect_eq(rescue_known_us(&late, 400), 0);
  cr_expect_eq(known(100), 0);
}

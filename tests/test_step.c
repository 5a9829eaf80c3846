/* Tests of core/step: the names that logs, metrics and answers print. */
#include "core/step.h"

#include <criterion/criterion.h>

Test(step, every_kind_of_attempt_has_its_name) {
  cr_expect_str_eq(attempt_kind_name(ATTEMPT_PRIMARY), "primary");
  cr_expect_str_eq(attempt_kind_name(ATTEMPT_HEDGE), "hedge");
  cr_expect_str_eq(attempt_kind_name(ATTEMPT_RETRY), "retry");
}

Test(step, every_attempt_result_has_its_name) {
  static const char *const names[] = {
      "success", "status",    "bad_json", "transport", "too_large",
      "refused", "cancelled", "timeout",  "starved",   "rule"};
  cr_assert_eq(sizeof names / sizeof *names, (size_t)ATTEMPT_RESULTS);
  for (int i = 0; i < ATTEMPT_RESULTS; i++)
    cr_expect_str_eq(attempt_result_name((enum attempt_result)i), names[i]);
}

Test(step, every_outcome_has_its_name) {
  static const char *const names[] = {
      "open",    "success", "client_error", "failed", "refused", "deadline",
      "drained", "gone",    "gathered",     "own",    "rejected"};
  cr_assert_eq(sizeof names / sizeof *names, (size_t)OUTCOMES);
  for (int i = 0; i < OUTCOMES; i++)
    cr_expect_str_eq(outcome_name((enum outcome)i), names[i]);
}

Test(step, a_number_beyond_the_names_is_unknown) {
  int beyond = 99;
  cr_expect_str_eq(outcome_name((enum outcome)OUTCOMES), "unknown");
  cr_expect_str_eq(attempt_result_name((enum attempt_result)ATTEMPT_RESULTS),
                   "unknown");
  cr_expect_str_eq(outcome_name((enum outcome)beyond), "unknown");
  cr_expect_str_eq(attempt_result_name((enum attempt_result)beyond), "unknown");
}

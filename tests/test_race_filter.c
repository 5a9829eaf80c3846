/* Tests of core/race_filter. */
#include "core/race_filter.h"

#include <criterion/criterion.h>

#include "support/rows.h"

enum { T0 = 7000000 };

static struct race_record race_of(enum outcome outcome, int status) {
  return (struct race_record){.outcome = outcome,
                              .status = status,
                              .start_us = T0,
                              .end_us = T0 + 500000};
}

Test(race_filter, nothing_asked_for_is_everything) {
  const struct race_filter all = {0};
  const struct race_record race = race_of(OUTCOME_SUCCESS, 200);
  cr_expect(race_filter_is_all(&all));
  cr_expect(race_filter_takes(&all, &race));
}

Test(race_filter, slow_is_that_long_or_longer) {
  const struct race_record race = race_of(OUTCOME_SUCCESS, 200);
  struct race_filter slow = {.slow_us = 500000};
  cr_expect(race_filter_takes(&slow, &race));
  slow.slow_us++;
  cr_expect_not(race_filter_takes(&slow, &race));
}

Test(race_filter, failed_is_what_an_operator_answers_for) {
  static const struct {
    enum outcome outcome;
    int status;
    bool failed;
  } rows[] = {
      {OUTCOME_SUCCESS, 200, false},      {OUTCOME_SUCCESS, 503, true},
      {OUTCOME_CLIENT_ERROR, 404, false}, {OUTCOME_FAILED, 502, true},
      {OUTCOME_FAILED, 200, true},        {OUTCOME_REFUSED, 503, true},
      {OUTCOME_DEADLINE, 504, true},      {OUTCOME_DRAINED, 503, true},
      {OUTCOME_GONE, 0, false},           {OUTCOME_GATHERED, 200, false},
      {OUTCOME_OWN, 200, false},          {OUTCOME_REJECTED, 400, false},
      {OUTCOME_REJECTED, 503, true},
  };
  const struct race_filter failed = {.failed = true};
  EACH_ROW (row, rows) {
    const struct race_record race = race_of(row->outcome, row->status);
    cr_expect_eq(race_filter_takes(&failed, &race), row->failed, "%s %d",
                 outcome_name(row->outcome), row->status);
  }
}

Test(race_filter, rescued_is_won_by_an_extra_attempt) {
  const struct race_filter rescued = {.rescued = true};
  struct race_record race = race_of(OUTCOME_SUCCESS, 200);
  cr_expect_not(race_filter_takes(&rescued, &race));
  race.rescued = RESCUE_FAILED;
  cr_expect(race_filter_takes(&rescued, &race));
  race.rescued = RESCUE_SLOW;
  cr_expect(race_filter_takes(&rescued, &race));
}

Test(race_filter, one_of_several_is_enough) {
  const struct race_filter any = {600000, true, true};
  struct race_record race = race_of(OUTCOME_SUCCESS, 200);
  cr_expect_not(race_filter_takes(&any, &race));
  race.end_us = T0 + 600000;
  cr_expect(race_filter_takes(&any, &race));
  race = race_of(OUTCOME_FAILED, 502);
  cr_expect(race_filter_takes(&any, &race));
}

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
  const struct tally_times *answered = &of.took[TOOK_ANSWERED];
  const struct tally_times *others = &of.took[TOOK_OTHERS];
  cr_expect_eq(answered->in[0], 2);
  cr_expect_eq(answered->sum_us, 100);
  cr_expect_eq(others->in[1], 1);
  cr_expect_eq(others->in[TALLY_SPANS - 1], 1);
  cr_expect_eq(others->in[TALLY_SPANS], 1);
  cr_expect_eq(others->sum_us, 200000102);
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

/* ---- of late ---- */

enum { MINUTE = 60 * 1000000 };

static uint64_t waited(const struct tally_waits *waits,
                       const struct route_tally *of) {
  uint64_t counts[TALLY_SPANS + 1], sum = 0;
  tally_waits_count(waits, of, 2, counts);
  for (unsigned i = 0; i <= TALLY_SPANS; i++) sum += counts[i];
  return sum;
}

Test(tally, an_answer_is_forgotten_after_two_windows) {
  static struct route_tally of[2];
  struct tally_waits waits = {0};
  tally_waits_turn(&waits, of, 2, 1 * MINUTE);
  tally_race(&of[0], OUTCOME_SUCCESS, 100);
  cr_expect_eq(waited(&waits, of), 1);
  tally_waits_turn(&waits, of, 2, 11 * MINUTE);
  tally_race(&of[1], OUTCOME_CLIENT_ERROR, 100);
  cr_expect_eq(waited(&waits, of), 2);
  tally_waits_turn(&waits, of, 2, 21 * MINUTE - 1);
  cr_expect_eq(waited(&waits, of), 2);
  tally_waits_turn(&waits, of, 2, 21 * MINUTE);
  cr_expect_eq(waited(&waits, of), 1);
  tally_waits_turn(&waits, of, 2, 31 * MINUTE);
  cr_expect_eq(waited(&waits, of), 0);
}

/* Its route was away meanwhile. */
Test(tally, an_answer_is_forgotten_too_where_nobody_has_looked) {
  static struct route_tally of[2];
  struct tally_waits waits = {0};
  tally_waits_turn(&waits, of, 2, 1 * MINUTE);
  tally_race(&of[0], OUTCOME_SUCCESS, 100);
  tally_waits_turn(&waits, of, 2, 21 * MINUTE);
  cr_expect_eq(waited(&waits, of), 0);
}

Test(tally, who_got_no_answer_of_an_upstream_has_not_waited_for_one) {
  static struct route_tally of[2];
  const struct tally_waits waits = {0};
  for (unsigned i = OUTCOME_FAILED; i < OUTCOMES; i++)
    tally_race(&of[0], (enum outcome)i, 100);
  cr_expect_eq(waited(&waits, of), 0);
}

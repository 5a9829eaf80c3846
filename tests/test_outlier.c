/* Tests of core/outlier: benches in virtual time. */
#include "core/outlier.h"

#include <criterion/criterion.h>

static const int64_t S = 1000 * 1000;
static const int64_t t0 = 1000 * 1000 * 1000;

static struct outlier_bench bench;

static bool fail(int64_t at_us) {
  return outlier_strike(&bench, &outlier_failing, t0 + at_us);
}

static bool lose(int64_t at_us) {
  return outlier_strike(&bench, &outlier_slow, t0 + at_us);
}

static bool good(int64_t asked_us) {
  return outlier_good(&bench, t0 + asked_us);
}

static bool may_ask(int64_t at_us) {
  return outlier_may_ask(&bench, t0 + at_us);
}

static enum outlier_place place(int64_t at_us) {
  return outlier_place(&bench, t0 + at_us);
}

static void eject(int64_t at_us) {
  for (int i = 0; i < 4; i++) cr_assert_not(fail(at_us));
  cr_assert(fail(at_us));
}

Test(outlier, five_failures_in_a_row_send_it_out_for_10_seconds) {
  for (int i = 0; i < 4; i++) cr_expect_not(fail(0));
  cr_expect(may_ask(0));
  cr_expect(fail(0), "this one did");
  cr_expect_not(may_ask(0));
  cr_expect_not(may_ask(10 * S - 1));
  cr_expect(may_ask(10 * S));
}

Test(outlier, a_success_between_starts_the_count_anew) {
  for (int i = 0; i < 4; i++) fail(0);
  cr_expect_not(good(0), "it was not out");
  for (int i = 0; i < 4; i++) cr_expect_not(fail(0));
  cr_expect(may_ask(0));
}

Test(outlier, one_request_tries_it_and_others_pass_by) {
  eject(0);
  cr_expect(may_ask(10 * S));
  cr_expect_not(may_ask(10 * S), "somebody tries");
  cr_expect_not(may_ask(10 * S + OUTLIER_TRY_US - 1));
  cr_expect(may_ask(10 * S + OUTLIER_TRY_US), "that one never came back");
}

Test(outlier, a_try_that_goes_well_brings_it_back) {
  eject(0);
  cr_assert(may_ask(10 * S));
  cr_expect(good(10 * S + 1));
  cr_expect(may_ask(10 * S + 1));
  cr_expect(may_ask(10 * S + 1));
  cr_expect_not(good(10 * S + 2), "it is back only once");
  for (int i = 0; i < 4; i++) cr_expect_not(fail(10 * S + 3));
}

Test(outlier, it_is_in_again_when_it_went_well_and_not_when_its_time_is_over) {
  cr_expect_eq(place(0), OUTLIER_IN);
  eject(0);
  cr_expect_eq(place(10 * S - 1), OUTLIER_OUT);
  cr_expect_eq(place(10 * S), OUTLIER_DUE);
  cr_expect_eq(place(1000 * S), OUTLIER_DUE, "nobody has asked it");
  cr_assert(may_ask(1000 * S));
  cr_expect_eq(place(1000 * S), OUTLIER_OUT, "it is being tried");
  cr_expect(good(1000 * S + 1));
  cr_expect_eq(place(1000 * S + 1), OUTLIER_IN);
}

Test(outlier, a_try_that_fails_doubles_its_time_up_to_5_minutes) {
  int64_t now = 0;
  eject(0);
  for (int64_t length = 10 * S; length < 300 * S; length *= 2) {
    cr_expect_not(may_ask(now + length - 1));
    now += length;
    cr_assert(may_ask(now));
    cr_expect(fail(now), "one failure is enough now");
  }
  cr_expect_not(may_ask(now + 300 * S - 1));
  cr_expect(may_ask(now + 300 * S));
}

Test(outlier, what_was_asked_before_changes_nothing_any_more) {
  eject(2);
  cr_expect_not(fail(3));
  cr_expect_not(good(1), "it was asked before");
  cr_expect_not(may_ask(4));
  cr_expect(may_ask(2 + 10 * S));
}

Test(outlier, asked_while_it_sits_the_first_good_answer_brings_it_back) {
  eject(0);
  cr_expect_not(fail(1));
  cr_expect(good(2));
  cr_expect_eq(place(2), OUTLIER_IN);
  cr_expect_not(good(3), "it is back only once");
}

Test(outlier, one_good_answer_in_an_outage_does_not_shorten_the_next_time) {
  eject(0);
  good(1 * S);
  eject(2 * S);
  cr_expect_not(may_ask(22 * S - 1), "twice as long as before");
  cr_expect_not(good(4 * S - 1), "a tenth of it has to pass");
  cr_expect(good(4 * S));
  eject(5 * S);
  cr_expect_not(good(9 * S - 1));
  cr_expect(good(9 * S));
  for (int64_t at = 10 * S; at < 200 * S; at += 31 * S)
    eject(at), good(at + 30 * S);
  eject(500 * S);
  cr_expect_not(good(530 * S - 1));
  cr_expect(good(530 * S), "never for longer than half a minute");
}

Test(outlier, one_that_stays_ill_is_back_with_its_first_good_answer) {
  int64_t now = 0;
  eject(0);
  for (int64_t length = 10 * S; length < 300 * S; length *= 2)
    cr_assert(fail(now += length));
  cr_expect(good(now));
}

Test(outlier, one_that_falls_again_soon_sits_for_twice_as_long) {
  eject(0);
  may_ask(10 * S);
  good(10 * S);
  eject(15 * S);
  cr_expect_not(may_ask(35 * S - 1));
  cr_expect(may_ask(35 * S));
  good(35 * S);
  eject(60 * S);
  cr_expect(may_ask(70 * S), "it had been well for long");
}

Test(outlier, ten_losses_send_it_out_and_then_two) {
  for (int i = 0; i < 9; i++) cr_expect_not(lose(0));
  cr_expect(lose(0));
  cr_assert(may_ask(10 * S));
  cr_expect_not(lose(10 * S), "one loss is bad luck");
  cr_expect(may_ask(11 * S));
  cr_expect(lose(11 * S));
  cr_expect_not(may_ask(31 * S - 1));
  cr_expect(may_ask(31 * S));
}

Test(outlier, a_slow_one_sits_its_whole_time) {
  for (int i = 0; i < 10; i++) lose(0);
  cr_expect_not(good(10 * S - 1));
  cr_expect(good(10 * S));
}

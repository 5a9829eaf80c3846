/* Tests of core/race: what comes of what, as timelines in virtual time. How a
 * script reads is said in support/script.h; test_race_orders.c has the orders
 * that nobody thought of. */
#include "core/race.h"

#include <criterion/criterion.h>

#include "support/script.h"

#define RACE(name, options, script, timeline)                                  \
  Test(race, name) { script_race(options, script, timeline); }

/* ---- who is asked, and when ---- */

RACE(a_primary_that_answers_in_time_is_asked_alone, "",
     "0 start | 120 success 0", "[0] start: launch 0 | [120] success 0: won 0")
RACE(both_hedges_start_at_the_same_instant, "",
     "0 start | 300 timer | 420 success 2",
     "[0] start: launch 0 | [300] timer: launch 1 2 | "
     "[420] success 2: cancel 0 1, won 2")
RACE(the_primary_may_still_win_after_its_hedges_have_started, "",
     "0 start | 300 timer | 310 success 0",
     "[0] start: launch 0 | [300] timer: launch 1 2 | "
     "[310] success 0: cancel 1 2, won 0")
RACE(stagger_spaces_the_second_and_later_hedges, "hedges 3 stagger 50",
     "0 start | 300 timer | 350 timer | 400 timer | 401 success 1",
     "[0] start: launch 0 | [300] timer: launch 1 | "
     "[350] timer: launch 2 | [400] timer: launch 3 | "
     "[401] success 1: cancel 0 2 3, won 1")
RACE(hedge_after_0_starts_everything_at_once, "hedge-after 0",
     "0 start | 5 success 1",
     "[0] start: launch 0 1 2 | [5] success 1: cancel 0 2, won 1")
RACE(hedge_after_0_with_a_stagger_starts_the_first_hedge_at_once,
     "hedge-after 0 stagger 50", "0 start | 50 timer | 60 success 0",
     "[0] start: launch 0 1 | [50] timer: launch 2 | "
     "[60] success 0: cancel 1 2, won 0")
RACE(without_hedges_the_deadline_is_the_only_timer, "hedges 0",
     "0 start | 1000 timer",
     "[0] start: launch 0 | [1000] timer: cancel 0, deadline")
RACE(without_hedges_one_failure_is_the_end, "hedges 0", "0 start | 10 fail 0",
     "[0] start: launch 0 | [10] fail 0: failed")
RACE(fifteen_hedges_are_possible, "hedges 15",
     "0 start | 300 timer | 301 success 15",
     "[0] start: launch 0 | "
     "[300] timer: launch 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 | "
     "[301] success 15: cancel 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14, won 15")
RACE(times_count_from_the_start_whenever_that_is, "",
     "7000 start | 7300 timer | 8000 timer",
     "[7000] start: launch 0 | [7300] timer: launch 1 2 | "
     "[8000] timer: cancel 0 1 2, deadline")
RACE(an_early_timer_does_nothing, "",
     "0 start | 298 early timer | 300 timer | 301 success 1",
     "[0] start: launch 0 | [298] timer: nothing | "
     "[300] timer: launch 1 2 | [301] success 1: cancel 0 2, won 1")
RACE(a_late_timer_starts_all_that_has_become_due, "stagger 50",
     "0 start | 390 late timer | 400 success 2",
     "[0] start: launch 0 | [390] timer: launch 1 2 | "
     "[400] success 2: cancel 0 1, won 2")

/* ---- failures ---- */

RACE(a_failure_brings_one_hedge_forward, "",
     "0 start | 100 fail 0 | 140 success 1",
     "[0] start: launch 0 | [100] fail 0: launch 1 | [140] success 1: won 1")
RACE(a_hedge_brought_forward_leaves_the_others_their_timer, "",
     "0 start | 100 fail 0 | 300 timer | 310 success 2",
     "[0] start: launch 0 | [100] fail 0: launch 1 | "
     "[300] timer: launch 2 | [310] success 2: cancel 1, won 2")
RACE(a_failure_brings_a_hedge_forward_once_per_race, "",
     "0 start | 10 fail 0 | 20 fail 1 | 300 timer | 310 success 2",
     "[0] start: launch 0 | [10] fail 0: launch 1 | "
     "[20] fail 1: nothing | [300] timer: launch 2 | [310] success 2: won 2")
RACE(a_failure_with_others_in_flight_brings_nothing_forward, "stagger 100",
     "0 start | 300 timer | 310 fail 0 | 400 timer | 410 success 2",
     "[0] start: launch 0 | [300] timer: launch 1 | "
     "[310] fail 0: nothing | [400] timer: launch 2 | "
     "[410] success 2: cancel 1, won 2")
RACE(the_last_failure_of_what_was_in_flight_brings_one_forward, "stagger 100",
     "0 start | 300 timer | 310 fail 0 | 320 fail 1",
     "[0] start: launch 0 | [300] timer: launch 1 | "
     "[310] fail 0: nothing | [320] fail 1: launch 2")
RACE(on_failure_all_brings_every_hedge_forward,
     "hedges 3 stagger 50 on-failure all",
     "0 start | 100 fail 0 | 140 success 2",
     "[0] start: launch 0 | [100] fail 0: launch 1 2 3 | "
     "[140] success 2: cancel 1 3, won 2")
RACE(on_failure_wait_brings_none_forward, "on-failure wait",
     "0 start | 100 fail 0 | 300 timer | 310 success 1",
     "[0] start: launch 0 | [100] fail 0: nothing | "
     "[300] timer: launch 1 2 | [310] success 1: cancel 2, won 1")

Test(race, a_429_brings_nothing_forward) {
  script_race("", "0 start | 10 status 0 429 | 300 timer",
              "[0] start: launch 0 | [10] status 0 429: nothing | "
              "[300] timer: launch 1 2");
  script_race("on-failure all", "0 start | 10 status 0 429 | 300 timer",
              "[0] start: launch 0 | [10] status 0 429: nothing | "
              "[300] timer: launch 1 2");
}

RACE(a_retry_after_brings_nothing_forward, "",
     "0 start | 10 status 0 503 retry-after | 300 timer",
     "[0] start: launch 0 | [10] status 0 503 retry-after: nothing | "
     "[300] timer: launch 1 2")
RACE(a_429_does_not_use_up_the_one_that_may_come_forward, "stagger 100",
     "0 start | 10 status 0 429 | 300 timer | 310 fail 1",
     "[0] start: launch 0 | [10] status 0 429: nothing | "
     "[300] timer: launch 1 | [310] fail 1: launch 2")
RACE(when_all_have_failed_the_race_has, "",
     "0 start | 300 timer | 310 fail 1 | 320 status 0 500 | 330 fail 2",
     "[0] start: launch 0 | [300] timer: launch 1 2 | "
     "[310] fail 1: nothing | [320] status 0 500: nothing | "
     "[330] fail 2: failed")

Test(race, a_hedge_that_could_only_start_at_the_deadline_is_not_waited_for) {
  script_race("timeout 200 on-failure wait", "0 start | 10 fail 0",
              "[0] start: launch 0 | [10] fail 0: failed");
  script_race("timeout 200", "0 start | 10 fail 0 | 20 fail 1",
              "[0] start: launch 0 | [10] fail 0: launch 1 | "
              "[20] fail 1: failed");
  script_race("timeout 300", "0 start | 10 status 0 429",
              "[0] start: launch 0 | [10] status 0 429: answer 0");
}

/* ---- results and timers in one turn ---- */

RACE(a_success_counts_before_a_hedge_that_is_due_with_it, "",
     "0 start | 300 success 0 | 300 timer",
     "[0] start: launch 0 | [300] success 0: won 0 | [300] timer: nothing")
RACE(a_failure_that_comes_as_hedges_are_due_does_not_count_as_the_one,
     "stagger 100", "0 start | 300 fail 0 | 310 fail 1",
     "[0] start: launch 0 | [300] fail 0: launch 1 | [310] fail 1: launch 2")

Test(race, a_success_counts_before_the_deadline_that_is_due_with_it) {
  script_race("", "0 start | 300 timer | 1000 success 1",
              "[0] start: launch 0 | [300] timer: launch 1 2 | "
              "[1000] success 1: cancel 0 2, won 1");
  script_race("hedges 0", "0 start | 1005 late success 0",
              "[0] start: launch 0 | [1005] success 0: won 0");
}

RACE(a_failure_at_the_deadline_brings_nothing_forward, "timeout 200",
     "0 start | 200 fail 0", "[0] start: launch 0 | [200] fail 0: failed")

/* ---- the deadline ---- */

RACE(the_deadline_ends_a_race_before_its_hedges, "timeout 200",
     "0 start | 200 timer",
     "[0] start: launch 0 | [200] timer: cancel 0, deadline")
RACE(a_hedge_that_is_due_at_the_deadline_does_not_start, "timeout 300",
     "0 start | 300 timer",
     "[0] start: launch 0 | [300] timer: cancel 0, deadline")
RACE(the_deadline_ends_a_race_after_its_hedges, "",
     "0 start | 300 timer | 500 fail 1 | 1000 timer",
     "[0] start: launch 0 | [300] timer: launch 1 2 | "
     "[500] fail 1: nothing | [1000] timer: cancel 0 2, deadline")
RACE(a_failure_past_the_deadline_ends_the_race_too, "",
     "0 start | 300 timer | 1005 late fail 1",
     "[0] start: launch 0 | [300] timer: launch 1 2 | "
     "[1005] fail 1: cancel 0 2, deadline")
RACE(a_loop_that_slept_through_everything_starts_nothing, "",
     "0 start | 1005 late timer",
     "[0] start: launch 0 | [1005] timer: cancel 0, deadline")

/* ---- an attempt's own limit ---- */

RACE(an_attempt_that_used_up_its_time_is_cancelled_and_has_failed,
     "attempt-timeout 100", "0 start | 100 timer | 120 success 1",
     "[0] start: launch 0 | [100] timer: expire 0, launch 1 | "
     "[120] success 1: won 1")
RACE(an_attempts_time_counts_from_its_own_start, "attempt-timeout 100",
     "0 start | 100 timer | 200 timer | 300 timer | 400 timer",
     "[0] start: launch 0 | [100] timer: expire 0, launch 1 | "
     "[200] timer: expire 1 | [300] timer: launch 2 | "
     "[400] timer: expire 2, failed")
RACE(an_attempts_limit_leaves_those_alone_that_have_time, "attempt-timeout 400",
     "0 start | 300 timer | 400 timer | 410 success 2",
     "[0] start: launch 0 | [300] timer: launch 1 2 | "
     "[400] timer: expire 0 | [410] success 2: cancel 1, won 2")
RACE(attempts_that_started_together_use_up_their_time_together,
     "attempt-timeout 400", "0 start | 300 timer | 400 timer | 700 timer",
     "[0] start: launch 0 | [300] timer: launch 1 2 | "
     "[400] timer: expire 0 | [700] timer: expire 1 2, failed")
RACE(a_success_counts_before_the_attempts_own_limit, "attempt-timeout 100",
     "0 start | 100 success 0", "[0] start: launch 0 | [100] success 0: won 0")
RACE(with_on_failure_wait_a_limit_brings_none_forward,
     "attempt-timeout 100 on-failure wait", "0 start | 100 timer | 300 timer",
     "[0] start: launch 0 | [100] timer: expire 0 | [300] timer: launch 1 2")
RACE(a_limit_that_ends_with_the_deadline_is_the_deadlines,
     "hedges 0 attempt-timeout 1000", "0 start | 1000 timer",
     "[0] start: launch 0 | [1000] timer: cancel 0, deadline")
RACE(an_event_that_is_a_little_older_than_the_start_ends_nothing, "",
     "100 start | 99 fail 0 | 400 timer",
     "[100] start: launch 0 | [99] fail 0: launch 1 | [400] timer: launch 2")
RACE(an_ended_attempt_has_no_limit_any_more, "attempt-timeout 350",
     "0 start | 300 timer | 310 fail 0 | 650 timer",
     "[0] start: launch 0 | [300] timer: launch 1 2 | "
     "[310] fail 0: nothing | [650] timer: expire 1 2, failed")

/* ---- 4xx ---- */

RACE(a_4xx_is_a_failure_like_any_other, "",
     "0 start | 10 status 0 404 | 20 success 1",
     "[0] start: launch 0 | [10] status 0 404: launch 1 | "
     "[20] success 1: won 1")
RACE(when_each_brought_a_4xx_the_primarys_is_the_answer, "",
     "0 start | 300 timer | 310 status 2 404 | "
     "320 status 0 403 | 330 status 1 401",
     "[0] start: launch 0 | [300] timer: launch 1 2 | "
     "[310] status 2 404: nothing | [320] status 0 403: nothing | "
     "[330] status 1 401: answer 0")
RACE(a_4xx_is_every_status_from_400_to_499, "hedges 1",
     "0 start | 10 status 0 499 | 20 status 1 400",
     "[0] start: launch 0 | [10] status 0 499: launch 1 | "
     "[20] status 1 400: answer 0")
RACE(a_429_from_everyone_is_the_answer_too, "hedges 1",
     "0 start | 10 status 0 429 retry-after | 300 timer | "
     "310 status 1 429 retry-after",
     "[0] start: launch 0 | [10] status 0 429 retry-after: nothing | "
     "[300] timer: launch 1 | [310] status 1 429 retry-after: answer 0")
RACE(a_4xx_that_was_cut_is_no_answer, "hedges 1",
     "0 start | 10 status 0 404 cut | 20 status 1 404",
     "[0] start: launch 0 | [10] status 0 404 cut: launch 1 | "
     "[20] status 1 404: failed")

Test(race, a_4xx_among_other_failures_is_no_answer) {
  script_race("hedges 1", "0 start | 10 status 0 404 | 20 status 1 500",
              "[0] start: launch 0 | [10] status 0 404: launch 1 | "
              "[20] status 1 500: failed");
  script_race("hedges 1", "0 start | 10 status 0 399 | 20 status 1 404",
              "[0] start: launch 0 | [10] status 0 399: launch 1 | "
              "[20] status 1 404: failed");
}

RACE(an_attempt_out_of_time_is_no_4xx, "hedges 1 attempt-timeout 400",
     "0 start | 300 timer | 350 status 0 404 | 700 timer",
     "[0] start: launch 0 | [300] timer: launch 1 | "
     "[350] status 0 404: nothing | [700] timer: expire 1, failed")
RACE(a_4xx_is_no_answer_while_another_is_in_flight_at_the_deadline, "hedges 1",
     "0 start | 300 timer | 350 status 0 404 | 1000 timer",
     "[0] start: launch 0 | [300] timer: launch 1 | "
     "[350] status 0 404: nothing | [1000] timer: cancel 1, deadline")
RACE(a_refused_hedge_does_not_spoil_the_4xx_of_those_that_were_asked, "",
     "0 start | 300 timer refusing 1 | 310 status 0 404 | 320 status 2 400",
     "[0] start: launch 0 | [300] timer: refuse 1, launch 2 | "
     "[310] status 0 404: nothing | [320] status 2 400: answer 0")
RACE(where_the_primary_was_refused_the_first_that_was_asked_answers, "",
     "0 start refusing 0 | 10 status 1 404 | 20 status 2 400",
     "[0] start: refuse 0, launch 1 | [10] status 1 404: launch 2 | "
     "[20] status 2 400: answer 1")

/* ---- --final 4xx ---- */

RACE(a_final_4xx_with_nothing_else_in_flight_is_the_answer, "final 4xx",
     "0 start | 10 status 0 404",
     "[0] start: launch 0 | [10] status 0 404: answer 0")
RACE(a_final_4xx_wins_at_once_over_what_is_in_flight, "final 4xx stagger 100",
     "0 start | 300 timer | 310 status 0 404",
     "[0] start: launch 0 | [300] timer: launch 1 | "
     "[310] status 0 404: cancel 1, answer 0")
RACE(a_hedges_final_4xx_does_not_wait_for_a_slow_primary, "final 4xx",
     "0 start | 300 timer | 310 status 2 404",
     "[0] start: launch 0 | [300] timer: launch 1 2 | "
     "[310] status 2 404: cancel 0 1, answer 2")
RACE(what_comes_after_a_final_4xx_comes_too_late, "final 4xx",
     "0 start | 300 timer | 310 status 1 404 | 310 success 0",
     "[0] start: launch 0 | [300] timer: launch 1 2 | "
     "[310] status 1 404: cancel 0 2, answer 1 | [310] success 0: nothing")
RACE(a_final_4xx_counts_before_the_deadline_that_is_due_with_it, "final 4xx",
     "0 start | 300 timer | 1000 status 1 404",
     "[0] start: launch 0 | [300] timer: launch 1 2 | "
     "[1000] status 1 404: cancel 0 2, answer 1")
RACE(a_final_4xx_that_comes_as_hedges_are_due_stops_them, "final 4xx",
     "0 start | 300 status 0 404",
     "[0] start: launch 0 | [300] status 0 404: answer 0")

Test(race, a_408_425_or_429_is_never_final) {
  script_race("final 4xx hedges 1", "0 start | 10 status 0 408 | 20 success 1",
              "[0] start: launch 0 | [10] status 0 408: launch 1 | "
              "[20] success 1: won 1");
  script_race("final 4xx hedges 1", "0 start | 10 status 0 425 | 20 success 1",
              "[0] start: launch 0 | [10] status 0 425: launch 1 | "
              "[20] success 1: won 1");
  script_race("final 4xx hedges 1", "0 start | 10 status 0 429 | 300 timer",
              "[0] start: launch 0 | [10] status 0 429: nothing | "
              "[300] timer: launch 1");
}

RACE(a_final_4xx_goes_before_the_primarys_429, "final 4xx hedges 1",
     "0 start | 10 status 0 429 | 300 timer | 310 status 1 404",
     "[0] start: launch 0 | [10] status 0 429: nothing | "
     "[300] timer: launch 1 | [310] status 1 404: answer 1")
RACE(a_4xx_that_was_cut_is_not_final, "final 4xx",
     "0 start | 10 status 0 404 cut",
     "[0] start: launch 0 | [10] status 0 404 cut: launch 1")
RACE(a_500_is_not_final, "final 4xx", "0 start | 10 status 0 500",
     "[0] start: launch 0 | [10] status 0 500: launch 1")

/* ---- refusals ---- */

RACE(a_refused_primary_hands_its_turn_on, "",
     "0 start refusing 0 | 300 timer | 310 success 2",
     "[0] start: refuse 0, launch 1 | [300] timer: launch 2 | "
     "[310] success 2: cancel 1, won 2")

Test(race, a_refused_primary_hands_its_turn_on_under_every_policy) {
  script_race("on-failure wait", "0 start refusing 0 1 | 5 success 2",
              "[0] start: refuse 0 1, launch 2 | [5] success 2: won 2");
  script_race("on-failure all", "0 start refusing 0 | 5 success 1",
              "[0] start: refuse 0, launch 1 | [5] success 1: won 1");
}

Test(race, a_race_whose_attempts_were_all_refused_is_refused) {
  script_race("", "0 start refusing 0 1 2", "[0] start: refuse 0 1 2, refused");
  script_race("hedges 0", "0 start refusing 0", "[0] start: refuse 0, refused");
  script_race("hedge-after 0", "0 start refusing 0 1 2",
              "[0] start: refuse 0 1 2, refused");
}

RACE(a_refused_hedge_leaves_the_primary_alone, "",
     "0 start | 300 timer refusing 1 2 | 400 success 0",
     "[0] start: launch 0 | [300] timer: refuse 1 2 | [400] success 0: won 0")
RACE(when_the_rest_was_refused_the_primarys_failure_is_the_end, "",
     "0 start | 300 timer refusing 1 2 | 400 fail 0",
     "[0] start: launch 0 | [300] timer: refuse 1 2 | [400] fail 0: failed")
RACE(a_hedge_refused_after_a_failure_leaves_the_other_its_timer, "",
     "0 start | 100 fail 0 refusing 1 | 300 timer | 310 success 2",
     "[0] start: launch 0 | [100] fail 0: refuse 1 | "
     "[300] timer: launch 2 | [310] success 2: won 2")
RACE(after_a_refused_primary_a_failure_still_brings_one_forward, "",
     "0 start refusing 0 | 10 fail 1 | 20 success 2",
     "[0] start: refuse 0, launch 1 | [10] fail 1: launch 2 | "
     "[20] success 2: won 2")

Test(race, hedges_refused_after_all_else_failed_end_the_race) {
  script_race("on-failure wait", "0 start | 10 fail 0 | 300 timer refusing 1 2",
              "[0] start: launch 0 | [10] fail 0: nothing | "
              "[300] timer: refuse 1 2, failed");
  script_race("on-failure all", "0 start | 10 fail 0 refusing 1 2",
              "[0] start: launch 0 | [10] fail 0: refuse 1 2, failed");
}

/* ---- this machine lacks memory ---- */

Test(race, an_attempt_that_starved_brings_nothing_forward) {
  script_race("", "0 start | 9 starve 0 | 300 timer | 310 success 1",
              "[0] start: launch 0 | [9] starve 0: nothing | "
              "[300] timer: launch 1 2 | [310] success 1: cancel 2, won 1");
  script_race("on-failure all", "0 start | 9 starve 0 | 300 timer",
              "[0] start: launch 0 | [9] starve 0: nothing | "
              "[300] timer: launch 1 2");
}

RACE(a_starved_primary_hands_no_turn_on,
     "on-failure wait hedge-after 20000 timeout 10000", "0 start | 9 starve 0",
     "[0] start: launch 0 | [9] starve 0: refused")
RACE(those_that_starved_do_not_spoil_the_4xx_of_the_others, "hedges 1",
     "0 start | 300 timer | 310 starve 0 | 320 status 1 404",
     "[0] start: launch 0 | [300] timer: launch 1 | "
     "[310] starve 0: nothing | [320] status 1 404: answer 1")
RACE(a_failure_beside_one_that_starved_is_a_failure, "hedges 1",
     "0 start | 300 timer | 310 starve 0 | 320 fail 1",
     "[0] start: launch 0 | [300] timer: launch 1 | "
     "[310] starve 0: nothing | [320] fail 1: failed")

/* ---- a request that may go out once ---- */

Test(race, what_may_go_out_once_is_not_hedged) {
  script_race("once yes", "0 start | 1000 timer",
              "[0] start: launch 0 | [1000] timer: cancel 0, deadline");
  script_race("once yes hedge-after 0", "0 start | 5 success 0",
              "[0] start: launch 0 | [5] success 0: won 0");
}

Test(race, what_may_go_out_once_is_not_asked_again_after_a_failure) {
  script_race("once yes", "0 start | 10 fail 0",
              "[0] start: launch 0 | [10] fail 0: failed");
  script_race("once yes on-failure all", "0 start | 10 status 0 500",
              "[0] start: launch 0 | [10] status 0 500: failed");
  script_race("once yes on-failure wait", "0 start | 10 status 0 503 cut",
              "[0] start: launch 0 | [10] status 0 503 cut: failed");
}

RACE(what_reached_nobody_is_handed_on_one_by_one, "once yes",
     "0 start | 10 fail 0 unsent | 20 fail 1 unsent | 30 success 2",
     "[0] start: launch 0 | [10] fail 0 unsent: launch 1 | "
     "[20] fail 1 unsent: launch 2 | [30] success 2: won 2")

Test(race, what_reached_nobody_is_handed_on_under_every_policy) {
  script_race("once yes on-failure all",
              "0 start | 10 fail 0 unsent | 20 success 1",
              "[0] start: launch 0 | [10] fail 0 unsent: launch 1 | "
              "[20] success 1: won 1");
  script_race("once yes on-failure wait",
              "0 start | 10 fail 0 unsent | 20 success 1",
              "[0] start: launch 0 | [10] fail 0 unsent: launch 1 | "
              "[20] success 1: won 1");
}

Test(race, what_reached_nobody_in_the_end_has_failed) {
  script_race("once yes hedges 1",
              "0 start | 10 fail 0 unsent | 20 fail 1 unsent",
              "[0] start: launch 0 | [10] fail 0 unsent: launch 1 | "
              "[20] fail 1 unsent: failed");
  script_race("once yes hedges 0", "0 start | 10 fail 0 unsent",
              "[0] start: launch 0 | [10] fail 0 unsent: failed");
}

RACE(what_has_reached_somebody_is_handed_on_no_more, "once yes",
     "0 start | 10 fail 0 unsent | 20 fail 1",
     "[0] start: launch 0 | [10] fail 0 unsent: launch 1 | [20] fail 1: failed")

Test(race, a_refused_attempt_hands_on_what_may_go_out_once) {
  script_race("once yes", "0 start refusing 0 1 | 5 fail 2",
              "[0] start: refuse 0 1, launch 2 | [5] fail 2: failed");
  script_race("once yes",
              "0 start | 10 fail 0 unsent refusing 1 | 20 success 2",
              "[0] start: launch 0 | [10] fail 0 unsent: refuse 1, launch 2 | "
              "[20] success 2: won 2");
  script_race("once yes", "0 start refusing 0 1 2",
              "[0] start: refuse 0 1 2, refused");
  script_race("once yes hedges 1", "0 start refusing 0 | 5 fail 1 unsent",
              "[0] start: refuse 0, launch 1 | [5] fail 1 unsent: failed");
}

RACE(an_attempt_that_starved_hands_nothing_on_either, "once yes",
     "0 start | 10 starve 0 unsent",
     "[0] start: launch 0 | [10] starve 0 unsent: refused")

/* It may have been on its way. */
RACE(an_attempt_that_used_up_its_time_hands_nothing_on,
     "once yes attempt-timeout 200", "0 start | 200 timer",
     "[0] start: launch 0 | [200] timer: expire 0, failed")
RACE(nothing_is_handed_on_at_the_deadline, "once yes",
     "0 start | 1000 fail 0 unsent",
     "[0] start: launch 0 | [1000] fail 0 unsent: failed")

/* Nobody else was asked. */
Test(race, a_4xx_answers_what_may_go_out_once) {
  script_race("once yes", "0 start | 20 status 0 409",
              "[0] start: launch 0 | [20] status 0 409: answer 0");
  script_race("once yes", "0 start | 10 fail 0 unsent | 20 status 1 404",
              "[0] start: launch 0 | [10] fail 0 unsent: launch 1 | "
              "[20] status 1 404: answer 1");
}

RACE(without_once_it_does_not_matter_whether_anything_was_sent, "",
     "0 start | 10 fail 0 unsent | 20 fail 1 unsent | 300 timer",
     "[0] start: launch 0 | [10] fail 0 unsent: launch 1 | "
     "[20] fail 1 unsent: nothing | [300] timer: launch 2")

/* ---- retries ---- */

RACE(a_failure_is_retried_after_a_wait, "hedges 0 retries 1",
     "0 start | 100 fail 0 | 125 timer | 150 success 1",
     "[0] start: launch 0 | [100] fail 0: nothing | "
     "[125] timer: retry 1 | [150] success 1: won 1")
RACE(each_wait_is_twice_the_one_before_up_to_the_most,
     "hedges 0 retries 4 backoff 25 most 80",
     "0 start | 0 fail 0 | 25 timer | 25 fail 1 | 75 timer | "
     "75 fail 2 | 155 timer | 155 fail 3 | 235 timer | 240 fail 4",
     "[0] start: launch 0 | [0] fail 0: nothing | "
     "[25] timer: retry 1 | [25] fail 1: nothing | "
     "[75] timer: retry 2 | [75] fail 2: nothing | "
     "[155] timer: retry 3 | [155] fail 3: nothing | "
     "[235] timer: retry 4 | [240] fail 4: failed")

Test(race, chance_shortens_a_wait) {
  script_race("hedges 0 retries 1 backoff 100 chance 25",
              "0 start | 10 fail 0 | 85 timer",
              "[0] start: launch 0 | [10] fail 0: nothing | "
              "[85] timer: retry 1");
  script_race("hedges 0 retries 1 backoff 100 attempt-timeout 200 chance 50",
              "0 start | 200 timer | 250 timer",
              "[0] start: launch 0 | [200] timer: expire 0 | "
              "[250] timer: retry 1");
}

/* 25 % of the first, 75 % of the second. */
RACE(each_wait_has_a_chance_of_its_own,
     "hedges 0 retries 2 backoff 100 most 200 chance 25",
     "0 start | 0 fail 0 | 75 timer | 75 fail 1 | 125 timer",
     "[0] start: launch 0 | [0] fail 0: nothing | "
     "[75] timer: retry 1 | [75] fail 1: nothing | [125] timer: retry 2")
RACE(without_a_backoff_a_retry_starts_at_once,
     "hedges 0 retries 2 backoff 0 most 0",
     "0 start | 10 fail 0 | 20 fail 1 | 30 fail 2",
     "[0] start: launch 0 | [10] fail 0: retry 1 | "
     "[20] fail 1: retry 2 | [30] fail 2: failed")
RACE(a_slow_attempt_is_not_retried, "hedges 0 retries 2",
     "0 start | 1000 timer",
     "[0] start: launch 0 | [1000] timer: cancel 0, deadline")
RACE(an_attempt_that_used_up_its_time_is_retried,
     "hedges 0 retries 1 attempt-timeout 200",
     "0 start | 200 timer | 225 timer | 425 timer",
     "[0] start: launch 0 | [200] timer: expire 0 | "
     "[225] timer: retry 1 | [425] timer: expire 1, failed")

Test(race, a_retry_that_could_only_start_at_the_deadline_is_not_waited_for) {
  script_race("hedges 0 retries 1", "0 start | 975 fail 0",
              "[0] start: launch 0 | [975] fail 0: failed");
  script_race("hedges 0 retries 1", "0 start | 974 fail 0 | 999 timer",
              "[0] start: launch 0 | [974] fail 0: nothing | "
              "[999] timer: retry 1");
}

Test(race, a_4xx_is_not_retried) {
  script_race("hedges 0 retries 1", "0 start | 10 status 0 404",
              "[0] start: launch 0 | [10] status 0 404: answer 0");
  script_race("hedges 0 retries 1", "0 start | 10 status 0 404 cut",
              "[0] start: launch 0 | [10] status 0 404 cut: failed");
}

Test(race, a_4xx_that_may_pass_is_retried) {
  script_race(
      "hedges 0 retries 3",
      "0 start | 10 status 0 408 | 35 timer | 40 status 1 425 | "
      "90 timer | 100 status 2 429 retry-after | 200 timer | 210 success 3",
      "[0] start: launch 0 | [10] status 0 408: nothing | "
      "[35] timer: retry 1 | [40] status 1 425: nothing | "
      "[90] timer: retry 2 | [100] status 2 429 retry-after: nothing | "
      "[200] timer: retry 3 | [210] success 3: won 3");
  script_race(
      "hedges 0 retries 1 final 4xx",
      "0 start | 10 status 0 429 retry-after | 35 timer | 40 status 1 404",
      "[0] start: launch 0 | [10] status 0 429 retry-after: nothing | "
      "[35] timer: retry 1 | [40] status 1 404: answer 1");
}

RACE(when_each_try_brought_a_4xx_the_first_ones_is_the_answer,
     "hedges 0 retries 1",
     "0 start | 10 status 0 429 retry-after | 35 timer | 40 status 1 403",
     "[0] start: launch 0 | [10] status 0 429 retry-after: nothing | "
     "[35] timer: retry 1 | [40] status 1 403: answer 0")
RACE(a_429_that_names_no_time_means_a_second, "hedges 0 retries 1 timeout 2000",
     "0 start | 10 status 0 429 | 1010 timer",
     "[0] start: launch 0 | [10] status 0 429: nothing | [1010] timer: retry 1")

Test(race, retry_after_is_the_least_wait) {
  script_race("hedges 0 retries 1",
              "0 start | 10 status 0 503 retry-after for 300 | 310 timer",
              "[0] start: launch 0 | "
              "[10] status 0 503 retry-after for 300: nothing | "
              "[310] timer: retry 1");
  script_race("hedges 0 retries 1",
              "0 start | 10 status 0 503 retry-after for 5 | 35 timer",
              "[0] start: launch 0 | "
              "[10] status 0 503 retry-after for 5: nothing | "
              "[35] timer: retry 1");
}

RACE(a_retry_after_that_nobody_can_read_leaves_the_usual_wait,
     "hedges 0 retries 1", "0 start | 10 status 0 503 retry-after | 35 timer",
     "[0] start: launch 0 | [10] status 0 503 retry-after: nothing | "
     "[35] timer: retry 1")
RACE(a_retry_after_beyond_the_deadline_ends_the_tries, "hedges 0 retries 1",
     "0 start | 10 status 0 503 retry-after for 2000",
     "[0] start: launch 0 | [10] status 0 503 retry-after for 2000: failed")
RACE(any_attempts_retry_after_holds_every_retry,
     "hedges 1 retries 1 on-failure wait",
     "0 start | 10 status 0 503 retry-after for 600 | 300 timer | "
     "310 fail 1 | 610 timer",
     "[0] start: launch 0 | [10] status 0 503 retry-after for 600: nothing | "
     "[300] timer: launch 1 | [310] fail 1: nothing | [610] timer: retry 2")

/* Of two targets that are asked in turn. */
static struct race race_between(const struct race_policy *policy,
                                struct race_plan *plan) {
  static const uint8_t order[] = {0, 1};
  struct race race;
  plan_make(plan, policy, order, 2, 1000 * 1000);
  race_init(&race, plan);
  struct todo todo = race_step(&race, &(struct step_event){EVENT_START});
  cr_expect_eq(todo.start_below, 1);
  return race;
}

static struct todo ends(struct race *race, unsigned k, int64_t ms,
                        struct attempt_end end) {
  return race_step(race, &(struct step_event){.kind = EVENT_ENDED,
                                              .now_us = ms * 1000,
                                              .attempt = k,
                                              .end = end});
}

/* At the wakeup that is due in so many milliseconds so many have been started.
 */
static void expect_timer(struct race *race, int64_t ms, unsigned started) {
  struct step_event timer = {.kind = EVENT_TIMER,
                             .now_us = race_wakeup_us(race)};
  cr_expect_eq(timer.now_us, ms * 1000, "at %lld us", (long long)timer.now_us);
  struct todo todo = race_step(race, &timer);
  cr_expect_eq(todo.start_below, started, "%u", todo.start_below);
}

static const struct attempt_end failure = {.result = ATTEMPT_TRANSPORT},
                                refusal = {.result = ATTEMPT_REFUSED};

static struct attempt_end busy_for(uint32_t ms) {
  return (struct attempt_end){.result = ATTEMPT_STATUS,
                              .status = 503,
                              .retry_after = true,
                              .retry_after_ms = ms};
}

Test(race, a_retry_after_holds_the_retries_that_ask_the_same_target) {
  const struct race_policy policy = {.retries = 3, .backoff = {25000, 25000}};
  struct race_plan plan;
  struct race race = race_between(&policy, &plan);
  (void)ends(&race, 0, 10, busy_for(600));
  expect_timer(&race, 35, 2); /* the other one */
  (void)ends(&race, 1, 40, busy_for(100));
  expect_timer(&race, 610, 3); /* the first again */
  (void)ends(&race, 2, 620, failure);
  expect_timer(&race, 645, 4);
}

Test(race, a_hedge_in_between_changes_whom_the_retry_waits_for) {
  const struct race_policy policy = {.hedges = 1,
                                     .retries = 1,
                                     .hedge_after_us = 300 * 1000,
                                     .on_failure = RACE_WAIT,
                                     .backoff = {500 * 1000, 500 * 1000}};
  struct race_plan plan;
  struct race race = race_between(&policy, &plan);
  (void)ends(&race, 0, 10, busy_for(700));
  expect_timer(&race, 300, 2);
  (void)ends(&race, 1, 310, refusal);
  expect_timer(&race, 710, 3);
}

Test(race, a_retry_that_its_target_lets_come_too_late_is_none) {
  const struct race_policy policy = {.retries = 2, .backoff = {25000, 25000}};
  struct race_plan plan;
  struct race race = race_between(&policy, &plan);
  (void)ends(&race, 0, 10, busy_for(2000));
  expect_timer(&race, 35, 2);
  struct todo todo = ends(&race, 1, 40, failure);
  cr_expect_eq(todo.outcome, OUTCOME_FAILED);
}

Test(race, a_late_hedge_is_held_by_whom_it_has_asked) {
  const struct race_policy policy = {.hedges = 2,
                                     .retries = 1,
                                     .hedge_after_us = 100 * 1000,
                                     .stagger_us = 100 * 1000,
                                     .on_failure = RACE_WAIT,
                                     .backoff = {25000, 25000}};
  struct race_plan plan;
  struct race race = race_between(&policy, &plan);
  expect_timer(&race, 100, 2);
  (void)ends(&race, 1, 100, refusal);
  expect_timer(&race, 200, 3); /* target 1 in its place */
  (void)ends(&race, 2, 210, busy_for(400));
  (void)ends(&race, 0, 220, failure);
  expect_timer(&race, 610, 4);
}

Test(race, a_hedge_that_is_brought_forward_goes_before_a_retry) {
  script_race("hedges 1 retries 1",
              "0 start | 100 fail 0 | 110 fail 1 | 135 timer | 140 success 2",
              "[0] start: launch 0 | [100] fail 0: launch 1 | "
              "[110] fail 1: nothing | [135] timer: retry 2 | "
              "[140] success 2: won 2");
  script_race("retries 1 on-failure all",
              "0 start | 100 fail 0 | 110 fail 1 | 120 fail 2 | 145 timer",
              "[0] start: launch 0 | [100] fail 0: launch 1 2 | "
              "[110] fail 1: nothing | [120] fail 2: nothing | "
              "[145] timer: retry 3");
}

RACE(a_retry_goes_before_a_hedge_that_waits_for_its_time,
     "hedges 1 retries 1 on-failure wait",
     "0 start | 100 fail 0 | 125 timer | 300 timer | 310 success 2",
     "[0] start: launch 0 | [100] fail 0: nothing | "
     "[125] timer: retry 1 | [300] timer: launch 2 | "
     "[310] success 2: cancel 1, won 2")
RACE(a_retry_waits_for_what_a_hedge_brings,
     "hedges 1 retries 1 on-failure wait",
     "0 start | 290 fail 0 | 300 timer | 400 fail 1 | 425 timer",
     "[0] start: launch 0 | [290] fail 0: nothing | "
     "[300] timer: launch 1 | [400] fail 1: nothing | [425] timer: retry 2")
RACE(a_retry_whose_time_has_come_does_not_join_a_hedge,
     "stagger 100 retries 1 on-failure wait",
     "0 start | 290 fail 0 | 300 timer | 400 timer | 410 success 2",
     "[0] start: launch 0 | [290] fail 0: nothing | "
     "[300] timer: launch 1 | [400] timer: launch 2 | "
     "[410] success 2: cancel 1, won 2")
RACE(a_failure_with_others_in_flight_is_not_retried_yet, "hedges 1 retries 1",
     "0 start | 300 timer | 310 fail 0 | 500 status 1 500 | 525 timer",
     "[0] start: launch 0 | [300] timer: launch 1 | "
     "[310] fail 0: nothing | [500] status 1 500: nothing | "
     "[525] timer: retry 2")
RACE(the_last_failure_decides_whether_there_is_a_retry, "hedges 1 retries 1",
     "0 start | 300 timer | 310 fail 0 | 500 status 1 404",
     "[0] start: launch 0 | [300] timer: launch 1 | "
     "[310] fail 0: nothing | [500] status 1 404: failed")

Test(race, a_refused_hedge_leaves_a_retry_its_time) {
  script_race("hedges 1 retries 1 on-failure wait",
              "0 start | 290 fail 0 | 300 timer refusing 1 | 315 timer",
              "[0] start: launch 0 | [290] fail 0: nothing | "
              "[300] timer: refuse 1 | [315] timer: retry 2");
  script_race("hedges 1 retries 1",
              "0 start | 100 fail 0 refusing 1 | 125 timer",
              "[0] start: launch 0 | [100] fail 0: refuse 1 | "
              "[125] timer: retry 2");
}

RACE(a_refused_retry_is_used_up, "hedges 0 retries 2",
     "0 start | 100 fail 0 | 125 timer refusing 1",
     "[0] start: launch 0 | [100] fail 0: nothing | "
     "[125] timer: refuse 1, failed")
RACE(a_refused_primary_is_not_retried, "hedges 0 retries 2",
     "0 start refusing 0", "[0] start: refuse 0, refused")
RACE(an_attempt_that_starved_is_not_retried, "hedges 0 retries 2",
     "0 start | 10 starve 0", "[0] start: launch 0 | [10] starve 0: refused")

Test(race, what_may_go_out_once_is_retried_while_it_has_reached_nobody) {
  script_race("once yes hedges 0 retries 2",
              "0 start | 10 fail 0 unsent | 35 timer | 40 fail 1",
              "[0] start: launch 0 | [10] fail 0 unsent: nothing | "
              "[35] timer: retry 1 | [40] fail 1: failed");
  script_race("once yes hedges 0 retries 2", "0 start | 10 status 0 503",
              "[0] start: launch 0 | [10] status 0 503: failed");
  script_race("once yes hedges 0 retries 2", "0 start | 10 status 0 429",
              "[0] start: launch 0 | [10] status 0 429: answer 0");
}

RACE(hedges_take_over_what_may_go_out_once_before_retries_do,
     "once yes hedges 1 retries 1",
     "0 start | 10 fail 0 unsent | 20 fail 1 unsent | 45 timer | 50 success 2",
     "[0] start: launch 0 | [10] fail 0 unsent: launch 1 | "
     "[20] fail 1 unsent: nothing | [45] timer: retry 2 | "
     "[50] success 2: won 2")
RACE(fifteen_retries_are_possible, "hedges 0 retries 15 backoff 0 most 0",
     "0 start | 1 fail 0 | 1 fail 1 | 1 fail 2 | 1 fail 3 | "
     "1 fail 4 | 1 fail 5 | 1 fail 6 | 1 fail 7 | 1 fail 8 | "
     "1 fail 9 | 1 fail 10 | 1 fail 11 | 1 fail 12 | 1 fail 13 | "
     "1 fail 14 | 1 success 15",
     "[0] start: launch 0 | [1] fail 0: retry 1 | "
     "[1] fail 1: retry 2 | [1] fail 2: retry 3 | "
     "[1] fail 3: retry 4 | [1] fail 4: retry 5 | "
     "[1] fail 5: retry 6 | [1] fail 6: retry 7 | "
     "[1] fail 7: retry 8 | [1] fail 8: retry 9 | "
     "[1] fail 9: retry 10 | [1] fail 10: retry 11 | "
     "[1] fail 11: retry 12 | [1] fail 12: retry 13 | "
     "[1] fail 13: retry 14 | [1] fail 14: retry 15 | [1] success 15: won 15")
RACE(a_client_may_leave_before_a_retry, "hedges 0 retries 1",
     "0 start | 10 fail 0 | 20 gone | 35 timer",
     "[0] start: launch 0 | [10] fail 0: nothing | [20] gone: gone | "
     "[35] timer: nothing")

/* ---- the client leaves, the server ends ---- */

Test(race, a_client_that_leaves_cancels_everything) {
  script_race("", "0 start | 100 gone",
              "[0] start: launch 0 | [100] gone: cancel 0, gone");
  script_race("", "0 start | 300 timer | 310 fail 1 | 320 gone",
              "[0] start: launch 0 | [300] timer: launch 1 2 | "
              "[310] fail 1: nothing | [320] gone: cancel 0 2, gone");
}

RACE(no_hedge_starts_for_a_client_that_leaves_as_it_is_due, "",
     "0 start | 300 gone", "[0] start: launch 0 | [300] gone: cancel 0, gone")
RACE(a_client_may_leave_while_nothing_is_in_flight, "on-failure wait",
     "0 start | 10 fail 0 | 20 gone",
     "[0] start: launch 0 | [10] fail 0: nothing | [20] gone: gone")
RACE(a_drain_cuts_what_is_open, "", "0 start | 300 timer | 310 drain",
     "[0] start: launch 0 | [300] timer: launch 1 2 | "
     "[310] drain: cancel 0 1 2, drained")
RACE(after_the_end_every_event_is_answered_with_nothing, "",
     "0 start | 10 success 0 | 10 success 0 | 11 fail 0 | "
     "300 timer | 400 gone | 500 drain | 1000 timer",
     "[0] start: launch 0 | [10] success 0: won 0 | "
     "[10] success 0: nothing | [11] fail 0: nothing | "
     "[300] timer: nothing | [400] gone: nothing | "
     "[500] drain: nothing | [1000] timer: nothing")

/* Tests of core/gather: timelines in virtual time (support/script.h). */
#include "core/gather.h"

#include <criterion/criterion.h>

#include "support/script.h"

Test(gather, every_item_starts_at_once_and_the_last_end_settles_it) {
  script_gather(3, 500, "0 start | 10 success 2 | 20 success 0 | 30 success 1",
                "[0] start: launch 0 1 2 | [10] success 2: nothing | "
                "[20] success 0: nothing | [30] success 1: gathered 3");
}

Test(gather, a_failed_item_starts_nothing_and_does_not_count) {
  script_gather(3, 500, "0 start | 10 fail 0 | 20 status 1 404 | 30 success 2",
                "[0] start: launch 0 1 2 | [10] fail 0: nothing | "
                "[20] status 1 404: nothing | [30] success 2: gathered 1");
}

Test(gather, a_gather_whose_items_all_failed_is_gathered_all_the_same) {
  script_gather(2, 500, "0 start | 10 fail 1 | 20 status 0 500",
                "[0] start: launch 0 1 | [10] fail 1: nothing | "
                "[20] status 0 500: gathered 0");
}

Test(gather, the_deadline_cancels_what_is_unfinished) {
  script_gather(3, 500, "100 start | 110 success 1 | 600 timer",
                "[100] start: launch 0 1 2 | [110] success 1: nothing | "
                "[600] timer: cancel 0 2, gathered 1");
}

Test(gather, an_early_timer_does_nothing_and_a_late_one_settles) {
  script_gather(1, 500, "0 start | 498 early timer | 505 late timer",
                "[0] start: launch 0 | [498] timer: nothing | "
                "[505] timer: cancel 0, gathered 0");
}

Test(gather, a_result_counts_before_the_deadline_that_is_due_with_it) {
  script_gather(2, 500, "0 start | 500 success 1",
                "[0] start: launch 0 1 | [500] success 1: cancel 0, "
                "gathered 1");
}

Test(gather, without_items_the_start_settles_it) {
  script_gather(0, 500, "0 start", "[0] start: gathered 0");
}

Test(gather, a_refused_item_has_ended) {
  script_gather(3, 500, "0 start refusing 1 | 10 success 0 | 20 success 2",
                "[0] start: launch 0, refuse 1, launch 2 | "
                "[10] success 0: nothing | [20] success 2: gathered 2");
}

Test(gather, when_every_item_was_refused_it_is_gathered_at_once) {
  script_gather(3, 500, "0 start refusing 0 1 2",
                "[0] start: refuse 0 1 2, gathered 0");
}

Test(gather, a_client_that_leaves_cancels_everything) {
  script_gather(2, 500, "0 start | 10 success 1 | 20 gone",
                "[0] start: launch 0 1 | [10] success 1: nothing | "
                "[20] gone: cancel 0, gone");
}

Test(gather, a_drain_cuts_what_is_open) {
  script_gather(2, 500, "0 start | 10 drain",
                "[0] start: launch 0 1 | [10] drain: cancel 0 1, drained");
}

Test(gather, after_the_end_every_event_is_answered_with_nothing) {
  script_gather(1, 500,
                "0 start | 10 success 0 | 20 fail 0 | 30 gone | "
                "40 drain | 500 timer",
                "[0] start: launch 0 | [10] success 0: gathered 1 | "
                "[20] fail 0: nothing | [30] gone: nothing | "
                "[40] drain: nothing | [500] timer: nothing");
}

Test(gather, as_many_items_as_a_list_may_have_are_counted) {
  struct gather gather;
  struct step_event event = {.kind = EVENT_START};
  gather_init(&gather, 256, 1000);
  struct todo todo = gather_step(&gather, &event);
  event =
      (struct step_event){.kind = EVENT_ENDED, .end.result = ATTEMPT_SUCCESS};
  cr_expect_eq(todo.start_below, 256);
  for (event.attempt = 0; event.attempt < 256; event.attempt++) {
    cr_expect_eq(todo.outcome, OUTCOME_OPEN, "before %u", event.attempt);
    todo = gather_step(&gather, &event);
  }
  cr_expect_eq(todo.outcome, OUTCOME_GATHERED);
  cr_expect_eq(gather.completed, 256);
}

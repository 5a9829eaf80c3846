/* Tests of core/turn: who waits, and until when. */
#include "core/turn.h"

#include <criterion/criterion.h>

enum { MS = 1000 };

static const struct queue_rule rule = {.most = 10, .time_us = 50 * MS};
static const struct queue_rule nobody;

static int64_t until_us(uint32_t deadline_us, uint32_t attempt_timeout_us,
                        int64_t now_us) {
  const struct race_plan plan = {.deadline_us = deadline_us,
                                 .attempt_timeout_us = attempt_timeout_us};
  const struct race race = {.plan = &plan, .start_us = 1000 * MS};
  return turn_until_us(&rule, &race, now_us);
}

Test(turn, it_is_waited_for_as_long_as_the_queue_lets) {
  cr_expect_eq(until_us(800 * MS, 0, 1000 * MS), 1050 * MS);
  cr_expect_eq(until_us(800 * MS, 0, 1200 * MS), 1250 * MS);
}

Test(turn, the_last_eighth_of_its_time_is_none_to_wait_in) {
  cr_expect_eq(until_us(800 * MS, 0, 1680 * MS), 1700 * MS);
  cr_expect_eq(until_us(800 * MS, 0, 1750 * MS), 1700 * MS);
  cr_expect_eq(until_us(800 * MS, 40 * MS, 1000 * MS), 1035 * MS);
}

Test(turn, only_a_primarys_refusal_that_ends_by_itself_is_waited_out) {
  for (unsigned v = 0; v < GATE_VERDICTS; v++) {
    const enum gate_verdict verdict = (enum gate_verdict)v;
    const bool ends =
        verdict == GATE_FULL || verdict == GATE_RATE || verdict == GATE_QUEUE;
    cr_expect_eq(turn_is_awaited(&rule, verdict, PILOT_PRIMARY), ends, "%s",
                 gate_verdict_name(verdict));
    cr_expect_not(turn_is_awaited(&nobody, verdict, PILOT_PRIMARY));
    cr_expect_not(turn_is_awaited(&rule, verdict, PILOT_HEDGE));
    cr_expect_not(turn_is_awaited(&rule, verdict, PILOT_FAILURE));
  }
}

Test(turn, whoever_asks_the_same_target_is_nobody_else) {
  const struct race_plan plan = {.hedged = 5, .target = {1, 1, 2, 1, 0}};
  cr_expect_eq(turn_elsewhere(&plan, 0, 1), 2);
  cr_expect_eq(turn_elsewhere(&plan, 0, 3), 4);
  cr_expect_eq(turn_elsewhere(&plan, 0, 5), 5);
}

/* Tests of core/turn: who waits, and until when. */
#include "core/turn.h"

#include <criterion/criterion.h>
#include <string.h>

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

/* ---- for whom ---- */

static const int64_t now_us = 1000 * MS;

/* Of four targets those of these numbers, in digits, are passed by. */
static void expect_targets(const char *failing, const char *slow, unsigned own,
                           const char *want) {
  static struct pilot_target targets[4];
  struct pilot_target *const at[] = {&targets[0], &targets[1], &targets[2],
                                     &targets[3]};
  const struct pilot pilot = {.targets = at, .count = 4};
  uint8_t order[4];
  char got[5] = "";
  memset(targets, 0, sizeof targets);
  for (; *failing; failing++)
    for (int i = 0; i < 5; i++)
      (void)outlier_strike(&at[*failing - '0']->failing, &outlier_failing,
                           now_us);
  for (; *slow; slow++)
    for (int i = 0; i < 10; i++)
      (void)outlier_strike(&at[*slow - '0']->slow, &outlier_slow, now_us);
  unsigned count = turn_targets(&pilot, own, order, now_us);
  for (unsigned i = 0; i < count; i++) got[i] = (char)('0' + order[i]);
  cr_expect_str_eq(got, want, "%s, not %s", got, want);
}

Test(turn, all_targets_of_the_upstream_are_waited_for_its_own_first) {
  expect_targets("", "", 0, "0123");
  expect_targets("", "", 2, "2301");
}

Test(turn, a_target_that_is_passed_by_is_not_waited_for) {
  expect_targets("1", "", 0, "023");
  expect_targets("1", "3", 0, "02");
  expect_targets("123", "", 0, "0");
}

/* One request tries it, and that is decided when its plan is made. */
Test(turn, a_target_that_is_to_be_tried_is_not_waited_for) {
  static struct pilot_target well, due;
  struct pilot_target *const at[] = {&well, &due};
  const struct pilot pilot = {.targets = at, .count = 2};
  uint8_t order[2];
  for (int i = 0; i < 5; i++)
    (void)outlier_strike(&due.failing, &outlier_failing, now_us);
  int64_t later_us = now_us + 60 * 1000 * MS;
  cr_expect_eq(turn_targets(&pilot, 0, order, later_us), 1);
  cr_expect(outlier_good(&due.failing, later_us));
  cr_expect_eq(turn_targets(&pilot, 0, order, later_us), 2);
}

Test(turn, its_own_target_is_waited_for_whatever_is_known_of_it) {
  expect_targets("1", "", 1, "1230");
}

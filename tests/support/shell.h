/* shell: performs what a policy asks for, in virtual time.
 *
 * It stands where proxy/fetch stands in the program, with attempts that are
 * only numbers. It keeps its own books of what is in flight, holds the policy
 * to every promise that core/step.h and docs/api.md make, and writes down what
 * it did as a timeline:
 *   [0] start: launch 0 | [300] timer: launch 1 2 | [420] success 2: cancel 0
 *   1, won 2 */
#ifndef HEDGEROW_TESTS_SUPPORT_SHELL_H
#define HEDGEROW_TESTS_SUPPORT_SHELL_H

#include <stdbool.h>
#include <stdint.h>

#include "core/race.h"
#include "core/step.h"
#include "core/text.h"

/* A copy is a shell of its own, at the same moment of the same race; only the
 * timeline is shared. */
struct shell {
  const struct race_policy *policy; /* borrowed */
  struct race_plan plan;
  struct race race; /* of that plan, or of the one that it was copied from */
  unsigned most;    /* attempts there may be */
  int64_t timeout_us, start_us, now_us;

  unsigned started;
  uint32_t running, refused, starved, unsent, whole_4xx; /* sets of attempts */
  unsigned retries;                                      /* started */
  bool wants_retry;  /* the last end was a failure that allows one: */
  int64_t failed_us; /* it came then */
  int64_t held_us;   /* no retry before it; monotonic */
  int answered; /* the attempt whose answer must end it in this turn, or -1 */
  enum outcome outcome;
  const char *fault; /* the first promise the policy broke, or NULL */

  struct text *timeline; /* borrowed; NULL: none is written */
  const char *verb;      /* of the last act in this turn */
};

void shell_init_race(struct shell *shell, const struct race_policy *policy,
                     int64_t timeout_us);

/* One turn: tells the policy what happened and performs its todo, refusing the
 * attempts in `refusing` should they be started. An attempt that ends must be
 * running, unless all is settled. */
void shell_turn(struct shell *shell, const struct step_event *event,
                uint32_t refusing);

/* Only while the outcome is open. */
int64_t shell_wakeup_us(const struct shell *shell);

#endif

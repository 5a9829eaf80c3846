/* pilot: all that decides about the attempts of one upstream, put together.
 *
 *   before a race     pilot_plan     whom it asks, and after which delay
 *   before an attempt pilot_admit    whether it may start
 *   in between        pilot_gives_up whether none that is to come might
 *   after an attempt  pilot_ended    what it teaches
 *   after a loser     pilot_read_out how long it would have taken
 *   4 times a second  pilot_learn_target, then pilot_learn_delay
 *
 * The proxy and the simulator (tools/simulate) call these and nothing below.
 *
 * What there is, who owns it and who touches it (all zeros is empty unless an
 * init is named; the owner decides how long it lives):
 *
 *   struct hedge_budget     an upstream's      all threads; hedge_budget_init
 *   struct pilot_target     a target's         all threads
 *   struct pilot_delay      a route's upstream all threads read, reader writes
 *   struct latency_counts   worker x target    that worker writes, all read
 *   struct hedge_earnings   worker x upstream  that worker only
 *   struct pilot_learner    a target's         the reader only
 *   struct pilot            worker x route's upstream: pointers to the above
 *
 * The reader is one thread at a time, any. A target that several routes ask may
 * have one pilot_target, with its counts and its learner, for all of them, or
 * one for each route, where they take different time. */
#ifndef HEDGEROW_CORE_PILOT_H
#define HEDGEROW_CORE_PILOT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/delay.h"
#include "core/gate.h"
#include "core/hedge_budget.h"
#include "core/latency.h"
#include "core/outlier.h"
#include "core/overload.h"
#include "core/plan.h"
#include "core/race.h"
#include "core/step.h"

enum { PILOT_LINE = 64, PILOT_REFRESH_US = 250 * 1000 };

struct pilot_target {
  _Alignas(PILOT_LINE) struct overload overload;
  _Alignas(PILOT_LINE) struct outlier_bench failing;
  struct outlier_bench slow;
  /* Written by the reader, read by races that are only observed. */
  _Alignas(PILOT_LINE) struct latency_odds odds;
  struct latency_odds past; /* of the last 10 to 20 minutes: what a race that
                             * was rescued has saved */
};

struct pilot_delay {
  _Atomic uint32_t delay_us;  /* learned; 0: the policy's fixed one holds */
  _Atomic uint32_t median_us; /* of the target that it was learned from */
};

struct pilot {
  struct pilot_target *const *targets;  /* by their place in the group */
  struct latency_counts *const *counts; /* of this worker, likewise */
  unsigned count;                       /* 1 .. 256 */
  const struct pilot_delay *delay;
  struct hedge_budget *budget;
  struct hedge_earnings *earnings;
  struct hedge_budget_rule budget_rule;
  bool gate; /* --gate */
};

/* What starts an attempt. */
enum pilot_kind {
  PILOT_PRIMARY, /* the first that asks anybody; never refused here */
  PILOT_HEDGE,   /* its time came */
  PILOT_LATE,    /* the same, and those before it were refused */
  PILOT_FAILURE, /* a failure brings it forward, or it is a retry */
};

/* Whom a race may ask. targets: the count of the pilot, where it may ask any,
 * beginning with `first`. Or 1, where it asks one and no other, whichever that
 * is: then the plan's targets are all 0. */
struct pilot_reach {
  unsigned targets, first;
  bool shared; /* several races have this plan */
};

/* Makes the plan of a race. Those on a bench are passed by, but never more than
 * half. One whose time there is over may stand first, to be tried, unless the
 * plan is shared: only one request is to try it, and it is to do so now. The
 * delay is the learned one where the policy learns and there is one. From the
 * pilot's worker. */
void pilot_plan(const struct pilot *pilot, struct race_plan *plan,
                const struct race_policy *policy, struct pilot_reach reach,
                int64_t timeout_us, int64_t now_us);

/* Whether that target (its place in the group) sits on no bench, and need not
 * be tried. */
bool pilot_is_well(const struct pilot *pilot, unsigned target, int64_t now_us);
/* Whether it sits on one, or is being tried by somebody, so that others are
 * asked before it. */
bool pilot_is_out(const struct pilot *pilot, unsigned target, int64_t now_us);

/* Whose turn it is to be asked first, of those that are not out (of all, where
 * all are). *turn counts requests, and those that were out and whose turn it
 * would have been: whoever stands behind them would get their share else. */
unsigned pilot_next_in_turn(const struct pilot *pilot, _Atomic unsigned *turn,
                            int64_t now_us);

/* Why attempt k of this race starts now. Ask when the race's todo has it to be
 * started, before the next race_step. */
enum pilot_kind pilot_kind(const struct race *race, unsigned k);

/* Whether it may start at that target (its place in the group). in_flight: as
 * core/overload counts it, without this one. Ask after gate_try, since a yes
 * may have taken a token. From the pilot's worker. */
enum gate_verdict pilot_admit(const struct pilot *pilot, unsigned target,
                              enum pilot_kind kind, int64_t in_flight,
                              int64_t now_us)
    __attribute__((warn_unused_result));

/* Whether the target is in a state to be asked by such an attempt, which is
 * admitted but for the budget. For races that are only observed. */
bool pilot_would_let(const struct pilot *pilot, unsigned target,
                     enum pilot_kind kind, int64_t in_flight, int64_t now_us);

/* Of an open race with nothing in flight, after its todo is done. False: an
 * attempt that is to come might start, and the race is as it was. True: each
 * would be refused, attempt k by why[k], and the race is settled as it would be
 * then. That goes by the budget as it is, by the pauses that targets have asked
 * for, and by the gate of targets that fail more often than not. first: added
 * to race_whom, where the race asks one target and no other, its place in the
 * group; else 0. Takes nothing. */
bool pilot_gives_up(const struct pilot *pilot, struct race *race,
                    unsigned first, enum gate_verdict why[RACE_MAX_ATTEMPTS])
    __attribute__((warn_unused_result));

/* What became of a target, for the log. */
enum pilot_news {
  PILOT_NO_NEWS,
  PILOT_EJECTED, /* for length_s of its bench `failing`; alone: in name only */
  PILOT_SLOW,    /* the same of `slow` */
  PILOT_BACK,
};

/* Attempt k of the race ended at now_us, which took_us after it began. Each
 * attempt that was started comes by here once, those that were cancelled or
 * expired too, after race_step has heard what ended them. How long one takes
 * that is read out is not learned here, but by pilot_read_out. From the pilot's
 * worker. */
enum pilot_news pilot_ended(const struct pilot *pilot, const struct race *race,
                            unsigned k, unsigned target,
                            const struct attempt_end *end, int64_t took_us,
                            int64_t now_us);

/* One that ended with end.read_out has come to its real end, which took_us
 * after it began: answered (attempt_end_is_answer), or else it failed or was
 * given up. All that this teaches is its time. From the pilot's worker. */
void pilot_read_out(const struct pilot *pilot, unsigned target, bool answered,
                    int64_t took_us);

/* ---- the reader ---- */

struct pilot_learner {
  struct latency_windows windows, past;
  struct latency_calm calm;   /* what the past is made of */
  struct latency_curve curve; /* of the last pilot_learn_target */
  struct overload_usual usual;
};

/* `totals` are the sums of all workers' counts of this target (latency_add). */
void pilot_learn_target(struct pilot_target *target,
                        struct pilot_learner *learner,
                        const struct latency_totals *totals, int64_t in_flight,
                        int64_t now_us);
/* Publishes the least delay of the targets that sit on no bench (of all where
 * all do). After pilot_learn_target of each. */
void pilot_learn_delay(struct pilot_delay *delay, const struct delay_rule *rule,
                       struct pilot_target *const *targets,
                       const struct pilot_learner *const *learners,
                       unsigned count, int64_t now_us);

#endif

/* estimate: what hedging would bring, told by races that are not hedged.
 *
 * A race that is only observed starts its primary and nothing else. So how long
 * a request takes without hedges is known, and what a hedge would have taken is
 * not; but how long its target takes is (core/latency). With T the time of the
 * primary and d that of the hedge, the answer would have been there after the
 * lesser of T and d + X, with X as the target's answers are. That is no number
 * but a distribution, and its sum over all requests is the distribution of
 * what clients would have waited. The same holds for more hedges than one.
 *
 * What is taken for granted:
 *   - A hedge is as slow, or fails, as others are at that time, whatever the
 *     primary does. Requests that are slow by nature (a large report) are so in
 *     each attempt: hedging brings them less than is said here.
 *   - A target that nobody has asked is like the primary's.
 *   - The target bears the extra requests without getting slower.
 *   - Of the failures, a whole 4xx would be said again by each attempt, but a
 *     408, 425 and 429; any other is as frequent as it was of late.
 *
 * Gate and pushback are asked when the hedge is due. The budget is asked when
 * the race is over; each worker and route has one of its own for that.
 *
 *   workers: struct estimate_seen, one for each worker and route
 *   reader:  struct estimate_totals; any thread, at any time */
#ifndef HEDGEROW_CORE_ESTIMATE_H
#define HEDGEROW_CORE_ESTIMATE_H

#include <stdatomic.h>
#include <stdint.h>

#include "core/latency.h"
#include "core/pilot.h"
#include "core/race.h"
#include "core/record.h"
#include "core/text.h"

enum { ESTIMATE_REQUEST = 1 << 16 }; /* shares of requests are whole numbers */

/* Clients' times: in each span how many requests, times ESTIMATE_REQUEST. */
enum estimate_world { AS_IT_WAS, AS_IT_WOULD_BE };

/* A worker's; all zeros is empty. One thread writes; all may read what is
 * atomic. */
struct estimate_seen {
  _Alignas(PILOT_LINE) _Atomic uint64_t requests;
  _Atomic uint64_t hedged;    /* requests, */
  _Atomic uint64_t extra;     /* hedges, times ESTIMATE_REQUEST */
  _Atomic uint64_t failed[2]; /* by world, times ESTIMATE_REQUEST, */
  _Atomic uint64_t answered[2][LATENCY_SPANS]; /* and likewise */
  /* The writer's alone: */
  struct hedge_budget budget;
  struct hedge_earnings earnings;
  float owed[2];  /* hedges that no token has paid, by enum purse */
  float failing;  /* the share of late that failed, */
  unsigned young; /* and of how many it is, as long as they are few */
};

/* A race that is over. */
struct estimate_race {
  const struct pilot *pilot;
  const struct race *race;       /* its plan observes */
  const struct attempt_end *end; /* of its primary, */
  unsigned first;                /* which asked this one of the pilot's; added
                                  * to the plan's where that is shared */
  int64_t took_us, now_us;
  bool held_back; /* pilot_would_let said no, asked when the first hedge was
                   * due; false where the race was over by then */
};

/* Counts it, and says in *would what a hedge would have done. From the one
 * thread that writes `seen`, and is the pilot's worker. */
void estimate_note(struct estimate_seen *seen, const struct estimate_race *race,
                   struct race_would *would);

/* ---- the reader ---- */

struct estimate_totals {
  uint64_t requests, hedged, extra, failed[2];
  uint64_t answered[2][LATENCY_SPANS];
};

/* Adds a worker's; from any thread. */
void estimate_add(struct estimate_totals *totals,
                  const struct estimate_seen *seen);
/* The time within which `part` (0 < part < 1) of the answers came, or would
 * have; 0: there were none. */
int64_t estimate_until_us(const struct estimate_totals *totals,
                          enum estimate_world world, double part);
/* The share of requests that were answered, or would have been. */
double estimate_success(const struct estimate_totals *totals,
                        enum estimate_world world);
/* How many more requests the upstream would get, as a share. */
double estimate_extra(const struct estimate_totals *totals);

/* In words, without a line end: what hedging would bring at which price, and
 * then the figures. */
void estimate_write_gain(struct text *out,
                         const struct estimate_totals *totals);
void estimate_write_figures(struct text *out,
                            const struct estimate_totals *totals);

#endif

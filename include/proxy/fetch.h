/* fetch: one race at work: it asks, and tells whoever wants the answer.
 *
 * A fetch knows nothing of clients. Who wants the answer says so by on_settled,
 * and does with it what it likes: /smart writes it to a connection, /all waits
 * for the others. */
#ifndef HEDGEROW_PROXY_FETCH_H
#define HEDGEROW_PROXY_FETCH_H

#include <stdbool.h>
#include <stdint.h>

#include "core/pilot.h"
#include "core/race.h"
#include "core/record.h"
#include "core/target.h"
#include "io/arena.h"
#include "io/ask.h"
#include "io/attempt.h"
#include "io/response.h"
#include "proxy/service.h"

struct fetch;

/* What the fetches of one client request share; borrowed by each of them. */
struct fetch_scene {
  struct service *service;
  struct arena *arena; /* where error texts are kept */
  /* Called once for each fetch, when it is settled: nothing is in flight, and
   * race, records and response are what they will be. May free the fetch. */
  void (*on_settled)(void *arg, struct fetch *fetch, int64_t now_us);
  void *arg;
};

/* Embedded, or in an array, of its owner; made by fetch_init. Owners
 * only read it. */
struct fetch {
  const struct fetch_scene *scene;
  const struct group *group; /* borrowed: whom it may ask, */
  const struct target *only; /* or NULL: one of the group, and no other */
  const struct pilot *pilot; /* of the group: may one start, what does it teach;
                              * set by the owner */
  struct race race;
  struct timer timer;
  struct ask ask;
  struct attempt **attempts;      /* those in flight, by number; else NULL */
  struct attempt_record *records; /* by number */
  unsigned first_number;          /* added to Hedge-Attempt */
  unsigned begun;                 /* attempts below were started or refused */
  unsigned response_of;           /* whose response is kept */
  struct response response;       /* the answer, once it is settled. Of a race
                                   * that FAILED with keep_errors: its last
                                   * whole error that is no 4xx, else a whole
                                   * 4xx, else empty. Of others without an
                                   * answer: nobody's business */
};

/* The plan, the group and what `ask` points at are borrowed until it is
 * settled. attempts and records have plan->attempts elements, all zeros. */
void fetch_init(struct fetch *fetch, const struct fetch_scene *scene,
                const struct race_plan *plan, const struct group *group,
                const struct ask *ask);
/* t = 0 of the race. May settle before it returns. */
void fetch_start(struct fetch *fetch, int64_t now_us);
/* Ends it, where it is open: EVENT_GONE or EVENT_DRAIN. */
void fetch_end(struct fetch *fetch, enum event_kind kind, int64_t now_us);

static inline bool fetch_is_settled(const struct fetch *fetch) {
  return fetch->race.outcome != OUTCOME_OPEN;
}

/* How many attempts were started, not counting those that were refused. */
unsigned fetch_started(const struct fetch *fetch);
/* Frees the response. It must be settled, or never have been started. */
void fetch_clear(struct fetch *fetch);

#endif

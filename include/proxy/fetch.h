/* fetch: one race at work: it asks, and tells whoever wants the answer.
 *
 * A fetch knows nothing of clients. Who wants the answer says so by on_settled,
 * and does with it what it likes: /smart writes it to a connection, /all waits
 * for the others.
 *
 * Where the message streams, a head settles the race, and the fetch is `coming`
 * until its answer has come to its end:
 *
 *   fetch_start -> on_settled                           the answer is whole
 *               -> on_settled -> on_body ... -> on_end  it is still coming */
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
#include "proxy/line.h"
#include "proxy/service.h"

struct aftermath;
struct fetch;

/* Who wants the answer of a fetch. Any of these may free it. */
struct fetch_owner {
  /* Called once for each fetch, when it is settled: race, records and response
   * are what they will be, and nothing is in flight, unless it is coming. Then
   * the response is what has come of it, valid during the call, and its record
   * is that of a success which has ended now. */
  void (*on_settled)(void *arg, struct fetch *fetch, int64_t now_us);
  /* More of the body of one that is coming, not empty. */
  void (*on_body)(void *arg, struct slice body);
  /* It is coming no more, and its record says how it ended; rest is the end of
   * its body, as far as it has come. */
  void (*on_end)(void *arg, struct fetch *fetch, struct slice rest);
};

/* What the fetches of one client request share; borrowed by each of them. */
struct fetch_scene {
  struct service *service;
  struct arena *arena;               /* where error texts are kept */
  const struct trace_context *trace; /* its attempts are spans of; or NULL */
  struct route_tally *tally;         /* of whose route it is */
  struct lease *lease;               /* on the snapshot that route is of */
  const struct fetch_owner *owner;
  void *arg; /* the owner's */
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
  struct place *place;            /* of a primary in line; NULL: of none */
  unsigned waiter;                /* which attempt that is */
  bool has_waited;                /* it waits once */
  struct attempt **attempts;      /* those in flight, by number; else NULL */
  struct attempt_record *records; /* by number */
  unsigned first_number;          /* added to Hedge-Attempt */
  unsigned begun;                 /* attempts below were started or refused */
  unsigned response_of;           /* whose response is kept */
  bool looked;    /* of one that is only observed: its first hedge was due, */
  bool held_back; /* and would have been refused */
  bool coming;    /* that response is passed on, and its attempt in flight */
  struct aftermath *loser;  /* of the primary, where it is cancelled and read
                             * all the same; valid within on_settled. Else
                             * NULL */
  struct response response; /* the answer, once it is settled. Of a race
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

/* Of one that is coming: reads no more, and goes on. False: no memory was free;
 * stop it. */
void fetch_pause(struct fetch *fetch);
bool fetch_resume(struct fetch *fetch) __attribute__((warn_unused_result));
/* It comes no further: its record says so, and on_end is not called. Where
 * nothing is coming, nothing happens. error is static. */
void fetch_stop(struct fetch *fetch, enum attempt_result result,
                const char *error, int64_t now_us);
/* How that answer ended, or has begun. */
static inline const struct attempt_record *fetch_answered(
    const struct fetch *fetch) {
  return &fetch->records[fetch->response_of];
}

/* The place in the group that the plan's targets count from. */
static inline unsigned fetch_first_place(const struct fetch *fetch) {
  return fetch->only ? (unsigned)(fetch->only - fetch->group->targets) : 0;
}

static inline bool fetch_is_settled(const struct fetch *fetch) {
  return fetch->race.outcome != OUTCOME_OPEN;
}

/* What its extra attempts have done for who wants its answer, once it is
 * settled. *saving: zeros but with RESCUE_SLOW. */
enum rescue fetch_rescued(const struct fetch *fetch,
                          struct rescue_saving *saving);
/* How many attempts were started, not counting those that were refused. */
unsigned fetch_started(const struct fetch *fetch);
/* Frees the response. It must be settled, or never have been started. */
void fetch_clear(struct fetch *fetch);

#endif

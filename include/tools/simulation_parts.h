/* simulation_parts: what the files of the simulation share. */
#ifndef HEDGEROW_TOOLS_SIMULATION_PARTS_H
#define HEDGEROW_TOOLS_SIMULATION_PARTS_H

#include "core/list.h"
#include "core/pilot.h"
#include "core/race.h"
#include "io/arena.h"
#include "tools/simulation.h"

struct simulation;
struct request;

enum { SIMULATED_WORKERS = 2 };

/* ---- what is to happen: simulation_events ---- */

/* A request or a job, which begin with it. */
struct party {
  struct list_link link; /* among the free ones, or in a line */
  uint32_t stamp;        /* another one for each use of its memory */
};

/* Those of one size. They never move, and their memory is kept, so that an
 * event may name one that has been given back. */
struct pool {
  struct arena memory;
  struct list free;
};

/* Zeroed where it is new. NULL: no memory. */
void *pool_take(struct pool *pool, size_t size);
/* What was to happen to it will not. */
void pool_give(struct pool *pool, struct party *party);

typedef void happening(struct simulation *s, struct party *of);

struct simulation_event {
  int64_t at_us;
  uint64_t order; /* of two at one instant the one that was added first */
  happening *happens;
  struct party *of; /* NULL: of nobody */
  uint32_t stamp;
};

struct events {
  struct simulation_event *heap;
  size_t count, cap;
  uint64_t order;
  bool failed; /* there was no memory for one */
};

void events_add(struct events *events, int64_t at_us, happening *happens,
                struct party *of);
/* The next one; false: there is none. */
bool events_next(struct events *events, struct simulation_event *event);

/* ---- who answers: simulation_upstream ---- */

/* One attempt at a target. */
struct job {
  struct party party;
  struct request *asker; /* NULL: it has left */
  unsigned attempt;
  unsigned target;
  struct luck luck;
  struct workload_draw draw;
  bool served;     /* a server has begun with it, */
  int64_t ends_us; /* and is done then; a long time where it hangs */
};

struct station {
  struct list line; /* of jobs */
  unsigned busy;
  int64_t in_flight; /* attempts whose askers wait */
  double tokens;     /* of its limit, */
  int64_t filled_us; /* as they were then */
};

struct upstream {
  const struct workload *workload;
  struct events *events;
  struct station stations[WORKLOAD_TARGETS_MAX];
  struct pool jobs;
};

/* NULL: no memory. */
struct job *upstream_ask(struct upstream *upstream, struct request *asker,
                         unsigned attempt, unsigned target, struct luck luck,
                         int64_t now_us);
/* Its asker leaves. Returns how much longer it would have taken; 0: it still
 * stood in line. */
int64_t upstream_leave(struct upstream *upstream, struct job *job,
                       int64_t now_us);
/* Its server is done with it. False: nobody waits for it, or it hangs, and its
 * asker goes on waiting. */
bool upstream_done(struct upstream *upstream, struct job *job, int64_t now_us);

/* ---- what is counted: simulation_seen ---- */

/* False: no memory. */
bool simulated_answer(struct simulated *seen, int64_t took_us)
    __attribute__((warn_unused_result));

/* ---- who asks: simulation ---- */

/* The happening of a job that has been served. */
void simulation_on_done(struct simulation *s, struct party *of);

struct request {
  struct party party;
  struct race race;
  struct race_plan plan;
  uint64_t number;
  unsigned worker;
  bool open, counted;
  struct job *jobs[RACE_MAX_ATTEMPTS]; /* NULL: it is not under way */
  uint8_t whom[RACE_MAX_ATTEMPTS];     /* each that has begun asks */
  int64_t asked_us[RACE_MAX_ATTEMPTS];
  unsigned begun;
  int64_t left_us; /* of the primary, when it was cancelled */
  bool waits, has_waited;
  unsigned waiter;                     /* the attempt that waits, */
  int64_t until_us;                    /* so long, */
  uint8_t roomy[WORKLOAD_TARGETS_MAX]; /* for each of these, */
  unsigned roomy_count;
  int64_t wakeup_us;
};

/* ---- all of it ---- */

/* Requests that wait for room (--queue). */
struct waiting_line {
  struct list list;
  int64_t wakeup_us;                       /* when it is to be looked at */
  int64_t count_for[WORKLOAD_TARGETS_MAX]; /* how many wait for each target, */
  int64_t count;                           /* and in all */
};

struct simulation {
  const struct workload *workload;
  const struct simulated_policy *policy;
  struct simulated *seen;
  uint64_t seed, number; /* number: of requests so far */
  struct luck arrivals;
  int64_t now_us;
  struct events events;
  struct upstream upstream;
  struct pool requests;
  struct pilot pilots[SIMULATED_WORKERS];
  struct pilot_target targets[WORKLOAD_TARGETS_MAX];
  struct pilot_learner learners[WORKLOAD_TARGETS_MAX];
  struct latency_counts counts[SIMULATED_WORKERS][WORKLOAD_TARGETS_MAX];
  struct hedge_earnings earnings[SIMULATED_WORKERS];
  struct hedge_budget budget;
  struct rate rates[WORKLOAD_TARGETS_MAX];
  struct waiting_line line;
  struct pilot_delay delay;
  struct pilot_target *target_at[WORKLOAD_TARGETS_MAX];
  const struct pilot_learner *learner_at[WORKLOAD_TARGETS_MAX];
  struct latency_counts *counts_at[SIMULATED_WORKERS][WORKLOAD_TARGETS_MAX];
  struct rival rival;
  _Atomic unsigned turn;
};

static inline struct pilot *simulation_pilot(struct simulation *s,
                                             const struct request *r) {
  return &s->pilots[r->worker];
}

/* ---- how attempts start: simulation_start ---- */

/* The next attempt of that request starts, or waits; else it was refused. */
enum gate_verdict simulation_start_next(struct simulation *s, struct request *r)
    __attribute__((warn_unused_result));
void simulation_count_refusal(struct simulation *s, const struct request *r,
                              enum gate_verdict verdict);
/* The line will be looked at then. */
void simulation_look(struct simulation *s, int64_t at_us);
/* One that waits does not any more. */
void simulation_leave_line(struct simulation *s, struct request *r);
/* The happening of the line, if it is to be looked at then. */
void simulation_on_turn(struct simulation *s, struct party *nobody);
/* Its attempt k, whose turn did not come, was refused. */
void simulation_refuse(struct simulation *s, struct request *r, unsigned k);

#endif

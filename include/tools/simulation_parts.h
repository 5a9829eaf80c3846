/* simulation_parts: what the files of the simulation share. */
#ifndef HEDGEROW_TOOLS_SIMULATION_PARTS_H
#define HEDGEROW_TOOLS_SIMULATION_PARTS_H

#include "core/pilot.h"
#include "core/race.h"
#include "tools/simulation.h"

enum {
  SIMULATED_WORKERS = 2,
  NOBODY = -1,
  WAITS = -2, /* in place of a job: it stands in line for its turn */
};

/* ---- what is to happen: simulation_events ---- */

enum happening {
  HAPPENS_ARRIVAL,
  HAPPENS_TIMER, /* of request `index`, if `stamp` is still its own */
  HAPPENS_DONE,  /* job `index` has been served, likewise */
  HAPPENS_TURN,  /* at target `index`, if its line is to be looked at then */
  HAPPENS_REFRESH,
};

struct event {
  int64_t at_us;
  uint64_t order; /* of two at one instant the one that was added first */
  enum happening happening;
  int index;
  uint32_t stamp;
};

struct events {
  struct event *heap;
  size_t count, cap;
  uint64_t order;
  bool failed; /* there was no memory for one */
};

void events_add(struct events *events, struct event event);
/* The next one; false: there is none. */
bool events_next(struct events *events, struct event *event);

/* ---- who answers: simulation_upstream ---- */

/* One attempt at a target. */
struct job {
  int request; /* NOBODY: its asker has left */
  unsigned attempt;
  unsigned target;
  struct luck luck;
  struct workload_draw draw;
  bool served;        /* a server has begun with it, */
  int64_t ends_us;    /* and is done then; a long time where it hangs */
  int before, behind; /* in line, or of free jobs; NOBODY: none */
  uint32_t stamp;
};

struct station {
  int first, last; /* in line */
  unsigned busy;
  int64_t in_flight; /* attempts whose askers wait */
  double tokens;     /* of its limit, */
  int64_t filled_us; /* as they were then */
};

struct upstream {
  const struct workload *workload;
  struct events *events;
  struct station stations[WORKLOAD_TARGETS_MAX];
  struct job *jobs;
  int job_count, job_cap, job_free;
};

void upstream_init(struct upstream *upstream, const struct workload *workload,
                   struct events *events);
void upstream_clear(struct upstream *upstream);
/* The job's number, or NOBODY: no memory. */
int upstream_ask(struct upstream *upstream, int request, unsigned attempt,
                 unsigned target, struct luck luck, int64_t now_us);
/* Its asker leaves. Returns how much longer it would have taken; 0: it still
 * stood in line. */
int64_t upstream_leave(struct upstream *upstream, int number, int64_t now_us);
/* Its server is done with it: who waits for it, and how it ended. False: it
 * hangs, and its asker goes on waiting. */
bool upstream_done(struct upstream *upstream, int number, int64_t now_us,
                   struct job *was);

/* ---- what is counted: simulation_seen ---- */

/* False: no memory. */
bool simulated_answer(struct simulated *seen, int64_t took_us)
    __attribute__((warn_unused_result));

/* ---- who asks: simulation ---- */

struct request {
  struct race race;
  struct race_plan plan;
  uint64_t number;
  unsigned worker;
  bool open, counted;
  int jobs[RACE_MAX_ATTEMPTS];
  uint8_t whom[RACE_MAX_ATTEMPTS]; /* each that has begun asks */
  int64_t asked_us[RACE_MAX_ATTEMPTS];
  unsigned begun;
  int64_t left_us; /* of the primary, when it was cancelled */
  bool has_waited;
  unsigned waiter;                     /* the attempt that waits, */
  int64_t until_us;                    /* so long, */
  uint8_t roomy[WORKLOAD_TARGETS_MAX]; /* for each of these, */
  unsigned roomy_count;
  int before, behind; /* between these; NOBODY: none */
  int64_t wakeup_us;
  uint32_t stamp;
  int next_free;
};

/* ---- all of it ---- */

/* Requests that wait for room (--queue). */
struct waiting_line {
  int first, last;
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
  struct request *requests;
  int request_count, request_cap, request_free;
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
enum gate_verdict simulation_start_next(struct simulation *s, int index)
    __attribute__((warn_unused_result));
void simulation_count_refusal(struct simulation *s, const struct request *r,
                              enum gate_verdict verdict);
/* The line will be looked at then. */
void simulation_look(struct simulation *s, int64_t at_us);
/* One that waits does not any more. */
void simulation_leave_line(struct simulation *s, struct request *r);
/* Takes out of the line whose turn has come: its waiter has started, or was
 * refused. NOBODY: nobody's has. */
int simulation_call(struct simulation *s, enum gate_verdict *verdict)
    __attribute__((warn_unused_result));

#endif

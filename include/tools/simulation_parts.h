/* simulation_parts: what the files of the simulation share. */
#ifndef HEDGEROW_TOOLS_SIMULATION_PARTS_H
#define HEDGEROW_TOOLS_SIMULATION_PARTS_H

#include "core/pilot.h"
#include "core/race.h"
#include "tools/simulation.h"

enum { SIMULATED_WORKERS = 2, NOBODY = -1 };

/* ---- what is to happen: simulation_events ---- */

enum happening {
  HAPPENS_ARRIVAL,
  HAPPENS_TIMER, /* of request `index`, if `stamp` is still its own */
  HAPPENS_DONE,  /* job `index` has been served, likewise */
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
  int64_t asked_us[RACE_MAX_ATTEMPTS];
  unsigned begun;
  int64_t left_us; /* of the primary, when it was cancelled */
  int64_t wakeup_us;
  uint32_t stamp;
  int next_free;
};

#endif

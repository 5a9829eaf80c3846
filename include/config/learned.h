/* learned: what the process has learned of an upstream, of each of its targets,
 * and of routes that are observed. It outlives snapshots: a snapshot holds what
 * those that it names have learned, and the next one that names the same holds
 * the same, so that a reload forgets nothing.
 *
 * Which parts of it belong to whom says core/pilot. */
#ifndef HEDGEROW_CONFIG_LEARNED_H
#define HEDGEROW_CONFIG_LEARNED_H

#include <stdatomic.h>
#include <stdint.h>

#include "core/estimate.h"
#include "core/pilot.h"
#include "core/slice.h"
#include "io/finder.h"
#include "io/turnstile.h"

/* What it is known by; the first member of the others. */
struct learned {
  atomic_uint holders;
  struct slice name;
  void (*on_free)(struct learned *learned); /* NULL: nothing to clear */
};

/* One for each worker, on cache lines of its own. */
struct learned_counts {
  _Alignas(PILOT_LINE) struct latency_counts latency;
};

struct learned_target {
  _Alignas(PILOT_LINE) struct learned learned;
  struct turnstile turnstile; /* of what learns for all routes */
  struct pilot_learner learner;
  struct pilot_target pilot;
  struct learned_counts counts[]; /* by worker */
};

struct learned_earnings {
  _Alignas(PILOT_LINE) struct hedge_earnings earnings;
};

struct learned_upstream {
  _Alignas(PILOT_LINE) struct learned learned;
  _Alignas(PILOT_LINE) struct hedge_budget budget;
  _Alignas(PILOT_LINE) _Atomic int64_t waiting; /* in line: see proxy/line */
  struct learned_earnings earnings[];           /* by worker */
};

/* What races of a route tell that are only observed (--observe). */
struct learned_route {
  _Alignas(PILOT_LINE) struct learned learned;
  struct estimate_seen seen[]; /* by worker */
};

/* What is counted for metrics under one set of labels, which is its name: as
 * long as there are such labels, there is one such count. */
struct learned_tally {
  _Alignas(PILOT_LINE) struct learned learned;
  _Alignas(PILOT_LINE) char cells[]; /* by worker; see core/tally */
};

/* Those that a snapshot holds. All zeros is empty. */
struct learned_list {
  struct learned **at;
  unsigned count, cap;
  struct finder by_name;
};

/* Lets go of each; the last to let go of one frees it. From any thread. */
void learned_list_clear(struct learned_list *list);

/* The one of that name in `before`, or a new one that knows nothing; the list
 * holds it. Names of upstreams, targets and routes differ. From one thread.
 * NULL: no memory. */
struct learned_target *learned_target(struct learned_list *list,
                                      const struct learned_list *before,
                                      struct slice name, unsigned workers)
    __attribute__((warn_unused_result));
/* A new one's budget is full by this rule. */
struct learned_upstream *learned_upstream(struct learned_list *list,
                                          const struct learned_list *before,
                                          struct slice name, unsigned workers,
                                          const struct hedge_budget_rule *rule)
    __attribute__((warn_unused_result));
struct learned_route *learned_route(struct learned_list *list,
                                    const struct learned_list *before,
                                    struct slice name, unsigned workers)
    __attribute__((warn_unused_result));

/* Returns its cells. Of a list that holds nothing else. */
void *learned_tally(struct learned_list *list,
                    const struct learned_list *before, struct slice name,
                    size_t bytes) __attribute__((warn_unused_result));

bool learned_list_has(const struct learned_list *list,
                      const struct learned *learned);
/* The list holds one of another list, too, whose name is new to it. False: no
 * memory. */
bool learned_list_hold(struct learned_list *list, struct learned *learned)
    __attribute__((warn_unused_result));
/* Nobody holds it but one list. For the thread that makes lists this stays so.
 */
bool learned_is_left(const struct learned *learned);

/* How many live in this process, for io/leaks. */
int64_t learned_count(void);

#endif

/* snapshot: the configuration as requests see it: routes, groups, targets, and
 * what was read from files for them.
 *
 * A snapshot is made whole, never changes and is freed whole; a reload makes
 * the next one beside it. It borrows from nobody: what it names is copied or
 * held. Threads share it; each that keeps it holds a reference. It holds
 * tokens, and the last to let go wipes them. */
#ifndef HEDGEROW_CONFIG_SNAPSHOT_H
#define HEDGEROW_CONFIG_SNAPSHOT_H

#include <stdint.h>

#include "config/config.h"
#include "core/estimate.h"
#include "core/receipt.h"
#include "core/route.h"
#include "core/route_table.h"
#include "core/slice.h"
#include "io/slot.h"
#include "io/trust.h"

struct snapshot {
  uint64_t number;            /* grows with each reload */
  const struct route *routes; /* those of one path stand together */
  unsigned route_count;
  struct route_table table;
  const struct group *groups; /* by the config's upstreams */
  unsigned group_count;
  const struct target *targets; /* of all groups, by their number */
  unsigned target_count;
  /* Where requests that no route takes are counted, by worker. */
  struct route_tally *elsewhere;
  struct slice elsewhere_labels;
  /* What routes of earlier snapshots, which this one has not, have counted:
   * those that may come back, or where races may still be under way, by worker,
   * and the others. */
  const struct route_tally *const *gone;
  unsigned gone_count;
  struct receipt of_gone;
  unsigned workers;
};

/* What was read for one target. */
struct snapshot_secret {
  struct slice token;  /* "": none */
  struct trust *trust; /* who vouches for it */
};

/* Routes of one path are counted together (their tallies are the same), and
 * are told of with the first of them. */
static inline bool snapshot_is_first_of_path(const struct snapshot *snapshot,
                                             unsigned i) {
  return i == 0 ||
         snapshot->routes[i - 1].tallies != snapshot->routes[i].tallies;
}

/* What it is made of; all of it is borrowed for the call, but for the slots,
 * which outlive it. */
struct snapshot_source {
  const struct config *config; /* with its upstreams and routes */
  struct slots *slots;
  const struct snapshot_secret *secrets; /* by target number; NULL: none */
  struct slice via_lines[2];             /* as struct forward_rules has them */
  uint64_t number;
  const struct snapshot *before; /* in force: what was learned of upstreams and
                                  * targets goes on; NULL: nothing was */
  unsigned workers;              /* that will use it; 0 is 1 */
};

/* The caller holds what it gets. From one thread. NULL: no memory, or no more
 * slots. */
struct snapshot *snapshot_new(const struct snapshot_source *source)
    __attribute__((warn_unused_result));
/* One reference more, and one less; the last frees it. From any thread. NULL is
 * fine. */
struct snapshot *snapshot_hold(struct snapshot *snapshot);
void snapshot_drop(struct snapshot *snapshot);

/* `next` is to take the place of `before`: what vouches for targets of that one
 * and for none of `next` is retired (io/trust). From the thread that makes
 * them, before any other is told of `next`. */
void snapshot_retire(const struct snapshot *before,
                     const struct snapshot *next);

/* Looks at what the workers have counted, and renews what they go by (the delay
 * of hedges, what is usual for a target). About four times a second, from the
 * thread that makes snapshots, for the one in force. */
void snapshot_learn(struct snapshot *snapshot, int64_t now_us);

/* What the races of the n-th route (n = 0, 1, ...) that is observed tell of all
 * workers; returns false after the last. The path is the snapshot's; it is
 * empty for URLs that gathers ask. From any thread. */
bool snapshot_observed(const struct snapshot *snapshot, unsigned n,
                       struct slice *path, struct estimate_totals *totals);

/* Where the i-th target of one of its groups is, as far as failures go; for
 * those that learn apart (--learn route), where it is best off. From any
 * thread. */
enum outlier_place snapshot_target_place(const struct snapshot *snapshot,
                                         const struct group *group, unsigned i,
                                         int64_t now_us);

/* What is known of the i-th target of one of its groups, of all routes that ask
 * it. From the thread that calls snapshot_learn. */
struct target_sight {
  enum outlier_place failing, slow; /* the best of these routes' */
  uint32_t p50_us, p95_us;          /* 0: nothing was learned */
};
struct target_sight snapshot_see_target(const struct snapshot *snapshot,
                                        const struct group *group, unsigned i,
                                        int64_t now_us);

/* How many live in this process, for io/leaks. */
int64_t snapshot_count(void);

#endif

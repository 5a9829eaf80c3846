/* snapshot_parts: what the files that make a snapshot share.
 *
 * For snapshot.c, snapshot_groups.c, snapshot_gathers.c, snapshot_pilots.c,
 * snapshot_observed.c and snapshot_tallies.c alone; others see
 * config/snapshot.h. */
#ifndef HEDGEROW_CONFIG_SNAPSHOT_PARTS_H
#define HEDGEROW_CONFIG_SNAPSHOT_PARTS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "config/learned.h"
#include "config/snapshot.h"
#include "io/arena.h"

/* Counts by their labels: first those that the snapshot has, then others that
 * earlier ones had. See snapshot_tallies.c. */
struct tallies {
  struct learned_list list;
  unsigned in_use;
};

/* A snapshot, with what only its making and its end need. */
struct whole {
  struct snapshot snapshot; /* the first member: what others see */
  atomic_uint references;
  struct slots *slots;
  unsigned slots_taken; /* targets below have theirs */
  struct arena arena;
  bool failed; /* no memory or no more slots, while it was made */
  const struct snapshot_source *source;
  struct group *groups;
  struct route *routes;
  const struct config_route **origins; /* of routes, while it is made */
  struct route *plain; /* the rules of URLs in gathers; NULL: not needed yet */
  struct target *targets;
  struct slice *tokens; /* copies that are wiped at the end */
  unsigned token_count;
  unsigned workers;
  struct learned_list learned;
  struct tallies of_routes, of_others;
  struct roster *rosters; /* see snapshot_pilots.c */
  struct pilot_set *pilot_sets;
  struct observed *observed; /* see snapshot_observed.c */
};

/* ---- snapshot.c ---- */

struct whole *snapshot_whole(const struct snapshot *snapshot);
/* What the snapshot in force has learned; NULL: this is the first. */
const struct learned_list *snapshot_learned_before(const struct whole *whole);

/* Zeros from the arena; NULL, and `failed`, where there is no memory. */
void *snapshot_take(struct whole *whole, size_t count, size_t size);
/* A copy; at NULL stays NULL. */
struct slice snapshot_keep(struct whole *whole, struct slice bytes);
/* Copies of what the rules add to a message, and of the names that they drop
 * from it. */
struct http_field *snapshot_keep_headers(struct whole *whole,
                                         const struct config_rules *rules);
struct slice *snapshot_keep_drop(struct whole *whole,
                                 const struct config_rules *rules);
void snapshot_make_route(struct whole *whole, struct route *route,
                         const struct config_route *from);

/* ---- snapshot_groups.c ---- */

/* Without a target. */
extern const struct group snapshot_nobody;

/* Of an upstream of the config; NULL: nobody. */
const struct group *snapshot_group_of(const struct whole *whole,
                                      const struct config_upstream *upstream);
/* Every group, with the slots of its targets, and whom clients' credentials may
 * reach. */
void snapshot_make_groups(struct whole *whole);

/* ---- snapshot_pilots.c ---- */

/* Gives the group, and its targets, what is counted of who starts there. */
void snapshot_keep_lines(struct whole *whole, struct group *group,
                         struct target *targets);

/* Those of the workers, by their number, for races over the group (or one of
 * its targets) by the route's rules. NULL: the group has no target, or there is
 * no memory. */
const struct pilot *snapshot_pilots(struct whole *whole,
                                    const struct group *group,
                                    const struct route *route);

/* ---- snapshot_observed.c ---- */

/* Where races by the route's rules tell what hedges would have brought, by
 * worker. NULL: no memory. */
struct estimate_seen *snapshot_observe(struct whole *whole,
                                       const struct route *route);

/* ---- snapshot_tallies.c ---- */

/* Where requests of a path are counted for metrics, under the labels that it
 * has there. NULL: no memory. */
struct route_tally *snapshot_count_route(struct whole *whole, struct slice path,
                                         struct slice *labels);
/* Where the thread of snapshot_learn keeps what requests of a path took of
 * late, by the same labels. NULL: no memory. */
struct tally_waits *snapshot_keep_waits(struct whole *whole,
                                        struct slice labels);
void snapshot_turn_waits(struct whole *whole, int64_t now_us);
/* Goes on with what was counted under labels that are no more; once all others
 * are made. */
void snapshot_count_gone(struct whole *whole);
/* The same for the group and its targets. */
void snapshot_count_group(struct whole *whole, struct group *group,
                          struct target *targets);

/* ---- snapshot_gathers.c ---- */

/* Once all routes and their table are there. */
void snapshot_make_gathers(struct whole *whole);

#endif

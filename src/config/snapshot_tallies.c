/* snapshot_tallies.c: where workers count for metrics.
 *
 * What is counted under some labels goes on as long as snapshots have such
 * labels, so it never falls while somebody looks at it: the labels are the name
 * by which the next snapshot finds it. They are written once, here.
 *
 * Labels that go away may come back: a file is put right again, a target is
 * back from repair. So their counts are kept, those that went last longest, and
 * go on from where they were. And races that began there may end long after the
 * reload. What is kept is bounded all the same, however often routes come and
 * go. All routes together have a receipt, which loses nothing: what a route has
 * counted that is kept no longer is added up. */
#include "config/snapshot_parts.h"
#include "core/exposition.h"

enum {
  KEPT = 256,  /* under labels that are no more */
  ESCAPED = 5, /* bytes of one in a label */
  LABELS_BYTES = sizeof "upstream=\"\",target=\"4294967295\",host=\"\"",
};

static const struct whole *whole_before(const struct whole *whole) {
  const struct snapshot *before = whole->source->before;
  return before ? snapshot_whole(before) : NULL;
}

/* before: NULL where there is no snapshot before this one. */
static void *counted(struct whole *whole, struct tallies *tallies,
                     const struct tallies *before, struct slice labels,
                     size_t bytes) {
  void *cells = whole->failed ? NULL
                              : learned_tally(&tallies->list,
                                              before ? &before->list : NULL,
                                              labels, bytes);
  whole->failed |= !cells;
  return cells;
}

static void *counted_by_labels(struct whole *whole, struct slice labels,
                               size_t bytes) {
  const struct whole *before = whole_before(whole);
  return counted(whole, &whole->of_others, before ? &before->of_others : NULL,
                 labels, bytes);
}

static void *counted_by_upstream(struct whole *whole, struct slice labels,
                                 size_t each) {
  return counted_by_labels(whole, labels, whole->workers * each);
}

static void *counted_by_route(struct whole *whole, struct slice labels) {
  const struct whole *before = whole_before(whole);
  return counted(whole, &whole->of_routes, before ? &before->of_routes : NULL,
                 labels, whole->workers * sizeof(struct route_tally));
}

/* False: no memory. */
static bool open_labels(struct whole *whole, struct text *labels,
                        size_t bytes) {
  const size_t room = LABELS_BYTES + ESCAPED * bytes;
  char *at = snapshot_take(whole, room, 1);
  if (at) text_init(labels, at, room);
  return at != NULL;
}

struct route_tally *snapshot_count_route(struct whole *whole, struct slice path,
                                         struct slice *labels) {
  struct text text;
  if (!open_labels(whole, &text, path.len)) return NULL;
  exposition_label(&text, "route", path);
  *labels = text_slice_of(&text);
  return counted_by_route(whole, *labels);
}

struct tally_waits *snapshot_keep_waits(struct whole *whole,
                                        struct slice labels) {
  return counted_by_labels(whole, labels, sizeof(struct tally_waits));
}

void snapshot_turn_waits(struct whole *whole, int64_t now_us) {
  for (unsigned i = 0; i < whole->snapshot.route_count; i++)
    tally_waits_turn(whole->routes[i].waits, whole->routes[i].tallies,
                     whole->workers, now_us);
}

/* ---- labels that are no more ---- */

static const struct route_tally *cells_of(const struct learned *learned) {
  const struct learned_tally *tally = (const void *)learned;
  return (const void *)tally->cells;
}

/* Those that were in use come first in `before`: so what went last is kept
 * before what went earlier. on_end: of one that is kept no longer; or NULL. */
static void keep_gone(struct whole *whole, struct tallies *tallies,
                      const struct tallies *before,
                      void (*on_end)(struct whole *whole,
                                     const struct learned *learned)) {
  for (unsigned i = 0; i < before->list.count; i++) {
    struct learned *learned = before->list.at[i];
    if (learned_list_has(&tallies->list, learned)) continue;
    if (i < before->in_use || !learned_is_left(learned) ||
        tallies->list.count - tallies->in_use < KEPT)
      whole->failed |= !learned_list_hold(&tallies->list, learned);
    else if (on_end) on_end(whole, learned);
  }
}

static void sum_up(struct whole *whole, const struct learned *learned) {
  receipt_add(&whole->snapshot.of_gone, cells_of(learned), whole->workers);
}

static void show_gone(struct whole *whole) {
  const struct tallies *routes = &whole->of_routes;
  const unsigned count = routes->list.count - routes->in_use;
  const struct route_tally **gone = snapshot_take(whole, count, sizeof *gone);
  for (unsigned i = 0; gone && i < count; i++)
    gone[i] = cells_of(routes->list.at[routes->in_use + i]);
  whole->snapshot.gone = gone;
  whole->snapshot.gone_count = gone ? count : 0;
}

void snapshot_count_gone(struct whole *whole) {
  const struct whole *before = whole_before(whole);
  whole->of_routes.in_use = whole->of_routes.list.count;
  whole->of_others.in_use = whole->of_others.list.count;
  if (!before) return;
  whole->snapshot.of_gone = before->snapshot.of_gone;
  keep_gone(whole, &whole->of_routes, &before->of_routes, sum_up);
  keep_gone(whole, &whole->of_others, &before->of_others, NULL);
  show_gone(whole);
}

/* ---- upstreams ---- */

static void count_target(struct whole *whole, const struct group *group,
                         struct target *target, unsigned place) {
  const struct slice host = target->url.authority;
  char storage[sizeof "4294967295"];
  struct text text, number;
  if (!open_labels(whole, &text, group->name.len + host.len)) return;
  text_init(&number, storage, sizeof storage);
  text_int(&number, place);
  exposition_label(&text, "upstream", group->name);
  exposition_label(&text, "target", text_slice_of(&number));
  exposition_label(&text, "host", host);
  target->labels = text_slice_of(&text);
  target->tallies =
      counted_by_upstream(whole, target->labels, sizeof(struct target_tally));
}

void snapshot_count_group(struct whole *whole, struct group *group,
                          struct target *targets) {
  struct text text;
  if (!open_labels(whole, &text, group->name.len)) return;
  exposition_label(&text, "upstream", group->name);
  group->labels = text_slice_of(&text);
  group->tallies =
      counted_by_upstream(whole, group->labels, sizeof(struct upstream_tally));
  for (unsigned i = 0; i < group->count; i++)
    count_target(whole, group, &targets[i], i);
}

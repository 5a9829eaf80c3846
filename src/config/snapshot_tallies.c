/* snapshot_tallies.c: where workers count for metrics.
 *
 * What is counted under some labels goes on as long as snapshots have such
 * labels, so it never falls while somebody looks at it: the labels are the name
 * by which the next snapshot finds it. They are written once, here.
 *
 * All routes together have a receipt, which a route that goes away must not
 * take along. Races that began there may end long after the reload, so the next
 * snapshot holds its tally as `gone`. A later one adds up those that nobody
 * else holds any more, and lets go of them: so however often routes come and
 * go, a snapshot holds few. */
#include "config/snapshot_parts.h"
#include "core/exposition.h"

enum {
  ESCAPED = 5, /* bytes of one in a label */
  LABELS_BYTES = sizeof "upstream=\"\",target=\"4294967295\",host=\"\"",
};

static const struct whole *whole_before(const struct whole *whole) {
  const struct snapshot *before = whole->source->before;
  return before ? snapshot_whole(before) : NULL;
}

static void *counted(struct whole *whole, struct learned_list *list,
                     const struct learned_list *before, struct slice labels,
                     size_t each) {
  void *cells = whole->failed ? NULL
                              : learned_tally(list, before, labels,
                                              whole->workers * each);
  whole->failed |= !cells;
  return cells;
}

static void *counted_by_labels(struct whole *whole, struct slice labels,
                               size_t bytes) {
  const struct whole *before = whole_before(whole);
  return counted(whole, &whole->tallies, before ? &before->tallies : NULL,
                 labels, bytes);
}

static void *counted_by_upstream(struct whole *whole, struct slice labels,
                                 size_t each) {
  return counted_by_labels(whole, labels, whole->workers * each);
}

static void *counted_by_route(struct whole *whole, struct slice labels) {
  const struct whole *before = whole_before(whole);
  return counted(whole, &whole->tallies_of_routes,
                 before ? &before->tallies_of_routes : NULL, labels,
                 whole->workers * sizeof(struct route_tally));
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

/* ---- routes that are no more ---- */

static const struct route_tally *cells_of(const struct learned *learned) {
  const struct learned_tally *tally = (const void *)learned;
  return (const void *)tally->cells;
}

static void keep_gone(struct whole *whole, struct learned *learned) {
  whole->failed |= !learned_list_hold(&whole->tallies_gone, learned);
}

static void take_gone(struct whole *whole, const struct whole *before) {
  const struct learned_list *routes = &before->tallies_of_routes;
  const struct learned_list *gone = &before->tallies_gone;
  whole->snapshot.of_gone = before->snapshot.of_gone;
  for (unsigned i = 0; i < routes->count; i++)
    if (!learned_list_has(&whole->tallies_of_routes, routes->at[i]))
      keep_gone(whole, routes->at[i]);
  for (unsigned i = 0; i < gone->count; i++)
    if (!learned_is_left(gone->at[i])) keep_gone(whole, gone->at[i]);
    else
      receipt_add(&whole->snapshot.of_gone, cells_of(gone->at[i]),
                  whole->workers);
}

void snapshot_count_gone(struct whole *whole) {
  const struct whole *before = whole_before(whole);
  if (before) take_gone(whole, before);
  const struct learned_list *list = &whole->tallies_gone;
  const struct route_tally **gone =
      snapshot_take(whole, list->count, sizeof *gone);
  for (unsigned i = 0; gone && i < list->count; i++)
    gone[i] = cells_of(list->at[i]);
  whole->snapshot.gone = gone;
  whole->snapshot.gone_count = gone ? list->count : 0;
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

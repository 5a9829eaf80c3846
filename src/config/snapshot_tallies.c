/* snapshot_tallies.c: where workers count for metrics.
 *
 * What is counted under some labels goes on as long as snapshots have such
 * labels, so it never falls while somebody looks at it: the labels are the name
 * by which the next snapshot finds it. They are written once, here. */
#include "config/snapshot_parts.h"
#include "core/exposition.h"

enum {
  ESCAPED = 5, /* bytes of one in a label */
  LABELS_BYTES = sizeof "upstream=\"\",target=\"4294967295\",host=\"\"",
};

static const struct learned_list *tallies_before(const struct whole *whole) {
  const struct snapshot *before = whole->source->before;
  return before ? &snapshot_whole(before)->tallies : NULL;
}

static void *counted(struct whole *whole, struct slice labels, size_t each) {
  void *cells = whole->failed
                    ? NULL
                    : learned_tally(&whole->tallies, tallies_before(whole),
                                    labels, whole->workers * each);
  whole->failed |= !cells;
  return cells;
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
  return counted(whole, *labels, sizeof(struct route_tally));
}

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
  target->tallies = counted(whole, target->labels, sizeof(struct target_tally));
}

void snapshot_count_group(struct whole *whole, struct group *group,
                          struct target *targets) {
  struct text text;
  if (!open_labels(whole, &text, group->name.len)) return;
  exposition_label(&text, "upstream", group->name);
  group->labels = text_slice_of(&text);
  group->tallies = counted(whole, group->labels, sizeof(struct upstream_tally));
  for (unsigned i = 0; i < group->count; i++)
    count_target(whole, group, &targets[i], i);
}

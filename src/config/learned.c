/* learned: counted holds on what outlives snapshots.
 *
 * There is no table of all of them: the snapshot in force is the table. Each of
 * its lists is searched when the next one is made, for every name that this one
 * has. */
#include "config/learned.h"

#include <stdlib.h>
#include <string.h>

#include "core/hash.h"

static _Atomic int64_t living;

int64_t learned_count(void) { return atomic_load(&living); }

static void discard(struct learned *learned) {
  if (learned->on_free) learned->on_free(learned);
  free(learned);
  atomic_fetch_sub(&living, 1);
}

static void let_go(struct learned *learned) {
  if (atomic_fetch_sub(&learned->holders, 1) == 1) discard(learned);
}

void learned_list_clear(struct learned_list *list) {
  while (list->count > 0) let_go(list->at[--list->count]);
  free(list->at);
  finder_clear(&list->by_name);
  *list = (struct learned_list){0};
}

static struct learned *find(const struct learned_list *list,
                            struct slice name) {
  struct finder_walk walk = finder_begin(hash_of(name));
  unsigned i;
  while (finder_next(&list->by_name, &walk, &i))
    if (slice_equal(list->at[i]->name, name)) return list->at[i];
  return NULL;
}

bool learned_list_has(const struct learned_list *list,
                      const struct learned *learned) {
  return find(list, learned->name) == learned;
}

bool learned_is_left(const struct learned *learned) {
  return atomic_load(&learned->holders) == 1;
}

static bool grow(struct learned_list *list) {
  unsigned cap = list->cap > 0 ? 2 * list->cap : 16;
  struct learned **at = realloc(list->at, cap * sizeof *at);
  if (!at) return false;
  list->at = at;
  list->cap = cap;
  return true;
}

bool learned_list_hold(struct learned_list *list, struct learned *learned) {
  const bool has_room = list->count < list->cap || grow(list);
  const uint32_t hash = hash_of(learned->name);
  if (!has_room || !finder_add(&list->by_name, hash, list->count)) return false;
  atomic_fetch_add(&learned->holders, 1);
  list->at[list->count++] = learned;
  return true;
}

/* All zeros but its name, which lies behind it, and held by nobody. */
static struct learned *make(struct slice name, size_t bytes) {
  size_t lines = (bytes + name.len) / PILOT_LINE + 1;
  struct learned *learned = aligned_alloc(PILOT_LINE, lines * PILOT_LINE);
  if (!learned) return NULL;
  char *copy = memcpy((char *)learned + bytes, name.at, name.len);
  memset(learned, 0, bytes);
  learned->name = (struct slice){copy, name.len};
  atomic_fetch_add(&living, 1);
  return learned;
}

/* The one of that name, which the list holds then. *is_new: it has just been
 * made, of so many bytes. NULL: no memory. */
static struct learned *get(struct learned_list *list,
                           const struct learned_list *before, struct slice name,
                           size_t bytes, bool *is_new) {
  struct learned *learned = find(list, name);
  *is_new = false;
  if (learned) return learned;
  learned = before ? find(before, name) : NULL;
  *is_new = !learned;
  if (!learned) learned = make(name, bytes);
  const bool held = learned && learned_list_hold(list, learned);
  if (*is_new && learned && !held) discard(learned);
  return held ? learned : NULL;
}

static void on_free_target(struct learned *learned) {
  struct learned_target *target = (void *)learned;
  turnstile_clear(&target->turnstile);
}

struct learned_target *learned_target(struct learned_list *list,
                                      const struct learned_list *before,
                                      struct slice name, unsigned workers) {
  struct learned_target *target;
  size_t bytes = sizeof *target + workers * sizeof *target->counts;
  bool is_new;
  target = (void *)get(list, before, name, bytes, &is_new);
  if (target && is_new) {
    turnstile_init(&target->turnstile);
    target->learned.on_free = on_free_target;
  }
  return target;
}

struct learned_route *learned_route(struct learned_list *list,
                                    const struct learned_list *before,
                                    struct slice name, unsigned workers) {
  struct learned_route *route;
  size_t bytes = sizeof *route + workers * sizeof *route->seen;
  bool is_new;
  return (void *)get(list, before, name, bytes, &is_new);
}

struct learned_upstream *learned_upstream(
    struct learned_list *list, const struct learned_list *before,
    struct slice name, unsigned workers, const struct hedge_budget_rule *rule) {
  struct learned_upstream *upstream;
  size_t bytes = sizeof *upstream + workers * sizeof *upstream->earnings;
  bool is_new;
  upstream = (void *)get(list, before, name, bytes, &is_new);
  if (upstream && is_new) hedge_budget_init(&upstream->budget, rule);
  return upstream;
}

void *learned_tally(struct learned_list *list,
                    const struct learned_list *before, struct slice name,
                    size_t bytes) {
  bool is_new;
  struct learned_tally *tally =
      (void *)get(list, before, name, sizeof *tally + bytes, &is_new);
  return tally ? tally->cells : NULL;
}

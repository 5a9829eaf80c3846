/* slot: a table that only grows, of elements that never move.
 *
 * Main adds to it when it makes a snapshot; workers only follow a number that
 * came with a snapshot. They need no lock: what main wrote before it handed the
 * snapshot over is seen by whoever takes it, and a chunk, once made, stays.
 *
 * A slot that no snapshot names any more keeps its number and its origin, and
 * is found again when a later snapshot names it. It is not given to another
 * origin: workers may still keep connections under that number, and would send
 * a request to the wrong host. So SLOTS_MAX bounds how many origins a process
 * can have heard of, which with half a kilobyte each costs little. */
#include "io/slot.h"

#include <stdlib.h>
#include <string.h>

#include "core/hash.h"
#include "io/finder.h"
#include "io/leaks.h"

enum { CHUNK_SLOTS = 64, CHUNKS_MAX = SLOTS_MAX / CHUNK_SLOTS };

struct slots {
  struct resolver *resolver;
  unsigned count; /* this and the next: for main's thread alone */
  struct finder by_origin;
  struct slot *chunks[CHUNKS_MAX];
};

struct slots *slots_new(struct resolver *resolver) {
  struct slots *slots = calloc(1, sizeof *slots);
  if (slots) slots->resolver = resolver;
  return slots;
}

void slots_free(struct slots *slots) {
  if (!slots) return;
  for (unsigned i = 0; i < slots->count; i++) {
    leaks_expect_none("attempts", slot_at(slots, i)->in_flight);
    leaks_expect_none("attempts passed on", slot_at(slots, i)->passing);
    leaks_expect_none("users of a slot", slot_at(slots, i)->users);
  }
  for (unsigned i = 0; i < CHUNKS_MAX; i++) free(slots->chunks[i]);
  finder_clear(&slots->by_origin);
  free(slots);
}

struct slot *slot_at(const struct slots *slots, unsigned number) {
  return &slots->chunks[number / CHUNK_SLOTS][number % CHUNK_SLOTS];
}

static bool is_of(const struct slot *slot, const struct base_url *url) {
  return slot->tls == url->tls && slot->port == url->port &&
         slice_equal_nocase(url->host, slice_of(slot->host));
}

/* Ports in a row are to lie apart. */
static uint32_t hash_of_origin(const struct base_url *url) {
  return hash_of_nocase(url->host) +
         (2 * (uint32_t)url->port + url->tls) * UINT32_C(2654435761);
}

/* The slot behind the last one, empty, or NULL. */
static struct slot *next_slot(struct slots *slots) {
  if (slots->count == SLOTS_MAX) return NULL;
  struct slot **chunk = &slots->chunks[slots->count / CHUNK_SLOTS];
  if (!*chunk) {
    size_t size = CHUNK_SLOTS * sizeof **chunk;
    *chunk = aligned_alloc(SLOT_LINE, size);
    if (!*chunk) return NULL;
    memset(*chunk, 0, size);
  }
  return slot_at(slots, slots->count);
}

static bool find_or_make(struct slots *slots, const struct base_url *url,
                         unsigned *number) {
  struct finder_walk walk = finder_begin(hash_of_origin(url));
  while (finder_next(&slots->by_origin, &walk, number))
    if (is_of(slot_at(slots, *number), url)) return true;
  struct slot *slot = next_slot(slots);
  *number = slots->count;
  if (!slot || url->host.len >= SLOT_HOST_BYTES) return false;
  slot->tls = url->tls;
  slot->port = url->port;
  memcpy(slot->host, url->host.at, url->host.len);
  slot->host[url->host.len] = '\0'; /* an add that failed may have left bytes */
  return true;
}

/* The one behind the last is a slot from now on. */
static bool keep(struct slots *slots, const struct base_url *url,
                 unsigned name) {
  if (!finder_add(&slots->by_origin, hash_of_origin(url), slots->count))
    return false;
  slot_at(slots, slots->count++)->name = name;
  return true;
}

bool slot_add(struct slots *slots, const struct base_url *url,
              unsigned *number) {
  unsigned name;
  if (!find_or_make(slots, url, number) ||
      !resolver_add(slots->resolver, url->host, &name))
    return false;
  if (*number == slots->count && !keep(slots, url, name)) {
    resolver_drop(slots->resolver, name);
    return false;
  }
  atomic_fetch_add(&slot_at(slots, *number)->users, 1);
  return true;
}

void slot_drop(struct slots *slots, unsigned number) {
  struct slot *slot = slot_at(slots, number);
  resolver_drop(slots->resolver, slot->name);
  atomic_fetch_sub(&slot->users, 1);
}

/* lease: one worker's hold on a snapshot.
 *
 * Without it every exchange would count itself in the snapshot, on one cache
 * line that all workers write to for each request.
 *
 * It brings the room in which a worker writes answers' heads, since a reload
 * may allow longer ones, and only before a snapshot is in force can it be
 * refused for want of memory. */
#include "proxy/lease.h"

#include <stdlib.h>

enum { OWN_BYTES = 144 * 1024 }; /* for what hedgerow adds of its own */

static bool make_room(struct lease *lease) {
  const struct snapshot *snapshot = lease->snapshot;
  size_t most = 0;
  for (unsigned i = 0; i < snapshot->group_count; i++)
    if (snapshot->groups[i].limits.head_bytes > most)
      most = snapshot->groups[i].limits.head_bytes;
  char *storage = malloc(OWN_BYTES + most);
  if (storage) text_init(&lease->room, storage, OWN_BYTES + most);
  return storage != NULL;
}

struct lease *lease_new(struct snapshot *snapshot) {
  struct lease *lease = malloc(sizeof *lease);
  if (!lease) return NULL;
  *lease = (struct lease){.snapshot = snapshot_hold(snapshot), .users = 1};
  if (make_room(lease)) return lease;
  lease_give(lease);
  return NULL;
}

void lease_take_room(struct lease *lease, struct text *text) {
  struct text smaller = lease->room;
  if (text->cap < lease->room.cap) {
    smaller = *text;
    *text = lease->room;
  }
  free(smaller.at);
  lease->room = (struct text){0};
}

struct lease *lease_take(struct lease *lease) {
  lease->users++;
  return lease;
}

/* Not inline: a request only counts. */
static __attribute__((noinline)) void lease_free(struct lease *lease) {
  snapshot_drop(lease->snapshot);
  free(lease->room.at);
  free(lease);
}

void lease_give(struct lease *lease) {
  if (lease && --lease->users == 0) lease_free(lease);
}

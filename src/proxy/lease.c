/* lease: one worker's hold on a snapshot.
 *
 * Without it every exchange would count itself in the snapshot, on one cache
 * line that all workers write to for each request. */
#include "proxy/lease.h"

#include <stdlib.h>

struct lease *lease_new(struct snapshot *snapshot) {
  struct lease *lease = malloc(sizeof *lease);
  if (lease)
    *lease = (struct lease){.snapshot = snapshot_hold(snapshot), .users = 1};
  return lease;
}

struct lease *lease_take(struct lease *lease) {
  lease->users++;
  return lease;
}

void lease_give(struct lease *lease) {
  if (!lease || --lease->users > 0) return;
  snapshot_drop(lease->snapshot);
  free(lease);
}

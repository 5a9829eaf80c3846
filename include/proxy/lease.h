/* lease: one worker's hold on a snapshot.
 *
 * A worker holds each snapshot once, whatever it does with it, and counts those
 * who use it there plainly, since only its own thread looks: itself for the one
 * in force, an exchange, and before it a request whose body is late, for the
 * one that the head came under. */
#ifndef HEDGEROW_PROXY_LEASE_H
#define HEDGEROW_PROXY_LEASE_H

#include "config/snapshot.h"
#include "core/text.h"

struct lease {
  struct snapshot *snapshot;
  unsigned users;
  struct text room; /* for any answer's head, however long the snapshot lets an
                     * upstream's be; empty once a worker has it */
};

/* It holds the snapshot, and has one user: the caller. Any thread may make one
 * and pass it on. NULL: no memory. */
struct lease *lease_new(struct snapshot *snapshot)
    __attribute__((warn_unused_result));
/* Puts its room in place of *text, where that is smaller; the smaller is freed.
 * *text is empty, or was had from here. */
void lease_take_room(struct lease *lease, struct text *text);
/* One user more. */
struct lease *lease_take(struct lease *lease);
/* One less; with the last the lease goes, and its hold on the snapshot. NULL is
 * fine. */
void lease_give(struct lease *lease);

#endif

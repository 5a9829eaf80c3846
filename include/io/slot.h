/* slot: what the process knows of one origin for as long as it runs.
 *
 * A slot's number is the identity of an origin: snapshots come and go with
 * their targets, and what is counted or kept for an origin (attempts in flight,
 * kept connections) goes by the slot. It has the same number in every snapshot
 * that names the origin. */
#ifndef HEDGEROW_IO_SLOT_H
#define HEDGEROW_IO_SLOT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base_url.h"
#include "core/relaxed.h"
#include "io/resolver.h"

enum { SLOTS_MAX = 4096, SLOT_LINE = 64, SLOT_HOST_BYTES = 256 };

struct slot {
  /* What workers count. */
  _Alignas(SLOT_LINE) _Atomic int64_t in_flight;
  _Atomic int64_t waiting; /* in line for it: see proxy/line */
  _Atomic int64_t passing; /* of those in flight: their heads have come, and
                            * their bodies are passed on as they do */
  atomic_uint turn; /* new connections, each at the next of its addresses */
  /* What stays as it is, on cache lines of its own. */
  _Alignas(SLOT_LINE) unsigned name; /* the host's number at the resolver */
  bool tls;
  uint16_t port;
  char host[SLOT_HOST_BYTES];
  atomic_uint users; /* targets of living snapshots */
};

struct slots;

/* The resolver is borrowed. NULL: no memory. */
struct slots *slots_new(struct resolver *resolver);
/* All that was added has been dropped, and nothing is in flight. NULL is fine.
 */
void slots_free(struct slots *slots);

/* The number of the slot of this URL's origin (scheme, host, port), a new one
 * if need be; its host is looked after by the resolver from now on. At any
 * time, from one thread; wants a slot_drop. False: no memory, no thread, or
 * SLOTS_MAX origins have been named. */
bool slot_add(struct slots *slots, const struct base_url *url, unsigned *number)
    __attribute__((warn_unused_result));
/* The other end of an add, from any thread. */
void slot_drop(struct slots *slots, unsigned number);

/* Stays where it is as long as the slots live. From any thread that has learned
 * of the number after slot_add returned it. */
struct slot *slot_at(const struct slots *slots, unsigned number);

/* How many attempts want an answer. One that is passed on may last for hours,
 * and says nothing of how busy its origin is. */
static inline int64_t slot_unanswered(const struct slot *slot) {
  return relaxed_load(&slot->in_flight) - relaxed_load(&slot->passing);
}

#endif

/* ring: messages from one thread to another, and neither waits.
 *
 * One thread puts and one takes. What finds no room is left out, and the writer
 * learns of it: a reader that is slow, or gone, costs nothing but that. */
#ifndef HEDGEROW_IO_RING_H
#define HEDGEROW_IO_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ring;

/* For messages of about `bytes` together, 8 more for each; rounded up to a
 * power of two, 2^30 at most. NULL: no memory. */
struct ring *ring_new(size_t bytes) __attribute__((warn_unused_result));
/* Neither thread uses it any more. NULL is fine. */
void ring_free(struct ring *ring);

/* The writer's. The message is copied whole, or not at all: false. len > 0. */
bool ring_put(struct ring *ring, const void *message, size_t len);

/* The reader's. Copies the next message, which the ring then forgets, and
 * returns its length; 0: there is none. One that is longer than cap is passed
 * over. */
size_t ring_take(struct ring *ring, void *message, size_t cap);

#endif

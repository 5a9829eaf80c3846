/* wire: connections to upstreams, and those of them that wait for work. */
#ifndef HEDGEROW_IO_WIRE_H
#define HEDGEROW_IO_WIRE_H

#include <stdbool.h>
#include <stdint.h>

#include "io/loop.h"
#include "io/stream.h"

struct wire;
struct wires; /* one loop's, a stack of idle ones for each slot */

enum { WIRE_SCRATCH_BYTES = 64 * 1024 };

/* What a wire tells whoever uses it. */
struct wire_user {
  void (*on_readable)(void *arg);
  void (*on_writable)(void *arg); /* only after wire_await_room */
};

/* user is copied. NULL: no memory. */
struct wires *wires_new(struct loop *loop, const struct wire_user *user);
/* Closes the idle ones; no other may be left. NULL is fine. */
void wires_free(struct wires *wires);

/* A wire for a new connection; arg uses it from now on. generation: of the
 * addresses it was dialled with; address: the place of the one it began at
 * (io/resolver_answer). NULL: no memory, and the stream is closed. */
struct wire *wire_new(struct wires *wires, const struct stream *stream,
                      unsigned slot, uint32_t generation, unsigned address,
                      void *arg);
/* What an idle wire must be, to be taken. */
struct wire_want {
  unsigned slot;
  const struct trust *trust; /* stream_is_under it */
  uint32_t generation;
  unsigned
      avoid; /* the places of addresses that it must not lead to, as bits */
  int64_t keep_us; /* it must have been idle for less */
};

/* The one that was used last of those that are as wanted, or NULL; arg uses it
 * from now on. Wires of another generation, and those whose time is over, are
 * closed on the way; those under another trust, and those that were idle for
 * too long for this target alone, are somebody else's. */
struct wire *wire_take(struct wires *wires, const struct wire_want *want,
                       int64_t now_us, void *arg);
/* Its answer is whole, and it may carry another request: it waits for one from
 * now_us on, for keep_us. It closes by itself when the peer ends it or speaks
 * unasked, and within a second after its time is over. */
void wire_give_back(struct wire *wire, int64_t now_us, int64_t keep_us);
/* How many bytes the answers of that slot usually have, as was learned last; 0:
 * nobody knows. */
size_t wires_usual(const struct wires *wires, unsigned slot);
void wires_learn(struct wires *wires, unsigned slot, size_t usual);
/* Closes the idle ones whose stream is retired. */
void wires_close_retired(struct wires *wires);
/* One that is in use. */
void wire_close(struct wire *wire);

struct stream *wire_stream(struct wire *wire);
/* WIRE_SCRATCH_BYTES of the loop's, to be used within one callback. */
char *wire_scratch(struct wire *wire);
/* Leaves what comes to the kernel: on_readable is not called until
 * wire_resume, and that never from inside it. False: no memory. */
void wire_pause(struct wire *wire);
bool wire_resume(struct wire *wire) __attribute__((warn_unused_result));
/* The place of its address. */
unsigned wire_address(const struct wire *wire);
/* Whether it has carried a request before the present one. */
bool wire_was_kept(const struct wire *wire);
/* Asks for one on_writable. False: no memory. */
bool wire_await_room(struct wire *wire) __attribute__((warn_unused_result));

#endif

/* passing: an answer on its way to the client while it comes from upstream.
 *
 * It takes the body of one fetch piece by piece, frames it for the client, and
 * lets the slower of the two set the pace. What was sent is forgotten; what the
 * client does not take at once is held, which is one read at most, since the
 * upstream is not read meanwhile. */
#ifndef HEDGEROW_PROXY_PASSING_H
#define HEDGEROW_PROXY_PASSING_H

#include <stdbool.h>
#include <stdint.h>

#include "core/answer.h"
#include "core/slice.h"
#include "core/step.h"
#include "io/arena.h"
#include "io/buffer.h"
#include "io/connection.h"
#include "io/loop.h"
#include "proxy/fetch.h"

struct passing {
  struct connection *connection;
  struct fetch *fetch; /* which is coming, as long as outcome is open */
  uint64_t length; /* how the client finds the end of the body: the upstream's
                    * Content-Length, ANSWER_CHUNKED, or UINT64_MAX: by the
                    * close */
  enum outcome outcome; /* once no more comes */
  struct buffer held;   /* framed, and not taken by the client yet */
  uint64_t bytes;       /* of the body that has come */
  struct timer idle;
  int64_t idle_us, heard_us; /* --stream-idle-timeout, and since when */
  /* Called once, before the client sees the end: the connection is this
   * module's to end, and *passing may be freed. SUCCESS; GONE; DEADLINE: the
   * upstream sent nothing for idle_us; FAILED: it broke off; REFUSED: no memory
   * was free; or what passing_stop was told. */
  void (*on_over)(void *arg, enum outcome outcome, int64_t now_us);
  void *arg;
};

/* Copies it into the arena. connection, fetch, length (UINT64_MAX: upstream
 * said none), held.blocks, idle_us, on_over and arg are set. The answer begins:
 * `length` and connection_closes now tell what its head must say. NULL: no
 * memory, and nothing has begun. */
struct passing *passing_open(const struct passing *from, struct arena *arena)
    __attribute__((warn_unused_result));
/* Sends the head, and what of the body has come with it. This and all that
 * follow may end it. */
void passing_begin(struct passing *passing, struct slice head,
                   struct slice body);
/* More has come, or the last. `how` is how its attempt ended. */
void passing_body(struct passing *passing, struct slice body);
void passing_end(struct passing *passing, enum attempt_result how,
                 struct slice rest);
/* Breaks it off: with OUTCOME_DRAINED, say. */
void passing_stop(struct passing *passing, enum outcome outcome);

#endif

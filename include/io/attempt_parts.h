/* attempt_parts: what the two files of io/attempt know of each other.
 *
 * For attempt.c and attempt_losers.c alone; others see io/attempt.h. */
#ifndef HEDGEROW_IO_ATTEMPT_PARTS_H
#define HEDGEROW_IO_ATTEMPT_PARTS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/list.h"
#include "io/attempt.h"
#include "io/call.h"
#include "io/dial.h"
#include "io/slab.h"
#include "io/waiting.h"

enum attempt_state {
  NAMELESS, /* waits for its target's addresses */
  FAILING,  /* waits for the next turn, to fail in it */
  DIALING,
  CALLING, /* the request goes out, the answer comes in */
  PASSING, /* its owner has had the head, and gets the body */
  TELLING, /* its owner is in on_head or on_body */
  LOSER,
  LEFT, /* cancelled from there, and freed when the owner returns */
};

struct attempt {
  struct attempts *attempts;
  struct list_link link; /* among the losers */
  enum attempt_state state;
  unsigned slot;       /* its target's, which a loser has lost */
  uint32_t generation; /* of the addresses it dials */
  unsigned address;    /* the place of that it begins with */
  bool was_kept;       /* its connection had carried a request before */
  bool sent;           /* somebody may have read some of the request */
  struct attempt_record *record;
  const struct attempt_owner *owner;
  attempt_on_read *on_read; /* of a loser; NULL: nobody wants to know */
  void *arg;                /* the owner's, or on_read's */
  struct dial *dial;
  struct waiter waiter;
  int64_t connect_by_us; /* name, connection and handshake are there by then */
  int64_t due_us;        /* a loser's time is over then */
  struct call call;
};

struct attempts {
  struct slots *slots;
  struct blocks *blocks;
  struct worker_tally *tally;
  struct dialer *dialer;
  struct wires *wires;
  struct resolver_view *names;
  struct waiting *waiting;
  struct slab slab;
  void (*on_room)(void *arg); /* somebody waits for what has become free */
  void *on_room_arg;
  struct {
    struct list list; /* in the order in which they are due */
    unsigned count;
    struct timer timer;
  } losers; /* whose answers are being read */
};

/* ---- attempt.c ---- */

/* It is not in flight any more. Its connection has been let go. */
void attempt_free(struct attempt *attempt);

/* ---- attempt_losers.c ---- */

void attempt_losers_init(struct attempts *attempts, struct loop *loop);
/* Gives up all of them. */
void attempt_losers_clear(struct attempts *attempts);
/* One that is cancelled. False: its answer is not to be read, or cannot be, and
 * its connection is still to be closed. */
bool attempt_losers_join(struct attempt *attempt)
    __attribute__((warn_unused_result));
/* Its answer has been read, or its connection has broken; frees it. */
void attempt_losers_leave(struct attempt *attempt, int64_t now_us);

#endif

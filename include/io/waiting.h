/* waiting: who waits for a name's addresses, or for the next turn of the loop.
 */
#ifndef HEDGEROW_IO_WAITING_H
#define HEDGEROW_IO_WAITING_H

#include <stdbool.h>
#include <stdint.h>

#include "core/list.h"
#include "io/loop.h"
#include "io/resolver.h"

struct waiting; /* one loop's */

/* Embedded in whoever waits; only waiting.c knows the members. */
struct waiter {
  struct list_link link;
  struct list *line; /* NULL: it does not wait */
  void *arg;
  unsigned name;
  int64_t due_us;
};

struct waiting_handler {
  /* The name has addresses now. */
  void (*on_named)(void *arg);
  /* It has none, or none came in time; `why` is one line, valid during the
   * call. */
  void (*on_unnamed)(void *arg, const char *why);
  /* It is the next turn. */
  void (*on_turn)(void *arg);
};

/* handler is copied, names is borrowed. NULL: no memory. */
struct waiting *waiting_new(struct loop *loop, struct resolver_view *names,
                            const struct waiting_handler *handler);
/* Nobody may wait any more. NULL is fine. */
void waiting_free(struct waiting *waiting);
/* To be called when a name's addresses have changed. */
void waiting_look(struct waiting *waiting);

/* Each calls the handler once, later, with `arg`; a name that is known already
 * is told of at due_us or when the next name changes. A waiter is all zeros
 * before its first use, and waits for one thing at a time. */
void waiting_for_name(struct waiting *waiting, struct waiter *waiter,
                      unsigned name, int64_t due_us, void *arg);
void waiting_for_turn(struct waiting *waiting, struct waiter *waiter,
                      void *arg);
/* May be called at any time. */
void waiting_cancel(struct waiter *waiter);

#endif

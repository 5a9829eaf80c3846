/* waiting: two lines in front of a loop.
 *
 * The first is for names: those in it go on as soon as the resolver has
 * addresses, and are told why when it has none, or when their time is over
 * before it has. The second is for the next turn: what fails inside
 * attempt_start may call nobody back from there, so it fails a turn later.
 *
 * Whoever is called may cancel others in the same line, so a line is looked at
 * from its start after each call. */
#include "io/waiting.h"

#include <stdio.h>
#include <stdlib.h>

#include "io/clock.h"

struct waiting {
  struct resolver_view *names;
  struct waiting_handler handler;
  struct list for_names, for_turns;
  struct timer timer;
  int64_t armed_us; /* what the timer is set to; INT64_MAX: nothing */
};

/* ---- lines ---- */

static struct waiter *waiter_of(struct list_link *link) {
  return list_item(link, struct waiter, link);
}

static void waiting_join(struct list *line, struct waiter *waiter, void *arg) {
  waiter->line = line;
  waiter->arg = arg;
  list_append(line, &waiter->link);
}

void waiting_cancel(struct waiter *waiter) {
  if (waiter->line) list_remove(waiter->line, &waiter->link);
  waiter->line = NULL;
}

static void waiting_arm(struct waiting *waiting, int64_t due_us) {
  if (due_us >= waiting->armed_us) return;
  waiting->armed_us = due_us;
  timer_set(&waiting->timer, due_us);
}

/* ---- looking ---- */

/* The first whose waiting for a name is over, or NULL. */
static struct waiter *waiting_next_named(struct waiting *waiting,
                                         int64_t now_us) {
  list_each (link, &waiting->for_names) {
    struct waiter *waiter = waiter_of(link);
    if (now_us >= waiter->due_us ||
        resolver_get(waiting->names, waiter->name)->state != RESOLVER_WAITING)
      return waiter;
  }
  return NULL;
}

static void waiting_tell(struct waiting *waiting, struct waiter *waiter) {
  const struct resolver_answer *answer =
      resolver_get(waiting->names, waiter->name);
  char why[128] = "the target's name was not resolved within --connect-timeout";
  if (answer->state == RESOLVER_READY) {
    waiting->handler.on_named(waiter->arg);
    return;
  }
  if (answer->state == RESOLVER_FAILED)
    snprintf(why, sizeof why, "the target's name does not resolve: %s",
             answer->error);
  waiting->handler.on_unnamed(waiter->arg, why);
}

void waiting_look(struct waiting *waiting) {
  int64_t now_us = clock_now_us();
  struct waiter *waiter;
  while ((waiter = waiting_next_named(waiting, now_us))) {
    waiting_cancel(waiter);
    waiting_tell(waiting, waiter);
  }
}

static void waiting_on_timer(void *arg) {
  struct waiting *waiting = arg;
  struct list_link *first, *last = waiting->for_turns.last;
  bool is_last = false;
  waiting->armed_us = INT64_MAX;
  /* Those who join meanwhile wait for the turn after this one. */
  while (!is_last && (first = waiting->for_turns.first)) {
    struct waiter *waiter = waiter_of(first);
    is_last = first == last;
    waiting_cancel(waiter);
    waiting->handler.on_turn(waiter->arg);
  }
  waiting_look(waiting);
  list_each (link, &waiting->for_names)
    waiting_arm(waiting, waiter_of(link)->due_us);
}

/* ---- the interface ---- */

void waiting_for_name(struct waiting *waiting, struct waiter *waiter,
                      unsigned name, int64_t due_us, void *arg) {
  waiter->name = name;
  waiter->due_us = due_us;
  waiting_join(&waiting->for_names, waiter, arg);
  waiting_arm(waiting, due_us);
}

void waiting_for_turn(struct waiting *waiting, struct waiter *waiter,
                      void *arg) {
  waiting_join(&waiting->for_turns, waiter, arg);
  waiting_arm(waiting, 0);
}

struct waiting *waiting_new(struct loop *loop, struct resolver_view *names,
                            const struct waiting_handler *handler) {
  struct waiting *waiting = calloc(1, sizeof *waiting);
  if (!waiting) return NULL;
  waiting->names = names;
  waiting->handler = *handler;
  waiting->armed_us = INT64_MAX;
  timer_init(&waiting->timer, loop, waiting_on_timer, waiting);
  return waiting;
}

void waiting_free(struct waiting *waiting) {
  if (!waiting) return;
  timer_clear(&waiting->timer);
  free(waiting);
}

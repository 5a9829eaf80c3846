/* wire: kept connections, last in, first out.
 *
 * The stack keeps the number of connections near what the load needs: those at
 * its bottom are not used, and expire. An idle wire stays watched. Whatever
 * happens on it ends it: the peer has closed it, or has sent bytes that no
 * request asked for, and the next request would take them for its answer. (Over
 * TLS a session ticket may come; then there is nothing to read.)
 *
 * Between the instant in which such bytes arrive and the turn in which they are
 * seen lies a gap, so a wire whose event is already waiting to run is not
 * taken, and one that has been idle for long is looked at once more.
 *
 * The read event is added once in the life of a connection: a request on a kept
 * one costs no epoll_ctl. */
#include "io/wire.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdlib.h>

#include "io/clock.h"
#include "io/slab.h"

enum {
  IDLE_US = 60 * 1000 * 1000, /* then an idle wire is closed */
  SWEEP_US = 10 * 1000 * 1000,
  PROBE_US = 1000 * 1000, /* idle for longer: look before use */
};

struct wire {
  struct wires *wires;
  struct wire *prev, *next; /* among the idle ones: next is older */
  struct stream stream;
  struct event readable;
  struct event *writable; /* made when it is first needed */
  void *arg;              /* who uses it; NULL: idle */
  unsigned target;
  uint32_t generation;
  bool kept;
  int64_t idle_since_us;
};

struct stack {
  struct wire *newest, *oldest;
};

struct wires {
  struct loop *loop;
  struct wire_user user;
  struct timer sweep;
  unsigned idle;
  struct slab slab;
  struct stack stacks[CONFIG_TARGETS_MAX];
};

/* ---- the stack ---- */

static struct stack *stack_of(struct wire *wire) {
  return &wire->wires->stacks[wire->target];
}

static void push(struct wire *wire) {
  struct stack *stack = stack_of(wire);
  wire->prev = NULL;
  wire->next = stack->newest;
  if (wire->next) wire->next->prev = wire;
  else stack->oldest = wire;
  stack->newest = wire;
  wire->wires->idle++;
}

static void unlink_from(struct wire *wire) {
  struct stack *stack = stack_of(wire);
  if (wire->prev) wire->prev->next = wire->next;
  else stack->newest = wire->next;
  if (wire->next) wire->next->prev = wire->prev;
  else stack->oldest = wire->prev;
  wire->wires->idle--;
}

/* ---- life ---- */

void wire_close(struct wire *wire) {
  event_del(&wire->readable);
  if (wire->writable) {
    event_del(wire->writable);
    free(wire->writable);
  }
  stream_close(&wire->stream);
  slab_give(&wire->wires->slab, wire);
}

static void close_idle(struct wire *wire) {
  unlink_from(wire);
  wire_close(wire);
}

static void on_readable(evutil_socket_t fd, short what, void *arg) {
  struct wire *wire = arg;
  (void)fd, (void)what;
  if (wire->arg) wire->wires->user.on_readable(wire->arg);
  else if (!stream_is_silent(&wire->stream)) close_idle(wire);
}

static void on_writable(evutil_socket_t fd, short what, void *arg) {
  struct wire *wire = arg;
  (void)fd, (void)what;
  if (wire->arg) wire->wires->user.on_writable(wire->arg);
}

struct wire *wire_new(struct wires *wires, const struct stream *stream,
                      unsigned target, uint32_t generation, void *arg) {
  struct wire *wire = slab_take(&wires->slab);
  struct stream lost = *stream;
  if (!wire) {
    stream_close(&lost);
    return NULL;
  }
  *wire = (struct wire){.wires = wires,
                        .stream = *stream,
                        .target = target,
                        .generation = generation,
                        .arg = arg};
  event_assign(&wire->readable, loop_base(wires->loop), stream->fd,
               EV_READ | EV_PERSIST, on_readable, wire);
  if (event_add(&wire->readable, NULL) == 0) return wire;
  wire_close(wire);
  return NULL;
}

bool wire_await_room(struct wire *wire) {
  if (!wire->writable) {
    wire->writable = malloc(sizeof *wire->writable);
    if (!wire->writable) return false;
    event_assign(wire->writable, loop_base(wire->wires->loop), wire->stream.fd,
                 EV_WRITE, on_writable, wire);
  }
  return event_add(wire->writable, NULL) == 0;
}

struct stream *wire_stream(struct wire *wire) {
  return &wire->stream;
}

bool wire_was_kept(const struct wire *wire) { return wire->kept; }

/* ---- taking and giving back ---- */

/* Its event has been reported in this turn, and has not run yet. */
static bool is_waiting_to_run(const struct wire *wire) {
  return (wire->readable.ev_evcallback.evcb_flags & EVLIST_ACTIVE) != 0;
}

static bool may_be_used(struct wire *wire, uint32_t generation) {
  if (wire->generation != generation || is_waiting_to_run(wire)) return false;
  return clock_now_us() - wire->idle_since_us < PROBE_US ||
         stream_is_silent(&wire->stream);
}

static struct wire *pop(struct stack *stack) {
  struct wire *wire = stack->newest;
  if (!wire) return NULL;
  stack->newest = wire->next;
  if (wire->next) wire->next->prev = NULL;
  else stack->oldest = NULL;
  wire->wires->idle--;
  return wire;
}

struct wire *wire_take(struct wires *wires, unsigned target,
                       uint32_t generation, void *arg) {
  struct wire *wire;
  while ((wire = pop(&wires->stacks[target]))) {
    wire->arg = arg;
    if (may_be_used(wire, generation)) return wire;
    wire_close(wire);
  }
  return NULL;
}

void wire_give_back(struct wire *wire, int64_t now_us) {
  struct wires *wires = wire->wires;
  wire->idle_since_us = now_us;
  if (wires->idle == 0)
    timer_set(&wires->sweep, wire->idle_since_us + SWEEP_US);
  wire->arg = NULL;
  wire->kept = true;
  push(wire);
}

void wires_close_retired(struct wires *wires) {
  for (unsigned i = 0; i < CONFIG_TARGETS_MAX; i++) {
    struct wire *older, *wire = wires->stacks[i].newest;
    for (; wire; wire = older) {
      older = wire->next;
      if (stream_is_retired(&wire->stream)) close_idle(wire);
    }
  }
}

static void sweep(struct stack *stack, int64_t now_us) {
  struct wire *newer, *wire = stack->oldest;
  for (; wire && now_us - wire->idle_since_us >= IDLE_US; wire = newer) {
    newer = wire->prev;
    close_idle(wire);
  }
}

static void on_sweep(void *arg) {
  struct wires *wires = arg;
  int64_t now_us = clock_now_us();
  for (unsigned i = 0; i < CONFIG_TARGETS_MAX; i++)
    sweep(&wires->stacks[i], now_us);
  if (wires->idle > 0) timer_set(&wires->sweep, now_us + SWEEP_US);
}

struct wires *wires_new(struct loop *loop, const struct wire_user *user) {
  struct wires *wires = calloc(1, sizeof *wires);
  if (!wires) return NULL;
  wires->loop = loop;
  wires->user = *user;
  slab_init(&wires->slab, sizeof(struct wire));
  timer_init(&wires->sweep, loop, on_sweep, wires);
  return wires;
}

void wires_free(struct wires *wires) {
  if (!wires) return;
  for (unsigned i = 0; i < CONFIG_TARGETS_MAX; i++) {
    struct wire *wire;
    while ((wire = pop(&wires->stacks[i]))) wire_close(wire);
  }
  timer_clear(&wires->sweep);
  slab_clear(&wires->slab);
  free(wires);
}

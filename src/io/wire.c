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
 * How long a wire may be idle is its last answer's and its target's to say. One
 * whose time is over is not taken. All are swept when the first of their times
 * is over, but not more than once a second.
 *
 * The read event is added once in the life of a connection: a request on a kept
 * one costs no epoll_ctl. */
#include "io/wire.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdlib.h>
#include <string.h>

#include "core/list.h"
#include "io/clock.h"
#include "io/slab.h"

enum {
  SWEEP_US = 1000 * 1000, /* from one sweep to the next, at least */
  PROBE_US = 1000 * 1000, /* idle for longer: look before use */
};

struct wire {
  struct wires *wires;
  struct list_link link; /* among the idle ones of its slot */
  struct stream stream;
  struct event readable;
  struct event *writable; /* made when it is first needed */
  void *arg;              /* who uses it; NULL: idle */
  unsigned slot;
  uint32_t generation;
  uint8_t address; /* its place; a dial that went on to another is not noted */
  bool kept;
  int64_t idle_since_us, idle_until_us;
};

/* What is kept for a slot. */
struct lane {
  struct list idle; /* wires, the newest first */
  size_t usual;     /* bytes of an answer */
};

struct wires {
  struct loop *loop;
  struct wire_user user;
  struct timer sweep;
  int64_t sweep_us;   /* when it is due; INT64_MAX: not set */
  int64_t soonest_us; /* when it may be */
  struct slab slab;
  unsigned slots;     /* as many as any wire has needed */
  struct lane *lanes; /* by slot */
  char scratch[WIRE_SCRATCH_BYTES];
};

static struct wire *wire_of(struct list_link *link) {
  return list_item(link, struct wire, link);
}

/* ---- slots ---- */

/* Room for that slot, since snapshots may bring new ones. */
static bool wires_make_slot(struct wires *wires, unsigned slot) {
  unsigned slots = (slot / 16 + 1) * 16;
  if (slot < wires->slots) return true;
  struct lane *grown = realloc(wires->lanes, slots * sizeof *grown);
  if (!grown) return false;
  memset(grown + wires->slots, 0, (slots - wires->slots) * sizeof *grown);
  wires->lanes = grown;
  wires->slots = slots;
  return true;
}

size_t wires_usual(const struct wires *wires, unsigned slot) {
  return slot < wires->slots ? wires->lanes[slot].usual : 0;
}

void wires_learn(struct wires *wires, unsigned slot, size_t usual) {
  if (slot < wires->slots) wires->lanes[slot].usual = usual;
}

/* ---- life ---- */

void wire_close(struct wire *wire) {
  event_del(&wire->readable);
  if (wire->writable) {
    event_del(wire->writable);
    free(wire->writable);
  }
  stream_reset(&wire->stream);
  slab_give(&wire->wires->slab, wire);
}

/* Takes it off the idle ones. */
static void wire_leave(struct wire *wire) {
  list_remove(&wire->wires->lanes[wire->slot].idle, &wire->link);
}

static void wire_close_idle(struct wire *wire) {
  wire_leave(wire);
  wire_close(wire);
}

static void wire_on_readable(evutil_socket_t fd, short what, void *arg) {
  struct wire *wire = arg;
  (void)fd, (void)what;
  if (wire->arg) wire->wires->user.on_readable(wire->arg);
  else if (!stream_is_silent(&wire->stream)) wire_close_idle(wire);
}

static void wire_on_writable(evutil_socket_t fd, short what, void *arg) {
  struct wire *wire = arg;
  (void)fd, (void)what;
  if (wire->arg) wire->wires->user.on_writable(wire->arg);
}

struct wire *wire_new(struct wires *wires, const struct stream *stream,
                      unsigned slot, uint32_t generation, unsigned address,
                      void *arg) {
  bool has_slot = wires_make_slot(wires, slot);
  struct wire *wire = has_slot ? slab_take(&wires->slab) : NULL;
  struct stream lost = *stream;
  if (!wire) {
    stream_reset(&lost);
    return NULL;
  }
  *wire = (struct wire){.wires = wires,
                        .stream = *stream,
                        .slot = slot,
                        .generation = generation,
                        .address = (uint8_t)address,
                        .arg = arg};
  event_assign(&wire->readable, loop_base(wires->loop), stream->fd,
               EV_READ | EV_PERSIST, wire_on_readable, wire);
  if (event_add(&wire->readable, NULL) == 0) return wire;
  wire_close(wire);
  return NULL;
}

bool wire_await_room(struct wire *wire) {
  if (!wire->writable) {
    wire->writable = malloc(sizeof *wire->writable);
    if (!wire->writable) return false;
    event_assign(wire->writable, loop_base(wire->wires->loop), wire->stream.fd,
                 EV_WRITE, wire_on_writable, wire);
  }
  return event_add(wire->writable, NULL) == 0;
}

void wire_pause(struct wire *wire) { event_del(&wire->readable); }

/* Over TLS bytes may wait decrypted, of which the descriptor says nothing. */
bool wire_resume(struct wire *wire) {
  if (event_add(&wire->readable, NULL) < 0) return false;
  if (stream_is_tls(&wire->stream)) event_active(&wire->readable, EV_READ, 1);
  return true;
}

struct stream *wire_stream(struct wire *wire) {
  return &wire->stream;
}

char *wire_scratch(struct wire *wire) { return wire->wires->scratch; }

unsigned wire_address(const struct wire *wire) { return wire->address; }

bool wire_was_kept(const struct wire *wire) { return wire->kept; }

/* ---- taking and giving back ---- */

/* Not where its event has been reported in this turn, and has not run yet. */
static bool wire_may_be_used(struct wire *wire, uint32_t generation,
                             int64_t now_us) {
  if (wire->generation != generation || now_us >= wire->idle_until_us ||
      loop_event_is_due(&wire->readable))
    return false;
  return now_us - wire->idle_since_us < PROBE_US ||
         stream_is_silent(&wire->stream);
}

struct wire *wire_take(struct wires *wires, const struct wire_want *want,
                       int64_t now_us, void *arg) {
  if (want->slot >= wires->slots) return NULL;
  list_each (link, &wires->lanes[want->slot].idle) {
    struct wire *wire = wire_of(link);
    if (!stream_is_under(&wire->stream, want->trust)) continue;
    if (want->avoid >> wire->address & 1) continue;
    if (now_us - wire->idle_since_us >= want->keep_us) continue;
    wire_leave(wire);
    wire->arg = arg;
    if (wire_may_be_used(wire, want->generation, now_us)) return wire;
    wire_close(wire);
  }
  return NULL;
}

/* Then, or as soon as may be, unless it is due before. */
static void wires_sweep_at(struct wires *wires, int64_t due_us) {
  if (due_us < wires->soonest_us) due_us = wires->soonest_us;
  if (due_us >= wires->sweep_us) return;
  wires->sweep_us = due_us;
  timer_set(&wires->sweep, due_us);
}

void wire_give_back(struct wire *wire, int64_t now_us, int64_t keep_us) {
  struct wires *wires = wire->wires;
  wire->idle_since_us = now_us;
  wire->idle_until_us = now_us + keep_us;
  wires_sweep_at(wires, wire->idle_until_us);
  wire->arg = NULL;
  wire->kept = true;
  list_prepend(&wires->lanes[wire->slot].idle, &wire->link);
}

void wires_close_retired(struct wires *wires) {
  for (unsigned i = 0; i < wires->slots; i++)
    list_each (link, &wires->lanes[i].idle) {
      struct wire *wire = wire_of(link);
      if (stream_is_retired(&wire->stream)) wire_close_idle(wire);
    }
}

/* Returns when the next of its wires is due. */
static int64_t lane_sweep(struct lane *lane, int64_t now_us) {
  int64_t next_us = INT64_MAX;
  list_each (link, &lane->idle) {
    struct wire *wire = wire_of(link);
    if (wire->idle_until_us <= now_us) wire_close_idle(wire);
    else if (wire->idle_until_us < next_us) next_us = wire->idle_until_us;
  }
  return next_us;
}

static void wires_on_sweep(void *arg) {
  struct wires *wires = arg;
  int64_t now_us = clock_now_us(), next_us = INT64_MAX;
  for (unsigned i = 0; i < wires->slots; i++) {
    int64_t lane_us = lane_sweep(&wires->lanes[i], now_us);
    if (lane_us < next_us) next_us = lane_us;
  }
  wires->sweep_us = INT64_MAX;
  wires->soonest_us = now_us + SWEEP_US;
  wires_sweep_at(wires, next_us);
}

struct wires *wires_new(struct loop *loop, const struct wire_user *user) {
  struct wires *wires = malloc(sizeof *wires);
  if (!wires) return NULL;
  wires->slots = 0;
  wires->sweep_us = INT64_MAX;
  wires->soonest_us = 0;
  wires->lanes = NULL;
  wires->loop = loop;
  wires->user = *user;
  slab_init(&wires->slab, sizeof(struct wire));
  timer_init(&wires->sweep, loop, wires_on_sweep, wires);
  return wires;
}

void wires_free(struct wires *wires) {
  if (!wires) return;
  for (unsigned i = 0; i < wires->slots; i++)
    list_each (link, &wires->lanes[i].idle) wire_close_idle(wire_of(link));
  timer_clear(&wires->sweep);
  slab_clear(&wires->slab);
  free(wires->lanes);
  free(wires);
}

/* front: the clients' connections of one loop.
 *
 * It opens them, counts them and ends them; what one of them does between is
 * connection.c's. A client that sends many requests without waiting for their
 * answers yields after a few: it stands on `yielding` until the loop has turned
 * once, so it cannot keep the others waiting. */
#include "io/front.h"

#include <stdlib.h>

#include "io/clock.h"
#include "io/connection_parts.h"

static struct connection *connection_of(struct list_link *link) {
  return list_item(link, struct connection, link);
}

static void take_turn(struct front *front) {
  struct list_link *first = front->yielding.first;
  list_remove(&front->yielding, first);
  list_append(&front->connections, first);
  connection_await_request(connection_of(first));
}

/* Those that yield again meanwhile wait for the next turn. */
static void front_on_turn(void *arg) {
  struct front *front = arg;
  unsigned n = 0;
  list_each (link, &front->yielding) n++;
  while (n-- > 0 && !list_is_empty(&front->yielding)) take_turn(front);
}

/* Member by member, since the 64 KiB of scratch need not be cleared. */
struct front *front_new(struct loop *loop, const struct front_handler *handler,
                        const struct front_limits *limits,
                        struct blocks *blocks) {
  struct front *front = malloc(sizeof *front);
  if (!front) return NULL;
  front->loop = loop;
  front->handler = *handler;
  front->limits = *limits;
  front->blocks = blocks;
  slab_init(&front->slab, connection_bytes);
  front->connections = front->yielding = (struct list){0};
  front->count = 0;
  timer_init(&front->turn, loop, front_on_turn, front);
  front->idle_us = limits->keepalive_timeout_us;
  front->draining = false;
  return front;
}

static void close_all(const struct list *connections) {
  list_each (link, connections)
    connection_close(connection_of(link), "hedgerow ends");
}

void front_free(struct front *front) {
  close_all(&front->connections);
  close_all(&front->yielding);
  timer_clear(&front->turn);
  slab_clear(&front->slab);
  free(front);
}

bool front_accept(struct front *front, int fd, const struct sockaddr *peer) {
  return connection_open(front, fd, peer);
}

/* NULL: each has brought a request, and waits for its answer. */
static struct connection *next_to_go(const struct front *front) {
  struct connection *next = NULL;
  list_each (link, &front->connections) {
    struct connection *c = connection_of(link);
    if (connection_is_reading(c) &&
        (!next || c->deadline_us < next->deadline_us))
      next = c;
  }
  return next;
}

bool front_make_room(struct front *front) {
  struct connection *c = next_to_go(front);
  if (c) connection_close(c, "another one needs its place");
  return c != NULL;
}

unsigned front_count(const struct front *front) { return front->count; }

void front_drain(struct front *front, int64_t grace_us) {
  int64_t until_us = clock_now_us() + grace_us;
  front->draining = true;
  if (grace_us < front->idle_us) front->idle_us = grace_us;
  list_each (link, &front->connections)
    connection_drain(connection_of(link), until_us);
}

/* booth: a small server beside the workers.
 *
 * The admin listener, the mock and the mock's own admin differ in what they
 * answer and in how much they let in; how they come to be and end is one. A
 * worker is none: it has several listeners, which it pauses, joins and stops
 * without losing anybody. */
#include "io/booth.h"

#include <stdio.h>
#include <unistd.h>

static bool has_room(const struct booth *booth) {
  return booth->connections_max == 0 ||
         front_count(booth->front) < booth->connections_max ||
         front_make_room(booth->front);
}

static void on_accept(void *arg, int fd, const struct sockaddr *peer) {
  const struct booth *booth = arg;
  const int bytes = booth->kernel_bytes;
  if (!has_room(booth)) {
    close(fd);
    return;
  }
  if (bytes > 0)
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
  (void)front_accept(booth->front, fd, peer); /* no memory: it is closed */
}

static void on_closed(void *arg) { (void)arg; }

bool booth_open(struct booth *booth, struct loop *loop,
                const struct booth_setup *setup, char *error,
                size_t error_cap) {
  struct front_handler handler = setup->handler;
  if (!handler.on_closed) handler.on_closed = on_closed;
  booth->budget.max = setup->buffered_max;
  booth->connections_max = setup->connections_max;
  booth->kernel_bytes = setup->kernel_bytes;
  blocks_init(&booth->blocks, setup->buffered_max > 0 ? &booth->budget : NULL);
  booth->front = front_new(loop, &handler, &setup->limits, &booth->blocks);
  if (booth->front)
    booth->listener = listener_new(loop, &setup->listen, false, on_accept,
                                   booth, error, error_cap);
  else snprintf(error, error_cap, "out of memory");
  return booth->listener != NULL;
}

uint16_t booth_port(const struct booth *booth) {
  return listener_port(booth->listener);
}

void booth_close(struct booth *booth) {
  listener_free(booth->listener);
  if (booth->front) front_free(booth->front);
  blocks_clear(&booth->blocks);
}

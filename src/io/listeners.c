/* listeners: several addresses, for an owner that thinks of one.
 *
 * An owner wants to accept or not to accept, and to learn when nothing can come
 * any more; on how many addresses is no concern of it. So it has one pause and
 * one end for all of them, and a connection does not say where it came in.
 *
 * [::] takes IPv4 clients, too, and then no IPv4 address of its port can be
 * bound beside it. Whoever lists both means each for its own family: [::] is
 * then bound for IPv6 alone.
 *
 * What is done to all is done to those that have closed, too: a listener takes
 * that for nothing. They are kept until all of them are freed. */
#include "io/listeners.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct listeners {
  listener_on_accept *on_accept;
  void (*on_closed)(void *arg);
  void *arg;
  unsigned count, open;
  struct listener *each[];
};

static void listeners_on_accept(void *arg, int fd,
                                const struct sockaddr *peer) {
  struct listeners *listeners = arg;
  listeners->on_accept(listeners->arg, fd, peer);
}

static bool is_any_ipv6(struct slice host) {
  static const unsigned char any[ADDRESS_BYTES];
  unsigned char bytes[ADDRESS_BYTES];
  return address_is_ipv6(host) && address_parse(host, bytes) &&
         memcmp(bytes, any, sizeof any) == 0;
}

/* A port that is still to be chosen is nobody else's. */
static bool is_beside_ipv4(const struct listen_at *address,
                           const struct listen_at *all, unsigned count) {
  for (unsigned i = 0; i < count; i++)
    if (address->port > 0 && all[i].port == address->port &&
        !address_is_ipv6(all[i].host))
      return true;
  return false;
}

static bool add(struct listeners *listeners, struct loop *loop,
                const struct listen_at *address, bool reuse_port, char *error,
                size_t error_cap) {
  struct listener *listener =
      listener_new(loop, address, reuse_port, listeners_on_accept, listeners,
                   error, error_cap);
  if (!listener) return false;
  listeners->each[listeners->count++] = listener;
  return true;
}

struct listeners *listeners_new(struct loop *loop,
                                const struct listen_at *addresses,
                                unsigned count, bool reuse_port,
                                listener_on_accept *on_accept, void *arg,
                                char *error, size_t error_cap) {
  struct listeners *listeners =
      calloc(1, sizeof *listeners + count * sizeof *listeners->each);
  if (!listeners) {
    snprintf(error, error_cap, "no memory for a listener");
    return NULL;
  }
  listeners->on_accept = on_accept;
  listeners->arg = arg;
  while (listeners->count < count) {
    struct listen_at address = addresses[listeners->count];
    address.ipv6_only =
        is_any_ipv6(address.host) && is_beside_ipv4(&address, addresses, count);
    if (!add(listeners, loop, &address, reuse_port, error, error_cap)) {
      listeners_free(listeners);
      return NULL;
    }
  }
  listeners->open = count;
  return listeners;
}

uint16_t listeners_port(const struct listeners *listeners, unsigned number) {
  return listener_port(listeners->each[number]);
}

void listeners_pause(struct listeners *listeners) {
  for (unsigned i = 0; i < listeners->count; i++)
    listener_pause(listeners->each[i]);
}

void listeners_resume(struct listeners *listeners) {
  for (unsigned i = 0; i < listeners->count; i++)
    listener_resume(listeners->each[i]);
}

static void on_one_closed(void *arg) {
  struct listeners *listeners = arg;
  listeners->open--;
  if (listeners->open == 0) listeners->on_closed(listeners->arg);
}

void listeners_stop(struct listeners *listeners, void (*on_closed)(void *arg)) {
  listeners->on_closed = on_closed;
  for (unsigned i = 0; i < listeners->count; i++)
    listener_stop(listeners->each[i], on_one_closed);
}

void listeners_free(struct listeners *listeners) {
  if (!listeners) return;
  for (unsigned i = 0; i < listeners->count; i++)
    listener_free(listeners->each[i]);
  free(listeners);
}

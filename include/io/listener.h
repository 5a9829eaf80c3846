/* listener: a listening socket on a loop.
 *
 * Each worker opens its own, with SO_REUSEPORT, and the kernel spreads the
 * connections. At the descriptor limit it pauses 100 ms instead of spinning,
 * with one notice a second. */
#ifndef HEDGEROW_IO_LISTENER_H
#define HEDGEROW_IO_LISTENER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "core/address.h"
#include "io/loop.h"

struct listener;

/* What on_accept gets is a connected, non-blocking, close-on-exec socket with
 * TCP_NODELAY; it owns it. `peer` is valid during the call. */
typedef void listener_on_accept(void *arg, int fd, const struct sockaddr *peer);

/* Binds and listens. NULL with one line in error, naming address and reason
 * ("127.0.0.1:8480: Address already in use"). Port 0 takes a free one.
 * reuse_port: join the listeners that have the address already. Open the first
 * one of an address without it, and another process's port is an error. */
struct listener *listener_new(struct loop *loop,
                              const struct listen_at *address, bool reuse_port,
                              listener_on_accept *on_accept, void *arg,
                              char *error, size_t error_cap);
/* The port that was bound. */
uint16_t listener_port(const struct listener *listener);
/* While paused, connections wait in the kernel's backlog. May be called from
 * on_accept; listener_free may not. */
void listener_pause(struct listener *listener);
void listener_resume(struct listener *listener);
/* Stops without losing anyone: a socket filter drops new SYNs (their clients
 * try again), what has completed its handshake is accepted for 50 ms more,
 * then the socket closes and on_closed(arg) is called, which may free it. To
 * pause meanwhile is to lose what is in the backlog when the time is up. */
void listener_stop(struct listener *listener, void (*on_closed)(void *arg));
/* Closes at once if still open. */
void listener_free(struct listener *listener);

#endif

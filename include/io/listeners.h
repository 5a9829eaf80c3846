/* listeners: the listening sockets of one loop, one for each address, which
 * pause, go on and stop together. */
#ifndef HEDGEROW_IO_LISTENERS_H
#define HEDGEROW_IO_LISTENERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io/listener.h"

struct listeners;

/* Opens all of them, in this order, or none: see listener_new for what each of
 * them does, and for the line in error, which names the first that cannot be
 * opened. [::] takes IPv4 clients too, unless an IPv4 address of its port is
 * among them. count >= 1; the addresses are not kept. */
struct listeners *listeners_new(struct loop *loop,
                                const struct listen_at *addresses,
                                unsigned count, bool reuse_port,
                                listener_on_accept *on_accept, void *arg,
                                char *error, size_t error_cap);
/* The port that was bound for the address of this number. */
uint16_t listeners_port(const struct listeners *listeners, unsigned number);
/* May be called from on_accept; listeners_free may not. */
void listeners_pause(struct listeners *listeners);
void listeners_resume(struct listeners *listeners);
/* Each one stops as listener_stop has it. on_closed(arg) is called once, when
 * the last has closed; it may free them. */
void listeners_stop(struct listeners *listeners, void (*on_closed)(void *arg));
/* Closes at once what is still open. NULL is fine. */
void listeners_free(struct listeners *listeners);

#endif

/* front: the clients' connections of one loop.
 *
 * Whoever accepts hands the descriptors over; requests come back through the
 * front_handler (io/connection.h). */
#ifndef HEDGEROW_IO_FRONT_H
#define HEDGEROW_IO_FRONT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "io/buffer.h"
#include "io/connection.h"
#include "io/loop.h"

struct front;

/* NULL: out of memory. handler and limits are copied; blocks is borrowed. */
struct front *front_new(struct loop *loop, const struct front_handler *handler,
                        const struct front_limits *limits,
                        struct blocks *blocks);
/* Closes what is left; pending ones get their on_gone. */
void front_free(struct front *front);
/* Takes the descriptor over, whatever comes. False: no memory; it is closed. */
bool front_accept(struct front *front, int fd, const struct sockaddr *peer);
unsigned front_count(const struct front *front);
/* Closes one that has brought no whole request, the one whose time for that is
 * up first. False: there is none. */
bool front_make_room(struct front *front);
/* From now on answers carry Connection: close (connection_closes says so), and
 * idle connections end after grace_us, in which one more request may come. */
void front_drain(struct front *front, int64_t grace_us);

#endif

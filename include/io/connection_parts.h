/* connection_parts: what a front, its connections and the parts of these know
 * of each other.
 *
 * For front.c, connection.c and connection_input.c alone; others see io/front.h
 * and io/connection.h. */
#ifndef HEDGEROW_IO_CONNECTION_PARTS_H
#define HEDGEROW_IO_CONNECTION_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/chunks.h"
#include "core/http_request.h"
#include "core/list.h"
#include "io/buffer.h"
#include "io/connection.h"
#include "io/loop.h"
#include "io/outbox.h"
#include "io/peer.h"
#include "io/slab.h"
#include "io/stream.h"

enum { FRONT_SCRATCH_BYTES = 64 * 1024 };

/* What the connections of one loop share. */
struct front {
  struct loop *loop;
  struct front_handler handler;
  struct front_limits limits;
  struct blocks *blocks;
  struct slab slab; /* of connections */
  unsigned count;
  struct list yielding;    /* those that go on in the next turn of the loop */
  struct list connections; /* all others */
  struct timer turn;       /* set while some are yielding */
  int64_t idle_us; /* how long a connection may wait for its next request */
  bool draining;
  struct http_request request; /* the one that is being handed over */
  char scratch[FRONT_SCRATCH_BYTES];
  char peer_text[PEER_TEXT_BYTES];
};

enum connection_state {
  CONNECTION_IDLE,      /* nothing of a request has come, or empty lines */
  CONNECTION_IN_HEAD,   /* a request has begun to come */
  CONNECTION_IN_BODY,   /* its head is here, and says how much is `wanted` */
  CONNECTION_IN_CHUNKS, /* its head is here, and says that `chunks` follow */
  CONNECTION_YIELDING,  /* whole requests may be here; the others go first */
  CONNECTION_PENDING,   /* a request was handed over; its answer is awaited */
  CONNECTION_STREAMING, /* its answer has begun, and is written in pieces */
  CONNECTION_WRITING,   /* its answer is on its way out */
  CONNECTION_LINGERING, /* all is said; reads on until the client has closed */
  CONNECTION_DEAD,      /* closed while `serving`, after which it is freed */
};

/* What follows the current answer. */
enum connection_ending {
  CONNECTION_KEPT,    /* the next request */
  CONNECTION_CLOSES,  /* the end */
  CONNECTION_LINGERS, /* the end, and the client may still be sending */
};

struct connection {
  struct front *front;
  struct list_link link; /* of the front */
  struct stream stream;
  enum connection_state state;
  enum connection_ending ending;
  bool serving; /* its input is being looked at, by connection_input.c */
  bool is_1_0;  /* the client spoke HTTP/1.0 */
  bool paused;  /* not reading */
  struct timer timer;
  int64_t deadline_us; /* INT64_MAX: none */
  int64_t armed_us;    /* what the timer is set to */
  struct buffer in;    /* what is left over of the input */
  size_t scanned;      /* how far http_head_scan has come in it */
  size_t wanted;       /* IN_BODY: head and body of the request; IN_CHUNKS: its
                        * head; else 0 */
  struct outbox *out;  /* WRITING: what is left of the answer */
  void (*on_gone)(void *arg);
  void (*on_room)(void *arg); /* STREAMING */
  void *arg;                  /* of these two */
  union inet_address peer;
  struct chunks chunks; /* IN_CHUNKS: of what stands in `in` behind the head */
  struct admission admitted; /* IN_BODY, IN_CHUNKS: by its head; else there is
                              * no lease */
};

/* ---- connection.c, for the front ---- */

extern const size_t connection_bytes; /* of the slab's objects */

/* False: no memory; the descriptor is closed. */
bool connection_open(struct front *front, int fd, const struct sockaddr *peer)
    __attribute__((warn_unused_result));
/* If it waits for a request, it waits no longer than this. */
void connection_drain(struct connection *connection, int64_t until_us);
/* Waits for the next request, which may be there already. */
void connection_await_request(struct connection *connection);

/* ---- connection.c, for all parts ---- */

/* Closes it and tells on_gone; frees it, unless it is `serving`. why is for the
 * trace. */
void connection_close(struct connection *connection, const char *why);
/* For a DEAD one. */
void connection_free(struct connection *connection);

void connection_set_deadline(struct connection *connection, int64_t due_us);
/* Leaves the bytes to the kernel. Meanwhile a departure goes unseen: behind a
 * full receive buffer TCP would not even deliver the client's FIN. */
void connection_pause(struct connection *connection);
/* False: there is no memory for that, and all that is left is to close. */
bool connection_resume(struct connection *connection);

/* What is held for a request whose body was late; NULL: nothing. Who takes it
 * releases it. */
static inline void *connection_take_lease(struct connection *connection) {
  void *lease = connection->admitted.lease;
  connection->admitted.lease = NULL;
  return lease;
}

static inline void connection_release(const struct front *front, void *lease) {
  if (lease) front->handler.on_release(lease);
}

/* A request is awaited, or the rest of one. */
static inline bool connection_is_reading(const struct connection *connection) {
  return connection->state == CONNECTION_IDLE ||
         connection->state == CONNECTION_IN_HEAD ||
         connection->state == CONNECTION_IN_BODY ||
         connection->state == CONNECTION_IN_CHUNKS;
}

static inline void connection_ends(struct connection *connection,
                                   enum connection_ending ending) {
  if (connection->ending < ending) connection->ending = ending;
}

/* ---- connection_input.c ---- */

/* There is something to be read, or an end. */
void connection_input_read(struct connection *connection);
/* Takes requests from what was read before. */
void connection_input_serve(struct connection *connection);
/* What came is no whole request, and no more of it is taken. */
void connection_input_refuse(struct connection *connection, int status,
                             const char *why);

#endif

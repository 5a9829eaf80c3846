/* connection: one client's connection, our strict HTTP/1.1 front end.
 *
 * It reads heads and bodies, hands over one request at a time, writes what it
 * is given, and keeps every deadline of a client: the head's, the idle one,
 * the write stall. It knows nothing of races.
 *
 *        bytes              on_request                  connection_answer
 *   idle ------> reading -----------> pending (reads on) ------> writing
 *    ^                                   | peer ends, or errs       |
 *    |                                   v                          |
 *    +------- next request           on_gone, freed     close, or --+
 *
 * Ownership: the front owns its connections. A pointer to one is valid inside
 * on_request, and afterwards until the answer is given or on_gone was called,
 * whichever comes first. */
#ifndef HEDGEROW_IO_CONNECTION_H
#define HEDGEROW_IO_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "core/http_request.h"
#include "io/buffer.h"
#include "io/loop.h"

struct connection;
struct front; /* the connections of one loop */

struct front_limits {
  size_t head_bytes;
  struct http_request_limits request;
  int64_t header_timeout_us, keepalive_timeout_us, write_timeout_us;
};

struct front_handler {
  void *arg;
  /* The largest body this request may bring; 0: it takes none, and is handed
   * over at once, its body unread, to be answered and closed. */
  size_t (*body_limit)(void *arg, const struct http_request *request);
  /* A whole request. Everything in it, and body, is valid during the call
   * only. Answer it now, or call connection_await and answer later. There are
   * no tunnels: behind a CONNECT the connection closes. */
  void (*on_request)(void *arg, struct connection *connection,
                     const struct http_request *request, struct slice body);
  /* What came is no request: answer with this status and `why` (static text)
   * now; the connection then closes. `request` holds what could be read:
   * only method_name and target may be looked at. 408 is a head or body that
   * did not arrive in time, 413 a body over its limit, 431 too long a head. */
  void (*on_bad_request)(void *arg, struct connection *connection,
                         const struct http_request *request, int status,
                         const char *why);
  /* A connection has gone. */
  void (*on_closed)(void *arg);
};

/* NULL: out of memory. handler and limits are copied; blocks is borrowed. */
struct front *front_new(struct loop *loop, const struct front_handler *handler,
                        const struct front_limits *limits,
                        struct blocks *blocks);
/* Closes what is left; pending ones get their on_gone. */
void front_free(struct front *front);
/* Takes the descriptor over, whatever comes. False: no memory; it is closed. */
bool front_accept(struct front *front, int fd, const struct sockaddr *peer);
unsigned front_count(const struct front *front);
/* From now on answers carry Connection: close (connection_closes says so), and
 * idle connections end after grace_us, in which one more request may come. */
void front_drain(struct front *front, int64_t grace_us);

/* Registers who is told when the client leaves before the answer. */
void connection_await(struct connection *connection, void (*on_gone)(void *arg),
                      void *arg);

/* Whether this connection ends after the current answer, so that its head must
 * say `Connection: close`: the client asked, an unread body, a drain. */
bool connection_closes(const struct connection *connection);
/* Whether the client spoke HTTP/1.0 and wants to keep the connection, so that
 * the head must say `Connection: keep-alive`. */
bool connection_keeps_1_0(const struct connection *connection);
/* "127.0.0.1:53412". */
const char *connection_peer(const struct connection *connection);

/* Writes the answer: count pieces. parts[0] (the head) is copied if it
 * cannot be written at once; the other pieces must stay valid until
 * on_sent(arg), which is called exactly once, when the last byte is in the
 * kernel's hands or the connection has died; perhaps before this returns.
 * on_sent may be NULL when parts[0] is all there is. The connection pointer is
 * the caller's no more. */
void connection_answer(struct connection *connection, const struct iovec *parts,
                       unsigned count, void (*on_sent)(void *arg), void *arg);

/* For the mock, which must misbehave: */
/* Writes bytes of an answer that is not over yet. False: the kernel did not
 * take them all (the mock's pieces are small: the client does not read), or the
 * connection is lost; finish or reset it. on_gone still holds. */
bool connection_write(struct connection *connection, struct slice bytes)
    __attribute__((warn_unused_result));
/* The answer ends here: FIN after what was written, then close. */
void connection_finish(struct connection *connection);
/* RST. */
void connection_reset(struct connection *connection);

#endif

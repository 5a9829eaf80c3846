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
#include <sys/types.h>
#include <sys/uio.h>

#include "core/address.h"
#include "core/http_request.h"
#include "core/slice.h"

struct connection;

struct front_limits {
  size_t head_bytes;
  struct http_request_limits request;
  int64_t header_timeout_us, keepalive_timeout_us, write_timeout_us;
};

/* What a handler makes of a head. */
struct admission {
  const void *route;
  void *lease; /* what the route lives by; NULL: it needs nothing */
  /* How many bytes of body the request may bring, without the framing of
   * chunks; 0: it takes none, and is handed over at once, its body unread, to
   * be answered and closed. */
  size_t body_bytes;
};

/* Who answers what a front's connections bring. */
struct front_handler {
  void *arg;
  /* A whole head, before its body is looked at, which may come with a length
   * or in chunks. It is asked once for each request. */
  struct admission (*on_head)(void *arg, const struct http_request *request);
  /* If the body is late, the admission's lease, where there is one, is held
   * until the request was handed over or the client has left. Else on_request
   * follows on_head at once, and nothing needs to be held. */
  void (*on_hold)(void *lease);
  void (*on_release)(void *lease);
  /* A whole request, whose body has lost the framing of its chunks. Everything
   * in it, and body, is valid during the call only. Answer it now, or call
   * connection_await and answer later. There are no tunnels: behind a CONNECT
   * the connection closes. */
  void (*on_request)(void *arg, struct connection *connection,
                     const struct http_request *request,
                     const struct admission *admission, struct slice body);
  /* What came is no request: answer with this status and `why` (static text)
   * now; the connection then closes. 408 is a head or body that did not arrive
   * in time, 413 a body over its limit, 431 too long a head. Where only the
   * body was refused, `request` is its head and `admission` what on_head made
   * of it. Else that is NULL, and `request` holds what could be read: only
   * method_name and target may be looked at. */
  void (*on_bad_request)(void *arg, struct connection *connection,
                         const struct http_request *request,
                         const struct admission *admission, int status,
                         const char *why);
  /* The client has left before the body of this request was whole, and there
   * is nobody to answer. NULL: that is of no interest. */
  void (*on_left)(void *arg, struct connection *connection,
                  const struct http_request *request,
                  const struct admission *admission);
  /* A connection has gone: for whoever counts them. */
  void (*on_closed)(void *arg);
};

/* Registers who is told when the client leaves before the answer. */
void connection_await(struct connection *connection, void (*on_gone)(void *arg),
                      void *arg);

/* Whether this connection ends after the current answer, so that its head must
 * say `Connection: close`: the client asked, an unread body, a drain. */
bool connection_closes(const struct connection *connection);
/* Whether the client spoke HTTP/1.0 and wants to keep the connection, so that
 * the head must say `Connection: keep-alive`. */
bool connection_keeps_1_0(const struct connection *connection);
/* "127.0.0.1:53412"; valid until the next call for a connection of the front.
 */
const char *connection_peer(const struct connection *connection);

/* The client's address (io/peer). */
void connection_peer_bytes(const struct connection *connection,
                           unsigned char bytes[ADDRESS_BYTES]);

/* Writes the answer: count pieces. parts[0] (the head) is copied if it
 * cannot be written at once; the other pieces must stay valid until
 * on_sent(arg), which is called exactly once, when the last byte is in the
 * kernel's hands or the connection has died; perhaps before this returns.
 * on_sent may be NULL when parts[0] is all there is. The connection pointer is
 * the caller's no more. */
void connection_answer(struct connection *connection, const struct iovec *parts,
                       unsigned count, void (*on_sent)(void *arg), void *arg);

/* Whether the client takes chunks: it spoke HTTP/1.1. */
bool connection_takes_chunks(const struct connection *connection);

/* An answer that is written piece by piece:
 *
 *   connection_begin    once, in place of connection_await
 *   connection_push     any number of times
 *   connection_finish   or connection_cut, or connection_reset
 */
/* From here on on_gone(arg) and on_room(arg) may be called; either may be NULL.
 * framed: what is pushed will tell the client where it ends (a length, chunks),
 * so that another request may follow. Else only the close ends it, and from
 * here on connection_closes is true. */
void connection_begin(struct connection *connection, bool framed,
                      void (*on_room)(void *arg), void (*on_gone)(void *arg),
                      void *arg);
/* Writes at once what the kernel takes, and returns how many bytes that were.
 * Nothing is kept here: the rest stays with the caller, who has to bound what
 * it holds for a client that reads slowly. If some is left, on_room is called
 * once, when the kernel takes more; if that is not within the write timeout,
 * the connection is reset, and on_gone told. -1: it is lost; reset it. */
ssize_t connection_push(struct connection *connection,
                        const struct iovec *parts, unsigned count)
    __attribute__((warn_unused_result));
/* The answer ends here, after what was pushed, and the next request follows, or
 * FIN and close. The pointer is the caller's no more; on_gone is not called. */
void connection_finish(struct connection *connection);
/* A framed answer breaks off here: what was pushed still arrives, then FIN, by
 * which the client knows. */
void connection_cut(struct connection *connection);
/* The same by a RST, at any time before an answer was given. */
void connection_reset(struct connection *connection);

#endif

/* http_response: one response, read in place as its bytes arrive, strictly (RFC
 * 9112).
 *
 * The caller keeps all bytes of the response in one buffer, which may move
 * between calls, and feeds the whole of it again with what has come since. The
 * reader remembers how far it has come, looks at no byte twice, and undoes
 * chunked coding in place: afterwards the body stands in one piece behind the
 * head. */
#ifndef HEDGEROW_CORE_HTTP_RESPONSE_H
#define HEDGEROW_CORE_HTTP_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/chunks.h"
#include "core/response_meaning.h"
#include "core/slice.h"

enum { HTTP_TRAILERS_MAX = 8192 }; /* bytes, the empty line included */

enum response_progress {
  RESPONSE_MORE, /* all bytes have been read: more must come */
  RESPONSE_HEAD, /* the final head is whole, and everything it says is valid.
                  * The caller may look at it before it calls again */
  RESPONSE_BODY, /* the body has grown: body_len says how far. Comes once for
                  * each call that brought body bytes; call again after it */
  RESPONSE_DONE, /* whole; `used` tells where it ends in the bytes */
  RESPONSE_BAD,  /* malformed; `why` says how, and the connection is lost */
};

/* Open so that tests can copy it. Offsets count from the buffer's start. */
struct http_response {
  uint8_t state; /* private */
  bool http_1_0;
  bool delimited;   /* a length or chunks frame the body, or it has none;
                     * otherwise it ends with the connection */
  bool retry_after; /* a Retry-After field */
  bool to_head;  /* the caller's, false after http_response_init: it answers a
                  * HEAD */
  bool bodiless; /* no body comes: by section 6.3, or its length is 0 */
  enum coding coding;
  int status;     /* of the final head, 0 until one began; 1xx are skipped */
  size_t scanned; /* private */
  size_t head_at, head_len; /* the final head: status line and field lines with
                             * their CRLFs, the empty line included. It starts
                             * behind skipped 1xx heads. */
  size_t fields_at;         /* its first field line, or its empty line */
  size_t location_at, location_len; /* the value of Location; 0, 0: none */
  size_t retry_after_at, retry_after_len; /* the same of Retry-After */
  size_t body_at, body_len; /* body bytes so far, transfer coding undone */
  uint64_t left;            /* private: of the length */
  struct chunks chunks;     /* private */
  uint64_t length; /* the Content-Length, also where no body comes; UINT64_MAX:
                    * none was given */
  size_t used;     /* where the bytes begin that are no part of what has been
                    * read: with RESPONSE_DONE the end of the response, and what
                    * stands there up to *len came behind it */
  int64_t keep_us; /* how long the connection may be idle before it carries
                    * another request (section 9.3): as its Keep-Alive says
                    * (core/keep_alive), 0 where it may carry none */
  const char *why; /* with RESPONSE_BAD, static */
};

/* The answer to a GET or the like; for one to a HEAD, set to_head before the
 * first byte is read. */
void http_response_init(struct http_response *response);

/* Goes on in bytes[0..*len). Call it until it says MORE, DONE or BAD; DONE and
 * BAD are for good. Where chunked coding is undone, the bytes behind it move to
 * the left, and *len shrinks by as many; nothing else changes them.
 * Refused (RESPONSE_BAD): what does not begin with a status line of HTTP/1.0
 * or HTTP/1.1 and three digits (as soon as a byte of "HTTP/1." is another;
 * empty lines in front are no exception), status below 100, any field line
 * that http_field_next refuses, Content-Length not digits or given twice (even
 * equal), Content-Length beside Transfer-Encoding, a Transfer-Encoding other
 * than exactly "chunked" or in an HTTP/1.0 response, and what core/chunks
 * refuses, with trailers of 8 KiB. These rules hold for heads of every status;
 * then 204, 304, 1xx and what answers a HEAD have no body (RFC 9112, section
 * 6.3). A reason phrase may lack, with its space. Trailers are dropped.
 * The verdict and the body are the same however the bytes were cut. */
enum response_progress http_response_read(struct http_response *response,
                                          char *bytes, size_t *len)
    __attribute__((warn_unused_result));

/* The caller needs the head and the body so far no more: takes them out of
 * bytes[0..*len), which is what http_response_read had last, after it said MORE
 * and had the final head. From now on offsets and body_len count from here;
 * status, length and head_len stay. */
void http_response_forget(struct http_response *response, char *bytes,
                          size_t *len);

/* What the final head says, once RESPONSE_HEAD was returned; bytes is the
 * buffer. */
struct response_meaning http_response_meaning(
    const struct http_response *response, const char *bytes);
/* Its field lines with their CRLFs, without status line and empty line. */
struct slice http_response_fields(const struct http_response *response,
                                  const char *bytes);

/* Forgets the body's bytes that have come: what stands behind them moves to
 * their place, *len shrinks by as many, and body_len counts from 0 again. */
void http_response_drop_body(struct http_response *response, char *bytes,
                             size_t *len);

/* The connection has ended, after http_response_read said MORE or DONE:
 * RESPONSE_DONE when the response is whole, or when that ends the body (no
 * framing was given and the head is whole), else RESPONSE_BAD with why ("the
 * connection closed inside the head", ...). How much of a body was cut off is
 * to be told from body_len and length. */
enum response_progress http_response_end(struct http_response *response)
    __attribute__((warn_unused_result));
/* The same of a connection whose peer has not said that it ends, where its
 * transport would have it say so (TLS, by close_notify): a body that has no
 * other end than that is RESPONSE_BAD, as anybody can have cut it (RFC 9112,
 * sections 8 and 9.8). */
enum response_progress http_response_cut(struct http_response *response)
    __attribute__((warn_unused_result));

#endif

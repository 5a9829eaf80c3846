/* stream: bytes to and from a peer, plain or over TLS.
 *
 * Whoever holds a stream sends, receives and ends it without knowing what lies
 * below: that is the kind's, a row of operations. */
#ifndef HEDGEROW_IO_STREAM_H
#define HEDGEROW_IO_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "io/trace.h"
#include "io/trust.h"

struct shard;
struct stream;

enum {
  STREAM_AGAIN = -1,  /* nothing now */
  STREAM_ENDED = -2,  /* the peer has ended its direction */
  STREAM_BROKEN = -3, /* reset, or a TLS error */
  STREAM_CUT = -4,    /* TLS: no more will come, but the peer has not said that
                       * it has ended (close_notify) */
};

/* What each way of carrying bytes does in its own way; the functions below say
 * what. */
struct stream_kind {
  ssize_t (*send)(struct stream *stream, const struct iovec *parts,
                  unsigned count);
  ssize_t (*recv)(struct stream *stream, const struct iovec *parts,
                  unsigned count);
  bool (*is_silent)(struct stream *stream);
  const struct trust *(*trust)(const struct stream *stream); /* TLS only */
  const char *(*alert)(const struct stream *stream);         /* TLS only */
  void (*finish)(struct stream *stream);
  void (*reset)(struct stream *stream);
  bool is_tls;
};

/* The descriptor is for a loop to watch. It belongs to the stream if that is
 * plain, and to libcurl if it is a TLS session, which lives in a handle on its
 * shard. */
struct stream {
  const struct stream_kind *kind;
  int fd;
  void *easy;          /* TLS only */
  struct shard *shard; /* TLS only */
};

/* Takes a connected, non-blocking descriptor over. */
struct stream stream_plain(int fd);
/* Takes over a handle that is connected, and what multi_keep said of it. */
struct stream stream_tls(int fd, void *easy, struct shard *shard);

/* For the two below. */
void stream_trace(const struct stream *stream, const char *what, ssize_t n);

/* Bytes written, > 0 and perhaps fewer than given, or one of the above, and
 * then the peer cannot have read any of them. Over TLS at most one record is
 * written a call, from the first piece; after STREAM_AGAIN the same bytes come
 * next. */
static inline ssize_t __attribute__((warn_unused_result))
stream_send(struct stream *stream, const struct iovec *parts, unsigned count) {
  ssize_t n = stream->kind->send(stream, parts, count);
  if (__builtin_expect(trace_is_on, false)) stream_trace(stream, "sent", n);
  return n;
}

/* Bytes read into the parts, > 0, or one of the above. */
static inline ssize_t __attribute__((warn_unused_result))
stream_recv(struct stream *stream, const struct iovec *parts, unsigned count) {
  ssize_t n = stream->kind->recv(stream, parts, count);
  if (__builtin_expect(trace_is_on, false)) stream_trace(stream, "received", n);
  return n;
}

/* TLS: bytes may wait decrypted while the descriptor is silent, so it is read
 * until STREAM_AGAIN. */
static inline bool stream_is_tls(const struct stream *stream) {
  return stream->kind->is_tls;
}

/* After STREAM_BROKEN: what the peer said of it, in words (static), or NULL. */
static inline const char *stream_alert(const struct stream *stream) {
  return stream_is_tls(stream) ? stream->kind->alert(stream) : NULL;
}

/* Whether there is nothing to be read, and no end. Asks the kernel. */
static inline bool __attribute__((warn_unused_result))
stream_is_silent(struct stream *stream) {
  return stream->kind->is_silent(stream);
}

/* Whether it may carry what is meant for a peer that this trust vouches for:
 * its own peer was verified by those CAs, or needed no verification. */
static inline bool stream_is_under(const struct stream *stream,
                                   const struct trust *trust) {
  return !stream_is_tls(stream) || stream->kind->trust(stream) == trust;
}

/* Whether its peer was verified by CAs that are not in force any more. */
static inline bool stream_is_retired(const struct stream *stream) {
  return stream_is_tls(stream) && trust_is_retired(stream->kind->trust(stream));
}

/* Ends our direction (FIN); the peer's goes on. */
void stream_end(struct stream *stream);
/* Two ways to close: what was sent still arrives, and whoever closes first
 * keeps a TIME_WAIT for a minute ... */
static inline void stream_finish(struct stream *stream) {
  trace("fd %d: closed", stream->fd);
  stream->kind->finish(stream);
  stream->fd = -1;
}
/* ... or by a RST: no TIME_WAIT is left, and what is still on its way is lost.
 */
static inline void stream_reset(struct stream *stream) {
  trace("fd %d: reset by us", stream->fd);
  stream->kind->reset(stream);
  stream->fd = -1;
}

#endif

/* stream: bytes to and from an upstream, plain or over TLS. */
#ifndef HEDGEROW_IO_STREAM_H
#define HEDGEROW_IO_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "io/multi.h"

/* Plain: the descriptor is ours, and easy is NULL. TLS: the session lives in
 * libcurl, in a handle on its shard; the descriptor is libcurl's. */
struct stream {
  int fd;
  void *easy;
  struct shard *shard;
};

enum {
  STREAM_AGAIN = -1,  /* nothing now */
  STREAM_ENDED = -2,  /* the peer has ended its direction */
  STREAM_BROKEN = -3, /* reset, or a TLS error */
};

/* Bytes written, > 0 and perhaps fewer than given, or one of the above. Over
 * TLS one piece is written a call. */
ssize_t stream_send(struct stream *stream, const struct iovec *parts,
                    unsigned count) __attribute__((warn_unused_result));
/* Bytes read into the parts, > 0, or one of the above. */
ssize_t stream_recv(struct stream *stream, const struct iovec *parts,
                    unsigned count) __attribute__((warn_unused_result));
/* TLS: bytes may wait decrypted while the descriptor is silent, so it is read
 * until STREAM_AGAIN. */
static inline bool stream_is_tls(const struct stream *stream) {
  return stream->easy != NULL;
}
/* Whether there is nothing to be read, and no end. Asks the kernel. */
bool stream_is_silent(struct stream *stream)
    __attribute__((warn_unused_result));
/* TLS: whether it was verified by CAs that are not in force any more. */
static inline bool stream_is_retired(const struct stream *stream) {
  return stream->shard != NULL && shard_is_retired(stream->shard);
}
/* By a RST, so that no TIME_WAIT is left. */
void stream_close(struct stream *stream);

#endif

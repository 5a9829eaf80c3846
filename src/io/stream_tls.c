/* stream_tls.c: libcurl's TLS session on a socket.
 *
 * libcurl did the handshake and the verification, and keeps the session: its
 * bytes go through curl_easy_send and curl_easy_recv, 10-15 us an exchange
 * against 30-41 for a libcurl transfer. Only libcurl knows whether there is
 * anything to be read, since it may hold bytes that are decrypted already. */
#include <curl/curl.h>

#include "io/multi.h"
#include "io/stream.h"

static ssize_t tls_result(CURLcode code, size_t n) {
  if (code == CURLE_OK) return n > 0 ? (ssize_t)n : STREAM_ENDED;
  return code == CURLE_AGAIN ? STREAM_AGAIN : STREAM_BROKEN;
}

static ssize_t tls_send(struct stream *stream, const struct iovec *parts,
                        unsigned count) {
  size_t n = 0;
  (void)count;
  CURLcode code =
      curl_easy_send(stream->easy, parts->iov_base, parts->iov_len, &n);
  return tls_result(code, n);
}

static ssize_t tls_recv(struct stream *stream, const struct iovec *parts,
                        unsigned count) {
  size_t n = 0;
  (void)count;
  CURLcode code =
      curl_easy_recv(stream->easy, parts->iov_base, parts->iov_len, &n);
  return tls_result(code, n);
}

static bool tls_is_silent(struct stream *stream) {
  char byte;
  return tls_recv(stream, &(struct iovec){&byte, 1}, 1) == STREAM_AGAIN;
}

static const struct trust *tls_trust(const struct stream *stream) {
  return shard_trust(stream->shard);
}

static void tls_finish(struct stream *stream) {
  multi_remove(stream->shard, stream->easy);
  curl_easy_cleanup(stream->easy);
}

static void tls_reset(struct stream *stream) {
  multi_abort(stream->shard, stream->easy);
  curl_easy_cleanup(stream->easy);
}

struct stream stream_tls(int fd, void *easy, struct shard *shard) {
  static const struct stream_kind kind = {
      .send = tls_send,
      .recv = tls_recv,
      .is_silent = tls_is_silent,
      .trust = tls_trust,
      .finish = tls_finish,
      .reset = tls_reset,
      .is_tls = true,
  };
  return (struct stream){.kind = &kind, .fd = fd, .easy = easy, .shard = shard};
}

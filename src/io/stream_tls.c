/* stream_tls.c: libcurl's TLS session on a socket.
 *
 * libcurl did the handshake and the verification, and keeps the session: its
 * bytes go through curl_easy_send and curl_easy_recv, 10-15 us an exchange
 * against 30-41 for a libcurl transfer. Only libcurl knows whether there is
 * anything to be read, since it may hold bytes that are decrypted already.
 *
 * A write that is given up half-way has not said how many of its records have
 * left. So each is given one record, of which a peer reads all or nothing. */
#include <curl/curl.h>

#include "io/alert.h"
#include "io/multi.h"
#include "io/stream.h"

enum { RECORD_BYTES = 16384 }; /* RFC 8446, section 5.1 */

static ssize_t tls_result(struct stream *stream, CURLcode code, size_t n) {
  if (code == CURLE_AGAIN) return STREAM_AGAIN;
  if (code != CURLE_OK) return STREAM_BROKEN;
  if (n > 0) return (ssize_t)n;
  return alert_is_close_notify(stream->easy) ? STREAM_ENDED : STREAM_CUT;
}

static ssize_t tls_send(struct stream *stream, const struct iovec *parts,
                        unsigned count) {
  size_t n = 0;
  size_t len = parts->iov_len < RECORD_BYTES ? parts->iov_len : RECORD_BYTES;
  (void)count;
  CURLcode code = curl_easy_send(stream->easy, parts->iov_base, len, &n);
  return tls_result(stream, code, n);
}

static ssize_t tls_recv(struct stream *stream, const struct iovec *parts,
                        unsigned count) {
  size_t n = 0;
  (void)count;
  CURLcode code =
      curl_easy_recv(stream->easy, parts->iov_base, parts->iov_len, &n);
  return tls_result(stream, code, n);
}

static bool tls_is_silent(struct stream *stream) {
  char byte;
  return tls_recv(stream, &(struct iovec){&byte, 1}, 1) == STREAM_AGAIN;
}

static const struct trust *tls_trust(const struct stream *stream) {
  return shard_trust(stream->shard);
}

static const char *tls_alert(const struct stream *stream) {
  return alert_words(stream->easy);
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
      .alert = tls_alert,
      .finish = tls_finish,
      .reset = tls_reset,
      .is_tls = true,
  };
  return (struct stream){.kind = &kind, .fd = fd, .easy = easy, .shard = shard};
}

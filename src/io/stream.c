/* stream: a plain socket, or libcurl's TLS session on one.
 *
 * A plain descriptor was taken over from libcurl after it had connected, and
 * costs one system call each way. A TLS session stays in libcurl, which did the
 * handshake and the verification: its bytes go through curl_easy_send and
 * curl_easy_recv, 10-15 us an exchange against 30-41 for a libcurl transfer.
 *
 * Every stream is closed by a RST. A client that closes first keeps a TIME_WAIT
 * for a minute, and a racer closes two connections for each that it uses: the
 * 28,000 ports to one target would soon be gone. Nothing is lost by it: what is
 * closed has been answered in full, or is not wanted. */
#include "io/stream.h"

#include <curl/curl.h>
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

static bool would_block(void) {
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

static ssize_t plain(ssize_t n) {
  if (n > 0) return n;
  if (n == 0) return STREAM_ENDED;
  return would_block() ? STREAM_AGAIN : STREAM_BROKEN;
}

static ssize_t tls(CURLcode code, size_t n) {
  if (code == CURLE_OK) return n > 0 ? (ssize_t)n : STREAM_ENDED;
  return code == CURLE_AGAIN ? STREAM_AGAIN : STREAM_BROKEN;
}

ssize_t stream_send(struct stream *stream, const struct iovec *parts,
                    unsigned count) {
  /* sendmsg does not write to the parts, but its type cannot say so. */
  struct msghdr message = {.msg_iov = (struct iovec *)(uintptr_t)parts,
                           .msg_iovlen = count};
  size_t n = 0;
  CURLcode code;
  if (!stream->easy) return plain(sendmsg(stream->fd, &message, MSG_NOSIGNAL));
  code = curl_easy_send(stream->easy, parts[0].iov_base, parts[0].iov_len, &n);
  return tls(code, n);
}

ssize_t stream_recv(struct stream *stream, const struct iovec *parts,
                    unsigned count) {
  size_t n = 0;
  CURLcode code;
  if (!stream->easy) return plain(readv(stream->fd, parts, (int)count));
  code = curl_easy_recv(stream->easy, parts[0].iov_base, parts[0].iov_len, &n);
  return tls(code, n);
}

bool stream_is_silent(struct stream *stream) {
  char byte;
  struct iovec part = {&byte, 1};
  if (stream->easy) return stream_recv(stream, &part, 1) == STREAM_AGAIN;
  return recv(stream->fd, &byte, 1, MSG_PEEK) < 0 && would_block();
}

void stream_close(struct stream *stream) {
  struct linger rst = {.l_onoff = 1, .l_linger = 0};
  if (stream->easy) {
    multi_abort(stream->shard, stream->easy);
    curl_easy_cleanup(stream->easy);
  } else {
    setsockopt(stream->fd, SOL_SOCKET, SO_LINGER, &rst, sizeof rst);
    close(stream->fd);
  }
  stream->fd = -1;
}

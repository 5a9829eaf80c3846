/* stream: a plain socket. TLS is stream_tls.c's.
 *
 * A plain stream costs one system call each way.
 *
 * It is closed in one of two ways. A client's connection is finished: its last
 * answer may still be on its way. An upstream's is reset: who closes first
 * keeps a TIME_WAIT for a minute, and a racer closes two connections for each
 * that it uses, so the 28,000 ports to one target would soon be gone. Nothing
 * is lost by it, since what is closed there has been answered in full, or is
 * not wanted. */
#include "io/stream.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

static bool would_block(void) {
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

static ssize_t plain_result(ssize_t n) {
  if (n > 0) return n;
  if (n == 0) return STREAM_ENDED;
  return would_block() ? STREAM_AGAIN : STREAM_BROKEN;
}

static ssize_t plain_send(struct stream *stream, const struct iovec *parts,
                          unsigned count) {
  /* sendmsg does not write to the parts, but its type cannot say so. */
  struct msghdr message = {.msg_iov = (struct iovec *)(uintptr_t)parts,
                           .msg_iovlen = count < IOV_MAX ? count : IOV_MAX};
  return plain_result(sendmsg(stream->fd, &message, MSG_NOSIGNAL));
}

static ssize_t plain_recv(struct stream *stream, const struct iovec *parts,
                          unsigned count) {
  return plain_result(count == 1
                          ? recv(stream->fd, parts->iov_base, parts->iov_len, 0)
                          : readv(stream->fd, parts, (int)count));
}

static bool plain_is_silent(struct stream *stream) {
  char byte;
  return recv(stream->fd, &byte, 1, MSG_PEEK) < 0 && would_block();
}

static void plain_finish(struct stream *stream) { close(stream->fd); }

static void plain_reset(struct stream *stream) {
  struct linger rst = {.l_onoff = 1, .l_linger = 0};
  setsockopt(stream->fd, SOL_SOCKET, SO_LINGER, &rst, sizeof rst);
  close(stream->fd);
}

struct stream stream_plain(int fd) {
  static const struct stream_kind kind = {
      .send = plain_send,
      .recv = plain_recv,
      .is_silent = plain_is_silent,
      .finish = plain_finish,
      .reset = plain_reset,
  };
  return (struct stream){.kind = &kind, .fd = fd};
}

void stream_end(struct stream *stream) {
  trace("fd %d: our direction ended", stream->fd);
  shutdown(stream->fd, SHUT_WR);
}

void stream_trace(const struct stream *stream, const char *what, ssize_t n) {
  const char *why = n == STREAM_AGAIN   ? "again"
                    : n == STREAM_ENDED ? "the peer has ended"
                    : n == STREAM_CUT   ? "cut, without a close_notify"
                                        : "broken";
  if (n > 0) trace_write("fd %d: %s %zd bytes", stream->fd, what, n);
  else trace_write("fd %d: nothing %s: %s", stream->fd, what, why);
}

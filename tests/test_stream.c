/* Two plain streams that are each other's peers, over the loopback. */
#include "io/stream.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/guard.h"

static struct stream here, there;

static void connect_both(void) {
  struct sockaddr_in at = {.sin_family = AF_INET,
                           .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t len = sizeof at;
  int listening = socket(AF_INET, SOCK_STREAM, 0);
  int to = socket(AF_INET, SOCK_STREAM, 0);
  cr_assert(bind(listening, (struct sockaddr *)&at, sizeof at) == 0);
  cr_assert(listen(listening, 1) == 0);
  cr_assert(getsockname(listening, (struct sockaddr *)&at, &len) == 0);
  cr_assert(connect(to, (struct sockaddr *)&at, sizeof at) == 0);
  int from = accept(listening, NULL, NULL);
  cr_assert(from >= 0);
  close(listening);
  fcntl(to, F_SETFL, O_NONBLOCK);
  fcntl(from, F_SETFL, O_NONBLOCK);
  here = stream_plain(to);
  there = stream_plain(from);
}

static void close_both(void) {
  if (here.fd >= 0) stream_finish(&here);
  if (there.fd >= 0) stream_finish(&there);
}

TestSuite(stream, .init = connect_both, .fini = close_both,
          .timeout = 2 * GUARD_S);

static ssize_t send_text(struct stream *stream, const char *text) {
  return stream_send(stream, &(struct iovec){(char *)text, strlen(text)}, 1);
}

/* Waits until there is something to be received, or an end. */
static ssize_t receive(struct stream *stream, char *bytes, size_t cap) {
  poll(&(struct pollfd){.fd = stream->fd, .events = POLLIN}, 1, -1);
  return stream_recv(stream, &(struct iovec){bytes, cap}, 1);
}

static void expect_text(struct stream *stream, const char *text) {
  char got[64];
  ssize_t n = receive(stream, got, sizeof got);
  cr_assert(n == (ssize_t)strlen(text) && memcmp(got, text, (size_t)n) == 0,
            "expected \"%s\" but got %zd: %.*s", text, n, n > 0 ? (int)n : 0,
            got);
}

Test(stream, what_is_sent_in_parts_arrives) {
  struct iovec parts[] = {{"on", 2}, {"e, t", 4}, {"wo", 2}};
  cr_assert(stream_send(&here, parts, 3) == 8);
  expect_text(&there, "one, two");
}

Test(stream, what_arrives_is_received_in_parts) {
  char head[3], rest[8];
  struct iovec parts[] = {{head, sizeof head}, {rest, sizeof rest}};
  cr_assert(send_text(&here, "head and") == 8);
  poll(&(struct pollfd){.fd = there.fd, .events = POLLIN}, 1, -1);
  cr_assert(stream_recv(&there, parts, 2) == 8);
  cr_assert(memcmp(head, "hea", 3) == 0 && memcmp(rest, "d and", 5) == 0);
}

Test(stream, without_bytes_it_is_silent_and_says_again) {
  char byte;
  cr_assert(stream_is_silent(&there));
  cr_assert(stream_recv(&there, &(struct iovec){&byte, 1}, 1) == STREAM_AGAIN);
}

Test(stream, with_bytes_it_is_not_silent_and_loses_none) {
  cr_assert(send_text(&here, "x") == 1);
  poll(&(struct pollfd){.fd = there.fd, .events = POLLIN}, 1, -1);
  cr_assert(!stream_is_silent(&there));
  expect_text(&there, "x");
}

Test(stream, a_peer_that_takes_nothing_makes_it_say_again) {
  static char bytes[64 * 1024];
  ssize_t n;
  do n = stream_send(&here, &(struct iovec){bytes, sizeof bytes}, 1);
  while (n > 0);
  cr_assert(n == STREAM_AGAIN, "%zd", n);
}

Test(stream, an_end_is_one_of_ours_alone) {
  char byte;
  stream_end(&here);
  cr_assert(receive(&there, &byte, 1) == STREAM_ENDED);
  cr_assert(!stream_is_silent(&there));
  cr_assert(send_text(&there, "still") == 5);
  expect_text(&here, "still");
}

Test(stream, what_was_sent_before_it_is_finished_arrives) {
  char byte;
  cr_assert(send_text(&here, "last words") == 10);
  stream_finish(&here);
  cr_assert(here.fd == -1);
  expect_text(&there, "last words");
  cr_assert(receive(&there, &byte, 1) == STREAM_ENDED);
}

Test(stream, a_reset_is_seen_as_broken) {
  char byte;
  stream_reset(&here);
  cr_assert(here.fd == -1);
  cr_assert(receive(&there, &byte, 1) == STREAM_BROKEN);
  cr_assert(send_text(&there, "x") == STREAM_BROKEN);
}

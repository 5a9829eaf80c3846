/* forwarder PORT ORIGIN_PORT: bytes from here to there and back, no more.
 *
 * The floor under every HTTP proxy on epoll: for each client connection one
 * connection to the origin, and whatever is read on one is written to the
 * other. No request is parsed, no answer judged, no pool kept, no timer set.
 * Four calls a request, and a share of one epoll_wait; what a proxy costs above
 * this is what it does.
 *
 * It holds nothing back: what a peer's socket buffer does not take at once ends
 * the pair. So it carries small answers only, which is all it is asked to.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net.h"

struct end {
  int fd;
  bool closed;
  struct end *peer;
};

static int epoll;
static int origin_port;
static char bytes[65536];

static struct end *end_new(int fd) {
  struct end *end = must_have(calloc(1, sizeof *end));
  end->fd = fd;
  return end;
}

static void on_connect(int listener) {
  int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
  if (fd < 0) return;
  no_delay(fd);
  struct end *client = end_new(fd), *origin = end_new(dial(origin_port));
  client->peer = origin;
  origin->peer = client;
  watch(epoll, client->fd, EPOLLIN, client);
  watch(epoll, origin->fd, EPOLLIN, origin);
}

/* Closes both ends. Their memory stays until the turn is over, since the other
 * end may have an event in it. */
static void close_pair(struct end *end) {
  close(end->fd);
  close(end->peer->fd);
  end->closed = end->peer->closed = true;
}

static void on_readable(struct end *end) {
  if (end->closed) return;
  ssize_t got = recv(end->fd, bytes, sizeof bytes, MSG_DONTWAIT);
  if (got < 0 && errno == EAGAIN) return;
  if (got <= 0 || send(end->peer->fd, bytes, (size_t)got,
                       MSG_DONTWAIT | MSG_NOSIGNAL) != got)
    close_pair(end);
}

/* Frees the pairs that this turn closed; each was noted once, by its end that
 * comes first in the turn. */
static void sweep(struct epoll_event *events, int count) {
  for (int i = 0; i < count; i++) {
    struct end *end = events[i].data.ptr;
    if (!end || !end->closed) continue;
    struct end *peer = end->peer;
    for (int k = i + 1; k < count; k++)
      if (events[k].data.ptr == end || events[k].data.ptr == peer)
        events[k].data.ptr = NULL;
    free(peer);
    free(end);
  }
}

int main(int argc, char **argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: forwarder PORT ORIGIN_PORT\n");
    return 2;
  }
  int listener = listen_on(number(argv[1]));
  origin_port = number(argv[2]);
  epoll = must(epoll_create1(0), "epoll_create1");
  watch(epoll, listener, EPOLLIN, NULL);
  for (;;) {
    struct epoll_event events[TURN_EVENTS];
    int count = await_events(epoll, events, -1);
    for (int i = 0; i < count; i++)
      if (events[i].data.ptr) on_readable(events[i].data.ptr);
      else on_connect(listener);
    sweep(events, count);
  }
}

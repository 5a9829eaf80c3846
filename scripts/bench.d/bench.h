/* What the bench's helpers share: sockets on loopback, and giving up.
 *
 * The helpers are measured against or measured with, never shipped; whatever
 * goes wrong in them ends them with a line on stderr, and the bench with them.
 */
#ifndef BENCH_H
#define BENCH_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { TURN_EVENTS = 256, BACKLOG = 4096 };

static inline void give_up(const char *what) {
  fprintf(stderr, "%s: %s\n", what, errno ? strerror(errno) : "unexpected");
  exit(1);
}

static inline int must(int result, const char *what) {
  if (result < 0) give_up(what);
  return result;
}

/* A whole number, or the end: a typing error must not become port 0. */
static inline int number(const char *text) {
  char *end;
  errno = 0;
  long value = strtol(text, &end, 10);
  if (*end || end == text || value < 0 || value > 100000000) give_up(text);
  return (int)value;
}

static inline struct sockaddr_in loopback(int port) {
  return (struct sockaddr_in){
      .sin_family = AF_INET,
      .sin_port = htons((uint16_t)port),
      .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
  };
}

static inline void no_delay(int fd) {
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
}

static inline int listen_on(int port) {
  struct sockaddr_in address = loopback(port);
  int fd = must(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), "socket");
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
  must(bind(fd, (struct sockaddr *)&address, sizeof address), "bind");
  must(listen(fd, BACKLOG), "listen");
  return fd;
}

/* Connects, and only then turns non-blocking: on loopback that is at once. */
static inline int dial(int port) {
  struct sockaddr_in address = loopback(port);
  int fd = must(socket(AF_INET, SOCK_STREAM, 0), "socket");
  must(connect(fd, (struct sockaddr *)&address, sizeof address), "connect");
  no_delay(fd);
  return fd;
}

static inline void watch(int epoll, int fd, void *who) {
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = who};
  must(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
}

static inline int64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

#endif

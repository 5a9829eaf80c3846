/* What the helpers of scripts/soak and scripts/overload share: sockets on
 * loopback, the time, and giving up. Whatever goes wrong in a helper itself
 * ends it with a line on stderr, and the script with it. */
#ifndef SOAK_NET_H
#define SOAK_NET_H

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
  exit(2);
}

static inline int must(int result, const char *what) {
  if (result < 0) give_up(what);
  return result;
}

static inline void *must_have(void *memory) {
  if (!memory) give_up("memory");
  return memory;
}

static inline int64_t now_us(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
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

/* Listens on a free port of loopback and says which on stdout. */
static inline int listen_anywhere(void) {
  struct sockaddr_in address = loopback(0);
  socklen_t len = sizeof address;
  int fd = must(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), "socket");
  must(bind(fd, (struct sockaddr *)&address, len), "bind");
  must(listen(fd, BACKLOG), "listen");
  must(getsockname(fd, (struct sockaddr *)&address, &len), "getsockname");
  printf("listening on http://127.0.0.1:%d\n", ntohs(address.sin_port));
  fflush(stdout);
  return fd;
}

/* Connected; on loopback that is at once. -1: refused, or no port is left. */
static inline int dial(int port) {
  struct sockaddr_in address = loopback(port);
  int fd = must(socket(AF_INET, SOCK_STREAM, 0), "socket");
  if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0) {
    no_delay(fd);
    return fd;
  }
  close(fd);
  return -1;
}

static inline void close_by_reset(int fd) {
  struct linger linger = {1, 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
  close(fd);
}

static inline void watch(int epoll, int fd, uint32_t events, void *who) {
  struct epoll_event event = {.events = events, .data.ptr = who};
  if (epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &event) == 0) return;
  must(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
}

#endif

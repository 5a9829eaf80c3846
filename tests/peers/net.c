/* net: see net.h. Only what more than one of the peers needs is here. */
#include "net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BACKLOG = 4096, NUMBER_MOST = 100000000 };

static volatile sig_atomic_t told_to_stop;

_Noreturn void give_up(const char *what) {
  fprintf(stderr, "%s: %s\n", what, errno ? strerror(errno) : "unexpected");
  exit(2);
}

int number(const char *text) {
  char *end;
  errno = 0;
  long value = strtol(text, &end, 10);
  if (*end || end == text || value < 0 || value > NUMBER_MOST) give_up(text);
  return (int)value;
}

int64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

struct sockaddr_in loopback(int port) {
  return (struct sockaddr_in){
      .sin_family = AF_INET,
      .sin_port = htons((uint16_t)port),
      .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
  };
}

void no_delay(int fd) {
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
}

int listen_on(int port) {
  struct sockaddr_in address = loopback(port);
  socklen_t len = sizeof address;
  int fd = must(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), "socket");
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
  must(bind(fd, (struct sockaddr *)&address, len), "bind");
  must(listen(fd, BACKLOG), "listen");
  must(getsockname(fd, (struct sockaddr *)&address, &len), "getsockname");
  printf("listening on http://127.0.0.1:%d\n", ntohs(address.sin_port));
  fflush(stdout);
  return fd;
}

int dial(int port) {
  struct sockaddr_in address = loopback(port);
  int fd = must(socket(AF_INET, SOCK_STREAM, 0), "socket");
  must(connect(fd, (struct sockaddr *)&address, sizeof address), "connect");
  no_delay(fd);
  return fd;
}

void close_by_reset(int fd) {
  struct linger linger = {.l_onoff = 1};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
  close(fd);
}

void watch(int epoll, int fd, uint32_t events, void *who) {
  struct epoll_event event = {.events = events, .data.ptr = who};
  must(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
}

void rewatch(int epoll, int fd, uint32_t events, void *who) {
  struct epoll_event event = {.events = events, .data.ptr = who};
  must(epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &event), "epoll_ctl");
}

int await_events(int epoll, struct epoll_event *events, int timeout_ms) {
  int count = epoll_wait(epoll, events, TURN_EVENTS, timeout_ms);
  if (count < 0 && errno != EINTR) give_up("epoll_wait");
  return count < 0 ? 0 : count;
}

static void on_term(int signal) {
  (void)signal;
  told_to_stop = 1;
}

void stop_on_term(void) {
  struct sigaction action = {.sa_handler = on_term};
  sigaction(SIGTERM, &action, NULL);
}

bool is_told_to_stop(void) { return told_to_stop; }

/* attack: the clients that nobody wants.
 *
 *   attack churn PORT COUNT         one connection after another: a third is
 *                                   answered, a third leaves inside its head,
 *                                   a third resets
 *   attack drip PORT COUNT          heads that never end, a byte a second from
 *                                   each; those that are closed come again
 *   attack silent PORT COUNT TARGET asks and never reads; the same
 *
 * drip and silent print `open` when all are there, and go on until stdin
 * ends. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http.h"
#include "net.h"

enum { ADDRESSES = 16, SMALL_BUFFER = 4096, PATIENCE_S = 10 };

/* From one of several addresses, so that ports do not run out. */
static int dial_from(int port, int i) {
  struct sockaddr_in to = loopback(port), from = loopback(0);
  struct timeval patience = {.tv_sec = PATIENCE_S};
  int fd = must(socket(AF_INET, SOCK_STREAM, 0), "socket");
  from.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + (unsigned)i % ADDRESSES);
  setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &(int){1}, sizeof(int));
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  must(bind(fd, (struct sockaddr *)&from, sizeof from), "bind");
  must(connect(fd, (struct sockaddr *)&to, sizeof to), "connect");
  return fd;
}

/* Reads one small answer; its status. */
static int read_answer(int fd) {
  char bytes[4096];
  struct answer answer = {0};
  enum answer_state state = ANSWER_PARTIAL;
  for (size_t len = 0; state == ANSWER_PARTIAL;) {
    ssize_t n = recv(fd, bytes + len, sizeof bytes - 1 - len, 0);
    if (n <= 0) give_up("an answer");
    len += (size_t)n;
    bytes[len] = '\0';
    state = answer_find(&answer, bytes, len, false);
  }
  errno = 0;
  if (state != ANSWER_WHOLE) give_up("what came is no answer");
  return answer.status;
}

static void churn(int port, int count) {
  static const char ask[] = "GET /healthz HTTP/1.1\r\nHost: churn\r\n\r\n";
  for (int i = 0; i < count; i++) {
    int fd = dial_from(port, i);
    size_t len = i % 3 == 1 ? sizeof ask / 2 : sizeof ask - 1;
    if (send(fd, ask, len, MSG_NOSIGNAL) < 0) give_up("send");
    if (i % 3 == 0 && read_answer(fd) != 200) give_up("not a 200");
    if (i % 3 == 2) close_by_reset(fd);
    else close(fd);
  }
}

struct attack {
  int port, count;
  bool drips;
  char first[512];
};

static int begin(const struct attack *attack, int i) {
  int fd = dial_from(attack->port, i);
  if (!attack->drips)
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &(int){SMALL_BUFFER}, sizeof(int));
  (void)!send(fd, attack->first, strlen(attack->first), MSG_NOSIGNAL);
  return fd;
}

/* Whether it was closed, as seen without reading. */
static bool is_over(const struct attack *attack, int fd) {
  struct pollfd at = {.fd = fd, .events = attack->drips ? POLLIN : POLLRDHUP};
  return poll(&at, 1, 0) != 0;
}

static bool stdin_is_open(int timeout_ms) {
  struct pollfd at = {.fd = 0, .events = POLLIN};
  char byte;
  return poll(&at, 1, timeout_ms) == 0 || read(0, &byte, 1) > 0;
}

static void go_on(const struct attack *attack) {
  int *fds = must_have(calloc((size_t)attack->count, sizeof *fds));
  for (int i = 0; i < attack->count; i++) fds[i] = begin(attack, i);
  puts("open");
  fflush(stdout);
  while (stdin_is_open(1000)) {
    for (int i = 0; i < attack->count; i++) {
      if (is_over(attack, fds[i])) {
        close_by_reset(fds[i]);
        fds[i] = begin(attack, i);
      } else if (attack->drips) {
        (void)!send(fds[i], "x", 1, MSG_NOSIGNAL);
      }
    }
  }
  free(fds);
}

int main(int argc, char **argv) {
  if (argc < 4) give_up("usage: see the head of attack.c");
  const char *what = argv[1];
  struct attack attack = {.port = number(argv[2]), .count = number(argv[3])};
  if (strcmp(what, "churn") == 0 && argc == 4) {
    churn(attack.port, attack.count);
  } else if (strcmp(what, "drip") == 0 && argc == 4) {
    attack.drips = true;
    snprintf(attack.first, sizeof attack.first,
             "GET /smart HTTP/1.1\r\nHost: drip\r\nX: ");
    go_on(&attack);
  } else if (strcmp(what, "silent") == 0 && argc == 5) {
    snprintf(attack.first, sizeof attack.first,
             "GET %s HTTP/1.1\r\nHost: silent\r\n\r\n", argv[4]);
    go_on(&attack);
  } else {
    give_up("usage: see the head of attack.c");
  }
  return 0;
}

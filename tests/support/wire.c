/* wire: what scripted clients and scripted upstreams have in common.
 *
 * All sockets here are blocking and are polled first, so that a test reads as a
 * script, one line after the other, and still cannot hang. Descriptors close on
 * exec: if the program under test inherited one, a close of ours would reach
 * nobody.
 *
 * A reset and an orderly end are the same news to most scripts ("it has gone"),
 * so wire_read tells both as 0. */
#include "support/wire.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/guard.h"

static int poll_one(int fd, short events, int timeout_ms) {
  struct pollfd waiting = {.fd = fd, .events = events};
  int ready;
  do {
    ready = poll(&waiting, 1, timeout_ms);
  } while (ready < 0 && errno == EINTR);
  return ready;
}

void wire_await(int fd, short events, const char *what) {
  cr_assert(poll_one(fd, events, GUARD_MS) > 0, "waited in vain for %s", what);
}

bool wire_is_readable(int fd) { return poll_one(fd, POLLIN, 0) > 0; }

bool wire_send(int fd, const char *bytes, size_t len) {
  for (size_t sent = 0; sent < len;) {
    wire_await(fd, POLLOUT, "the peer to take what is sent to it");
    ssize_t n = send(fd, bytes + sent, len - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n >= 0) {
      sent += (size_t)n;
    } else if (errno != EINTR && errno != EAGAIN) {
      return false;
    }
  }
  return true;
}

size_t wire_read(int fd, char *into, size_t cap, const char *what) {
  wire_await(fd, POLLIN, what);
  ssize_t n;
  do {
    n = recv(fd, into, cap, 0);
  } while (n < 0 && errno == EINTR);
  cr_assert(n >= 0 || errno == ECONNRESET, "reading %s: %s", what,
            strerror(errno));
  return n < 0 ? 0 : (size_t)n;
}

static struct sockaddr_in loopback(uint16_t port) {
  return (struct sockaddr_in){
      .sin_family = AF_INET,
      .sin_port = htons(port),
      .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
  };
}

static int open_socket(void) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  cr_assert(fd >= 0, "socket: %s", strerror(errno));
  return fd;
}

int wire_connect(uint16_t port) {
  int fd = open_socket();
  struct sockaddr_in address = loopback(port);
  cr_assert(connect(fd, (struct sockaddr *)&address, sizeof address) == 0,
            "connecting to 127.0.0.1:%u: %s", port, strerror(errno));
  int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

int wire_begin_connect(uint16_t port) {
  int fd = open_socket();
  struct sockaddr_in address = loopback(port);
  fcntl(fd, F_SETFL, O_NONBLOCK);
  cr_assert(connect(fd, (struct sockaddr *)&address, sizeof address) == 0 ||
                errno == EINPROGRESS,
            "connecting to 127.0.0.1:%u: %s", port, strerror(errno));
  return fd;
}

int wire_bind_to(const char *host, int backlog, uint16_t *port) {
  int fd = open_socket();
  struct sockaddr_in address = loopback(*port);
  socklen_t len = sizeof address;
  inet_pton(AF_INET, host, &address.sin_addr);
  cr_assert(bind(fd, (struct sockaddr *)&address, len) == 0, "bind: %s",
            strerror(errno));
  cr_assert(backlog == 0 || listen(fd, backlog) == 0, "listen: %s",
            strerror(errno));
  getsockname(fd, (struct sockaddr *)&address, &len);
  *port = ntohs(address.sin_port);
  return fd;
}

int wire_bind(int backlog, uint16_t *port) {
  *port = 0;
  return wire_bind_to("127.0.0.1", backlog, port);
}

static struct sockaddr_in6 loopback_ipv6(uint16_t port) {
  return (struct sockaddr_in6){.sin6_family = AF_INET6,
                               .sin6_port = htons(port),
                               .sin6_addr = IN6ADDR_LOOPBACK_INIT};
}

bool wire_has_ipv6(void) {
  struct sockaddr_in6 address = loopback_ipv6(0);
  int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  bool has = bind(fd, (struct sockaddr *)&address, sizeof address) == 0;
  close(fd);
  return has;
}

int wire_connect_ipv6(uint16_t port) {
  struct sockaddr_in6 address = loopback_ipv6(port);
  int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  cr_assert(fd >= 0, "socket: %s", strerror(errno));
  cr_assert(connect(fd, (struct sockaddr *)&address, sizeof address) == 0,
            "connecting to [::1]:%u: %s", port, strerror(errno));
  return fd;
}

void wire_reset(int fd) {
  struct linger at_once = {.l_onoff = 1, .l_linger = 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close(fd);
}

size_t wire_head_len(const char *text) {
  const char *end = strstr(text, "\r\n\r\n");
  return end ? (size_t)(end - text) + 4 : 0;
}

bool wire_field(const char *head, const char *name, char *value, size_t cap) {
  size_t name_len = strlen(name);
  for (const char *line = strstr(head, "\r\n"); line && line[2] != '\r';
       line = strstr(line, "\r\n")) {
    line += 2;
    if (strncasecmp(line, name, name_len) != 0 || line[name_len] != ':') {
      continue;
    }
    const char *from = line + name_len + 1 + strspn(line + name_len + 1, " ");
    snprintf(value, cap, "%.*s", (int)strcspn(from, "\r"), from);
    return true;
  }
  return false;
}

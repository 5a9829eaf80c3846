/* listener: a listening socket on a loop.
 *
 * Accepting is level-triggered and takes at most a batch per turn, so that a
 * flood of new clients does not starve those that are being served. TCP_NODELAY
 * is set once, on the listening socket: Linux hands it down to what is
 * accepted, which saves a system call a connection.
 *
 * SO_REUSEPORT would let a second hedgerow bind the same address and silently
 * take half of its clients. So the first listener of an address binds without
 * it, which fails if anybody is there, and sets it afterwards: the kernel asks
 * those already bound for their present flag. The process's other listeners
 * then join with the flag set.
 *
 * A path in place of an address is io/listener_path's.
 *
 * Stopping: closing a listening socket resets what waits in its backlog, and
 * while it is open the kernel puts new connections there, so no amount of
 * accepting empties it for sure. A socket filter that drops new SYNs closes
 * the inflow: their clients send them again a second later, and by then reach
 * another listener or learn that nobody listens. Handshakes under way may
 * still complete; 50 ms are many of their round trips. Where the kernel takes
 * no filter, we accept for 50 ms all the same. */
#include "io/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <linux/filter.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io/clock.h"
#include "io/inet_address.h"
#include "io/listener_parts.h"
#include "io/log.h"

enum { BACKLOG = 4096, BATCH = 64 };
enum { REST_US = 100000, LINGER_US = 50000 };

struct listener {
  int fd;     /* -1: closed */
  char *path; /* of a UNIX socket; NULL: it is none */
  struct listener_file file;
  uint16_t port;
  bool paused;  /* by the owner */
  bool resting; /* by ourselves, at the descriptor limit */
  listener_on_accept *on_accept;
  void (*on_closed)(void *arg);
  void *arg;
  struct event *readable;
  struct timer rest, linger;
};

/* False: the host is no numeric one. */
static bool read_address(union inet_address *to, const struct listen_at *from) {
  struct slice host = from->host;
  if (slice_equal_nocase(host, slice_of("localhost")))
    host = slice_of("127.0.0.1");
  return inet_address_read(to, host, from->port);
}

static void set_flag(int fd, int level, int name) {
  (void)setsockopt(fd, level, name, &(int){1}, sizeof(int));
}

static uint16_t bound_port(int fd) {
  union inet_address bound = {0};
  socklen_t len = sizeof bound;
  (void)getsockname(fd, &bound.any, &len);
  return ntohs(bound.any.sa_family == AF_INET6 ? bound.v6.sin6_port
                                               : bound.v4.sin_port);
}

/* -1 with errno set. */
static int open_internet(const struct listen_at *address, bool reuse_port) {
  union inet_address to;
  if (!read_address(&to, address)) {
    errno = EADDRNOTAVAIL;
    return -1;
  }
  int fd = socket(to.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
                  IPPROTO_TCP);
  if (fd < 0) return -1;
  set_flag(fd, SOL_SOCKET, SO_REUSEADDR);
  set_flag(fd, IPPROTO_TCP, TCP_NODELAY);
  if (reuse_port) set_flag(fd, SOL_SOCKET, SO_REUSEPORT);
  if (address->ipv6_only) set_flag(fd, IPPROTO_IPV6, IPV6_V6ONLY);
  if (bind(fd, &to.any, inet_address_len(&to)) == 0) {
    set_flag(fd, SOL_SOCKET, SO_REUSEPORT);
    if (listen(fd, BACKLOG) == 0) return fd;
  }
  int error = errno;
  close(fd);
  errno = error;
  return -1;
}

/* fd is -1 with errno set where it will not do. */
static void open_socket(struct listener *listener,
                        const struct listen_at *address, bool reuse_port) {
  if (address->path.len == 0) {
    listener->fd = open_internet(address, reuse_port);
    if (listener->fd >= 0) listener->port = bound_port(listener->fd);
    return;
  }
  listener->path = strndup(address->path.at, address->path.len);
  listener->fd = listener->path
                     ? listener_open_path(address, BACKLOG, &listener->file)
                     : -1;
}

static void close_socket(struct listener *listener) {
  if (listener->fd < 0) return;
  if (listener->path) listener_remove_path(listener->path, &listener->file);
  event_free(listener->readable);
  timer_clear(&listener->rest);
  timer_clear(&listener->linger);
  close(listener->fd);
  listener->fd = -1;
}

/* Without memory for a watch it is tried again after a rest. */
static void watch(struct listener *listener) {
  if (listener->fd < 0) return;
  if (listener->paused || listener->resting) event_del(listener->readable);
  else if (event_add(listener->readable, NULL) < 0)
    timer_set(&listener->rest, clock_now_us() + REST_US);
}

static void rest(struct listener *listener, int error) {
  static struct log_gate gate; /* all listeners meet the limit at once */
  int64_t now_us = clock_now_us();
  char what[128];
  snprintf(what, sizeof what, "cannot accept a connection: %s",
           strerror(error));
  log_notice_gated(&gate, now_us, what);
  listener->resting = true;
  timer_set(&listener->rest, now_us + REST_US);
  watch(listener);
}

static void listener_on_rested(void *arg) {
  struct listener *listener = arg;
  listener->resting = false;
  watch(listener);
}

/* Errors of the one connection that was to be accepted (accept(2) passes on
 * what the network had to say of it): the next one may be well. */
static bool is_passing(int error) {
  switch (error) {
    case ECONNABORTED:
    case EINTR:
    case EPROTO:
    case EPERM:
    case ENOPROTOOPT:
    case EOPNOTSUPP:
    case ENETDOWN:
    case ENETUNREACH:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENONET: return true;
    default: return false;
  }
}

/* False: there is nothing more to accept for now. */
static bool listener_accept_one(struct listener *listener) {
  union inet_address peer = {0};
  socklen_t len = sizeof peer;
  int fd = accept4(listener->fd, &peer.any, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd >= 0) {
    listener->on_accept(listener->arg, fd, &peer.any);
    return true;
  }
  if (is_passing(errno)) return true;
  if (errno != EAGAIN) rest(listener, errno);
  return false;
}

static void listener_on_readable(evutil_socket_t fd, short what, void *arg) {
  (void)fd, (void)what;
  struct listener *listener = arg;
  for (int i = 0; i < BATCH && !listener->paused; i++)
    if (!listener_accept_one(listener)) return;
}

static void listener_on_lingered(void *arg) {
  struct listener *listener = arg;
  while (!listener->paused && !listener->resting &&
         listener_accept_one(listener))
    continue;
  close_socket(listener);
  listener->on_closed(listener->arg); /* may free the listener */
}

static void explain(char *error, size_t error_cap,
                    const struct listen_at *address, int why) {
  char place[192];
  struct text text = TEXT_ON(place);
  address_write_place(&text, address, address->port);
  snprintf(error, error_cap, "%s: %s", text_end(&text),
           why == ENOTSOCK ? "it is there, and is no socket" : strerror(why));
}

struct listener *listener_new(struct loop *loop,
                              const struct listen_at *address, bool reuse_port,
                              listener_on_accept *on_accept, void *arg,
                              char *error, size_t error_cap) {
  struct listener *listener = calloc(1, sizeof *listener);
  if (!listener) goto fail;
  open_socket(listener, address, reuse_port);
  if (listener->fd < 0) goto fail;
  listener->readable =
      event_new(loop_base(loop), listener->fd, EV_READ | EV_PERSIST,
                listener_on_readable, listener);
  if (!listener->readable) goto fail;
  listener->on_accept = on_accept;
  listener->arg = arg;
  timer_init(&listener->rest, loop, listener_on_rested, listener);
  timer_init(&listener->linger, loop, listener_on_lingered, listener);
  watch(listener);
  return listener;
fail:
  explain(error, error_cap, address, errno);
  if (listener && listener->fd >= 0) {
    if (listener->path) listener_remove_path(listener->path, &listener->file);
    close(listener->fd);
  }
  if (listener) free(listener->path);
  free(listener);
  return NULL;
}

uint16_t listener_port(const struct listener *listener) {
  return listener->port;
}

void listener_pause(struct listener *listener) {
  listener->paused = true;
  watch(listener);
}

void listener_resume(struct listener *listener) {
  listener->paused = false;
  watch(listener);
}

/* A TCP socket's filter sees the segment from its TCP header on, where byte 13
 * holds the flags (RFC 9293, section 3.1). */
static void drop_new_syns(int fd) {
  enum { FLAGS_AT = 13, SYN = 0x02, ACK = 0x10 };
  struct sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, FLAGS_AT),
      BPF_STMT(BPF_ALU | BPF_AND | BPF_K, SYN | ACK),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYN, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, 0),
      BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
  };
  struct sock_fprog program = {sizeof code / sizeof *code, code};
  (void)setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

void listener_stop(struct listener *listener, void (*on_closed)(void *arg)) {
  listener->on_closed = on_closed;
  drop_new_syns(listener->fd);
  timer_set(&listener->linger, clock_now_us() + LINGER_US);
}

void listener_free(struct listener *listener) {
  if (!listener) return;
  close_socket(listener);
  free(listener->path);
  free(listener);
}

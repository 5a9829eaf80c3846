/* dial_tcp: connect(2), to one address after another (RFC 8305).
 *
 * The first address is tried at once. The next one is when a try has failed, or
 * when 250 ms have passed without a connection, the earlier tries going on. The
 * first that connects wins, and the others close. The order is
 * resolver_answer_nth's.
 *
 * A connection to this machine may stand as soon as connect returns; it is told
 * in the next turn all the same, because a dial calls nobody back from inside
 * its start. */
#include "io/dial_tcp.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/clock.h"
#include "io/inet_address.h"

enum { NEXT_TRY_US = 250 * 1000 };

/* One socket that is connecting. */
struct try {
  struct try *next;
  struct tcp_dial *dial;
  int fd;
  struct event writable;
};

struct tcp_dial {
  struct dial dial;
  struct loop *loop;
  struct timer timer;
  int64_t deadline_us;
  struct try *tries; /* under way */
  int error;         /* errno of the last one that failed */
  unsigned next, count;
  union inet_address addresses[]; /* [next, count) are still to be tried */
};

static void tcp_dial_go_on(struct tcp_dial *d);

/* As the resolver writes it: IPv6 in brackets. */
static bool read_address(union inet_address *address, const char *text,
                         uint16_t port) {
  struct slice host = slice_of(text);
  if (text[0] == '[') host = (struct slice){text + 1, host.len - 2};
  return inet_address_read(address, host, port);
}

/* ---- tries ---- */

static void try_close(struct try *try) {
  event_del(&try->writable);
  if (try->fd >= 0) close(try->fd);
  free(try);
}

static void try_forget(struct try *try) {
  struct try **at = &try->dial->tries;
  while (*at != try) at = &(*at)->next;
  *at = try->next;
  try_close(try);
}

static void tcp_dial_free(struct tcp_dial *d) {
  while (d->tries) {
    struct try *try = d->tries;
    d->tries = try->next;
    try_close(try);
  }
  timer_clear(&d->timer);
  free(d);
}

static void try_on_writable(evutil_socket_t fd, short what, void *arg);

/* False: it failed at once, and d->error says why. */
static bool try_start(struct tcp_dial *d, const union inet_address *address) {
  struct try *try = malloc(sizeof *try);
  d->error = ENOMEM;
  if (!try) return false;
  int fd = socket(address->any.sa_family,
                  SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) goto fail;
  int one = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (connect(fd, &address->any, inet_address_len(address)) < 0 &&
      errno != EINPROGRESS)
    goto fail;
  *try = (struct try){.next = d->tries, .dial = d, .fd = fd};
  event_assign(&try->writable, loop_base(d->loop), fd, EV_WRITE,
               try_on_writable, try);
  if (event_add(&try->writable, NULL) < 0) goto fail;
  d->tries = try;
  return true;
fail:
  d->error = errno;
  if (fd >= 0) close(fd);
  free(try);
  return false;
}

/* ---- how it ends ---- */

static void tcp_dial_fail(struct tcp_dial *d, const char *what,
                          const char *detail) {
  enum attempt_result result =
      dial_error_is_ours(d->error) ? ATTEMPT_STARVED : ATTEMPT_TRANSPORT;
  struct dial dial = d->dial;
  char why[DIAL_WHY_BYTES];
  snprintf(why, sizeof why, "%s%s", what, detail);
  tcp_dial_free(d);
  dial.on_done(dial.arg, NULL, result, why);
}

static void try_succeed(struct try *try) {
  struct tcp_dial *d = try->dial;
  struct stream stream = stream_plain(try->fd);
  struct dial dial = d->dial;
  event_del(&try->writable);
  try->fd = -1; /* the stream's now */
  tcp_dial_free(d);
  dial.on_done(dial.arg, &stream, ATTEMPT_SUCCESS, NULL);
}

static void try_on_writable(evutil_socket_t fd, short what, void *arg) {
  struct try *try = arg;
  struct tcp_dial *d = try->dial;
  int error = 0;
  socklen_t len = sizeof error;
  (void)what;
  if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0) error = errno;
  if (error == 0) {
    try_succeed(try);
    return;
  }
  d->error = error;
  try_forget(try);
  if (d->next < d->count || !d->tries) tcp_dial_go_on(d);
}

/* Starts the next try that does not fail at once; fails when none is left. */
static void tcp_dial_go_on(struct tcp_dial *d) {
  int64_t now_us = clock_now_us(), due_us = d->deadline_us;
  bool started = false;
  while (!started && d->next < d->count)
    started = try_start(d, &d->addresses[d->next++]);
  if (!d->tries) {
    tcp_dial_fail(d, "could not connect: ", dial_error_words(d->error));
    return;
  }
  if (d->next < d->count && now_us + NEXT_TRY_US < due_us)
    due_us = now_us + NEXT_TRY_US;
  timer_set(&d->timer, due_us);
}

static void tcp_dial_on_timer(void *arg) {
  struct tcp_dial *d = arg;
  if (clock_now_us() < d->deadline_us) {
    tcp_dial_go_on(d);
    return;
  }
  d->error = ETIMEDOUT;
  tcp_dial_fail(d, "no connection within --connect-timeout", "");
}

/* ---- the interface ---- */

struct dial *tcp_dial_start(struct loop *loop, const struct dial_to *to,
                            const struct resolver_answer *answer,
                            dial_on_done *on_done, void *arg) {
  struct tcp_dial *d =
      malloc(sizeof *d + answer->count * sizeof d->addresses[0]);
  int64_t now_us = clock_now_us();
  if (!d) return NULL;
  *d = (struct tcp_dial){.dial = {.on_done = on_done, .arg = arg},
                         .loop = loop,
                         .deadline_us = now_us + to->connect_timeout_us,
                         .error = EAFNOSUPPORT};
  timer_init(&d->timer, loop, tcp_dial_on_timer, d);
  for (unsigned i = 0; i < answer->count; i++)
    if (read_address(&d->addresses[d->count],
                     resolver_answer_nth(answer, to->first, i), to->url->port))
      d->count++;
  if (d->count > 0 && try_start(d, &d->addresses[d->next++]))
    timer_set(&d->timer, d->count > 1 ? now_us + NEXT_TRY_US : d->deadline_us);
  else timer_set(&d->timer, now_us); /* tcp_dial_go_on, in the next turn */
  return &d->dial;
}

void tcp_dial_cancel(struct dial *dial) {
  tcp_dial_free((struct tcp_dial *)(void *)dial);
}

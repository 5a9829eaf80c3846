/* origin: the hold-and-release upstream, inside the test's own process.
 *
 * There is no thread and no loop: while the script waits for something, and
 * only then, `pump` polls the listening socket and every connection that may
 * bring a request. What comes is put into the list, and the script picks from
 * it. So requests that arrive at once, as two hedges do, can be taken by number
 * whatever order the kernel delivered them in.
 *
 * A connection that closes between two requests is what a kept connection may
 * do at any time, and is no arrival. */
#include "support/origin.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/guard.h"
#include "support/wire.h"

enum { BACKLOG = 128, POLLED_MAX = 256 };

static struct origin *new_at(const char *host, uint16_t port, int backlog) {
  struct origin *origin = calloc(1, sizeof *origin);
  cr_assert_not_null(origin);
  origin->port = port;
  origin->listening = wire_bind_to(host, backlog, &origin->port);
  snprintf(origin->url, sizeof origin->url, "http://%s:%u", host, origin->port);
  origin->host = origin->url + strlen("http://");
  return origin;
}

static struct origin *new_on(int backlog) {
  return new_at("127.0.0.1", 0, backlog);
}

struct origin *origin_new_at(const char *host, uint16_t port) {
  return new_at(host, port, BACKLOG);
}

struct origin *origin_new(void) {
  return new_on(BACKLOG);
}

struct origin *origin_new_deaf(void) {
  return new_on(0);
}

static void set_closed(struct arrival *arrival) {
  if (arrival->state != ARRIVAL_CLOSED) close(arrival->fd);
  arrival->state = ARRIVAL_CLOSED;
}

void origin_free(struct origin *origin) {
  for (struct arrival *a = origin->arrivals, *next; a; a = next) {
    next = a->next;
    set_closed(a);
    free(a);
  }
  close(origin->listening);
  free(origin);
}

static void add_connection(struct origin *origin, int fd,
                           enum arrival_state state) {
  struct arrival *arrival = calloc(1, sizeof *arrival);
  cr_assert_not_null(arrival);
  arrival->fd = fd;
  arrival->state = state;
  struct arrival **last = &origin->arrivals;
  while (*last) last = &(*last)->next;
  *last = arrival;
}

static void accept_one(struct origin *origin) {
  int fd = accept4(origin->listening, NULL, NULL, SOCK_CLOEXEC), on = 1;
  cr_assert(fd >= 0, "accept: %s", strerror(errno));
  /* What is sent is there before what is sent after it, elsewhere too. */
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  add_connection(origin, fd, ARRIVAL_READING);
}

/* Connections of our own fill the backlog; the kernel then drops every SYN. */
struct origin *origin_new_stuck(void) {
  struct origin *origin = new_on(1);
  for (int i = 0; i < 8; i++) {
    add_connection(origin, wire_begin_connect(origin->port), ARRIVAL_HELD);
  }
  return origin;
}

/* Bytes of a request. Its head makes it one that the script may have; a body is
 * read when the script asks for it. */
static void read_request(struct arrival *arrival) {
  if (arrival->state == ARRIVAL_ANSWERED) arrival->len = 0;
  size_t room = sizeof arrival->request - 1 - arrival->len;
  cr_assert(room > 0, "a request's head is longer than %d bytes",
            ORIGIN_REQUEST_MAX);
  size_t n = wire_read(arrival->fd, arrival->request + arrival->len, room,
                       "a request");
  if (n == 0) {
    set_closed(arrival);
    return;
  }
  arrival->len += n;
  arrival->request[arrival->len] = '\0';
  bool whole = wire_head_len(arrival->request) != 0;
  arrival->state = whole ? ARRIVAL_WAITING : ARRIVAL_READING;
}

static bool may_bring_a_request(const struct arrival *arrival) {
  return arrival->state == ARRIVAL_READING ||
         arrival->state == ARRIVAL_ANSWERED;
}

/* Takes in what has arrived, waiting for at most timeout_ms until something
 * does. False: nothing did. */
static bool pump(struct origin *origin, int timeout_ms) {
  struct pollfd polled[POLLED_MAX] = {{origin->listening, POLLIN, 0}};
  struct arrival *of[POLLED_MAX];
  nfds_t count = 1;
  for (struct arrival *a = origin->arrivals; a; a = a->next) {
    if (!may_bring_a_request(a)) continue;
    cr_assert(count < POLLED_MAX, "more connections than this origin polls");
    of[count] = a;
    polled[count++] = (struct pollfd){a->fd, POLLIN, 0};
  }
  if (poll(polled, count, timeout_ms) <= 0) return false;
  for (nfds_t i = 1; i < count; i++) {
    if (polled[i].revents) read_request(of[i]);
  }
  if (polled[0].revents) accept_one(origin);
  return true;
}

/* attempt < 0: whichever came first. */
static struct arrival *take(struct origin *origin, int attempt) {
  for (struct arrival *a = origin->arrivals; a; a = a->next) {
    char value[16] = "";
    if (a->state != ARRIVAL_WAITING) continue;
    wire_field(a->request, "Hedge-Attempt", value, sizeof value);
    if (attempt >= 0 && strtol(value, NULL, 10) != attempt) continue;
    a->state = ARRIVAL_HELD;
    return a;
  }
  return NULL;
}

struct arrival *origin_await(struct origin *origin) {
  struct arrival *arrival;
  while (!(arrival = take(origin, -1))) {
    cr_assert(pump(origin, GUARD_MS), "waited in vain for a request");
  }
  return arrival;
}

struct arrival *origin_await_attempt(struct origin *origin, unsigned attempt) {
  struct arrival *arrival;
  while (!(arrival = take(origin, (int)attempt))) {
    cr_assert(pump(origin, GUARD_MS), "waited in vain for attempt %u", attempt);
  }
  return arrival;
}

void origin_expect_no_arrival(struct origin *origin) {
  while (pump(origin, 0)) continue;
  for (struct arrival *a = origin->arrivals; a; a = a->next) {
    cr_assert(a->state != ARRIVAL_READING,
              "a connection was opened that should not be");
    cr_assert(a->state != ARRIVAL_WAITING, "this should not have come:\n%s",
              a->request);
  }
}

void arrival_expect_line(const struct arrival *arrival, const char *line) {
  size_t len = strlen(line);
  cr_assert(strncmp(arrival->request, line, len) == 0 &&
                arrival->request[len] == '\r',
            "expected \"%s\" but the request was:\n%s", line, arrival->request);
}

void arrival_expect_field(const struct arrival *arrival, const char *name,
                          const char *value) {
  char got[4096];
  bool found = wire_field(arrival->request, name, got, sizeof got);
  cr_assert(found == (value != NULL) && (!found || strcmp(got, value) == 0),
            "expected %s: %s but the request was:\n%s", name,
            value ? value : "(none)", arrival->request);
}

void arrival_expect_none_of(const struct arrival *arrival,
                            const char *const *names) {
  for (; *names; names++) arrival_expect_field(arrival, *names, NULL);
}

void arrival_expect_body(struct arrival *arrival, const char *body,
                         size_t len) {
  char value[32];
  snprintf(value, sizeof value, "%zu", len);
  arrival_expect_field(arrival, "Content-Length", value);
  arrival_expect_field(arrival, "Transfer-Encoding", NULL);
  const size_t head = wire_head_len(arrival->request);
  size_t have = arrival->len - head;
  char *got = malloc(len + have + 1);
  cr_assert_not_null(got);
  memcpy(got, arrival->request + head, have);
  while (have < len) {
    size_t n = wire_read(arrival->fd, got + have, len - have, "a body");
    cr_assert(n > 0, "a body of %zu bytes was cut after %zu", len, have);
    have += n;
  }
  cr_assert(have == len && memcmp(got, body, len) == 0,
            "the body of %zu bytes is another than that of %zu that was sent",
            have, len);
  free(got);
}

void arrival_answer(struct arrival *arrival, int status, const char *fields,
                    const char *body) {
  arrival_answer_bytes(arrival, status, fields, body, strlen(body));
}

void arrival_answer_bytes(struct arrival *arrival, int status,
                          const char *fields, const char *body, size_t len) {
  size_t cap = 256 + strlen(fields);
  char *message = malloc(cap + len);
  cr_assert_not_null(message);
  /* In one piece: after a 500 hedgerow may close before it reads the body. */
  int head = snprintf(message, cap,
                      "HTTP/1.1 %d Scripted\r\n%sContent-Length: %zu\r\n\r\n",
                      status, fields, len);
  memcpy(message + head, body, len);
  arrival_send_bytes(arrival, message, (size_t)head + len);
  free(message);
  arrival->state = ARRIVAL_ANSWERED;
}

void arrival_answer_json(struct arrival *arrival, int status,
                         const char *body) {
  arrival_answer(arrival, status, "Content-Type: application/json\r\n", body);
}

void arrival_answer_first(struct arrival *arrival, int status,
                          const char *body) {
  arrival_answer(arrival, status, "Connection: close\r\n", body);
  arrival_await_closed(arrival);
}

void arrival_send(struct arrival *arrival, const char *text) {
  arrival_send_bytes(arrival, text, strlen(text));
}

void arrival_send_bytes(struct arrival *arrival, const char *bytes,
                        size_t len) {
  cr_assert(wire_send(arrival->fd, bytes, len),
            "hedgerow closed the connection that was to carry: %.*s",
            (int)(len < 200 ? len : 200), bytes);
}

void arrival_send_until_closed(struct arrival *arrival, const char *bytes,
                               size_t len) {
  if (!wire_send(arrival->fd, bytes, len)) set_closed(arrival);
}

void arrival_await_next(struct arrival *arrival) {
  cr_assert(arrival->state == ARRIVAL_ANSWERED ||
            arrival->state == ARRIVAL_WAITING);
  while (may_bring_a_request(arrival)) read_request(arrival);
  cr_assert(arrival->state == ARRIVAL_WAITING,
            "the connection was closed instead of used again");
  arrival->state = ARRIVAL_HELD;
}

void arrival_close(struct arrival *arrival) { set_closed(arrival); }

void arrival_reset(struct arrival *arrival) {
  wire_reset(arrival->fd);
  arrival->state = ARRIVAL_CLOSED;
}

void arrival_await_closed(struct arrival *arrival) {
  char bytes[256];
  if (arrival->state == ARRIVAL_CLOSED) return;
  size_t n = wire_read(arrival->fd, bytes, sizeof bytes,
                       "hedgerow to close an upstream connection");
  cr_assert(n == 0, "instead of a close came: %.*s", (int)n, bytes);
  set_closed(arrival);
}

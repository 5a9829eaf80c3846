/* origin: an upstream on loopback, for every script that needs to know what its
 * upstream does.
 *
 *   origin [--delay MS] [--workers N] [--blind] [--body BYTES]
 *          [--faults FAULTS [--seed N] | --echo NAME]
 *
 * Each request is answered after --delay (0), with one JSON string of --body
 * bytes (200). With --workers only so many are served at a time, each for
 * --delay, and what comes meanwhile waits in line: beyond workers / delay
 * requests a second the line, and with it every answer's delay, grows. A
 * request whose asker leaves while it is served keeps its worker to the end, as
 * nearly everywhere. One that still waits leaves the line; a --blind origin
 * serves it all the same, as most servers with a pool of threads do.
 *
 * With --echo the answer is the JSON string "NAME GENERATION TOKEN", of what
 * X-Generation and the bearer token of the request say (see generations.h).
 *
 * With --faults the answer is what luck.h draws for the request: bodies of up
 * to 128 KB, framed by a length, in chunks or by the end of the connection, and
 * faults that strike in the middle of them.
 *
 *     on_request -> line -> due, by time -> written at once, or what the socket
 *                    |                      takes, or in the parts of a trickle
 *                    +- a hang: never due
 *
 * GET /count is answered at once, with `unanswered=N asked M`, M being all
 * requests so far, and nothing follows it. On SIGTERM it prints what it has
 * done and how many requests were unanswered then, and ends. A connection
 * carries one request at a time, and requests have no body, as hedgerow sends
 * them. */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http.h"
#include "luck.h"
#include "net.h"

enum { HEAD_MAX = 8 * 1024, MS_NS = 1000000 };

/* IDLE has no request that is unanswered. */
enum state { IDLE, IN_LINE, SERVED, WRITING, HANGING };

struct conn {
  int fd; /* -1: its asker has left, and it still stands in a queue */
  enum state state;
  struct luck luck;
  enum luck_end end;                /* of the connection, behind the answer */
  bool blocked;                     /* the socket takes no more for now */
  size_t got, out_len, sent, until; /* until: what may be sent by now */
  const char *out;
  char *own; /* room for an answer of its own; NULL: not needed yet */
  int64_t due_ns;
  TAILQ_ENTRY(conn) in; /* a queue: IN_LINE, SERVED, a WRITING that trickles */
  char head[HEAD_MAX + 1];
};

TAILQ_HEAD(queue, conn);

static struct {
  int64_t delay_ns;
  unsigned workers;
  bool blind, lucky;
  size_t body_bytes;
  struct faults faults;
  uint64_t seed;
  const char *echo; /* NULL: no --echo */
} plan = {.workers = UINT_MAX, .body_bytes = 200};

static struct queue line = TAILQ_HEAD_INITIALIZER(line);
static struct queue due = TAILQ_HEAD_INITIALIZER(due); /* the next one first */
static int epoll;
static char *answer; /* everybody's, unless plan.lucky */
static size_t answer_len;
static unsigned serving;
static unsigned long long asked, served, in_vain, connections, cancelled;
static unsigned long long unanswered;

static void make_answer(void) {
  size_t bytes = plan.body_bytes < 2 ? 2 : plan.body_bytes;
  answer = must_have(malloc(bytes + 256));
  answer_len = (size_t)sprintf(answer,
                               "HTTP/1.1 200 OK\r\n"
                               "Content-Type: application/json\r\n"
                               "Content-Length: %zu\r\n\r\n",
                               bytes);
  memset(answer + answer_len, 'x', bytes);
  answer[answer_len] = answer[answer_len + bytes - 1] = '"';
  answer_len += bytes;
}

/* ---- connections ---- */

static void conn_free(struct conn *conn) {
  free(conn->own);
  free(conn);
}

/* A part of a trickle is to come. */
static bool trickles(const struct conn *conn) {
  return conn->state == WRITING && conn->until < conn->out_len;
}

static void conn_close(struct conn *conn) {
  if (conn->state != IDLE) cancelled++, unanswered--;
  if (conn->end == ENDS_BY_RESET) close_by_reset(conn->fd);
  else close(conn->fd);
  conn->fd = -1;
  if (trickles(conn)) TAILQ_REMOVE(&due, conn, in);
  if (conn->state != IN_LINE && conn->state != SERVED) conn_free(conn);
}

/* Most are due behind all others, so the way from the end is short. */
static void schedule(struct conn *conn, int64_t due_ns) {
  struct conn *before = TAILQ_LAST(&due, queue);
  conn->due_ns = due_ns;
  while (before && before->due_ns > due_ns)
    before = TAILQ_PREV(before, queue, in);
  if (before) TAILQ_INSERT_AFTER(&due, before, conn, in);
  else TAILQ_INSERT_HEAD(&due, conn, in);
}

static void conn_block(struct conn *conn, bool blocked) {
  uint32_t events = blocked ? EPOLLIN | EPOLLOUT : EPOLLIN;
  if (conn->blocked != blocked) rewatch(epoll, conn->fd, events, conn);
  conn->blocked = blocked;
}

/* Its answer is out: the connection ends, or takes the next request. */
static void on_answered(struct conn *conn) {
  conn->state = IDLE;
  conn->got = 0;
  unanswered--;
  if (conn->end != KEEPS) conn_close(conn);
}

/* Writes what may be sent by now; the connection may be gone afterwards. */
static void write_on(struct conn *conn) {
  while (conn->sent < conn->until) {
    ssize_t n = send(conn->fd, conn->out + conn->sent, conn->until - conn->sent,
                     MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && errno == EAGAIN) {
      conn_block(conn, true);
      return;
    }
    if (n < 0) {
      conn_close(conn);
      return;
    }
    conn->sent += (size_t)n;
  }
  conn_block(conn, false);
  if (conn->sent == conn->out_len) on_answered(conn);
}

/* ---- waiting ---- */

/* Puts in line what workers are free for, since from_ns. */
static void take_next(int64_t from_ns) {
  struct conn *conn;
  while (serving < plan.workers && (conn = TAILQ_FIRST(&line))) {
    TAILQ_REMOVE(&line, conn, in);
    if (conn->fd < 0 && !plan.blind) {
      conn_free(conn);
      continue;
    }
    int64_t delay_us = plan.lucky ? conn->luck.draw.delay_us : 0;
    serving++;
    conn->state = SERVED;
    schedule(conn, from_ns + plan.delay_ns + delay_us * 1000);
  }
}

static void make_room(struct conn *conn, size_t bytes) {
  if (!conn->own) conn->own = must_have(malloc(bytes));
  conn->out = conn->own;
}

static void compose(struct conn *conn) {
  make_room(conn, LUCK_ANSWER_MAX);
  conn->out_len = luck_answer(&conn->luck, conn->own, &conn->end);
}

static struct slice value_of(const struct conn *conn, const char *name) {
  const char *value = head_field(conn->head, conn->got, name);
  return (struct slice){value, strcspn(value, "\r")};
}

static void compose_echo(struct conn *conn) {
  struct slice generation = value_of(conn, "\r\nX-Generation:");
  struct slice token = value_of(conn, "\r\nAuthorization: Bearer");
  make_room(conn, HEAD_MAX);
  int len = snprintf(conn->own, HEAD_MAX,
                     "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n"
                     "\"%s %.*s %.*s\"",
                     strlen(plan.echo) + generation.len + token.len + 4,
                     plan.echo, SLICE_ARG(generation), SLICE_ARG(token));
  if (len >= HEAD_MAX) give_up("too much to echo");
  conn->out_len = (size_t)len;
}

/* Its worker goes on from the time that was due, rather than from when this
 * program looked: so the capacity does not hang on its turns. */
static void on_served(const struct conn *conn) {
  served++;
  serving--;
  take_next(conn->due_ns);
}

static void begin_answer(struct conn *conn) {
  conn->state = WRITING;
  conn->sent = conn->until = 0;
  conn->out = answer;
  conn->out_len = answer_len;
  if (plan.lucky) compose(conn);
  if (plan.echo) compose_echo(conn);
}

/* Whole, or one more part of it. */
static void write_part(struct conn *conn) {
  size_t part = conn->luck.draw.fault == FAULT_TRICKLE
                    ? conn->out_len / TRICKLE_PARTS + 1
                    : conn->out_len;
  size_t left = conn->out_len - conn->until;
  conn->until += part < left ? part : left;
  if (trickles(conn)) schedule(conn, conn->due_ns + TRICKLE_MS * MS_NS);
  write_on(conn);
}

static void on_due(struct conn *conn) {
  bool is_new = conn->state == SERVED;
  if (is_new) on_served(conn);
  if (conn->fd < 0) {
    in_vain++;
    conn_free(conn);
    return;
  }
  if (is_new) begin_answer(conn);
  write_part(conn);
}

static void serve(int64_t now) {
  struct conn *conn;
  // The analyzer does not see that what is freed was taken out of the queue.
  // NOLINTNEXTLINE(clang-analyzer-unix.Malloc)
  while ((conn = TAILQ_FIRST(&due)) && conn->due_ns <= now) {
    TAILQ_REMOVE(&due, conn, in);
    on_due(conn);
  }
}

/* Rounded up, so that a turn before the time does not spin. */
static int until_next_ms(int64_t now) {
  const struct conn *next = TAILQ_FIRST(&due);
  if (!next) return -1;
  return next->due_ns <= now ? 0 : (int)((next->due_ns - now) / MS_NS) + 1;
}

/* ---- requests ---- */

/* Ends only its own direction: what the asker may still send must not turn into
 * a reset that overtakes the answer. */
static void send_count(const struct conn *conn) {
  char text[128];
  int len = sprintf(text,
                    "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
                    "unanswered=%llu asked %llu\n",
                    unanswered, asked);
  send(conn->fd, text, (size_t)len, MSG_NOSIGNAL);
  shutdown(conn->fd, SHUT_WR);
}

static struct luck draw_luck(const struct conn *conn) {
  const char *head = conn->head;
  const char *id = head_field(head, conn->got, "\r\nX-Request-ID:");
  long attempt = head_number(head, conn->got, "\r\nHedge-Attempt:", 0);
  struct slice target = {head + 4, strcspn(head + 4, " ")};
  return luck_draw(&plan.faults, plan.seed,
                   (struct slice){id, strcspn(id, "\r")}, (unsigned)attempt,
                   target);
}

static void on_request(struct conn *conn) {
  asked++;
  unanswered++;
  conn->state = IN_LINE;
  if (plan.lucky) conn->luck = draw_luck(conn);
  if (conn->luck.draw.fault == FAULT_HANG) {
    conn->state = HANGING;
    return;
  }
  TAILQ_INSERT_TAIL(&line, conn, in);
  take_next(now_ns());
}

static void on_readable(struct conn *conn) {
  ssize_t n = recv(conn->fd, conn->head + conn->got, HEAD_MAX - conn->got, 0);
  if (n < 0 && errno == EAGAIN) return;
  if (n <= 0) {
    conn_close(conn);
    return;
  }
  errno = 0;
  if (conn->state != IDLE) give_up("a second request on a busy connection");
  conn->got += (size_t)n;
  conn->head[conn->got] = '\0';
  if (conn->got == HEAD_MAX) give_up("a head that never ends");
  if (conn->got < 11 || memcmp(conn->head + conn->got - 4, "\r\n\r\n", 4) != 0)
    return;
  if (strstr(conn->head, "\r\n\r\n") != conn->head + conn->got - 4)
    give_up("bytes behind a head");
  if (memcmp(conn->head, "GET /count ", 11) == 0) send_count(conn);
  else on_request(conn);
}

static void on_connect(int listener) {
  int fd;
  while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
    struct conn *conn = must_have(calloc(1, sizeof *conn));
    conn->fd = fd;
    connections++;
    no_delay(fd);
    watch(epoll, fd, EPOLLIN, conn);
  }
}

/* The other end may have left while there is more to write: then the first of
 * both sees it. */
static void on_event(struct conn *conn, uint32_t events) {
  if (events & ~(uint32_t)EPOLLOUT) on_readable(conn);
  else write_on(conn);
}

/* ---- the program ---- */

static void read_options(int argc, char **argv) {
  static const struct option options[] = {
      {"delay", required_argument, NULL, 'd'},
      {"workers", required_argument, NULL, 'w'},
      {"blind", no_argument, NULL, 'b'},
      {"body", required_argument, NULL, 'n'},
      {"faults", required_argument, NULL, 'f'},
      {"seed", required_argument, NULL, 's'},
      {"echo", required_argument, NULL, 'e'},
      {0},
  };
  char error[200];
  for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
    switch (c) {
      case 'd': plan.delay_ns = (int64_t)number(optarg) * MS_NS; break;
      case 'w': plan.workers = (unsigned)number(optarg); break;
      case 'b': plan.blind = true; break;
      case 'n': plan.body_bytes = (size_t)number(optarg); break;
      case 's': plan.seed = (uint64_t)number(optarg); break;
      case 'e': plan.echo = optarg; break;
      case 'f':
        plan.lucky = true;
        if (!faults_parse(&plan.faults, slice_of(optarg), error, sizeof error))
          give_up(error);
        break;
      default: give_up("usage: see the head of origin.c");
    }
  }
  if (optind != argc) give_up("usage: see the head of origin.c");
}

int main(int argc, char **argv) {
  struct epoll_event events[TURN_EVENTS];
  read_options(argc, argv);
  make_answer();
  stop_on_term();
  epoll = must(epoll_create1(0), "epoll_create1");
  int listener = listen_on(0);
  watch(epoll, listener, EPOLLIN, NULL);
  while (!is_told_to_stop()) {
    int n = await_events(epoll, events, until_next_ms(now_ns()));
    for (int i = 0; i < n; i++) {
      if (events[i].data.ptr) on_event(events[i].data.ptr, events[i].events);
      else on_connect(listener);
    }
    serve(now_ns());
  }
  printf("asked=%llu served=%llu in_vain=%llu connections=%llu cancelled=%llu "
         "unanswered=%llu\n",
         asked, served, in_vain, connections, cancelled, unanswered);
  return 0;
}

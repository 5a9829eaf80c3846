/* tail_load: requests at a fixed rate, whatever comes back.
 *
 *   tail_load straight|proxy PORT TARGET RATE WARM COUNT LIMIT_MS [EACH_FILE]
 *
 * Sends WARM requests that do not count and COUNT that do, one every 1/RATE s,
 * and takes each one's time from the instant at which it was due: a peer that
 * stalls delays what comes after, as it would delay real clients, and cannot
 * hide that by slowing this one down. Request n is the same in every run, its
 * X-Request-ID included; `straight` adds Hedge-Attempt: 0, which a proxy would
 * add.
 *
 *     a tick of the timer -> due requests: an idle connection, or a new one
 *                         -> requests over LIMIT_MS: failed, connection closed
 *     an answer           -> good, when it is a 2xx with {"time":N}
 *
 * One periodic timerfd drives all of it, and the last connection that became
 * idle is used first. Besides the figures it prints how late its own sending
 * was (`late`, p99.9 in ms: trust nothing when it is large) and how many
 * answers no HTTP client could read (`odd`).
 */
#include <sys/prctl.h>
#include <sys/timerfd.h>

#include "tail_figures.h"

enum { ANSWER_BYTES = 16384 };

struct conn {
  int fd;      /* -1: to be dialed */
  int request; /* -1: idle */
  size_t len;
  struct conn *next_idle;
  char bytes[ANSWER_BYTES + 1];
};

struct load {
  int epoll, timer, port;
  bool straight;
  const char *target;
  int warm, total; /* total: with the warm-up */
  int sent, done, oldest;
  int64_t start_ns, interval_ns, limit_ns;
  struct conn *idle;
  struct conn **waiting; /* by request; NULL once it has ended */
  struct fate *fates;
  int64_t *late_us;
  long odd;
};

static int64_t due_ns(const struct load *load, int request) {
  return load->start_ns + request * load->interval_ns;
}

static void end_request(struct load *load, struct conn *conn, bool good,
                        int asked) {
  int64_t spent_ns = now_ns() - due_ns(load, conn->request);
  load->fates[conn->request] = (struct fate){spent_ns / 1000, asked, good};
  load->waiting[conn->request] = NULL;
  load->done++;
  conn->request = -1;
  conn->next_idle = load->idle;
  load->idle = conn;
}

static void close_conn(struct conn *conn) {
  if (conn->fd >= 0) close(conn->fd);
  conn->fd = -1;
}

/* ---- answers ---- */

struct answer {
  int status;
  int asked;
  bool closes;
  const char *body;
  size_t body_len;
};

/* The value of a field, up to its line's end; NULL where there is none. */
static const char *field(const char *head, const char *name) {
  const char *at = strcasestr(head, name);
  return at ? at + strlen(name) : NULL;
}

/* How many bytes the answer has in all: 0 while that is not known, -1 when it
 * is none that this reads. */
static ssize_t read_head(char *bytes, struct answer *answer) {
  char *end = strstr(bytes, "\r\n\r\n");
  if (!end) return 0;
  *end = '\0';
  const char *length = field(bytes, "\r\nContent-Length: ");
  const char *asked = field(bytes, "\r\nHedge-Attempts: ");
  answer->status = strncmp(bytes, "HTTP/1.1 ", 9) ? 0 : atoi(bytes + 9);
  answer->asked = asked ? atoi(asked) : 0;
  answer->closes = field(bytes, "\r\nConnection: close") != NULL;
  answer->body = end + 4;
  answer->body_len = length ? strtoul(length, NULL, 10) : 0;
  *end = '\r';
  if (!length || !answer->status) return -1;
  return answer->body - bytes + (ssize_t)answer->body_len;
}

static bool is_good(const struct answer *answer) {
  static const char start[] = "{\"time\":";
  size_t at = sizeof start - 1;
  if (answer->status < 200 || answer->status > 299) return false;
  if (answer->body_len < at + 2 || memcmp(answer->body, start, at))
    return false;
  at += strspn(answer->body + at, "0123456789");
  return at > sizeof start - 1 && at + 1 == answer->body_len &&
         answer->body[at] == '}';
}

/* The connection broke off, or what came is no answer. */
static void give_up_on(struct load *load, struct conn *conn) {
  struct answer answer = {.asked = 1};
  (void)read_head(conn->bytes, &answer);
  close_conn(conn);
  end_request(load, conn, false, answer.asked ? answer.asked : 1);
}

static void take_answer(struct load *load, struct conn *conn) {
  struct answer answer;
  ssize_t whole = read_head(conn->bytes, &answer);
  if (whole < 0 || (whole && conn->len > (size_t)whole) ||
      (conn->len == ANSWER_BYTES && conn->len != (size_t)whole)) {
    load->odd++;
    give_up_on(load, conn);
    return;
  }
  if (!whole || conn->len < (size_t)whole) return;
  if (load->straight) answer.asked = 1;
  if (!answer.asked) load->odd++;
  if (answer.closes) close_conn(conn);
  end_request(load, conn, is_good(&answer), answer.asked ? answer.asked : 1);
}

static void on_readable(struct load *load, struct conn *conn) {
  ssize_t got = recv(conn->fd, conn->bytes + conn->len,
                     ANSWER_BYTES - conn->len, MSG_DONTWAIT);
  if (got < 0 && errno == EAGAIN) return;
  if (conn->request < 0) {
    load->odd += got > 0;
    close_conn(conn); /* it stays in the list, to be dialed again */
  } else if (got <= 0) {
    give_up_on(load, conn);
  } else {
    conn->len += (size_t)got;
    conn->bytes[conn->len] = '\0';
    take_answer(load, conn);
  }
}

/* ---- requests ---- */

static struct conn *take_conn(struct load *load) {
  struct conn *conn = load->idle;
  if (conn) {
    load->idle = conn->next_idle;
  } else {
    conn = malloc(sizeof *conn);
    if (!conn) give_up("malloc");
    conn->fd = -1;
  }
  conn->len = 0;
  conn->bytes[0] = '\0';
  if (conn->fd >= 0) return conn;
  conn->fd = dial(load->port);
  watch(load->epoll, conn->fd, conn);
  return conn;
}

static void send_request(struct load *load, int request) {
  char text[512], id[ID_BYTES];
  struct conn *conn = take_conn(load);
  bool warm = request < load->warm;
  name_request(id, warm ? request : request - load->warm, warm);
  int len =
      snprintf(text, sizeof text,
               "GET %s HTTP/1.1\r\nHost: tail\r\nX-Request-ID: %s\r\n%s"
               "\r\n",
               load->target, id, load->straight ? "Hedge-Attempt: 0\r\n" : "");
  conn->request = request;
  load->waiting[request] = conn;
  load->late_us[request] = (now_ns() - due_ns(load, request)) / 1000;
  /* A connection that has died meanwhile says so when it is read. */
  (void)!send(conn->fd, text, (size_t)len, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void on_tick(struct load *load) {
  uint64_t ticks;
  (void)!read(load->timer, &ticks, sizeof ticks);
  int64_t now = now_ns();
  while (load->sent < load->total && due_ns(load, load->sent) <= now)
    send_request(load, load->sent++);
  for (; load->oldest < load->sent; load->oldest++) {
    struct conn *conn = load->waiting[load->oldest];
    if (conn && now - due_ns(load, load->oldest) < load->limit_ns) break;
    if (conn) give_up_on(load, conn);
  }
}

static void start_timer(struct load *load) {
  load->timer = must(timerfd_create(CLOCK_MONOTONIC, 0), "timerfd_create");
  load->start_ns = now_ns() + 10 * 1000 * 1000;
  struct itimerspec when = {
      .it_value = {load->start_ns / 1000000000, load->start_ns % 1000000000},
      .it_interval = {0, load->interval_ns}};
  must(timerfd_settime(load->timer, TFD_TIMER_ABSTIME, &when, NULL),
       "timerfd_settime");
  watch(load->epoll, load->timer, NULL);
}

static void run(struct load *load) {
  struct epoll_event events[TURN_EVENTS];
  prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
  load->epoll = must(epoll_create1(0), "epoll_create1");
  start_timer(load);
  while (load->done < load->total) {
    int ready = epoll_wait(load->epoll, events, TURN_EVENTS, -1);
    if (ready < 0 && errno != EINTR) give_up("epoll_wait");
    for (int i = 0; i < ready; i++) {
      if (events[i].data.ptr) on_readable(load, events[i].data.ptr);
      else on_tick(load);
    }
  }
}

static void *array(int count, size_t size) {
  void *new = calloc((size_t)count, size);
  if (!new) give_up("calloc");
  return new;
}

int main(int argc, char **argv) {
  if (argc != 8 && argc != 9) {
    fprintf(stderr, "usage: tail_load straight|proxy PORT TARGET RATE WARM "
                    "COUNT LIMIT_MS [EACH_FILE]\n");
    return 2;
  }
  struct load load = {.straight = !strcmp(argv[1], "straight"),
                      .port = number(argv[2]),
                      .target = argv[3],
                      .warm = number(argv[5]),
                      .limit_ns = (int64_t)number(argv[7]) * 1000000};
  int rate = number(argv[4]), count = number(argv[6]);
  errno = 0;
  if (rate < 2 || rate > 100000 || !count) give_up("RATE or COUNT");
  load.interval_ns = 1000000000 / rate;
  load.total = load.warm + count;
  load.waiting = array(load.total, sizeof *load.waiting);
  load.fates = array(load.total, sizeof *load.fates);
  load.late_us = array(load.total, sizeof *load.late_us);
  run(&load);
  print_figures(load.fates + load.warm, count);
  qsort(load.late_us + load.warm, (size_t)count, sizeof *load.late_us, by_time);
  printf("late %.3f\nodd %ld\n",
         (double)percentile(load.late_us + load.warm, count, 999) / 1000,
         load.odd);
  if (argc == 9) write_each(argv[8], load.fates + load.warm, count);
  return 0;
}

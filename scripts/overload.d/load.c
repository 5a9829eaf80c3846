/* load PORT PATH SECONDS rate|held N: asks for PATH, and tells how it went.
 *
 * `rate`: N requests a second, whether or not the ones before were answered, as
 * a crowd of users does; each has a free kept connection or a new one. `held`:
 * N connections that each ask again as soon as they were answered.
 *
 * A good answer is a 200. What is asked within SECONDS counts, also where its
 * answer comes later; the rate of good answers is over SECONDS. Prints a line:
 * asked, good a second, p50 and p99 of good answers in ms, and how many were
 * answered 503, 504 and otherwise. */
#include "net.h"

enum { CONNS_MAX = 8000, IN_MAX = 4096, TIMES_MAX = 1 << 21 };

struct conn {
  int fd;
  bool asking;
  int64_t asked_us;
  size_t got;
  struct conn *next; /* among the idle */
  char in[IN_MAX];
};

static struct conn conns[CONNS_MAX];
static struct conn *idle;
static unsigned conn_count, in_flight;
static int epoll, port;
static char request[512];
static size_t request_len;
static uint32_t times_us[TIMES_MAX];
static unsigned long long asked, good, refused, late, other, not_asked;

static void ask(struct conn *conn) {
  if (send(conn->fd, request, request_len, MSG_NOSIGNAL) !=
      (ssize_t)request_len)
    give_up("send");
  conn->asking = true;
  conn->asked_us = now_us();
  conn->got = 0;
  asked++;
  in_flight++;
}

static struct conn *conn_new(void) {
  struct conn *conn = &conns[conn_count++];
  conn->fd = dial(port);
  if (conn->fd < 0) give_up("connect");
  watch(epoll, conn->fd, EPOLLIN, conn);
  return conn;
}

static void ask_on_any(void) {
  struct conn *conn = idle;
  if (conn) idle = conn->next;
  else if (conn_count < CONNS_MAX) conn = conn_new();
  if (conn) ask(conn);
  else not_asked++;
}

static void count(const struct conn *conn, int status) {
  if (status == 503) refused++;
  else if (status == 504) late++;
  else if (status != 200) other++;
  else if (good < TIMES_MAX)
    times_us[good++] = (uint32_t)(now_us() - conn->asked_us);
}

/* Whether the answer is whole. */
static bool is_whole(struct conn *conn) {
  conn->in[conn->got] = '\0';
  const char *end = strstr(conn->in, "\r\n\r\n");
  const char *length = strcasestr(conn->in, "\r\nContent-Length: ");
  if (!end || !length) return false;
  size_t body = strtoul(length + sizeof "\r\nContent-Length: " - 1, NULL, 10);
  return conn->got >= (size_t)(end + 4 - conn->in) + body;
}

/* True: the connection is free again. */
static bool on_readable(struct conn *conn) {
  ssize_t n = recv(conn->fd, conn->in + conn->got, IN_MAX - 1 - conn->got,
                   MSG_DONTWAIT);
  if (n < 0 && errno == EAGAIN) return false;
  if (n <= 0) give_up("the proxy ended a connection");
  conn->got += (size_t)n;
  if (!is_whole(conn)) return false;
  count(conn, atoi(conn->in + sizeof "HTTP/1.1"));
  conn->asking = false;
  in_flight--;
  return true;
}

static int by_time(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return (x > y) - (x < y);
}

static double percentile(unsigned per_cent) {
  return good ? times_us[(good - 1) * per_cent / 100] / 1000.0 : 0;
}

int main(int argc, char **argv) {
  struct epoll_event events[TURN_EVENTS];
  if (argc != 6) give_up("usage: load PORT PATH SECONDS rate|held N");
  port = atoi(argv[1]);
  int seconds = atoi(argv[3]), n = atoi(argv[5]);
  bool held = strcmp(argv[4], "held") == 0;
  request_len =
      (size_t)snprintf(request, sizeof request,
                       "GET %s HTTP/1.1\r\nHost: load\r\n\r\n", argv[2]);
  epoll = must(epoll_create1(0), "epoll_create1");
  int64_t span_us = seconds * (int64_t)1000000, now;
  int64_t start = now_us();
  for (int i = 0; held && i < n; i++) ask_on_any();
  while ((now = now_us() - start) < span_us || in_flight > 0) {
    while (!held && now < span_us &&
           (int64_t)(asked + not_asked) < now * n / 1000000)
      ask_on_any();
    int count = epoll_wait(epoll, events, TURN_EVENTS, 1);
    for (int i = 0; i < count; i++) {
      struct conn *conn = events[i].data.ptr;
      if (!on_readable(conn)) continue;
      if (held && now < span_us) {
        ask(conn);
      } else {
        conn->next = idle;
        idle = conn;
      }
    }
  }
  qsort(times_us, good, sizeof *times_us, by_time);
  printf("asked=%llu good_per_s=%.0f p50_ms=%.1f p99_ms=%.1f 503=%llu 504=%llu "
         "other=%llu not_asked=%llu\n",
         asked, (double)good / seconds, percentile(50), percentile(99), refused,
         late, other, not_asked);
  return 0;
}

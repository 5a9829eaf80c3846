/* origin PORT DELAY_MS BYTES: answers each request after DELAY_MS, with JSON.
 *
 * nginx is the origin wherever an answer may come at once; this one is for the
 * questions that need answers in flight. Every answer waits equally long, so
 * the answers that are due form a queue in the order of their requests, and a
 * connection is its own place in that queue.
 *
 * GET /count is answered at once, with `asked N`, the requests so far, and
 * nothing follows it: by this the bench knows when all that it waits for is
 * really in flight, and how many attempts were made. A connection carries one
 * request at a time, as proxies send them.
 */
#include "bench.h"

struct conn {
  int fd;
  int matched; /* how much of the blank line that ends a head has come */
  bool waiting;
  bool closed;
  int64_t due_ns;
  struct conn *next;
};

static int epoll;
static int64_t delay_ns;
static char *answer;
static size_t answer_bytes;
static struct conn *first, **last = &first;
static long asked;

static void make_answer(size_t body_bytes) {
  static const char before[] = "{\"name\":\"origin\",\"text\":\"",
                    after[] = "\"}";
  size_t frame = sizeof before + sizeof after - 2;
  if (body_bytes < frame) give_up("BYTES is too small for the JSON around it");
  answer = malloc(body_bytes + 256);
  if (!answer) give_up("malloc");
  int head = sprintf(answer,
                     "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                     "Content-Length: %zu\r\n\r\n%s",
                     body_bytes, before);
  memset(answer + head, 'x', body_bytes - frame);
  memcpy(answer + head + body_bytes - frame, after, sizeof after - 1);
  answer_bytes = (size_t)head + body_bytes - frame + sizeof after - 1;
}

static void on_connect(int listener) {
  int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
  if (fd < 0) return;
  no_delay(fd);
  struct conn *conn = calloc(1, sizeof *conn);
  if (!conn) give_up("calloc");
  conn->fd = fd;
  watch(epoll, fd, conn);
}

/* A connection that has a place in the queue is freed when its turn comes. */
static void conn_close(struct conn *conn) {
  close(conn->fd);
  conn->closed = true;
  if (!conn->waiting) free(conn);
}

static void send_answer(struct conn *conn) {
  if (send(conn->fd, answer, answer_bytes, MSG_NOSIGNAL) !=
      (ssize_t)answer_bytes)
    conn_close(conn);
}

/* Ends only its own direction: what the asker may still send must not turn into
 * a reset that overtakes the answer. */
static void send_count(struct conn *conn) {
  char text[128];
  int length = snprintf(text, sizeof text,
                        "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
                        "asked %ld\n",
                        asked);
  send(conn->fd, text, (size_t)length, MSG_NOSIGNAL);
  shutdown(conn->fd, SHUT_WR);
}

static void on_request(struct conn *conn) {
  asked++;
  if (!delay_ns) {
    send_answer(conn);
    return;
  }
  conn->waiting = true;
  conn->due_ns = now_ns() + delay_ns;
  conn->next = NULL;
  *last = conn;
  last = &conn->next;
}

static bool ends_head(struct conn *conn, const char *bytes, ssize_t count) {
  for (ssize_t i = 0; i < count; i++) {
    if (bytes[i] == "\r\n\r\n"[conn->matched]) conn->matched++;
    else conn->matched = bytes[i] == '\r';
    if (conn->matched == 4) {
      conn->matched = 0;
      return true;
    }
  }
  return false;
}

static void on_readable(struct conn *conn) {
  static char bytes[16384];
  ssize_t got = recv(conn->fd, bytes, sizeof bytes, 0);
  if (got < 0 && errno == EAGAIN) return;
  if (got <= 0) conn_close(conn);
  else if (got > 11 && !memcmp(bytes, "GET /count ", 11)) send_count(conn);
  else if (ends_head(conn, bytes, got)) on_request(conn);
}

static void send_due_answers(int64_t now) {
  while (first && first->due_ns <= now) {
    struct conn *conn = first;
    first = conn->next;
    if (!first) last = &first;
    conn->waiting = false;
    if (conn->closed) free(conn);
    else send_answer(conn);
  }
}

/* Rounded up, so that a turn before the time does not spin. */
static int until_next_ms(int64_t now) {
  if (!first) return -1;
  return first->due_ns <= now ? 0 : (int)((first->due_ns - now) / 1000000) + 1;
}

int main(int argc, char **argv) {
  if (argc != 4) {
    fprintf(stderr, "usage: origin PORT DELAY_MS BYTES\n");
    return 2;
  }
  int listener = listen_on(number(argv[1]));
  delay_ns = (int64_t)number(argv[2]) * 1000000;
  make_answer((size_t)number(argv[3]));
  epoll = must(epoll_create1(0), "epoll_create1");
  watch(epoll, listener, NULL);
  for (;;) {
    struct epoll_event events[TURN_EVENTS];
    int count = epoll_wait(epoll, events, TURN_EVENTS, until_next_ms(now_ns()));
    if (count < 0 && errno != EINTR) give_up("epoll_wait");
    for (int i = 0; i < count; i++)
      if (events[i].data.ptr) on_readable(events[i].data.ptr);
      else on_connect(listener);
    send_due_answers(now_ns());
  }
}

/* origin SEED FAULTS: a flaky upstream for scripts/soak, which can do what
 * `hedgerow mock` does not: bodies of up to 128 KB that depend on the request,
 * framed by a length, in chunks or by the end of the connection, and faults
 * that strike in the middle of them.
 *
 * luck says what becomes of a request; this file puts it on the wire. Requests
 * that wait (for their delay, for the next part of a trickle, for the end of a
 * hang, which is the asker's to bring) stand in one array that is looked
 * through every few milliseconds: there are never many.
 *
 * On SIGTERM it prints what it has seen and how many requests were still
 * unanswered then, and ends. */
#include "luck.h"
#include "net.h"

enum { HEAD_MAX = 16 * 1024, ANSWER_MAX = LUCK_BODY_MAX + 16 * 1024 };
enum { CONNS_MAX = 20000, TICK_MS = 4 };

enum state { READING, WAITING, WRITING, HANGING };

struct conn {
  int fd;
  enum state state;
  size_t got, out_len, sent, until; /* until: what may be sent by now */
  int64_t due_us;
  bool ends;   /* closes behind the answer */
  bool resets; /* by RST */
  struct luck luck;
  char *out;
  char head[HEAD_MAX];
};

static struct conn *conns[CONNS_MAX];
static size_t conn_count;
static int epoll;
static struct faults faults;
static uint64_t seed;
static unsigned long long requests, connections, left_early;
static volatile sig_atomic_t stopping;

static void on_term(int signal) {
  (void)signal;
  stopping = 1;
}

static void conn_close(struct conn *conn) {
  if (conn->state != READING) left_early++;
  if (conn->resets) close_by_reset(conn->fd);
  else close(conn->fd);
  conn->fd = -1; /* freed at the end of the turn */
}

static void put(struct conn *conn, const char *bytes, size_t len) {
  memcpy(conn->out + conn->out_len, bytes, len);
  conn->out_len += len;
}

static void put_chunks(struct conn *conn, const char *body, size_t len) {
  uint64_t state = conn->luck.key;
  char line[32];
  while (len > 0) {
    size_t size = 1 + luck_next(&state) % 9000;
    if (size > len) size = len;
    put(conn, line, (size_t)sprintf(line, "%zx\r\n", size));
    put(conn, body, size);
    put(conn, "\r\n", 2);
    body += size;
    len -= size;
  }
  put(conn, "0\r\n\r\n", 5);
}

static void compose(struct conn *conn) {
  static const char page[] = "<!DOCTYPE html>\n<title>Please wait</title>\n";
  static char body[LUCK_BODY_MAX];
  const struct luck *luck = &conn->luck;
  enum fault fault = luck->draw.fault;
  enum luck_framing framing = luck->framing;
  size_t len = luck_body(luck, body);
  if (fault == FAULT_HTML) memcpy(body, page, len = sizeof page - 1);
  if (fault == FAULT_BADJSON) body[len - 1 - luck->key % 2] = 'x';
  if (framing == BY_CLOSE && fault == FAULT_TRUNCATE) framing = BY_LENGTH;
  char head[256];
  int n = sprintf(head, "HTTP/1.1 %d Thus\r\nContent-Type: %s\r\n%s",
                  luck->draw.status,
                  fault == FAULT_HTML ? "text/html" : "application/json",
                  luck->draw.status == 429 ? "Retry-After: 1\r\n" : "");
  put(conn, head, (size_t)n);
  if (framing == BY_LENGTH)
    n = sprintf(head, "Content-Length: %zu\r\n\r\n", len);
  else if (framing == BY_CHUNKS)
    n = sprintf(head, "Transfer-Encoding: chunked\r\n\r\n");
  else n = sprintf(head, "Connection: close\r\n\r\n");
  put(conn, head, (size_t)n);
  size_t before = conn->out_len;
  if (framing == BY_CHUNKS) put_chunks(conn, body, len);
  else put(conn, body, len);
  if (fault == FAULT_TRUNCATE || fault == FAULT_RESET) { /* somewhere inside */
    size_t span = fault == FAULT_RESET ? conn->out_len : conn->out_len - before;
    conn->out_len -= 1 + luck->key / 7 % span;
  }
  conn->ends =
      framing == BY_CLOSE || fault == FAULT_TRUNCATE || fault == FAULT_RESET;
  conn->resets = fault == FAULT_RESET;
}

/* Its answer is out: the connection ends, or takes the next request. */
static void on_answered(struct conn *conn) {
  conn->state = READING;
  conn->got = 0;
  if (conn->ends) conn_close(conn);
}

static void write_on(struct conn *conn) {
  while (conn->sent < conn->until) {
    ssize_t n = send(conn->fd, conn->out + conn->sent, conn->until - conn->sent,
                     MSG_NOSIGNAL);
    if (n < 0 && errno == EAGAIN) {
      watch(epoll, conn->fd, EPOLLIN | EPOLLOUT, conn);
      return;
    }
    if (n < 0) {
      conn_close(conn);
      return;
    }
    conn->sent += (size_t)n;
  }
  watch(epoll, conn->fd, EPOLLIN, conn);
  if (conn->sent == conn->out_len) on_answered(conn);
}

static void on_due(struct conn *conn) {
  bool trickles = conn->luck.draw.fault == FAULT_TRICKLE;
  if (conn->state == WAITING) {
    conn->out_len = conn->sent = conn->until = 0;
    compose(conn);
    conn->state = WRITING;
  }
  conn->until += trickles ? conn->out_len / TRICKLE_PARTS + 1 : conn->out_len;
  if (conn->until > conn->out_len) conn->until = conn->out_len;
  conn->due_us += TRICKLE_MS * 1000;
  write_on(conn);
}

static struct slice field(const char *head, const char *name) {
  const char *at = strcasestr(head, name);
  if (!at) return (struct slice){"", 0};
  at += strlen(name);
  return (struct slice){at, strcspn(at, "\r")};
}

static void on_head(struct conn *conn) {
  const char *head = conn->head;
  struct slice id = field(head, "\r\nX-Request-ID: ");
  struct slice attempt = field(head, "\r\nHedge-Attempt: ");
  struct slice target = {head + 4, strcspn(head + 4, " ")};
  requests++;
  conn->luck = luck_draw(&faults, seed, id, (unsigned)atoi(attempt.at), target);
  conn->state = conn->luck.draw.fault == FAULT_HANG ? HANGING : WAITING;
  conn->due_us = now_us() + conn->luck.draw.delay_us;
}

static void on_readable(struct conn *conn) {
  ssize_t n =
      recv(conn->fd, conn->head + conn->got, HEAD_MAX - 1 - conn->got, 0);
  if (n < 0 && errno == EAGAIN) return;
  if (n <= 0) {
    conn_close(conn);
    return;
  }
  conn->got += (size_t)n;
  conn->head[conn->got] = '\0';
  if (conn->state != READING) give_up("a second request on a busy connection");
  const char *end = strstr(conn->head, "\r\n\r\n");
  if (!end && conn->got == HEAD_MAX - 1) give_up("a head that never ends");
  if (end && end + 4 != conn->head + conn->got) give_up("bytes behind a head");
  if (end) on_head(conn);
}

static void on_connect(int listener) {
  int fd;
  while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
    if (conn_count == CONNS_MAX) give_up("too many connections");
    struct conn *conn = must_have(calloc(1, sizeof *conn));
    conn->out = must_have(malloc(ANSWER_MAX));
    conn->fd = fd;
    no_delay(fd);
    conns[conn_count++] = conn;
    connections++;
    watch(epoll, fd, EPOLLIN, conn);
  }
}

static void end_of_turn(void) {
  int64_t now = now_us();
  for (size_t i = 0; i < conn_count; i++) {
    struct conn *conn = conns[i];
    bool held_back = conn->state == WRITING && conn->until < conn->out_len;
    if (conn->fd >= 0 && (conn->state == WAITING || held_back) &&
        conn->due_us <= now)
      on_due(conn);
    if (conn->fd >= 0) continue;
    free(conn->out);
    free(conn);
    conns[i--] = conns[--conn_count];
  }
}

static void tell(void) {
  size_t open = 0;
  for (size_t i = 0; i < conn_count; i++) open += conns[i]->state != READING;
  printf("requests=%llu connections=%llu cancelled=%llu unanswered=%zu\n",
         requests, connections, left_early, open);
}

int main(int argc, char **argv) {
  struct epoll_event events[TURN_EVENTS];
  char error[200];
  if (argc != 3) give_up("usage: origin SEED FAULTS");
  seed = strtoull(argv[1], NULL, 10);
  if (!faults_parse(&faults, slice_of(argv[2]), error, sizeof error))
    give_up(error);
  signal(SIGTERM, on_term);
  epoll = must(epoll_create1(0), "epoll_create1");
  int listener = listen_anywhere();
  watch(epoll, listener, EPOLLIN, NULL);
  while (!stopping) {
    int n = epoll_wait(epoll, events, TURN_EVENTS, TICK_MS);
    if (n < 0 && errno != EINTR) give_up("epoll_wait");
    for (int i = 0; i < n; i++) {
      struct conn *conn = events[i].data.ptr;
      if (!conn) on_connect(listener);
      else if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR))
        on_readable(conn);
      if (conn && conn->fd >= 0 && conn->state == WRITING &&
          events[i].events & EPOLLOUT)
        write_on(conn);
    }
    end_of_turn();
  }
  tell();
  return 0;
}

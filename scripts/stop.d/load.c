/* load PORT CONNECTIONS PATH BODY: asks for PATH until told to end by SIGTERM,
 * and counts what became of it.
 *
 * Even connections are kept and ask again as soon as they were answered; odd ones
 * are new for each request. An answer is a 200 whose body begins with BODY and ends
 * with a brace, or, for `busy`, a 503.
 *
 *   lost     the handshake was complete, and no whole answer came; a connection
 *            that is reset before it was seen to be made may have had one, too
 *   refused  there was no handshake; nobody was promised anything
 *   wrong    any other answer
 *
 * Prints a line when the first 1000 answers are there, and one at its end. */
#include <fcntl.h>

#include "net.h"

enum { CONNS_MAX = 1024, IN_MAX = 4096, WARM = 1000, LAST_MS = 3000 };

struct conn {
  int fd; /* -1: none */
  bool kept, connected;
  size_t got;
  char in[IN_MAX];
};

static struct conn conns[CONNS_MAX];
static volatile sig_atomic_t ending;
static int epoll, port, open_count;
static char request[512];
static const char *expected;
static size_t request_len;
static unsigned long long asked, answered, busy, lost, refused, wrong;

static void on_term(int signo) {
  (void)signo;
  ending = 1;
}

static void end(struct conn *conn) {
  close_by_reset(conn->fd);
  conn->fd = -1;
  open_count--;
}

static void fail_to_connect(struct conn *conn, int error) {
  error == ECONNREFUSED ? refused++ : lost++;
  end(conn);
}

static void ask(struct conn *conn) {
  conn->got = 0;
  asked++;
  if (send(conn->fd, request, request_len, MSG_NOSIGNAL) ==
      (ssize_t)request_len)
    return;
  lost++;
  end(conn);
}

static void open_conn(struct conn *conn) {
  struct sockaddr_in address = loopback(port);
  conn->fd = must(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), "socket");
  conn->connected = false;
  open_count++;
  if (connect(conn->fd, (struct sockaddr *)&address, sizeof address) != 0 &&
      errno != EINPROGRESS) {
    fail_to_connect(conn, errno);
    return;
  }
  no_delay(conn->fd);
  watch(epoll, conn->fd, EPOLLOUT, conn);
}

/* Whether the head has this line in it; the server writes it so. */
static bool says(const struct conn *conn, const char *line) {
  const char *head_end = strstr(conn->in, "\r\n\r\n");
  const char *at = strstr(conn->in, line);
  return at && at < head_end;
}

/* NULL: it is not whole. */
static const char *body_of(struct conn *conn) {
  static const char name[] = "\r\nContent-Length: ";
  const char *head_end, *length;
  conn->in[conn->got] = '\0';
  head_end = strstr(conn->in, "\r\n\r\n");
  length = strstr(conn->in, name);
  if (!head_end || !length) return NULL;
  size_t body_len = strtoul(length + sizeof name - 1, NULL, 10);
  size_t head_len = (size_t)(head_end + 4 - conn->in);
  return conn->got >= head_len + body_len ? head_end + 4 : NULL;
}

static void judge(const struct conn *conn, const char *body) {
  int status = atoi(conn->in + sizeof "HTTP/1.1");
  if (status == 503) busy++;
  else if (status == 200 && strncmp(body, expected, strlen(expected)) == 0 &&
           conn->in[conn->got - 1] == '}')
    answered++;
  else wrong++;
  if (answered != WARM) return;
  printf("warm\n");
  fflush(stdout);
}

static void on_answer(struct conn *conn) {
  const char *body = body_of(conn);
  if (!body) return;
  judge(conn, body);
  if (conn->kept && !ending && !says(conn, "\r\nConnection: close")) ask(conn);
  else end(conn);
}

static void on_connect(struct conn *conn) {
  int error = 0;
  socklen_t len = sizeof error;
  getsockopt(conn->fd, SOL_SOCKET, SO_ERROR, &error, &len);
  if (error != 0) {
    fail_to_connect(conn, error);
    return;
  }
  conn->connected = true;
  watch(epoll, conn->fd, EPOLLIN, conn);
  ask(conn);
}

static void on_event(struct conn *conn) {
  if (!conn->connected) {
    on_connect(conn);
    return;
  }
  ssize_t n = recv(conn->fd, conn->in + conn->got, IN_MAX - 1 - conn->got, 0);
  if (n < 0 && errno == EAGAIN) return;
  if (n > 0) {
    conn->got += (size_t)n;
    on_answer(conn);
    return;
  }
  lost++;
  end(conn);
}

/* What connects for ever has no handshake; what waits for ever is lost. */
static void give_up_rest(int count) {
  for (int i = 0; i < count; i++) {
    if (conns[i].fd < 0) continue;
    if (conns[i].connected) lost++;
    else refused++;
    end(&conns[i]);
  }
}

int main(int argc, char **argv) {
  struct epoll_event events[TURN_EVENTS];
  if (argc != 5) give_up("usage: load PORT CONNECTIONS PATH BODY");
  expected = argv[4];
  port = atoi(argv[1]);
  int count = atoi(argv[2]);
  if (count < 1 || count > CONNS_MAX) give_up("CONNECTIONS");
  signal(SIGTERM, on_term);
  request_len =
      (size_t)snprintf(request, sizeof request,
                       "GET %s HTTP/1.1\r\nHost: load\r\n\r\n", argv[3]);
  epoll = must(epoll_create1(0), "epoll_create1");
  for (int i = 0; i < count; i++)
    conns[i] = (struct conn){.fd = -1, .kept = i % 2 == 0};
  int64_t end_us = 0;
  while (!ending || open_count > 0) {
    unsigned long long refused_before = refused;
    for (int i = 0; i < count && !ending && refused == refused_before; i++)
      if (conns[i].fd < 0) open_conn(&conns[i]);
    int n = epoll_wait(epoll, events, TURN_EVENTS, 10);
    for (int i = 0; i < n; i++) on_event(events[i].data.ptr);
    if (ending && end_us == 0) end_us = now_us() + LAST_MS * 1000;
    if (ending && now_us() > end_us) give_up_rest(count);
  }
  printf("asked=%llu answered=%llu busy=%llu lost=%llu wrong=%llu "
         "refused=%llu\n",
         asked, answered, busy, lost, wrong, refused);
  return 0;
}

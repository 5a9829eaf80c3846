/* client: what wrk cannot do, an exact number of requests, and waiting.
 *
 *   client ask PORT CONNECTIONS COUNT
 *       asks COUNT times in all over CONNECTIONS kept connections, and ends
 *       when all are answered. Exit status 1 unless every answer is a 200.
 *   client hold PORT CONNECTIONS
 *       opens the connections and prints `open`; at a line on stdin sends one
 *       request on each and prints `sent`; leaves at the end of stdin.
 *
 * Answers must name a Content-Length. Both ways end after two minutes, whatever
 * the peer does.
 */
#include "bench.h"

enum { HEAD_BYTES = 8192, PATIENCE_S = 120 };

struct conn {
  int fd;
  size_t head_bytes; /* of the answer's head, as far as it has come */
  size_t to_come;    /* of the answer's body */
  char head[HEAD_BYTES + 1];
};

static const char request[] = "GET /smart HTTP/1.1\r\nHost: bench\r\n\r\n";
static long unasked, unanswered;

static void send_request(const struct conn *conn) {
  if (send(conn->fd, request, sizeof request - 1, MSG_NOSIGNAL) !=
      sizeof request - 1)
    give_up("send");
}

static struct conn *open_all(int port, int count) {
  struct conn *conns = calloc((size_t)count, sizeof *conns);
  if (!conns) give_up("calloc");
  for (int i = 0; i < count; i++) conns[i].fd = dial(port);
  return conns;
}

static void on_answer(struct conn *conn) {
  conn->head_bytes = 0;
  unanswered--;
  if (!unasked) return;
  unasked--;
  send_request(conn);
}

static size_t content_length(const char *head) {
  const char *field = strcasestr(head, "\r\nContent-Length:");
  errno = 0;
  if (!field) give_up("an answer without Content-Length");
  return (size_t)strtoul(field + sizeof "\r\nContent-Length:" - 1, NULL, 10);
}

/* Takes bytes of a head; what came of the body with it counts as come. */
static void take_head(struct conn *conn, const char *bytes, size_t count) {
  errno = 0;
  if (conn->head_bytes + count > HEAD_BYTES) give_up("too long a head");
  memcpy(conn->head + conn->head_bytes, bytes, count);
  conn->head_bytes += count;
  conn->head[conn->head_bytes] = '\0';
  const char *end = strstr(conn->head, "\r\n\r\n");
  if (!end) return;
  if (strncmp(conn->head, "HTTP/1.1 200", 12)) give_up("an answer but 200");
  size_t length = content_length(conn->head);
  size_t come = conn->head_bytes - (size_t)(end + 4 - conn->head);
  if (come > length) give_up("more bytes than Content-Length");
  conn->to_come = length - come;
  if (!conn->to_come) on_answer(conn);
}

static void take_body(struct conn *conn, size_t count) {
  errno = 0;
  if (count > conn->to_come) give_up("more bytes than Content-Length");
  conn->to_come -= count;
  if (!conn->to_come) on_answer(conn);
}

static void on_readable(struct conn *conn) {
  static char bytes[HEAD_BYTES];
  ssize_t got = recv(conn->fd, bytes, sizeof bytes, MSG_DONTWAIT);
  if (got < 0 && errno == EAGAIN) return;
  if (got <= 0) give_up("a connection that was to be kept");
  if (conn->to_come) take_body(conn, (size_t)got);
  else take_head(conn, bytes, (size_t)got);
}

static int ask(int port, int connections, int count) {
  if (connections > count) connections = count;
  struct conn *conns = open_all(port, connections);
  int epoll = must(epoll_create1(0), "epoll_create1");
  unanswered = count;
  unasked = count - connections;
  for (int i = 0; i < connections; i++) {
    watch(epoll, conns[i].fd, &conns[i]);
    send_request(&conns[i]);
  }
  while (unanswered) {
    struct epoll_event events[TURN_EVENTS];
    int ready = must(epoll_wait(epoll, events, TURN_EVENTS, -1), "epoll_wait");
    for (int i = 0; i < ready; i++) on_readable(events[i].data.ptr);
  }
  free(conns);
  return 0;
}

static int hold(int port, int count) {
  struct conn *conns = open_all(port, count);
  puts("open");
  fflush(stdout);
  if (getchar() != EOF) {
    for (int i = 0; i < count; i++) send_request(&conns[i]);
    puts("sent");
    fflush(stdout);
  }
  while (getchar() != EOF) continue;
  free(conns);
  return 0;
}

int main(int argc, char **argv) {
  alarm(PATIENCE_S);
  if (argc == 5 && !strcmp(argv[1], "ask"))
    return ask(number(argv[2]), number(argv[3]), number(argv[4]));
  if (argc == 4 && !strcmp(argv[1], "hold"))
    return hold(number(argv[2]), number(argv[3]));
  fprintf(stderr, "usage: client ask PORT CONNECTIONS COUNT\n"
                  "       client hold PORT CONNECTIONS\n");
  return 2;
}

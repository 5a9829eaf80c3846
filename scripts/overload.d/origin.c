/* origin WORKERS SERVICE_MS blind|seeing: an upstream that can bear so much and
 * no more: WORKERS requests are served at a time, each for SERVICE_MS, and what
 * comes meanwhile waits in line. Beyond WORKERS / SERVICE_MS requests a second
 * the line, and with it every answer's delay, grows.
 *
 * A request whose asker leaves while it is served keeps its worker to the end,
 * as nearly everywhere. One that still waits leaves the line where the origin
 * is seeing; a blind one serves it all the same, as most servers with a pool of
 * threads do, and then hedges that were cancelled cost as much as any request.
 *
 * Each service takes equally long, so what is served forms a queue as well: its
 * first is the next to end. The line is advanced by times that were due, not by
 * when this program looked, so that the capacity does not hang on its turns. On
 * SIGTERM it prints what it has done, and ends. */
#include "net.h"

enum { HEAD_MAX = 4096 };

struct conn {
  int fd;
  size_t got;
  struct job *job; /* one at a time, as proxies send them */
  char head[HEAD_MAX];
};

struct job {
  struct conn *conn; /* NULL: its asker has left */
  int64_t due_us;
  struct job *next;
};

struct queue {
  struct job *first, **last;
  unsigned count;
};

static const char answer[] = "HTTP/1.1 200 OK\r\n"
                             "Content-Type: application/json\r\n"
                             "Content-Length: 15\r\n\r\n"
                             "{\"served\":true}";

static int epoll;
static struct queue line = {NULL, &line.first, 0};
static struct queue serving = {NULL, &serving.first, 0};
static unsigned workers;
static int64_t service_us;
static bool seeing;
static unsigned long long asked, served, in_vain;
static volatile sig_atomic_t stopping;

static void on_term(int signal) {
  (void)signal;
  stopping = 1;
}

static void append(struct queue *queue, struct job *job) {
  job->next = NULL;
  *queue->last = job;
  queue->last = &job->next;
  queue->count++;
}

static struct job *take(struct queue *queue) {
  struct job *job = queue->first;
  queue->first = job->next;
  if (!queue->first) queue->last = &queue->first;
  queue->count--;
  return job;
}

/* A worker is free since from_us: it takes the next in line. */
static void serve_next(int64_t from_us) {
  while (line.count > 0) {
    struct job *job = take(&line);
    if (job->conn || !seeing) {
      job->due_us = from_us + service_us;
      append(&serving, job);
      return;
    }
    free(job);
  }
}

static void conn_close(struct conn *conn) {
  if (conn->job) conn->job->conn = NULL;
  close(conn->fd);
  free(conn);
}

static void send_answer(struct conn *conn) {
  size_t len = sizeof answer - 1;
  conn->job = NULL;
  if (send(conn->fd, answer, len, MSG_NOSIGNAL) != (ssize_t)len)
    shutdown(conn->fd, SHUT_RDWR); /* and its end is read */
}

static void serve(int64_t now) {
  while (serving.first && serving.first->due_us <= now) {
    struct job *job = take(&serving);
    serve_next(job->due_us);
    served++;
    if (job->conn) send_answer(job->conn);
    else in_vain++;
    free(job);
  }
}

static void on_request(struct conn *conn) {
  struct job *job = must_have(calloc(1, sizeof *job));
  asked++;
  job->conn = conn;
  conn->job = job;
  conn->got = 0;
  append(&line, job);
  if (serving.count < workers) serve_next(now_us());
}

static void on_readable(struct conn *conn) {
  ssize_t n = recv(conn->fd, conn->head + conn->got, HEAD_MAX - conn->got, 0);
  if (n < 0 && errno == EAGAIN) return;
  if (n <= 0) {
    conn_close(conn);
    return;
  }
  conn->got += (size_t)n;
  if (conn->got == HEAD_MAX) give_up("a head that is too large");
  if (memcmp(conn->head + conn->got - 4, "\r\n\r\n", 4) == 0) on_request(conn);
}

static void on_connect(int listener) {
  int fd;
  while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
    struct conn *conn = must_have(calloc(1, sizeof *conn));
    conn->fd = fd;
    no_delay(fd);
    watch(epoll, fd, EPOLLIN, conn);
  }
}

static int wait_ms(void) {
  if (!serving.first) return -1;
  int64_t left_us = serving.first->due_us - now_us();
  return left_us <= 0 ? 0 : (int)((left_us + 999) / 1000);
}

int main(int argc, char **argv) {
  struct epoll_event events[TURN_EVENTS];
  if (argc != 4) give_up("usage: origin WORKERS SERVICE_MS blind|seeing");
  workers = (unsigned)atoi(argv[1]);
  service_us = atoi(argv[2]) * (int64_t)1000;
  seeing = strcmp(argv[3], "seeing") == 0;
  signal(SIGTERM, on_term);
  epoll = must(epoll_create1(0), "epoll_create1");
  int listener = listen_anywhere();
  watch(epoll, listener, EPOLLIN, NULL);
  while (!stopping) {
    int n = epoll_wait(epoll, events, TURN_EVENTS, wait_ms());
    if (n < 0 && errno != EINTR) give_up("epoll_wait");
    for (int i = 0; i < n; i++) {
      struct conn *conn = events[i].data.ptr;
      if (conn) on_readable(conn);
      else on_connect(listener);
    }
    serve(now_us());
  }
  printf("asked=%llu served=%llu in_vain=%llu\n", asked, served, in_vain);
  return 0;
}

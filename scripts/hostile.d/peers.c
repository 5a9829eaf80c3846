/* peers: the clients and the origin of scripts/hostile.
 *
 *   peers serve PORT BYTES          an origin: so much JSON for every request
 *   peers probe PORT TARGET SECONDS the well-behaved client: a request every
 *                                   2 ms on a kept connection, each timed from
 *                                   when it was due; prints
 *                                   `p50_us p99_us asked not_200`
 *   peers churn PORT COUNT          one connection after another: a third is
 *                                   answered, a third leaves inside its head,
 *                                   a third resets
 *   peers drip PORT COUNT           heads that never end, a byte a second from
 *                                   each; those that are closed come again
 *   peers silent PORT TARGET COUNT  asks and never reads; the same
 *
 * drip and silent print `open` when all are there, and go on until stdin ends.
 * Everything is on loopback; whatever goes wrong ends the helper.
 */
#include "../bench.d/bench.h"

#include <poll.h>
#include <pthread.h>

enum { INTERVAL_NS = 2000000, SECOND_NS = 1000000000, ADDRESSES = 16 };
enum { SMALL_BUFFER = 4096, PATIENCE_S = 10 };

/* ---- serve ---- */

static char *answer;
static size_t answer_bytes;

static void *serve_one(void *arg) {
  int fd = (int)(intptr_t)arg;
  char request[16384];
  size_t sent = 0;
  ssize_t n = recv(fd, request, sizeof request, 0);
  while (n > 0 && sent < answer_bytes) {
    n = send(fd, answer + sent, answer_bytes - sent, MSG_NOSIGNAL);
    if (n > 0) sent += (size_t)n;
  }
  close(fd);
  return NULL;
}

static void serve(int port, size_t bytes) {
  int listener = listen_on(port);
  struct pollfd arriving = {.fd = listener, .events = POLLIN};
  answer = malloc(bytes + 256);
  if (!answer) give_up("malloc");
  answer_bytes = (size_t)sprintf(answer,
                                 "HTTP/1.1 200 OK\r\nConnection: close\r\n"
                                 "Content-Length: %zu\r\n\r\n",
                                 bytes);
  memset(answer + answer_bytes, 'x', bytes);
  answer[answer_bytes] = answer[answer_bytes + bytes - 1] = '"';
  answer_bytes += bytes;
  for (;;) {
    pthread_t thread;
    poll(&arriving, 1, -1);
    int fd = accept(listener, NULL, NULL);
    if (fd < 0) continue;
    if (pthread_create(&thread, NULL, serve_one, (void *)(intptr_t)fd) == 0)
      pthread_detach(thread);
    else close(fd);
  }
}

/* ---- probe ---- */

static int compare(const void *a, const void *b) {
  int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return (x > y) - (x < y);
}

/* Reads one answer with a Content-Length; its status. */
static int read_answer(int fd) {
  static char bytes[65536];
  size_t len = 0, whole = 0;
  int status = 0;
  while (!whole || len < whole) {
    ssize_t n = recv(fd, bytes + len, sizeof bytes - 1 - len, 0);
    if (n <= 0) give_up("an answer");
    len += (size_t)n;
    bytes[len] = '\0';
    char *end = strstr(bytes, "\r\n\r\n");
    char *field = strcasestr(bytes, "\r\nContent-Length:");
    if (!end || whole) continue;
    if (!field || sscanf(bytes, "HTTP/1.1 %d", &status) != 1)
      give_up("what came is no answer");
    whole = (size_t)(end + 4 - bytes) +
            strtoul(field + sizeof "\r\nContent-Length:" - 1, NULL, 10);
  }
  return status;
}

static void wait_until(int64_t due_ns) {
  struct timespec due = {due_ns / SECOND_NS, due_ns % SECOND_NS};
  clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
}

static void probe(int port, const char *target, int seconds) {
  int count = (int)((int64_t)seconds * SECOND_NS / INTERVAL_NS), failed = 0;
  int64_t *took = calloc((size_t)count, sizeof *took), due = now_ns();
  int fd = dial(port);
  char request[512];
  int len = snprintf(request, sizeof request,
                     "GET %s HTTP/1.1\r\nHost: probe\r\n\r\n", target);
  if (!took) give_up("calloc");
  for (int i = 0; i < count; i++, due += INTERVAL_NS) {
    wait_until(due);
    if (send(fd, request, (size_t)len, MSG_NOSIGNAL) != len) give_up("send");
    failed += read_answer(fd) != 200;
    took[i] = now_ns() - due;
  }
  qsort(took, (size_t)count, sizeof *took, compare);
  printf("%lld %lld %d %d\n", (long long)took[count / 2] / 1000,
         (long long)took[count - 1 - count / 100] / 1000, count, failed);
}

/* ---- attacks ---- */

/* From one of several addresses, so that ports do not run out. */
static int dial_from(int port, int i) {
  struct sockaddr_in to = loopback(port), from = loopback(0);
  struct timeval patience = {.tv_sec = PATIENCE_S};
  int fd = must(socket(AF_INET, SOCK_STREAM, 0), "socket");
  from.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + (unsigned)i % ADDRESSES);
  setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &(int){1}, sizeof(int));
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  must(bind(fd, (struct sockaddr *)&from, sizeof from), "bind");
  must(connect(fd, (struct sockaddr *)&to, sizeof to), "connect");
  return fd;
}

static void reset(int fd) {
  struct linger rst = {.l_onoff = 1};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &rst, sizeof rst);
  close(fd);
}

static void churn(int port, int count) {
  static const char ask[] = "GET /healthz HTTP/1.1\r\nHost: churn\r\n\r\n";
  for (int i = 0; i < count; i++) {
    int fd = dial_from(port, i);
    size_t len = i % 3 == 1 ? sizeof ask / 2 : sizeof ask - 1;
    if (send(fd, ask, len, MSG_NOSIGNAL) < 0) give_up("send");
    if (i % 3 == 0 && read_answer(fd) != 200) give_up("not a 200");
    if (i % 3 == 2) reset(fd);
    else close(fd);
  }
}

struct attack {
  int port, count;
  bool drips;
  char first[512];
};

static int begin(const struct attack *attack, int i) {
  int fd = must(socket(AF_INET, SOCK_STREAM, 0), "socket");
  close(fd);
  fd = dial_from(attack->port, i);
  if (!attack->drips)
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &(int){SMALL_BUFFER}, sizeof(int));
  (void)!send(fd, attack->first, strlen(attack->first), MSG_NOSIGNAL);
  return fd;
}

/* Whether it was closed, as seen without reading. */
static bool is_over(const struct attack *attack, int fd) {
  struct pollfd at = {.fd = fd, .events = attack->drips ? POLLIN : POLLRDHUP};
  return poll(&at, 1, 0) != 0;
}

static bool stdin_is_open(int timeout_ms) {
  struct pollfd at = {.fd = 0, .events = POLLIN};
  char byte;
  return poll(&at, 1, timeout_ms) == 0 || read(0, &byte, 1) > 0;
}

static void go_on(const struct attack *attack) {
  int *fds = calloc((size_t)attack->count, sizeof *fds);
  if (!fds) give_up("calloc");
  for (int i = 0; i < attack->count; i++) fds[i] = begin(attack, i);
  puts("open");
  fflush(stdout);
  while (stdin_is_open(1000)) {
    for (int i = 0; i < attack->count; i++) {
      if (is_over(attack, fds[i])) {
        reset(fds[i]);
        fds[i] = begin(attack, i);
      } else if (attack->drips) {
        (void)!send(fds[i], "x", 1, MSG_NOSIGNAL);
      }
    }
  }
}

int main(int argc, char **argv) {
  const char *what = argc > 2 ? argv[1] : "";
  struct attack attack = {.port = argc > 2 ? number(argv[2]) : 0};
  if (strcmp(what, "serve") == 0 && argc == 4) {
    serve(attack.port, (size_t)number(argv[3]));
  } else if (strcmp(what, "probe") == 0 && argc == 5) {
    probe(attack.port, argv[3], number(argv[4]));
  } else if (strcmp(what, "churn") == 0 && argc == 4) {
    churn(attack.port, number(argv[3]));
  } else if (strcmp(what, "drip") == 0 && argc == 4) {
    attack.drips = true;
    attack.count = number(argv[3]);
    snprintf(attack.first, sizeof attack.first,
             "GET /smart HTTP/1.1\r\nHost: drip\r\nX: ");
    go_on(&attack);
  } else if (strcmp(what, "silent") == 0 && argc == 5) {
    attack.count = number(argv[4]);
    snprintf(attack.first, sizeof attack.first,
             "GET %s HTTP/1.1\r\nHost: silent\r\n\r\n", argv[3]);
    go_on(&attack);
  } else {
    fprintf(stderr, "usage: see the head of peers.c\n");
    return 2;
  }
  return 0;
}

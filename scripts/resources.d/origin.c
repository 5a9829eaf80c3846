/* origin: an upstream whose answers can be known beforehand.
 *
 *   origin            prints "http://127.0.0.1:PORT" and serves until killed
 *
 * GET .../j/SIZE/SEED is answered by body.h. Of every four seeds one makes the
 * primary slow (30 ms), so that hedges are sent and cancelled; of every three
 * one is answered in chunks. A thread for each connection: nothing here is
 * meant to be fast, or to fail. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "body.h"

enum { HEAD_MOST = 64 * 1024, CHUNK = 1000, SLOW_US = 30000 };

static bool send_all(int fd, const char *at, size_t len) {
  while (len > 0) {
    ssize_t n = send(fd, at, len, MSG_NOSIGNAL);
    if (n <= 0) return false;
    at += n;
    len -= (size_t)n;
  }
  return true;
}

static bool send_chunks(int fd, const char *body, size_t len) {
  char line[32];
  for (size_t at = 0; at < len; at += CHUNK) {
    size_t n = len - at < CHUNK ? len - at : CHUNK;
    int head = sprintf(line, "%zx\r\n", n);
    if (!send_all(fd, line, (size_t)head) || !send_all(fd, body + at, n) ||
        !send_all(fd, "\r\n", 2))
      return false;
  }
  return send_all(fd, "0\r\n\r\n", 5);
}

static bool answer(int fd, const char *head) {
  const char *at = strstr(head, "/j/");
  char line[256], *body;
  unsigned seed;
  size_t size, len;
  bool sent;
  if (!at || sscanf(at, "/j/%zu/%u", &size, &seed) != 2 || size > BODY_MOST)
    return send_all(fd, "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", 38);
  body = malloc(size + BODY_MORE);
  len = body_write(body, size, seed);
  if (seed % 4 == 0 && strstr(head, "Hedge-Attempt: 0")) usleep(SLOW_US);
  if (seed % 3 == 0) {
    sent = send_all(fd, line,
                    (size_t)sprintf(line, "HTTP/1.1 200 OK\r\n"
                                          "Transfer-Encoding: chunked\r\n"
                                          "\r\n")) &&
           send_chunks(fd, body, len);
  } else {
    sent = send_all(fd, line,
                    (size_t)sprintf(line,
                                    "HTTP/1.1 200 OK\r\nContent-Length: "
                                    "%zu\r\n\r\n",
                                    len)) &&
           send_all(fd, body, len);
  }
  free(body);
  return sent;
}

/* Requests have no body here, and nobody pipelines them. */
static void *serve(void *arg) {
  int fd = (int)(intptr_t)arg;
  char *head = malloc(HEAD_MOST + 1);
  size_t len = 0;
  ssize_t n;
  while ((n = recv(fd, head + len, HEAD_MOST - len, 0)) > 0) {
    len += (size_t)n;
    head[len] = '\0';
    if (!strstr(head, "\r\n\r\n")) continue;
    if (!answer(fd, head)) break;
    len = 0;
  }
  free(head);
  close(fd);
  return NULL;
}

int main(void) {
  struct sockaddr_in own = {.sin_family = AF_INET,
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t len = sizeof own;
  int one = 1, listening = socket(AF_INET, SOCK_STREAM, 0);
  signal(SIGPIPE, SIG_IGN);
  setsockopt(listening, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (bind(listening, (struct sockaddr *)&own, len) || listen(listening, 4096))
    return 1;
  getsockname(listening, (struct sockaddr *)&own, &len);
  printf("http://127.0.0.1:%u\n", ntohs(own.sin_port));
  fflush(stdout);
  for (;;) {
    pthread_t thread;
    int fd = accept(listening, NULL, NULL);
    if (fd < 0) continue;
    if (pthread_create(&thread, NULL, serve, (void *)(intptr_t)fd)) close(fd);
    else pthread_detach(thread);
  }
}

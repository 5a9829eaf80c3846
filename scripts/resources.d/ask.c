/* ask: requests whose answers are known, and what became of them.
 *
 *   ask PORT REQUESTS CONNECTIONS SEED [SIZE]
 *
 * Each connection sends REQUESTS / CONNECTIONS requests in turn: GET /smart and
 * POST /all with up to six items, bodies of 10 bytes to SIZE (100,000). Every
 * answer is compared with body.h byte for byte, and is one of
 *   exact    the whole answer that was expected; in an array of /all an item
 *            may be null instead (counted as well)
 *   problem  a whole 502, 503 or 504 that says so in problem+json
 *   closed   the connection ended before the answer was whole
 *   wrong    anything else; the first few are shown
 *   hung     nothing came for 10 s
 * It ends with 1 if anything was wrong or hung, or if nothing was exact. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "body.h"

enum {
  ITEMS_MOST = 6,
  REPLY_MOST = ITEMS_MOST * (BODY_MOST + BODY_MORE) + 64 * 1024,
  HUNG_S = 10,
  SHOWN = 5,
};

enum end { EXACT, PROBLEM, CLOSED, WRONG, HUNG, ENDS };
static const char *const end_names[] = {"exact", "problem", "closed", "wrong",
                                        "hung"};

static uint16_t port;
static unsigned requests_each, first_seed;
static size_t size_most = 100000;
static atomic_long ends[ENDS], nulls;

struct question {
  unsigned count; /* items; 0: it is a /smart */
  size_t sizes[ITEMS_MOST];
  unsigned seeds[ITEMS_MOST];
};

static uint32_t draw(uint32_t *state) {
  *state = *state * 1664525u + 1013904223u;
  return *state >> 8;
}

/* Small ones are as frequent as large ones. */
static size_t draw_size(uint32_t *state) {
  size_t most = 10;
  while (most < size_most && draw(state) % 3 > 0) most *= 4;
  if (most > size_most) most = size_most;
  return 10 + draw(state) % most;
}

static struct question ask_for(uint32_t *state) {
  struct question q = {.count = draw(state) % 2 ? 0 : 1 + draw(state) % 6};
  for (unsigned i = 0; i < ITEMS_MOST; i++) {
    q.sizes[i] = draw_size(state);
    q.seeds[i] = draw(state) % 100000;
  }
  return q;
}

static size_t write_request(char *out, const struct question *q) {
  char list[1024];
  size_t len = 0;
  if (q->count == 0)
    return (size_t)sprintf(out,
                           "GET /smart/j/%zu/%u?timeout=3000 HTTP/1.1\r\n"
                           "Host: h\r\n\r\n",
                           q->sizes[0], q->seeds[0]);
  for (unsigned i = 0; i < q->count; i++)
    len += (size_t)sprintf(list + len, "%c\"/j/%zu/%u\"", i ? ',' : '[',
                           q->sizes[i], q->seeds[i]);
  len += (size_t)sprintf(list + len, "]");
  return (size_t)sprintf(out,
                         "POST /all?timeout=3000 HTTP/1.1\r\nHost: h\r\n"
                         "Content-Length: %zu\r\n\r\n%s",
                         len, list);
}

/* ---- the answer -------------------------------------------------------------- */

static bool is_exact(const struct question *q, const char *at, size_t len,
                     char *room) {
  const char *end = at + len;
  size_t want;
  if (q->count == 0) {
    want = body_write(room, q->sizes[0], q->seeds[0]);
    return want == len && memcmp(room, at, len) == 0;
  }
  for (unsigned i = 0; i < q->count; i++) {
    if (at == end || *at++ != (i ? ',' : '[')) return false;
    want = body_write(room, q->sizes[i], q->seeds[i]);
    if ((size_t)(end - at) >= want && memcmp(at, room, want) == 0) {
      at += want;
    } else if (end - at >= 4 && memcmp(at, "null", 4) == 0) {
      at += 4;
      atomic_fetch_add(&nulls, 1);
    } else {
      return false;
    }
  }
  return end - at == 1 && *at == ']';
}

/* One whole answer of len bytes. */
static enum end judge(const struct question *q, const char *reply,
                      size_t head_len, size_t len, char *room) {
  int status = atoi(reply + 9);
  if (status == 200)
    return is_exact(q, reply + head_len, len - head_len, room) ? EXACT : WRONG;
  if (status < 502 || status > 504) return WRONG;
  return strstr(reply, "application/problem+json") ? PROBLEM : WRONG;
}

/* Reads one answer; its length, head included, goes to *len. */
static enum end receive(int fd, char *reply, size_t *len, size_t *head_len) {
  size_t want = 0;
  for (*len = 0; want == 0 || *len < want;) {
    ssize_t n = recv(fd, reply + *len, REPLY_MOST - *len, 0);
    const char *head_end, *field;
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return HUNG;
    if (n <= 0) return CLOSED;
    *len += (size_t)n;
    reply[*len] = '\0';
    if (want > 0 || !(head_end = strstr(reply, "\r\n\r\n"))) continue;
    field = strcasestr(reply, "\r\nContent-Length: ");
    if (!field || field > head_end) return WRONG;
    *head_len = (size_t)(head_end + 4 - reply);
    want = *head_len + strtoul(field + 18, NULL, 10);
    if (want > REPLY_MOST) return WRONG;
  }
  return *len == want ? EXACT : WRONG;
}

static void show(const struct question *q, enum end end, const char *reply,
                 size_t len) {
  static atomic_int shown;
  if (atomic_fetch_add(&shown, 1) >= SHOWN) return;
  fprintf(stderr, "ask: %s: %s of %zu bytes, seed %u, got %zu bytes: %.600s\n",
          end_names[end], q->count ? "/all" : "/smart", q->sizes[0],
          q->seeds[0], len, len > 0 ? reply : "");
}

/* ---- connections ------------------------------------------------------------- */

static int connect_to_it(void) {
  struct sockaddr_in to = {.sin_family = AF_INET,
                           .sin_port = htons(port),
                           .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  struct timeval limit = {.tv_sec = HUNG_S};
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  if (connect(fd, (struct sockaddr *)&to, sizeof to) == 0) return fd;
  close(fd);
  return -1;
}

static enum end exchange(int fd, const struct question *q, char *reply,
                         char *room) {
  char request[2048];
  size_t len = write_request(request, q), head_len = 0;
  enum end end = CLOSED;
  if (send(fd, request, len, MSG_NOSIGNAL) == (ssize_t)len) {
    end = receive(fd, reply, &len, &head_len);
    if (end == EXACT) end = judge(q, reply, head_len, len, room);
  }
  if (end >= WRONG) show(q, end, reply, len);
  return end;
}

static void *run(void *arg) {
  uint32_t state = first_seed * 1000 + (uint32_t)(uintptr_t)arg;
  char *reply = malloc(REPLY_MOST + 1), *room = malloc(BODY_MOST + BODY_MORE);
  int fd = -1;
  for (unsigned i = 0; i < requests_each; i++) {
    struct question q = ask_for(&state);
    enum end end = CLOSED;
    if (fd < 0) fd = connect_to_it();
    if (fd >= 0) end = exchange(fd, &q, reply, room);
    atomic_fetch_add(&ends[end], 1);
    if (fd < 0 || (end == EXACT && !strcasestr(reply, "\r\nConnection: close")))
      continue;
    close(fd);
    fd = -1;
  }
  if (fd >= 0) close(fd);
  free(reply);
  free(room);
  return NULL;
}

int main(int argc, char **argv) {
  unsigned connections = argc > 4 ? (unsigned)atoi(argv[3]) : 0;
  pthread_t threads[256];
  if (connections == 0 || connections > 256) {
    fprintf(stderr, "usage: ask PORT REQUESTS CONNECTIONS SEED [SIZE]\n");
    return 2;
  }
  port = (uint16_t)atoi(argv[1]);
  requests_each = (unsigned)atoi(argv[2]) / connections;
  first_seed = (unsigned)atoi(argv[4]);
  if (argc > 5) size_most = strtoul(argv[5], NULL, 10);
  if (size_most > BODY_MOST) size_most = BODY_MOST;
  for (uintptr_t i = 0; i < connections; i++)
    pthread_create(&threads[i], NULL, run, (void *)i);
  for (unsigned i = 0; i < connections; i++) pthread_join(threads[i], NULL);
  for (int i = 0; i < ENDS; i++)
    printf("%s %ld%s", end_names[i], atomic_load(&ends[i]),
           i + 1 < ENDS ? " " : "");
  printf(" (null items %ld)\n", atomic_load(&nulls));
  return ends[WRONG] + ends[HUNG] > 0 || ends[EXACT] == 0;
}

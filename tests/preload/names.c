/* names: getaddrinfo as a script wants it, preloaded into the built program.
 *
 * A name that ends in ".test" is asked of the test (support/names.c) over the
 * socket that HEDGEROW_TEST_NAMES names: the lookup lasts until the test
 * answers, with numeric addresses or with nothing. Afterwards this thread's next
 * reading of the clock is as old as a refresh takes, so the resolver asks again
 * at once, and a test need not wait for it.
 *
 * Other names are the C library's. */
#include <dlfcn.h>
#include <netdb.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { REFRESH_S = 30 };

typedef int lookup(const char *, const char *, const struct addrinfo *,
                   struct addrinfo **);

static _Thread_local bool next_reading_is_old;

int clock_gettime(clockid_t clock, struct timespec *now) {
  int result = (int)syscall(SYS_clock_gettime, clock, now);
  if (next_reading_is_old) now->tv_sec -= REFRESH_S;
  next_reading_is_old = false;
  return result;
}

static bool is_ours(const char *name) {
  size_t len = name ? strlen(name) : 0;
  return len > 5 && strcmp(name + len - 5, ".test") == 0;
}

/* The addresses that the test answers; "": the name has none. */
static void ask(const char *name, char *addresses, size_t cap) {
  struct sockaddr_un at = {.sun_family = AF_UNIX};
  const char *where = getenv("HEDGEROW_TEST_NAMES");
  size_t len = where ? strlen(where) : 0, got = 0;
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ssize_t n = 0;
  memcpy(at.sun_path + 1, where ? where : "", len);
  len += offsetof(struct sockaddr_un, sun_path) + 1;
  addresses[0] = '\0';
  if (connect(fd, (struct sockaddr *)&at, (socklen_t)len) == 0 &&
      send(fd, name, strlen(name), MSG_NOSIGNAL) > 0) {
    next_reading_is_old = true;
    while (got < cap - 1 && (n = read(fd, addresses + got, cap - 1 - got)) > 0)
      got += (size_t)n;
    addresses[got] = '\0';
  }
  close(fd);
}

int getaddrinfo(const char *name, const char *service,
                const struct addrinfo *hints, struct addrinfo **found) {
  lookup *real = (lookup *)dlsym(RTLD_NEXT, "getaddrinfo");
  char addresses[256], *rest;
  if (!is_ours(name)) return real(name, service, hints, found);
  ask(name, addresses, sizeof addresses);
  int error = EAI_NONAME;
  for (const char *word = strtok_r(addresses, " ", &rest); word;
       word = strtok_r(NULL, " ", &rest)) {
    error = real(word, service, hints, found);
    if (error != 0) return error;
    while (*found) found = &(*found)->ai_next;
  }
  return error;
}

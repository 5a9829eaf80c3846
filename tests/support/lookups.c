/* lookups: see lookups.h. It stands in the test program itself, so it wins over
 * the C library's. */
#include "support/lookups.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <dlfcn.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { OURS = 0x7e57, REFRESH_S = 30 };

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static unsigned asked, released;
unsigned lookups_expected;
static bool hanging = true; /* of "hang...test", until it is over */
const char *lookups_answers[LOOKUPS_MAX];

/* Makes the refresh of what was just looked up due at once: the next reading
 * of the clock in the resolver's thread is as old as a refresh takes. */
_Thread_local bool next_reading_is_old;

int clock_gettime(clockid_t clock, struct timespec *now) {
  int result = (int)syscall(SYS_clock_gettime, clock, now);
  if (next_reading_is_old) now->tv_sec -= REFRESH_S;
  next_reading_is_old = false;
  return result;
}

static struct addrinfo *make(const char *text, struct addrinfo *next) {
  struct addrinfo *info = calloc(1, sizeof *info);
  struct sockaddr_in *v4 = calloc(1, sizeof *v4);
  struct sockaddr_in6 *v6 = calloc(1, sizeof *v6);
  info->ai_flags = OURS;
  info->ai_next = next;
  if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
    info->ai_family = AF_INET;
    info->ai_addr = (struct sockaddr *)v4;
    free(v6);
  } else {
    cr_assert(inet_pton(AF_INET6, text, &v6->sin6_addr) == 1);
    info->ai_family = AF_INET6;
    info->ai_addr = (struct sockaddr *)v6;
    free(v4);
  }
  return info;
}

/* From the last word to the first, so that the list stands in order. */
static struct addrinfo *make_list(const char *text) {
  char copy[512];
  snprintf(copy, sizeof copy, "%s", text);
  struct addrinfo *list = NULL;
  for (char *space; (space = strrchr(copy, ' ')) != NULL; *space = '\0')
    list = make(space + 1, list);
  return make(copy, list);
}

static bool is_ours(const char *host) {
  size_t len = host == NULL ? 0 : strlen(host);
  return len > 5 && strcmp(host + len - 5, ".test") == 0;
}

int getaddrinfo(const char *host, const char *service,
                const struct addrinfo *hints, struct addrinfo **found) {
  if (!is_ours(host)) {
    int (*real)(const char *, const char *, const struct addrinfo *,
                struct addrinfo **);
    *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
    return real(host, service, hints, found);
  }
  pthread_mutex_lock(&mutex);
  if (strncmp(host, "hang", 4) == 0) {
    while (hanging) pthread_cond_wait(&changed, &mutex);
    pthread_mutex_unlock(&mutex);
    return EAI_AGAIN;
  }
  unsigned turn = asked++;
  pthread_cond_broadcast(&changed);
  while (released <= turn) pthread_cond_wait(&changed, &mutex);
  const char *answer = turn < LOOKUPS_MAX ? lookups_answers[turn] : NULL;
  next_reading_is_old = asked < lookups_expected;
  pthread_mutex_unlock(&mutex);
  if (answer == NULL) return EAI_NONAME;
  *found = make_list(answer);
  return 0;
}

void freeaddrinfo(struct addrinfo *found) {
  if (found != NULL && found->ai_flags != OURS) {
    void (*real)(struct addrinfo *);
    *(void **)&real = dlsym(RTLD_NEXT, "freeaddrinfo");
    real(found);
    return;
  }
  while (found != NULL) {
    struct addrinfo *next = found->ai_next;
    free(found->ai_addr);
    free(found);
    found = next;
  }
}

void lookups_release(unsigned count) {
  pthread_mutex_lock(&mutex);
  released += count;
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&mutex);
}

void lookups_end_hanging(void) {
  pthread_mutex_lock(&mutex);
  hanging = false;
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&mutex);
}

void lookups_await(unsigned count) {
  pthread_mutex_lock(&mutex);
  while (asked < count) pthread_cond_wait(&changed, &mutex);
  pthread_mutex_unlock(&mutex);
}

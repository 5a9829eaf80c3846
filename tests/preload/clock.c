/* clock: time as a script wants it, preloaded into the built program.
 *
 * It goes on as everywhere, and the test (support/hurry.c) moves it forward at
 * once, over the socket that HEDGEROW_TEST_CLOCK names. So a limit can be longer
 * than a busy machine ever holds anybody up, and is over when the script says
 * so.
 *
 * Moved are the monotonic clock and what timerfds wait for. What waits on a
 * condition until an instant is late by as much. */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { FDS_MAX = 1024 };

static atomic_long ahead_s;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct itimerspec wanted[FDS_MAX]; /* by descriptor; 0: nothing */

int clock_gettime(clockid_t clock, struct timespec *now) {
  int result = (int)syscall(SYS_clock_gettime, clock, now);
  if (clock == CLOCK_MONOTONIC) now->tv_sec += ahead_s;
  return result;
}

/* An instant that has passed is one, and not 0, which would be none. */
static int arm(int fd) {
  struct itimerspec at = wanted[fd];
  bool is_set = at.it_value.tv_sec > 0 || at.it_value.tv_nsec > 0;
  if (is_set) at.it_value.tv_sec -= ahead_s;
  if (is_set && at.it_value.tv_sec < 0) at.it_value = (struct timespec){0, 1};
  return (int)syscall(SYS_timerfd_settime, fd, TFD_TIMER_ABSTIME, &at, NULL);
}

static void move(long seconds) {
  pthread_mutex_lock(&mutex);
  ahead_s += seconds;
  for (int fd = 0; fd < FDS_MAX; fd++)
    if (wanted[fd].it_value.tv_sec > 0) (void)arm(fd);
  pthread_mutex_unlock(&mutex);
}

static void *obey(void *arg) {
  int fd = (int)(intptr_t)arg;
  long seconds;
  while (read(fd, &seconds, sizeof seconds) == sizeof seconds) {
    move(seconds);
    if (write(fd, "", 1) != 1) break;
  }
  return NULL;
}

/* Its thread is in nobody's way: no signal goes to it. */
static void begin(void) {
  struct sockaddr_un at = {.sun_family = AF_UNIX};
  const char *where = getenv("HEDGEROW_TEST_CLOCK");
  size_t len = where ? strlen(where) : 0;
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sigset_t all, before;
  pthread_t thread;
  memcpy(at.sun_path + 1, where ? where : "", len);
  len += offsetof(struct sockaddr_un, sun_path) + 1;
  if (connect(fd, (struct sockaddr *)&at, (socklen_t)len) != 0) abort();
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  if (pthread_create(&thread, NULL, obey, (void *)(intptr_t)fd) != 0) abort();
  pthread_sigmask(SIG_SETMASK, &before, NULL);
}

int timerfd_settime(int fd, int flags, const struct itimerspec *at,
                    struct itimerspec *was) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  if (!(flags & TFD_TIMER_ABSTIME) || was || fd >= FDS_MAX) abort();
  pthread_once(&once, begin);
  pthread_mutex_lock(&mutex);
  wanted[fd] = *at;
  int result = arm(fd);
  pthread_mutex_unlock(&mutex);
  return result;
}

/* thread: how the process starts its threads, and how they wait.
 *
 * A signal goes to any thread that does not block it. One that lands in a
 * thread blocked in getaddrinfo or write would interrupt it there; the loop
 * that watches for signals is the only place that wants them. The mask is set
 * before the thread exists and inherited by it, so there is no instant in
 * which it is open.
 *
 * Waits are timed by the monotonic clock: by default a condition would take
 * the wall clock, and a step of it would end them early or hours late. */
#include "io/thread.h"

#include <signal.h>
#include <stddef.h>
#include <time.h>

bool thread_start(pthread_t *thread, void *(*run)(void *arg), void *arg) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  bool started = pthread_create(thread, NULL, run, arg) == 0;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return started;
}

bool thread_cond_init(pthread_cond_t *cond) {
  pthread_condattr_t attributes;
  if (pthread_condattr_init(&attributes) != 0) return false;
  pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  bool made = pthread_cond_init(cond, &attributes) == 0;
  pthread_condattr_destroy(&attributes);
  return made;
}

bool thread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex,
                      int64_t until_us) {
  struct timespec until = {until_us / 1000000, until_us % 1000000 * 1000};
  return pthread_cond_timedwait(cond, mutex, &until) == 0;
}

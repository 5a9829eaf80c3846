/* thread: how the process starts its threads, and how they wait. */
#ifndef HEDGEROW_IO_THREAD_H
#define HEDGEROW_IO_THREAD_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* Starts a joinable thread in which every signal is blocked, so that signals
 * reach only the thread whose loop watches for them. */
bool thread_start(pthread_t *thread, void *(*run)(void *arg), void *arg)
    __attribute__((warn_unused_result));

/* A condition whose waits end by clock_now_us. */
bool thread_cond_init(pthread_cond_t *cond) __attribute__((warn_unused_result));
/* False: until_us has come. */
bool thread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex,
                      int64_t until_us);

#endif

/* loop: one libevent base, owned by one thread, with its timers, signals and
 * wake-ups. Nothing here may be called from another thread but wake_send. */
#ifndef HEDGEROW_IO_LOOP_H
#define HEDGEROW_IO_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct event_base;
struct event;

/* NULL: out of memory or descriptors. */
struct loop *loop_new(void);
/* Everything that was set on the loop has been taken off it before. */
void loop_free(struct loop *loop);
/* Runs until loop_stop. */
void loop_run(struct loop *loop);
/* Ends loop_run after the current callback. */
void loop_stop(struct loop *loop);
/* For the modules of io/ only. */
struct event_base *loop_base(struct loop *loop);
/* Likewise: whether something was reported of an event in this turn, and its
 * callback is still to be called. */
bool loop_event_is_due(const struct event *event);

/* A one-shot timer, embedded in its owner: setting it allocates nothing and so
 * cannot fail. Only loop.c knows the members. */
struct timer {
  void (*on_timer)(void *arg);
  void *arg;
  struct loop *loop;
  int64_t due_us;
  bool set;
  struct timer *child, *next, *prev; /* a heap of timers, see loop.c */
};

void timer_init(struct timer *timer, struct loop *loop,
                void (*on_timer)(void *arg), void *arg);
/* Sets it, or sets it anew. It never fires before due_us (clock_now_us), and
 * never from inside this call. What sockets report in the same turn of the
 * loop is handled first. */
void timer_set(struct timer *timer, int64_t due_us);
/* May be called at any time after timer_init, also when it is not set. */
void timer_clear(struct timer *timer);

/* Calls on_signal(arg, signo) on this loop. Lives as long as the loop. */
bool loop_on_signal(struct loop *loop, int signo,
                    void (*on_signal)(void *arg, int signo), void *arg)
    __attribute__((warn_unused_result));

/* A wake-up from any thread, by eventfd: many sends may make one call. */
struct wake;
struct wake *wake_new(struct loop *loop, void (*on_wake)(void *arg), void *arg);
void wake_send(struct wake *wake);
void wake_free(struct wake *wake);

#endif

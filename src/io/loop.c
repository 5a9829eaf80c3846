/* loop: one libevent base, owned by one thread.
 *
 * libevent watches descriptors and signals. Timers are our own, because both
 * of its clocks cost something: the coarse one is off by up to a tick (4 ms at
 * 250 Hz), early as well as late, and the precise one pays a timerfd_settime
 * in every turn. Here a timer is a node of a pairing heap, threaded through
 * the timers themselves: setting one is a constant handful of stores, needs no
 * memory, and a timer that is cleared before it fires (most are) is unhooked
 * likewise. One timerfd is armed for the earliest instant asked for. It is
 * armed anew only when something earlier is set; when its timer was cleared
 * meanwhile, it fires for nothing once. A busy loop so makes no system call
 * for its timers in most turns, and a timer is some 50 us late, never early.
 *
 * Order within a turn: libevent runs what epoll reported in the order of the
 * reports, and the timerfd may stand anywhere among them. Its callback runs no
 * timer but puts `expire` at the end of the queue, so a result that came in
 * the same turn is seen before the timer (core/race counts on it).
 * libevent's priorities are no cure: a turn that had anything of a higher
 * priority to do skips the lower ones, and a busy loop would have no timers.
 *
 * The base has no lock (EVENT_BASE_FLAG_NOLOCK): other threads reach a loop by
 * `wake` alone. Signals belong on one loop of the process: libevent delivers
 * to the base that asked last. */
#include "io/loop.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "io/clock.h"

enum { SIGNALS_MAX = 8 };

struct signal_watch {
  void (*on_signal)(void *arg, int signo);
  void *arg;
  struct event event;
};

struct loop {
  struct event_base *base;
  struct timer *earliest; /* the heap's root */
  int64_t armed_us;       /* what the timerfd waits for; INT64_MAX: nothing */
  int64_t expired_us;     /* timers up to here have been run */
  int timer_fd;
  struct event timer_event; /* timer_fd is readable */
  struct event expire;      /* runs the timers that are due */
  unsigned signal_count;
  struct signal_watch signals[SIGNALS_MAX];
};

struct wake {
  void (*on_wake)(void *arg);
  void *arg;
  int fd;
  struct event event;
};

/* Both are roots (no siblings); so is the result. */
static struct timer *meld(struct timer *a, struct timer *b) {
  if (a == NULL) return b;
  if (b == NULL) return a;
  if (b->due_us < a->due_us) {
    struct timer *later = a;
    a = b;
    b = later;
  }
  b->prev = a;
  b->next = a->child;
  if (a->child != NULL) a->child->prev = b;
  a->child = b;
  return a;
}

static struct timer *unhook_first(struct timer **siblings) {
  struct timer *first = *siblings;
  if (first == NULL) return NULL;
  *siblings = first->next;
  first->next = first->prev = NULL;
  return first;
}

/* Makes one heap of siblings: pairwise from the left, then all from the right,
 * which is what keeps the amortized cost logarithmic. */
static struct timer *meld_siblings(struct timer *siblings) {
  struct timer *pairs = NULL, *root = NULL;
  while (siblings != NULL) {
    struct timer *left = unhook_first(&siblings);
    struct timer *pair = meld(left, unhook_first(&siblings));
    pair->next = pairs;
    pairs = pair;
  }
  while (pairs != NULL) root = meld(root, unhook_first(&pairs));
  return root;
}

static void unset(struct timer *timer) {
  struct loop *loop = timer->loop;
  struct timer *orphans = meld_siblings(timer->child);
  if (timer->prev == NULL) { /* the root */
    loop->earliest = orphans;
  } else {
    if (timer->prev->child == timer) timer->prev->child = timer->next;
    else timer->prev->next = timer->next;
    if (timer->next != NULL) timer->next->prev = timer->prev;
    loop->earliest = meld(loop->earliest, orphans);
  }
  timer->child = timer->next = timer->prev = NULL;
  timer->set = false;
}

static void arm(struct loop *loop, int64_t due_us) {
  loop->armed_us = due_us;
  /* In the next turn; should libevent lack memory for that, by the timerfd. */
  if (due_us <= clock_now_us() &&
      event_add(&loop->expire, &(struct timeval){0, 0}) == 0)
    return;
  struct itimerspec at = {
      .it_value = {due_us / 1000000, due_us % 1000000 * 1000}};
  timerfd_settime(loop->timer_fd, TFD_TIMER_ABSTIME, &at, NULL);
}

/* The timerfd is watched edge-triggered, so it need not be read. */
static void on_timer_fd(evutil_socket_t fd, short what, void *arg) {
  (void)fd, (void)what;
  struct loop *loop = arg;
  event_active(&loop->expire, EV_TIMEOUT, 1);
}

static void on_expire(evutil_socket_t fd, short what, void *arg) {
  (void)fd, (void)what;
  struct loop *loop = arg;
  /* While this is MIN, timers that callbacks set arm nothing. */
  loop->armed_us = INT64_MIN;
  loop->expired_us = clock_now_us();
  while (loop->earliest != NULL && loop->earliest->due_us <= loop->expired_us) {
    struct timer *timer = loop->earliest;
    unset(timer);
    timer->on_timer(timer->arg); /* may free the timer */
  }
  loop->armed_us = INT64_MAX;
  if (loop->earliest != NULL) arm(loop, loop->earliest->due_us);
}

void timer_init(struct timer *timer, struct loop *loop,
                void (*on_timer)(void *arg), void *arg) {
  *timer = (struct timer){.on_timer = on_timer, .arg = arg, .loop = loop};
}

void timer_set(struct timer *timer, int64_t due_us) {
  struct loop *loop = timer->loop;
  if (timer->set) unset(timer);
  /* A timer that sets itself to the past must not hold on_expire up. */
  timer->due_us = due_us > loop->expired_us ? due_us : loop->expired_us + 1;
  timer->set = true;
  loop->earliest = meld(loop->earliest, timer);
  if (timer->due_us < loop->armed_us) arm(loop, timer->due_us);
}

void timer_clear(struct timer *timer) {
  if (timer->set) unset(timer);
}

static struct event_base *base_new(void) {
  struct event_config *config = event_config_new();
  if (config == NULL) return NULL;
  struct event_base *base = NULL;
  if (event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK) == 0)
    base = event_base_new_with_config(config);
  event_config_free(config);
  return base;
}

struct loop *loop_new(void) {
  struct loop *loop = calloc(1, sizeof *loop);
  if (loop == NULL) return NULL;
  loop->armed_us = INT64_MAX;
  loop->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  loop->base = loop->timer_fd < 0 ? NULL : base_new();
  if (loop->base == NULL) goto fail;
  event_assign(&loop->expire, loop->base, -1, 0, on_expire, loop);
  event_assign(&loop->timer_event, loop->base, loop->timer_fd,
               EV_READ | EV_PERSIST | EV_ET, on_timer_fd, loop);
  if (event_add(&loop->timer_event, NULL) < 0) goto fail;
  return loop;
fail:
  if (loop->base != NULL) event_base_free(loop->base);
  if (loop->timer_fd >= 0) close(loop->timer_fd);
  free(loop);
  return NULL;
}

void loop_free(struct loop *loop) {
  if (loop == NULL) return;
  for (unsigned i = 0; i < loop->signal_count; i++)
    event_del(&loop->signals[i].event);
  event_del(&loop->expire);
  event_del(&loop->timer_event);
  event_base_free(loop->base);
  close(loop->timer_fd);
  free(loop);
}

void loop_run(struct loop *loop) {
  event_base_loop(loop->base, EVLOOP_NO_EXIT_ON_EMPTY);
}

void loop_stop(struct loop *loop) { event_base_loopbreak(loop->base); }

struct event_base *loop_base(struct loop *loop) {
  return loop->base;
}

static void on_signal_event(evutil_socket_t signo, short what, void *arg) {
  (void)what;
  struct signal_watch *watch = arg;
  watch->on_signal(watch->arg, (int)signo);
}

bool loop_on_signal(struct loop *loop, int signo,
                    void (*on_signal)(void *arg, int signo), void *arg) {
  if (loop->signal_count == SIGNALS_MAX) return false;
  struct signal_watch *watch = &loop->signals[loop->signal_count];
  watch->on_signal = on_signal;
  watch->arg = arg;
  evsignal_assign(&watch->event, loop->base, signo, on_signal_event, watch);
  if (event_add(&watch->event, NULL) < 0) return false;
  loop->signal_count++;
  return true;
}

static void on_wake_fd(evutil_socket_t fd, short what, void *arg) {
  (void)what;
  struct wake *wake = arg;
  eventfd_t sends;
  /* Read before the call: what is sent during it makes another. */
  (void)eventfd_read(fd, &sends);
  wake->on_wake(wake->arg);
}

struct wake *wake_new(struct loop *loop, void (*on_wake)(void *arg),
                      void *arg) {
  struct wake *wake = calloc(1, sizeof *wake);
  if (wake == NULL) return NULL;
  wake->on_wake = on_wake;
  wake->arg = arg;
  wake->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (wake->fd >= 0) {
    event_assign(&wake->event, loop->base, wake->fd, EV_READ | EV_PERSIST,
                 on_wake_fd, wake);
    if (event_add(&wake->event, NULL) == 0) return wake;
    close(wake->fd);
  }
  free(wake);
  return NULL;
}

/* It can only fail when 2^64 - 2 sends wait, and then the loop is awake. */
void wake_send(struct wake *wake) { (void)eventfd_write(wake->fd, 1); }

void wake_free(struct wake *wake) {
  if (wake == NULL) return;
  event_del(&wake->event);
  close(wake->fd);
  free(wake);
}

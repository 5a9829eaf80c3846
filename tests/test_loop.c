/* Timers, signals and wake-ups of the loop. What is asserted is order and
 * "never early", not how long anything took. */
#include "io/loop.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <event2/event.h>

#include "io/clock.h"
#include "support/guard.h"

enum { TIMERS = 2000 };

static struct loop *loop;
static struct timer timers[TIMERS];
static unsigned fired;

static void stop_on_timer(void *arg) {
  (void)arg;
  fired++;
  loop_stop(loop);
}

struct step { /* a timer that records its turn */
  struct timer timer;
  char name;
};

static char order[64];
static size_t order_len;

static void note(char name) { order[order_len++] = name; }

static void note_on_timer(void *arg) {
  struct step *step = arg;
  note(step->name);
}

static void open_loop(void) {
  loop = loop_new();
  cr_assert(loop != NULL);
}

static void close_loop(void) { loop_free(loop); }

TestSuite(loop, .init = open_loop, .fini = close_loop, .timeout = 2 * GUARD_S);

Test(loop, timers_fire_in_the_order_of_their_instants) {
  struct step steps[4];
  int64_t now_us = clock_now_us();
  const char *names = "dbca";
  const int64_t after_us[] = {4000, 2000, 3000, 1000};
  for (int i = 0; i < 4; i++) {
    steps[i].name = names[i];
    timer_init(&steps[i].timer, loop, note_on_timer, &steps[i]);
    timer_set(&steps[i].timer, now_us + after_us[i]);
  }
  timer_init(&timers[0], loop, stop_on_timer, NULL);
  timer_set(&timers[0], now_us + 5000);
  loop_run(loop);
  cr_assert(eq(str, order, "abcd"));
}

static int64_t due_us[TIMERS];
static int64_t last_us;
static unsigned live;

static void check_due(void *arg) {
  unsigned i = (unsigned)((struct timer *)arg - timers);
  int64_t now_us = clock_now_us();
  cr_assert(now_us >= due_us[i], "timer %u fired %ld us early", i,
            (long)(due_us[i] - now_us));
  cr_assert(due_us[i] >= last_us, "timer %u fired after a later one", i);
  last_us = due_us[i];
  due_us[i] = -1;
  if (--live == 0) loop_stop(loop);
}

Test(loop, of_many_timers_set_moved_and_cleared_each_fires_once_and_not_early) {
  srand(1);
  int64_t base_us = clock_now_us() + 20000;
  for (int i = 0; i < TIMERS; i++)
    timer_init(&timers[i], loop, check_due, &timers[i]);
  for (int step = 0; step < 8 * TIMERS; step++) {
    int i = rand() % TIMERS;
    if (rand() % 3 == 0) {
      timer_clear(&timers[i]);
      due_us[i] = -1;
    } else {
      due_us[i] = base_us + rand() % 30000;
      timer_set(&timers[i], due_us[i]);
    }
  }
  for (int i = 0; i < TIMERS; i++) live += due_us[i] > 0;
  cr_assert(gt(uint, live, 0));
  loop_run(loop);
  for (int i = 0; i < TIMERS; i++)
    cr_assert(due_us[i] <= 0, "timer %d never fired", i);
}

static void clear_the_others(void *arg) {
  (void)arg;
  fired++;
  for (int i = 0; i < 3; i++) timer_clear(&timers[i]);
  timer_init(&timers[3], loop, stop_on_timer, NULL);
  timer_set(&timers[3], 0);
}

Test(loop, a_timer_that_another_one_clears_in_the_same_turn_does_not_fire) {
  int64_t due = clock_now_us();
  for (int i = 0; i < 3; i++) {
    timer_init(&timers[i], loop, clear_the_others, NULL);
    timer_set(&timers[i], due);
  }
  loop_run(loop);
  cr_assert(eq(uint, fired, 2));
}

static void set_again(void *arg) {
  (void)arg;
  if (++fired == 2) timer_set(&timers[1], clock_now_us());
  timer_set(&timers[0], 0);
}

Test(loop, a_timer_that_sets_itself_to_the_past_lets_the_others_run) {
  timer_init(&timers[0], loop, set_again, NULL);
  timer_init(&timers[1], loop, stop_on_timer, NULL);
  timer_set(&timers[0], 0);
  loop_run(loop);
  cr_assert(gt(uint, fired, 1));
}

static void free_on_timer(void *arg) {
  free(arg);
  loop_stop(loop);
}

Test(loop, a_timer_may_free_its_owner) {
  struct timer *timer = malloc(sizeof *timer);
  timer_init(timer, loop, free_on_timer, timer);
  timer_set(timer, clock_now_us());
  loop_run(loop);
}

Test(loop, clearing_a_timer_that_is_not_set_is_harmless) {
  timer_init(&timers[0], loop, stop_on_timer, NULL);
  timer_clear(&timers[0]);
  timer_set(&timers[0], 0);
  loop_run(loop);
  timer_clear(&timers[0]);
  cr_assert(eq(uint, fired, 1));
}

static void read_one(int fd, short what, void *arg) {
  (void)what, (void)arg;
  char byte;
  cr_assert(read(fd, &byte, 1) == 1);
  note('r');
}

/* Makes a turn in which both are due, the timer for longer. */
static void stall_past_the_timer(void *arg) {
  const int *pipe_fds = arg;
  note('s');
  timer_set(&timers[1], clock_now_us() + 1000);
  while (clock_now_us() < timers[1].due_us + 200) continue;
  cr_assert(write(pipe_fds[1], "x", 1) == 1);
}

static void note_and_stop(void *arg) {
  (void)arg;
  note('t');
  loop_stop(loop);
}

Test(loop, a_result_and_a_timer_of_one_turn_come_in_this_order) {
  int fds[2];
  cr_assert(pipe(fds) == 0);
  struct event *readable =
      event_new(loop_base(loop), fds[0], EV_READ | EV_PERSIST, read_one, NULL);
  event_add(readable, NULL);
  struct wake *wake = wake_new(loop, stall_past_the_timer, fds);
  timer_init(&timers[1], loop, note_and_stop, NULL);
  wake_send(wake);
  loop_run(loop);
  cr_assert(eq(str, order, "srt"));
  wake_free(wake);
  event_free(readable);
  close(fds[0]);
  close(fds[1]);
}

/* Two that are reported in one turn, and one of which nothing is. */
static struct event *reported[2], *idle;

static void look_at_the_others(int fd, short what, void *arg) {
  (void)what;
  struct event *other = arg;
  char byte;
  cr_assert(read(fd, &byte, 1) == 1);
  cr_assert(loop_event_is_due(idle) == false,
            "it is watched, and nothing was there");
  cr_assert(loop_event_is_due(other) == (order_len == 0),
            "the other one is to run after the first, and has run before the "
            "second");
  note('r');
  if (order_len == 2) loop_stop(loop);
}

Test(loop, an_event_is_due_between_its_report_and_its_callback) {
  int fds[3][2];
  for (int i = 0; i < 3; i++) cr_assert(pipe(fds[i]) == 0);
  for (int i = 0; i < 2; i++)
    reported[i] = event_new(loop_base(loop), -1, 0, NULL, NULL);
  for (int i = 0; i < 2; i++) {
    event_assign(reported[i], loop_base(loop), fds[i][0], EV_READ | EV_PERSIST,
                 look_at_the_others, reported[1 - i]);
    event_add(reported[i], NULL);
    cr_assert(write(fds[i][1], "x", 1) == 1);
    cr_assert(loop_event_is_due(reported[i]) == false, "nobody has looked yet");
  }
  idle = event_new(loop_base(loop), fds[2][0], EV_READ, read_one, NULL);
  event_add(idle, NULL);
  loop_run(loop);
  cr_assert(eq(str, order, "rr"));
  for (int i = 0; i < 2; i++) event_free(reported[i]);
  event_free(idle);
  for (int i = 0; i < 6; i++) close(fds[i / 2][i % 2]);
}

static int seen_signo;

static void on_signal(void *arg, int signo) {
  (void)arg;
  seen_signo = signo;
  loop_stop(loop);
}

Test(loop, a_signal_reaches_its_callback) {
  cr_assert(loop_on_signal(loop, SIGUSR1, on_signal, NULL));
  cr_assert(loop_on_signal(loop, SIGUSR2, on_signal, NULL));
  kill(getpid(), SIGUSR2);
  loop_run(loop);
  cr_assert(eq(int, seen_signo, SIGUSR2));
}

static void stop_on_wake(void *arg) {
  (void)arg;
  fired++;
  loop_stop(loop);
}

static void *send_wakes(void *arg) {
  for (int i = 0; i < 100; i++) wake_send(arg);
  return NULL;
}

Test(loop, many_wakes_before_a_turn_make_one_call) {
  struct wake *wake = wake_new(loop, stop_on_wake, NULL);
  pthread_t thread;
  cr_assert(pthread_create(&thread, NULL, send_wakes, wake) == 0);
  pthread_join(thread, NULL);
  loop_run(loop);
  cr_assert(eq(uint, fired, 1));
  wake_free(wake);
}

Test(loop, a_wake_from_another_thread_ends_the_wait) {
  struct wake *wake = wake_new(loop, stop_on_wake, NULL);
  pthread_t thread;
  cr_assert(pthread_create(&thread, NULL, send_wakes, wake) == 0);
  loop_run(loop);
  pthread_join(thread, NULL);
  wake_free(wake);
}

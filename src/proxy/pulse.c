/* pulse: a timer, ten times a second, and how late it was.
 *
 * What keeps a loop (a long callback, a core that other threads have) keeps
 * this timer, too, so nothing on the path of a request is measured. A pause
 * between two beats is not seen; one of a tenth of a second always is. */
#include "proxy/pulse.h"

#include "io/clock.h"

enum { BEAT_US = 100 * 1000, BEATS = 50 };

static int64_t later(int64_t a, int64_t b) { return a > b ? a : b; }

static void begin_window(struct pulse *pulse) {
  pulse->before_us = pulse->worst_us;
  pulse->worst_us = 0;
  pulse->beats = BEATS;
}

static void beat_again(struct pulse *pulse, int64_t now_us) {
  pulse->due_us = now_us + BEAT_US;
  timer_set(&pulse->timer, pulse->due_us);
}

static void pulse_on_beat(void *arg) {
  struct pulse *pulse = arg;
  int64_t now_us = clock_now_us();
  pulse->worst_us = later(pulse->worst_us, now_us - pulse->due_us);
  atomic_store_explicit(&pulse->tally->lag_us,
                        later(pulse->worst_us, pulse->before_us),
                        memory_order_relaxed);
  if (--pulse->beats == 0) begin_window(pulse);
  beat_again(pulse, now_us);
}

void pulse_start(struct pulse *pulse, struct loop *loop,
                 struct worker_tally *tally) {
  timer_init(&pulse->timer, loop, pulse_on_beat, pulse);
  pulse->tally = tally;
  begin_window(pulse);
  beat_again(pulse, clock_now_us());
}

void pulse_stop(struct pulse *pulse) { timer_clear(&pulse->timer); }

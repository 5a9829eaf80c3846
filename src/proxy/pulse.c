/* pulse: a timer, ten times a second, and how late it was.
 *
 * What keeps a loop (a long callback, a core that other threads have) keeps
 * this timer, too, so nothing on the path of a request is measured. A pause
 * between two beats is not seen; one of a tenth of a second always is, and as
 * long as it lasts by whoever looks, since when the next beat is due is known.
 *
 * To measure each turn would be exact. But libevent 2.1 calls nobody when it
 * wakes up, and to be called when a turn is over, and to read the clock then,
 * costs every request some 34 instructions, for what is seldom looked at. */
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
  relaxed_store(&pulse->tally->beat_us, now_us + BEAT_US);
  timer_set(&pulse->timer, now_us + BEAT_US);
}

static void pulse_on_beat(void *arg) {
  struct pulse *pulse = arg;
  struct worker_tally *tally = pulse->tally;
  int64_t now_us = clock_now_us();
  pulse->worst_us = later(pulse->worst_us, now_us - tally->beat_us);
  relaxed_store(&tally->lag_us, later(pulse->worst_us, pulse->before_us));
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

void pulse_stop(struct pulse *pulse) {
  if (!pulse->tally) return;
  timer_clear(&pulse->timer);
  relaxed_store(&pulse->tally->beat_us, 0);
}

/* clock: the only place that reads time.
 *
 * Everything else gets the time as an argument or inside an event, so that it
 * can be tested in virtual time, and so that one turn of the loop can decide
 * on one instant. Deadlines and durations come from the monotonic clock, which
 * never jumps; the wall clock is only for what people and peers read.
 *
 * Both are read through the vDSO: no system call. */
#include "io/clock.h"

#include <time.h>

static int64_t read_us(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t clock_now_us(void) { return read_us(CLOCK_MONOTONIC); }

int64_t clock_wall_s(void) { return time(NULL); }

int64_t clock_wall_us(void) { return read_us(CLOCK_REALTIME); }

/* clock: the only place that reads time. */
#ifndef HEDGEROW_IO_CLOCK_H
#define HEDGEROW_IO_CLOCK_H

#include <stdint.h>

int64_t clock_now_us(void);  /* monotonic; for deadlines and durations */
int64_t clock_wall_us(void); /* since 1970, UTC; for log lines */
int64_t clock_wall_s(void);  /* the same in seconds, and cheaper; for Date */

#endif

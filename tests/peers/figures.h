/* figures: what became of each request, and the figures of all of them: one
 * reckoning for what was measured (load) and for what was computed (ideal). */
#ifndef PEERS_FIGURES_H
#define PEERS_FIGURES_H

#include <stdbool.h>
#include <stdint.h>

enum { FATE_ID_BYTES = 16 };

struct fate {
  int64_t us;      /* until it had ended, well or not */
  int64_t late_us; /* how long after it was due it was sent */
  int asked;       /* upstream requests made for it */
  bool good;
};

/* The X-Request-ID of request `number`, the same in every run. Warm-up requests
 * have names of their own, so that they use up nobody's luck. */
void fate_name(char id[FATE_ID_BYTES], long number, bool warm);

/* Prints ` NAME=VALUE` for each figure, times in ms. A percentile is that of
 * the nearest rank; p50 to max are over all requests, whatever came back: a
 * failure counts with the time at which it came, and how many were good stands
 * beside it. good_p50 and good_p99 are over the good ones. */
void print_figures(const struct fate *fates, long count);

/* One `NUMBER good|bad MICROSECONDS ASKED` line for each, to compare by. */
void write_each(const char *path, const struct fate *fates, long count);

#endif

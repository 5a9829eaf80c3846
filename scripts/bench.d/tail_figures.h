/* What became of each request, and the figures of all of them: one reckoning
 * for what was measured (tail_load) and for what was computed (tail_ideal).
 *
 * A percentile is that of nearest rank, over all requests, whatever came back:
 * a failure counts with the time at which it came, and how many there were
 * stands beside it. */
#ifndef TAIL_FIGURES_H
#define TAIL_FIGURES_H

#include "bench.h"

enum { ID_BYTES = 16 };

struct fate {
  int64_t us;
  int asked; /* upstream requests made for it */
  bool good;
};

/* The same names in every run; warm-up requests have names of their own, so
 * that they use up nobody's luck. */
static inline void name_request(char id[ID_BYTES], int number, bool warm) {
  snprintf(id, ID_BYTES, "%s-%07u", warm ? "warm" : "tail", (unsigned)number);
}

static inline int by_time(const void *a, const void *b) {
  const int64_t *left = a, *right = b;
  return (*left > *right) - (*left < *right);
}

/* The share stands in tenths of a per cent. */
static inline int64_t percentile(const int64_t *sorted, int count, int share) {
  int64_t rank = ((int64_t)count * share + 999) / 1000;
  return sorted[rank ? rank - 1 : 0];
}

/* `METRIC VALUE` lines, times in ms. */
static inline void print_figures(const struct fate *fates, int count) {
  static const struct {
    const char *name;
    int share;
  } figures[] = {
      {"p50", 500}, {"p95", 950}, {"p99", 990}, {"p99.9", 999}, {"max", 1000}};
  int64_t *times = calloc((size_t)count, sizeof *times);
  long good = 0, asked = 0;
  if (!times) give_up("calloc");
  for (int i = 0; i < count; i++) {
    times[i] = fates[i].us;
    good += fates[i].good;
    asked += fates[i].asked;
  }
  qsort(times, (size_t)count, sizeof *times, by_time);
  printf("good %.4f\nasked %.4f\n", 100.0 * (double)good / count,
         (double)asked / count);
  for (size_t i = 0; i < sizeof figures / sizeof *figures; i++)
    printf("%s %.3f\n", figures[i].name,
           (double)percentile(times, count, figures[i].share) / 1000);
  free(times);
}

/* One `NUMBER good|bad MICROSECONDS ASKED` line for each, to compare by. */
static inline void write_each(const char *path, const struct fate *fates,
                              int count) {
  FILE *file = fopen(path, "w");
  if (!file) give_up(path);
  for (int i = 0; i < count; i++)
    fprintf(file, "%d %s %lld %d\n", i, fates[i].good ? "good" : "bad",
            (long long)fates[i].us, fates[i].asked);
  if (fclose(file)) give_up(path);
}

#endif

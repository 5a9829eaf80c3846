/* figures: see figures.h. */
#include "figures.h"

#include <stdio.h>
#include <stdlib.h>

#include "net.h"

void fate_name(char id[FATE_ID_BYTES], long number, bool warm) {
  snprintf(id, FATE_ID_BYTES, "%s-%07u", warm ? "warm" : "tail",
           (unsigned)number);
}

static int by_time(const void *a, const void *b) {
  const int64_t *left = a, *right = b;
  return (*left > *right) - (*left < *right);
}

/* The share stands in tenths of a per cent. */
static double ms_at(const int64_t *sorted, long count, long share) {
  long rank = (count * share + 999) / 1000;
  if (count == 0) return 0;
  return (double)sorted[rank ? rank - 1 : 0] / 1000;
}

static void sort_times(int64_t *times, long count) {
  qsort(times, (size_t)count, sizeof *times, by_time);
}

void print_figures(const struct fate *fates, long count) {
  int64_t *times = must_have(calloc((size_t)count + 1, sizeof *times));
  int64_t *good = must_have(calloc((size_t)count + 1, sizeof *good));
  long good_count = 0, asked = 0;
  for (long i = 0; i < count; i++) {
    times[i] = fates[i].us;
    asked += fates[i].asked;
    if (fates[i].good) good[good_count++] = fates[i].us;
  }
  sort_times(times, count);
  sort_times(good, good_count);
  double all = count ? (double)count : 1;
  printf(" good_percent=%.4f asked_each=%.4f p50=%.3f p95=%.3f p99=%.3f"
         " p99.9=%.3f max=%.3f good_p50=%.3f good_p99=%.3f",
         100.0 * (double)good_count / all, (double)asked / all,
         ms_at(times, count, 500), ms_at(times, count, 950),
         ms_at(times, count, 990), ms_at(times, count, 999),
         ms_at(times, count, 1000), ms_at(good, good_count, 500),
         ms_at(good, good_count, 990));
  for (long i = 0; i < count; i++) times[i] = fates[i].late_us;
  sort_times(times, count);
  printf(" late=%.3f\n", ms_at(times, count, 999));
  free(times);
  free(good);
}

void write_each(const char *path, const struct fate *fates, long count) {
  FILE *file = fopen(path, "we");
  if (!file) give_up(path);
  for (long i = 0; i < count; i++)
    fprintf(file, "%ld %s %lld %d\n", i, fates[i].good ? "good" : "bad",
            (long long)fates[i].us, fates[i].asked);
  if (fclose(file)) give_up(path);
}

/* simulation_seen: what a simulation has counted. */
#include <math.h>
#include <stdlib.h>

#include "tools/simulation_parts.h"

bool simulated_answer(struct simulated *seen, int64_t took_us) {
  if (seen->good == seen->took_cap) {
    size_t cap = seen->took_cap ? 2 * seen->took_cap : 4096;
    float *took_ms = realloc(seen->took_ms, cap * sizeof *took_ms);
    if (!took_ms) return false;
    seen->took_ms = took_ms;
    seen->took_cap = cap;
  }
  seen->took_ms[seen->good++] = (float)took_us / 1000;
  return true;
}

static int by_time(const void *a, const void *b) {
  float left = *(const float *)a, right = *(const float *)b;
  return (left > right) - (left < right);
}

void simulated_sort(struct simulated *seen) {
  if (seen->good > 0)
    qsort(seen->took_ms, seen->good, sizeof *seen->took_ms, by_time);
}

double simulated_quantile_ms(const struct simulated *seen, double quantile) {
  if (seen->good == 0) return NAN;
  size_t at = (size_t)((double)seen->good * quantile);
  return seen->took_ms[at < seen->good ? at : seen->good - 1];
}

void simulated_clear(struct simulated *seen) {
  free(seen->took_ms);
  seen->took_ms = NULL;
}

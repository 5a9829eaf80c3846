/* fuzz_workload: the text of a workload, as `simulate` reads it.
 *
 * What is taken can be played: there are requests, and not too many, and what
 * is drawn takes a time that can be told. What is refused says why. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "tools/workload.h"

static void check_draws(const struct workload *w) {
  struct luck luck = luck_of(4711, 1, 0);
  for (int i = 0; i < 8; i++) {
    const double at_s = w->seconds * i / 8;
    const unsigned target = (unsigned)i % w->targets;
    const double rate = workload_rate(w, at_s);
    struct workload_draw draw = workload_draw(w, &luck);
    draw = workload_at(w, draw, target, at_s, &luck);
    demand(isfinite(rate) && rate >= 0, "a rate is a number");
    demand(draw.takes_us >= 0 && draw.takes_us <= WORKLOAD_LONGEST_US,
           "a time is a time");
  }
}

static void check(const struct workload *w) {
  demand(w->rate > 0 && w->rate * w->seconds <= 5e7, "there are requests");
  demand(w->settle_s < w->seconds, "and some of them count");
  demand(w->timeout_us > 0, "that wait");
  demand(w->targets > 0 && w->answer_count > 0, "and somebody answers");
  demand(w->burst_every_s == 0 || w->burst > 0, "also in a burst");
  demand(w->burst_s <= w->burst_every_s, "which ends");
  check_draws(w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct workload workload;
  char error[64] = "";
  char *text = malloc(size + 1);
  memcpy(text, data, size);
  text[size] = '\0';
  if (workload_parse(&workload, text, error, sizeof error)) check(&workload);
  else demand(error[0] != '\0', "it says why");
  free(text);
  return 0;
}

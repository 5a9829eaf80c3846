/* demo_load: the client of the demo: each request is asked twice at the same
 * time, straight and through hedgerow. */
#ifndef HEDGEROW_TOOLS_DEMO_LOAD_H
#define HEDGEROW_TOOLS_DEMO_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/step.h"
#include "io/loop.h"

enum demo_way { DEMO_STRAIGHT, DEMO_HEDGED, DEMO_WAYS };

enum {
  DEMO_HEDGES = 2, /* of the proxy that is asked */
  DEMO_PATIENCE_MS = 2000,
  DEMO_ID_BYTES = 64,
};

/* What came of one request, one way. */
struct demo_result {
  bool done, good; /* good: a success within the patience */
  struct attempt_end end;
  int64_t took_us;   /* from when it was due to when its end was known */
  unsigned attempts; /* requests to the upstream that it cost */
  int winner;        /* the attempt that won, or -1 */
  char *timing;      /* Server-Timing's value where a hedge won, or NULL */
};

struct demo_pair {
  uint64_t number; /* gives the X-Request-ID */
  struct demo_result results[DEMO_WAYS];
};

struct demo_load_options {
  uint16_t ports[DEMO_WAYS]; /* whom to ask, on 127.0.0.1 */
  uint64_t seed;
  int64_t rate, duration_us;
};

struct demo_load;

/* on_done(arg) is called from the loop whenever everything that was asked has
 * ended; it may ask once more, and may not free the load. options are copied.
 * NULL with one line in error. */
struct demo_load *demo_load_new(struct loop *loop,
                                const struct demo_load_options *options,
                                void (*on_done)(void *arg), void *arg,
                                char *error, size_t error_cap);
/* What is in flight is cancelled. NULL is fine. */
void demo_load_free(struct demo_load *load);

/* Asks rate * duration requests, each at its time. Once. */
void demo_load_run(struct demo_load *load);
/* Asks one more, now; once, after the run. */
void demo_load_ask(struct demo_load *load, uint64_t number);

/* Goes on at the rate, through hedgerow alone, until it is freed, and keeps
 * nothing of that: the run's pairs stay, and on_done is not called any more.
 * Once all that was asked has ended. */
void demo_load_go_on(struct demo_load *load);

/* The pairs of the run are numbered as they stand; the one that was asked
 * afterwards stands behind them. */
size_t demo_load_count(const struct demo_load *load);
const struct demo_pair *demo_load_pair(const struct demo_load *load, size_t at);

/* How far it is. */
struct demo_tally {
  unsigned ended[DEMO_WAYS], failed[DEMO_WAYS];
};
struct demo_tally demo_load_tally(const struct demo_load *load);

/* The X-Request-ID of a pair. Returns id. */
const char *demo_load_id(char id[DEMO_ID_BYTES], uint64_t seed,
                         uint64_t number);

#endif

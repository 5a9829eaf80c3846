/* spans: settled races on their way to an OpenTelemetry collector (--otlp).
 *
 * A worker hands over a copy and goes on; a thread makes spans of them (core/
 * otlp) and sends them. Memory is bounded, what finds no room is dropped and
 * counted, and whatever the collector does, no request waits for it. */
#ifndef HEDGEROW_PROXY_SPANS_H
#define HEDGEROW_PROXY_SPANS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/record.h"
#include "core/tally.h"
#include "core/trace_context.h"
#include "io/post.h"
#include "io/ring.h"

struct spans;

/* Who is spoken to, and how. Nothing of it is kept but the trust. */
struct spans_collector {
  struct slice url;    /* see config_parse_collector */
  struct slice token;  /* Authorization: Bearer; "": none */
  struct trust *trust; /* who vouches for it */
};

struct spans_setup {
  struct spans_collector collector;
  struct slice instance; /* which process this is; borrowed */
  unsigned workers;      /* who has a feed */
};

/* Starts the thread. NULL: no memory or threads. */
struct spans *spans_new(const struct spans_setup *setup)
    __attribute__((warn_unused_result));
/* No worker uses its feed any more. Sends what is left, for a second at most,
 * and ends the thread. NULL is fine. */
void spans_free(struct spans *spans);

/* ---- for main, while the thread runs ---- */

/* What speaks to the collector with another token or trust, to be taken over by
 * spans_renew, or freed. NULL: no memory. */
struct post *spans_post(const struct spans_collector *collector)
    __attribute__((warn_unused_result));
/* Batches that begin from now on go that way. */
void spans_renew(struct spans *spans, struct post *post);

/* One worker's end. */
struct spans_feed {
  _Alignas(TALLY_LINE) struct ring *ring;
  tally_cell dropped; /* spans of races that found no room */
};

struct spans_feed *spans_feed(struct spans *spans, unsigned worker);

/* copy: of the race, a core/race_copy. */
void spans_put_race(struct spans_feed *feed, const struct race_record *race,
                    struct slice copy);

static inline bool spans_wants(const struct spans_feed *feed,
                               const struct race_record *race) {
  return feed && race->trace && race->trace->flags & TRACE_SAMPLED;
}

/* Since the start, from any thread. */
struct spans_counts {
  uint64_t sent, dropped;
};
struct spans_counts spans_count(const struct spans *spans);

#endif

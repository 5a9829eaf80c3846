/* tally: what is counted for metrics.
 *
 * Each cell only grows, and has one writer: a worker's thread. So a count is a
 * load and a store, which cost what a plain increment does, and whoever reads
 * makes nobody wait. The cells of all workers lie in one array; a cell's sum is
 * taken over it. All zeros is empty. */
#ifndef HEDGEROW_CORE_TALLY_H
#define HEDGEROW_CORE_TALLY_H

#include <stddef.h>
#include <stdint.h>

#include "core/gate.h"
#include "core/relaxed.h"
#include "core/rescue.h"
#include "core/step.h"

enum { TALLY_LINE = 64, TALLY_SPANS = 58, ATTEMPT_KINDS = ATTEMPT_RETRY + 1 };

typedef _Atomic uint64_t tally_cell;

/* How long things took. */
struct tally_times {
  tally_cell in[TALLY_SPANS + 1]; /* by tally_spans_us; the last: longer */
  tally_cell sum_us;
};

/* Whose times: of requests that an upstream's answer ended (OUTCOME_SUCCESS,
 * OUTCOME_CLIENT_ERROR), and of all others. */
enum { TOOK_OTHERS, TOOK_ANSWERED, TOOK };

/* Client requests of a path, and the races made for them. */
struct route_tally {
  _Alignas(TALLY_LINE) tally_cell outcomes[OUTCOMES];
  struct tally_times took[TOOK];
  /* One for a request, and for each item of an /all or a gather: */
  tally_cell races;            /* that asked an upstream, */
  tally_cell attempts;         /* and how often they did */
  tally_cell rescued[RESCUES]; /* of them */
  tally_cell known_us;         /* what the slow ones have saved: so much is
                                * known, and so much */
  tally_cell estimated_us;
  tally_cell refused[GATE_VERDICTS]; /* attempts that were not let start */
};

/* Attempts at a target that have ended. */
struct target_tally {
  _Alignas(TALLY_LINE) tally_cell ended[ATTEMPT_KINDS][ATTEMPT_RESULTS];
  struct tally_times took; /* without those that were refused or cancelled */
};

/* Attempts that an upstream's gate, or hedgerow, did not let start. */
struct upstream_tally {
  _Alignas(TALLY_LINE) tally_cell refused[GATE_VERDICTS];
};

/* What a worker sees beside that. */
struct worker_tally {
  _Alignas(TALLY_LINE) tally_cell dials[ATTEMPT_RESULTS]; /* that have ended:
                                   * SUCCESS, TRANSPORT, STARVED, CANCELLED */
  tally_cell resends;      /* see attempt_record */
  tally_cell gone;         /* clients who left before their answer */
  _Atomic int64_t lag_us;  /* the most that its loop was late of late, and */
  _Atomic int64_t beat_us; /* when it is to turn next: see proxy/pulse; 0: it
                            * need not */
};

/* The longest time of each span, in microseconds: ten spans to a decade from
 * 1 ms on. */
enum { TALLY_FIRST_US = 100, TALLY_LAST_US = 100000000 };
extern const int64_t tally_spans_us[TALLY_SPANS];
/* The first span whose longest time is 2^octave us or more. */
enum { TALLY_OCTAVES = 27 };
extern const uint8_t tally_spans_from[TALLY_OCTAVES];

/* Only from the thread whose cell it is. */
static inline void tally_add(tally_cell *cell, uint64_t more) {
  relaxed_count(cell, more);
}

static inline unsigned tally_span(int64_t took_us) {
  if (took_us <= TALLY_FIRST_US) return 0;
  if (took_us > TALLY_LAST_US) return TALLY_SPANS;
  unsigned span = tally_spans_from[63 - __builtin_clzll((uint64_t)took_us)];
  while (took_us > tally_spans_us[span]) span++;
  return span;
}

/* Inline, since they are on the path of a request. */
static inline void tally_time(struct tally_times *of, int64_t took_us) {
  tally_add(&of->in[tally_span(took_us)], 1);
  tally_add(&of->sum_us, (uint64_t)took_us);
}

/* One client request, which took_us. Only from that thread. */
static inline void tally_race(struct route_tally *of, enum outcome outcome,
                              int64_t took_us) {
  tally_add(&of->outcomes[outcome], 1);
  tally_time(&of->took[outcome <= OUTCOME_CLIENT_ERROR], took_us);
}

/* The sum of this cell of the first worker and those of the others, which
 * lie `each` bytes behind one another. From any thread. */
uint64_t tally_sum(const tally_cell *cell, size_t each, unsigned workers);

/* How late that worker's loop was of late, or is at this moment. From any
 * thread. */
int64_t tally_lag_us(const struct worker_tally *of, int64_t now_us);

/* What a route's requests took of late: one thread keeps the sums at the start
 * of two windows of 10 minutes, as core/latency does with its past, and takes
 * differences. All zeros has not begun. */
struct tally_waits {
  uint64_t older[TALLY_SPANS + 1], newer[TALLY_SPANS + 1];
  int64_t newer_us; /* when the newer began; 0: never */
};

enum { TALLY_WAITS_US = 600000000 };

/* Starts a new window where it is time. */
void tally_waits_turn(struct tally_waits *waits, const struct route_tally *of,
                      unsigned workers, int64_t now_us);
/* How many were answered within the two windows, by span. */
void tally_waits_count(const struct tally_waits *waits,
                       const struct route_tally *of, unsigned workers,
                       uint64_t counts[TALLY_SPANS + 1]);

#endif

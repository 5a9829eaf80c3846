/* tally: what is counted for metrics.
 *
 * Each cell only grows, and has one writer: a worker's thread. So a count is a
 * load and a store, which cost what a plain increment does, and whoever reads
 * makes nobody wait. The cells of all workers lie in one array; a cell's sum is
 * taken over it. All zeros is empty. */
#ifndef HEDGEROW_CORE_TALLY_H
#define HEDGEROW_CORE_TALLY_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "core/gate.h"
#include "core/rescue.h"
#include "core/step.h"

enum { TALLY_LINE = 64, TALLY_SPANS = 12, ATTEMPT_KINDS = ATTEMPT_RETRY + 1 };

typedef _Atomic uint64_t tally_cell;

/* Client requests of a path. */
struct route_tally {
  _Alignas(TALLY_LINE) tally_cell outcomes[OUTCOMES];
  tally_cell took[TALLY_SPANS + 1]; /* by tally_spans_us; the last: longer */
  tally_cell took_us;               /* of all of them together */
  tally_cell rescued[RESCUES];      /* races, those of an /all one by one; */
  tally_cell saved_us;              /* the slow ones' saved time, estimated */
};

/* Attempts at a target that have ended. */
struct target_tally {
  _Alignas(TALLY_LINE) tally_cell ended[ATTEMPT_KINDS][ATTEMPT_RESULTS];
};

/* Attempts that an upstream's gate, or hedgerow, did not let start. */
struct upstream_tally {
  _Alignas(TALLY_LINE) tally_cell refused[GATE_VERDICTS];
};

/* The longest time of each span, in microseconds: 1 ms to 10 s. */
extern const int64_t tally_spans_us[TALLY_SPANS];

/* Only from the thread whose cell it is. */
static inline void tally_add(tally_cell *cell, uint64_t more) {
  uint64_t old = atomic_load_explicit(cell, memory_order_relaxed);
  atomic_store_explicit(cell, old + more, memory_order_relaxed);
}

/* One client request, which took_us. Only from that thread. Inline, since it is
 * on the path of a request; most are short. */
static inline void tally_race(struct route_tally *of, enum outcome outcome,
                              int64_t took_us) {
  unsigned span = 0;
  while (span < TALLY_SPANS && took_us > tally_spans_us[span]) span++;
  tally_add(&of->outcomes[outcome], 1);
  tally_add(&of->took[span], 1);
  tally_add(&of->took_us, (uint64_t)took_us);
}

/* A race that was rescued. Likewise. */
static inline void tally_rescue(struct route_tally *of, enum rescue rescued,
                                int64_t saved_us) {
  tally_add(&of->rescued[rescued], 1);
  tally_add(&of->saved_us, (uint64_t)saved_us);
}

/* The sum of this cell of the first worker and those of the others, which
 * lie `each` bytes behind one another. From any thread. */
uint64_t tally_sum(const tally_cell *cell, size_t each, unsigned workers);

#endif

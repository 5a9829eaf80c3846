/* common: what all workers of the process have in common. */
#ifndef HEDGEROW_PROXY_COMMON_H
#define HEDGEROW_PROXY_COMMON_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "core/tally.h"
#include "io/buffer.h"
#include "io/loop.h"
#include "io/slot.h"

enum {
  CACHE_LINE = 64,
  PROCESS_VIA_BYTES = 48,
};

/* Immutable once the workers run, but for relaxed counters. What each
 * request counts has cache lines of its own, so that a worker that counts does
 * not take from the others what they only read. */
struct process {
  _Alignas(CACHE_LINE) _Atomic int64_t requests; /* in flight; --max-requests */
  _Alignas(CACHE_LINE) struct budget budget;     /* --max-buffered */
  _Atomic int64_t connections;                   /* --max-connections */
  _Alignas(CACHE_LINE) const struct config *config;
  struct slots *slots; /* of all targets */
  /* Woken when connections drop below --max-connections. */
  struct wake *accept_again[CONFIG_WORKERS_MAX];
  struct process_line {
    _Alignas(
        CACHE_LINE) _Atomic int64_t waiting; /* primaries, in that worker */
    struct wake *wake;
  } lines[CONFIG_WORKERS_MAX]; /* see proxy/line */
  struct worker_tally tallies[CONFIG_WORKERS_MAX];
  unsigned worker_count;
  char via_bytes[2][PROCESS_VIA_BYTES];
  struct slice via_lines[2]; /* as struct forward_rules has them */
  struct slice pseudonym;    /* "hedgerow-ID" */
  bool log_text;             /* short text rather than JSON */
  struct spans *spans;       /* NULL: --otlp off */
  bool traces;               /* requests that bring no trace begin one */
  uint64_t trace_share;      /* of these, those are sampled whose trace's ID
                              * has a lower half below this */
};

#endif

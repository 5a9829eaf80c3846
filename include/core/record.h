/* record: what became of one attempt, and of one client request.
 *
 * A record is written in place while things happen: by proxy/fetch what was
 * decided, by io/attempt what came over the wire. Whoever tells of it (answers,
 * problems, /all's detail, the log, counters) reads the same record. */
#ifndef HEDGEROW_CORE_RECORD_H
#define HEDGEROW_CORE_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "core/gate.h"
#include "core/rescue.h"
#include "core/slice.h"
#include "core/step.h"
#include "core/text.h"
#include "core/trace_context.h"

struct route_tally;
struct target_tally;

/* All times are monotonic microseconds; 0: it has not happened. */
struct attempt_record {
  int64_t start_us;      /* 0: never started, and not refused either */
  int64_t connected_us;  /* the connection that carried it was there */
  int64_t first_byte_us; /* of an answer */
  int64_t end_us;
  struct attempt_end end; /* once end_us is there */
  uint64_t bytes;    /* of the answer, as they came: head and framing too */
  const char *error; /* why it is no success, in words that say what to do; ""
                      * or NULL: nothing to say. It holds no secret, and lives
                      * as long as the record. */
  const char *name;  /* the target's, as core/target has it; NULL: none */
  struct target_tally *tally; /* where it is counted: see core/tally */
  struct slice host;          /* the target's, with its port: see core/target */
  uint32_t target;            /* the target's number: --to first, then --all */
  uint8_t number;  /* its place in its race, and Hedge-Attempt's value */
  uint8_t kind;    /* enum attempt_kind */
  uint8_t resends; /* kept connections that had died, and were replaced */
  uint8_t tried;   /* addresses of its host, as bits (1 << its place among
                    * them): its own, and those that attempts of its race at
                    * that target had asked before */
  enum gate_verdict refused_by; /* with ATTEMPT_REFUSED */
  uint32_t queued_us; /* how long it stood in line before start_us (--queue) */
  uint64_t span; /* its ID in the race's trace; 0: none, it is in no trace */
};

/* What hedging would have done for a race that was only observed; all zeros:
 * nothing. A request that was answered would have been answered sooner by
 * save_us, on average; one that failed would have succeeded with the odds
 * rescue. See core/estimate. */
struct race_would {
  int64_t hedge_us; /* the first hedge would have started, since the start; 0:
                     * none would */
  int64_t save_us;
  float rescue; /* 0 .. 1 */
};

/* The odds in whole per cent, as they are told everywhere. */
static inline int race_would_rescue_percent(const struct race_would *would) {
  return (int)(100 * would->rescue + 0.5f);
}

enum { RECORD_ROUTE_MAX = 1024 /* bytes of a route's path, at most */ };

/* One client request, once it is settled. */
struct race_record {
  struct slice id, method, path, peer; /* path: without the query */
  struct slice route;    /* the path of the route; empty: none takes it */
  struct slice upstream; /* whom the race asks; empty: several, or nobody */
  const struct trace_context *trace; /* that it belongs to; NULL: none */
  struct slice trace_state; /* of the client's, as one list, where a collector
                             * is told; TRACE_STATE_BYTES at most */
  enum outcome outcome;
  int winner;       /* the attempt whose success is the answer, or -1 */
  int status;       /* 0: none was sent, the client had left */
  uint64_t bytes;   /* of the answer's body */
  int64_t start_us; /* attempts are told from here */
  int64_t end_us;
  struct route_tally *tally; /* where it is counted: see core/tally */
  unsigned started;          /* attempts that were not refused */
  unsigned races;            /* that started one: the items of an /all */
  struct race_would would;
  /* Of a single race; one of several (/all) is counted, and not told here. */
  enum rescue rescued;
  int64_t saved_us; /* with RESCUE_SLOW: how much sooner its answer came at
                     * least, by estimate; 0: nobody knows */
  /* In the order of their numbers; those of an /all in the order of its items.
   * One whose start_us is 0 is a gap, and not told. */
  const struct attempt_record *attempts;
  unsigned count;
};

/* The next record at or behind *at that is no gap, or NULL; *at is then behind
 * it. Start with *at = 0. */
static inline const struct attempt_record *race_record_next(
    const struct race_record *race, unsigned *at) {
  while (*at < race->count) {
    const struct attempt_record *attempt = &race->attempts[(*at)++];
    if (attempt->start_us != 0) return attempt;
  }
  return NULL;
}

/* How many records at or behind `at` are no gaps. */
unsigned race_record_left(const struct race_record *race, unsigned at);

/* For a race that nobody has won: how many seconds behind its end an upstream
 * wants to be asked again at the soonest, rounded up, where each attempt that
 * got a response was told so by a Retry-After (RFC 9110, section 10.2.3). One
 * that was ended behind its head counts as none. 0: they were not, or the time
 * has come. */
unsigned race_record_retry_after_s(const struct race_record *race);

/* The two spellings of an attempt as JSON: that of problems has started_ms,
 * ended_ms, error, and the kind of a retry alone; that of the log start,
 * first_byte, end, resends, every kind, and the span of one that is traced. */
enum record_style { RECORD_IN_PROBLEM, RECORD_IN_LOG };

/* Writes one JSON object; times count from from_us. */
void attempt_record_json(struct text *out, const struct attempt_record *attempt,
                         int64_t from_us, enum record_style style);

#endif

/* gate: whether an attempt, or a client's request, may start now.
 *
 * One pure question with a named answer. The answer stands in the record of
 * what was asked (core/record), so that an error, a log line and a counter tell
 * the same. */
#ifndef HEDGEROW_CORE_GATE_H
#define HEDGEROW_CORE_GATE_H

#include <stdbool.h>
#include <stdint.h>

enum gate_verdict {
  GATE_OPEN,
  GATE_FULL,   /* too many are in flight */
  GATE_MEMORY, /* no memory was free */
  /* Of extra attempts only; see core/overload and core/hedge_budget. */
  GATE_SLOW_TARGET, /* the target is slower than usual */
  GATE_CROWDED,     /* more than usual are in flight to it */
  GATE_SHED,        /* it answers 429 or 503 */
  GATE_PUSHBACK,    /* it has asked to be left alone until later */
  GATE_BUDGET,      /* successes have not earned it */
  /* Of all again. */
  GATE_RATE,  /* as many have started lately as may */
  GATE_QUEUE, /* others wait in line, or its own turn did not come */
};

enum { GATE_VERDICTS = GATE_QUEUE + 1 };

/* What is known at this instant. */
struct gate {
  int64_t in_flight, cap; /* without the one that asks */
  bool hedge;             /* leaves an eighth of the cap to primaries */
};

enum gate_verdict gate_try(const struct gate *gate)
    __attribute__((warn_unused_result));

/* "full", "memory", ... as logs and metrics print it. */
const char *gate_verdict_name(enum gate_verdict verdict);
/* For an error of an attempt that was refused: in words, static. */
const char *gate_attempt_error(enum gate_verdict verdict);
/* The same for a client's request. */
const char *gate_request_error(enum gate_verdict verdict);

#endif

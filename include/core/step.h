/* step: the words in which a policy and the shell around it talk.
 *
 * A policy (core/race, core/gather) is a value. It is told what happened as a
 * `struct step_event`, the time included, and it answers what to do as a
 * `struct todo`. It reads no clock, opens no socket and allocates nothing, so
 * it can be tested in virtual time and reused by a simulator.
 *
 * Attempts are numbered from 0 and always start in that order, so both halves
 * of a todo are watermarks:
 *   start_below   every attempt below it is to have been started (never falls)
 *   cancel_below  whatever is in flight below it is to be cancelled now
 * When an attempt may not start (a cap, no memory), the shell says so at once
 * by an EVENT_ENDED with ATTEMPT_REFUSED, and goes on with the todo that this
 * returns. An attempt that was cancelled brings no event. */
#ifndef HEDGEROW_CORE_STEP_H
#define HEDGEROW_CORE_STEP_H

#include <stdbool.h>
#include <stdint.h>

/* How an attempt ended. The names, in lower case and without the prefix, are
 * what problem+json, the log and the metrics print: attempt_result_name(). */
enum attempt_result {
  ATTEMPT_SUCCESS,   /* 2xx, whole, one valid JSON text */
  ATTEMPT_STATUS,    /* any other status */
  ATTEMPT_BAD_JSON,  /* 2xx, and the body is not one valid JSON text */
  ATTEMPT_TRANSPORT, /* no whole answer: connect, TLS, framing, cut */
  ATTEMPT_TOO_LARGE, /* head or body over its cap */
  ATTEMPT_REFUSED,   /* never started: a cap of ours, no memory */
  ATTEMPT_CANCELLED, /* the race was settled without it */
  ATTEMPT_TIMEOUT,   /* its own limit (--attempt-timeout) or the deadline */
};

struct attempt_end {
  enum attempt_result result;
  int status;       /* 0 where no status line arrived */
  bool whole;       /* head and body arrived whole, within the caps */
  bool retry_after; /* the answer carries a Retry-After field */
};

enum event_kind {
  EVENT_START, /* once, first */
  EVENT_ENDED, /* `attempt` ended as `end` says */
  EVENT_TIMER, /* the instant that the policy's wakeup named has come */
  EVENT_GONE,  /* the client left */
  EVENT_DRAIN, /* the server ends; what is open is cut */
};

struct step_event {
  enum event_kind kind;
  int64_t now_us; /* monotonic */
  unsigned attempt;
  struct attempt_end end;
};

enum outcome {
  OUTCOME_OPEN,         /* not settled yet */
  OUTCOME_SUCCESS,      /* `winner` succeeded */
  OUTCOME_CLIENT_ERROR, /* the 4xx that `winner` brought is the answer */
  OUTCOME_FAILED,       /* every attempt ended, none succeeded: 502 */
  OUTCOME_REFUSED,      /* no attempt could be started: 503 */
  OUTCOME_DEADLINE,     /* 504 */
  OUTCOME_DRAINED,      /* 503 */
  OUTCOME_GONE,         /* nobody is there to be answered */
  OUTCOME_GATHERED,     /* /all: every item has its place */
};

struct todo {
  unsigned start_below;
  unsigned cancel_below;
  enum outcome outcome;
  unsigned winner; /* with OUTCOME_SUCCESS and OUTCOME_CLIENT_ERROR */
};

const char *attempt_result_name(enum attempt_result result);
const char *outcome_name(enum outcome outcome);

#endif

/* step: the words in which a policy and the shell around it talk.
 *
 * A policy (core/race) is a value. It is told what happened as a
 * `struct step_event`, the time included, and it answers what to do as a
 * `struct todo`. It reads no clock, opens no socket and allocates nothing, so
 * it can be tested in virtual time and reused by a simulator.
 *
 * Attempts are numbered from 0 and always start in that order, so a todo is
 * made of watermarks:
 *   start_below   every attempt below it is to have been started (never falls)
 *   expire_below  what is in flight below it has used up its own time
 *   cancel_below  what is in flight below it is to be cancelled
 * The shell ends expired attempts first, then cancels, then starts. When an
 * attempt may not start (core/gate), the shell says so at once by an
 * EVENT_ENDED with ATTEMPT_REFUSED, and goes on with the todo that this
 * returns. An attempt that expired or was cancelled brings no event. */
#ifndef HEDGEROW_CORE_STEP_H
#define HEDGEROW_CORE_STEP_H

#include <stdbool.h>
#include <stdint.h>

/* Why an attempt is made. Envoy and gRPC use the same words. */
enum attempt_kind {
  ATTEMPT_PRIMARY, /* the first */
  ATTEMPT_HEDGE,   /* at its time, or brought forward by a failure */
  ATTEMPT_RETRY,   /* after a failure, and a wait */
};

/* How an attempt ended. The names, in lower case and without the prefix, are
 * what problem+json, the log and the metrics print: attempt_result_name(). */
enum attempt_result {
  ATTEMPT_SUCCESS,   /* what enum success asks for (core/verdict) */
  ATTEMPT_STATUS,    /* any other status */
  ATTEMPT_BAD_JSON,  /* 2xx, and the body is not one valid JSON text */
  ATTEMPT_TRANSPORT, /* no whole answer: connect, TLS, framing, cut */
  ATTEMPT_TOO_LARGE, /* head or body over its cap */
  ATTEMPT_REFUSED,   /* never started; attempt_record.refused_by says why */
  ATTEMPT_CANCELLED, /* the race was settled without it */
  ATTEMPT_TIMEOUT,   /* its own limit (--attempt-timeout) or the deadline */
  ATTEMPT_STARVED,   /* started, and then this machine lacked memory, a buffer,
                      * a descriptor or a port: no fault of the upstream's */
  ATTEMPT_RULE,      /* a success, but that its JSON breaks a rule of the route
                      * (core/json_rule) */
};

enum { ATTEMPT_RESULTS = ATTEMPT_RULE + 1 };

struct attempt_end {
  enum attempt_result result;
  int status;       /* 0 where no status line arrived */
  bool whole;       /* head and body arrived whole, within the caps */
  bool retry_after; /* the answer carries a Retry-After field */
  bool unsent;      /* nobody can have read a byte of the request: no name, no
                     * connection, or refused */
  bool read_out;    /* it is a loser that is read to its end all the same: how
                     * long it takes is not known yet */
  uint32_t retry_after_ms; /* how long that field asks to wait from now, 49
                            * days at most; 0: not at all, or nobody can read
                            * it */
};

/* How long what ended asks to be left alone (RFC 9110, section 10.2.3); a 429
 * that says nothing of it (RFC 6585, section 4) means a second. */
static inline uint32_t attempt_end_wait_ms(const struct attempt_end *end) {
  if (end->retry_after) return end->retry_after_ms;
  return end->status == 429 ? 1000 : 0;
}

/* Whether it asks for that, be it for no time at all: such a failure brings no
 * hedge forward. */
static inline bool attempt_end_asks_to_wait(const struct attempt_end *end) {
  return end->status == 429 || end->retry_after;
}

/* A 4xx that says the same to whoever asks again (RFC 9110, section 15.5; 425
 * is RFC 8470's, 429 is RFC 6585's). */
static inline bool status_is_final_4xx(int status) {
  return status >= 400 && status <= 499 && status != 408 && status != 425 &&
         status != 429;
}

/* Whether what ended is an answer: a success, or with --final 4xx such a 4xx
 * that is whole. The client gets it at once, it earns budget, and its time is
 * how long the target takes: whoever counts answers asks this. */
static inline bool attempt_end_is_answer(const struct attempt_end *end,
                                         bool final_4xx) {
  return end->result == ATTEMPT_SUCCESS ||
         (final_4xx && end->whole && status_is_final_4xx(end->status));
}

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
  OUTCOME_REFUSED,      /* no attempt could be started, or held, or there was
                         * no room for the request: 503 */
  OUTCOME_DEADLINE,     /* 504; what is cancelled has timed out */
  OUTCOME_DRAINED,      /* 503 */
  OUTCOME_GONE,         /* nobody is there to be answered */
  /* Not a race's: */
  OUTCOME_GATHERED, /* /all: every item has its place */
  OUTCOME_OWN,      /* hedgerow's own 200 */
  OUTCOME_REJECTED, /* answered with a problem, without an attempt */
};

enum { OUTCOMES = OUTCOME_REJECTED + 1 };

struct todo {
  unsigned start_below;
  unsigned expire_below;
  unsigned cancel_below;
  enum outcome outcome;
  unsigned winner; /* with OUTCOME_SUCCESS and OUTCOME_CLIENT_ERROR */
};

const char *attempt_kind_name(enum attempt_kind kind);
const char *attempt_result_name(enum attempt_result result);
const char *outcome_name(enum outcome outcome);

#endif

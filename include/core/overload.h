/* overload: when a target had better be spared.
 *
 * A hedge takes from an upstream what others wait for. Where there is enough
 * that costs nothing; where there is not, it makes all slower, which starts
 * more hedges. So before a hedge by time starts, its target is looked at:
 *
 *   slow_target  its quick median is above 1.5 times the usual one
 *   crowded      more than 4 times the usual number are in flight, plus 8
 *   shed         more than 5 % of the last 64 answers were 429 or 503
 *   pushback     it has said "not before ..." (for what a failure brings
 *                forward as well); a 429 that names no time means a second, or
 *                where fewer than these 5 % are 429 or 503, until it answers
 *                the next one
 *
 *   all threads  struct overload, one for each target
 *   the reader   struct overload_usual beside it: how the usual is learned
 *
 * The usual rises slowly (120 s) and only in good times, so that a brown-out
 * does not become the usual; it falls within seconds. */
#ifndef HEDGEROW_CORE_OVERLOAD_H
#define HEDGEROW_CORE_OVERLOAD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/gate.h"
#include "core/step.h"

/* All zeros knows nothing, and spares nobody. */
struct overload {
  /* Written with each answer that says something new. */
  _Atomic uint32_t quick; /* sixteenths of a us; 0: none yet */
  _Atomic uint32_t shed;  /* 429 and 503 among the last 64, of 65536 */
  _Atomic uint32_t bad;   /* failures among the last 64, of 65536 */
  /* Written by the reader, and by pushback. */
  _Atomic uint32_t usual;           /* sixteenths of a us; 0: none yet */
  _Atomic uint32_t usual_in_flight; /* sixteenths */
  _Atomic int64_t pushback_us;      /* no extra attempts before; 0: none */
  _Atomic int64_t throttled_us;     /* likewise, by a 429 that names no time */
};

/* The reader's; all zeros has not begun. */
struct overload_usual {
  int64_t refreshed_us;
  uint32_t ended;           /* attempts, when it was refreshed */
  float median, in_flight;  /* the usual ones; median 0: none yet */
  unsigned medians, counts; /* how many each has learned from */
};

/* An attempt ended, and lasted took_us; answered: attempt_end_is_answer. From
 * any thread. */
void overload_note(struct overload *overload, const struct attempt_end *end,
                   bool answered, int64_t took_us);
/* An answer asks for a pause of wait_us >= 0 (Retry-After, RFC 9110, section
 * 10.2.3); a minute is believed at most. From any thread. */
void overload_push_back(struct overload *overload, int64_t wait_us,
                        int64_t now_us);
/* The same of a 429 that does not say for how long. After overload_note. */
void overload_throttle(struct overload *overload, int64_t now_us);

/* GATE_PUSHBACK or GATE_OPEN. From any thread, like the next. */
enum gate_verdict overload_admit_any(const struct overload *overload,
                                     int64_t now_us);
/* Whether a Retry-After names a later time. */
bool overload_is_paused(const struct overload *overload, int64_t at_us);
/* Whether at least half of the last 64 attempts failed. */
bool overload_is_failing(const struct overload *overload);
/* For a hedge by time. in_flight: attempts at that target that have no answer
 * yet, not counting those whose answer is passed on as it comes. It is the
 * difference of two counts that others move, so it may be below 0. */
enum gate_verdict overload_admit_hedge(const struct overload *overload,
                                       int64_t in_flight);

/* What the reader has to say, about four times a second. median_us: of the
 * window, 0 where it says too little. ended: how many attempts have ended since
 * ever, modulo 2^32. Where none has since the last time, what answers said
 * fades within a second or two. */
void overload_refresh(struct overload *overload, struct overload_usual *usual,
                      uint32_t median_us, int64_t in_flight, uint32_t ended,
                      int64_t now_us);

#endif

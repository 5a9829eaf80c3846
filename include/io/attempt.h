/* attempt: one upstream request, from its start to its end.
 *
 * The interface is narrow on purpose: an attempt is started, and ends once or
 * is cancelled. Where its message streams, its owner gets the answer while it
 * comes. How the bytes travel is the business of those below it. */
#ifndef HEDGEROW_IO_ATTEMPT_H
#define HEDGEROW_IO_ATTEMPT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/record.h"
#include "core/tally.h"
#include "core/target.h"
#include "io/ask.h"
#include "io/buffer.h"
#include "io/loop.h"
#include "io/resolver.h"
#include "io/response.h"
#include "io/slot.h"

struct attempt;
struct attempts; /* those of one loop, and what they need: names, connections */

/* Everything is borrowed; dials and resends are counted in `tally`. NULL: no
 * memory. */
struct attempts *attempts_new(struct loop *loop, struct resolver *resolver,
                              struct slots *slots, struct blocks *blocks,
                              struct worker_tally *tally);
/* Calls on_room(arg) whenever an attempt is in flight no more at a slot that
 * somebody waits for; from inside the calls that end one, too. */
void attempts_on_room(struct attempts *attempts, void (*on_room)(void *arg),
                      void *arg);
/* Trusts have been retired (io/trust): kept connections under them close. Those
 * that carry a request still bring its answer, and are not kept. Call it from
 * nobody's callback. */
void attempts_sweep(struct attempts *attempts);
/* No attempt may be in flight but losers that are being read. NULL is fine. */
void attempts_free(struct attempts *attempts);

/* Who hears of an attempt, from the loop:
 *
 *   the answer is held      on_end
 *   it is passed on         on_head, on_body any number of times, on_end
 *
 * The second only where ask->message->streams, and the answer was not whole
 * with the read that brought its head; else it is held there, too. */
struct attempt_owner {
  /* Called once. The record is complete; its error is valid during the call,
   * unless the receiver copies it. A response comes after a success and after a
   * whole 4xx, with keep_errors after every whole failing status, else it is
   * empty; what the receiver does not take (response_move) is freed after the
   * call. After on_head it holds nothing but the end of the body, as far as it
   * has come, and the record says whether that is the end (SUCCESS). */
  void (*on_end)(void *arg, struct attempt_record *record,
                 struct response *response);
  /* The head is there, of an answer that will be a success if it comes to its
   * end; length is its Content-Length, or UINT64_MAX. The response is valid
   * during the call, `bytes` is empty. */
  void (*on_head)(void *arg, struct attempt_record *record,
                  const struct response *response);
  /* More of the body, not empty. During these two the attempt may be paused or
   * cancelled. */
  void (*on_body)(void *arg, struct slice body);
};

/* Starts, and calls its owner later, never from inside this call. It is not
 * asked whether it may (see core/gate). The caller has counted it in its slot's
 * in_flight; the attempt takes itself away there when it ends. `ask`, `target`
 * and `owner` are borrowed until it has ended or was cancelled. `record` is
 * written in place until then: its target, number, start_us and what its race
 * has tried by the caller before, connected_us, first_byte_us, bytes, resends
 * and what it tries itself as they happen, end, end_us and error at the end.
 * NULL: no memory was free. */
struct attempt *attempt_start(struct attempts *attempts, const struct ask *ask,
                              const struct target *target,
                              const struct target_limits *limits,
                              struct attempt_record *record,
                              const struct attempt_owner *owner, void *arg)
    __attribute__((warn_unused_result));
/* Of the head that has come; 0: none has, but for interim ones. */
int attempt_status(const struct attempt *attempt);
/* Ends it now: on_end is not called, the connection closes, or, with
 * limits->read_losers, is kept once the answer has been read. Whether it is
 * read. */
bool attempt_cancel(struct attempt *attempt);
/* Of one that is, before the loop turns: on_read(arg) is called once, when that
 * has come to an end. A whole answer is a success by its status
 * (verdict_takes_status), whatever its body, or else a status; without one it
 * failed, or was given up. */
typedef void attempt_on_read(void *arg, const struct attempt_end *end,
                             int64_t now_us);
void attempt_watch_loser(struct attempt *attempt, attempt_on_read *on_read,
                         void *arg);
/* After on_head: nothing more is read, and so the upstream is held back, until
 * attempt_resume. False: no memory was free; cancel it. */
void attempt_pause(struct attempt *attempt);
bool attempt_resume(struct attempt *attempt)
    __attribute__((warn_unused_result));

#endif

/* attempt: one upstream request, from its start to its end.
 *
 * The interface is narrow on purpose: an attempt is started, and ends once or
 * is cancelled. How the bytes travel is the business of those below it. */
#ifndef HEDGEROW_IO_ATTEMPT_H
#define HEDGEROW_IO_ATTEMPT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/record.h"
#include "core/target.h"
#include "io/ask.h"
#include "io/buffer.h"
#include "io/loop.h"
#include "io/resolver.h"
#include "io/response.h"
#include "io/slot.h"

struct attempt;
struct attempts; /* those of one loop, and what they need: names, connections */

/* Everything is borrowed. NULL: no memory. */
struct attempts *attempts_new(struct loop *loop, struct resolver *resolver,
                              struct slots *slots, struct blocks *blocks);
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

/* Called once, from the loop. The record is complete; its error is valid during
 * the call, unless the receiver copies it. A response comes after a success and
 * after a whole 4xx, with keep_errors after every whole failing status, else it
 * is empty; what the receiver does not take (response_move) is freed after the
 * call. */
typedef void attempt_on_end(void *arg, struct attempt_record *record,
                            struct response *response);

/* Starts, and calls on_end later, never from inside this call. It is not asked
 * whether it may (see core/gate), and the caller has counted it in its slot's
 * in_flight; it takes itself away when its end comes. `ask` and `target` are
 * borrowed until it has ended or was cancelled. `record` is written in place
 * until then: its target, number and start_us by the caller before,
 * connected_us, first_byte_us, bytes and resends as they happen, end, end_us
 * and error at the end. NULL: no memory was free. */
struct attempt *attempt_start(struct attempts *attempts, const struct ask *ask,
                              const struct target *target,
                              const struct target_limits *limits,
                              struct attempt_record *record,
                              attempt_on_end *on_end, void *arg)
    __attribute__((warn_unused_result));
/* Ends it now: on_end is not called, the connection closes, or, with
 * limits->read_losers, is kept once the answer has been read. */
void attempt_cancel(struct attempt *attempt);

#endif

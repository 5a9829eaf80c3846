/* fetch_parts: what the files of proxy/fetch know of each other.
 *
 * For fetch*.c alone; others see proxy/fetch.h. */
#ifndef HEDGEROW_PROXY_FETCH_PARTS_H
#define HEDGEROW_PROXY_FETCH_PARTS_H

#include "proxy/fetch.h"

static inline struct attempt_record *fetch_record(struct fetch *f, unsigned k) {
  return &f->records[k];
}

/* The place in the group of the target that it has asked. */
static inline unsigned fetch_place(const struct fetch *f,
                                   const struct attempt_record *record) {
  return record->target - f->group->targets->number;
}

/* ---- fetch.c ---- */

extern const struct attempt_owner fetch_as_owner;
/* The turn of the fetch's waiter has come, or its time is over. */
line_on_turn fetch_on_turn;

/* ---- fetch_start.c ---- */

/* Attempts at the target of that place that have no answer yet. */
int64_t fetch_unanswered_by(const struct fetch *f, unsigned place);
/* The next attempt has a record, and neither starts nor waits so far. */
unsigned fetch_begin_next(struct fetch *f, int64_t now_us);
/* Starts the next attempt, or gives it a place in line, and says whether it
 * did. */
enum gate_verdict fetch_start_next(struct fetch *f, int64_t now_us);
/* Sends the waiter, which is counted as in flight. GATE_OPEN or GATE_MEMORY. */
enum gate_verdict fetch_send_waiter(struct fetch *f,
                                    const struct target *target);
/* The waiter has left the line. */
void fetch_stop_waiting(struct fetch *f, int64_t now_us);

#endif

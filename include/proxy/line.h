/* line: primaries that found no room at their target, and wait for it (--rate,
 * --queue).
 *
 * Who comes first starts first, over all workers. Who may not wait (a hedge, a
 * retry, a second time) does not overtake those who do. */
#ifndef HEDGEROW_PROXY_LINE_H
#define HEDGEROW_PROXY_LINE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/gate.h"
#include "core/list.h"
#include "core/target.h"
#include "io/attempt.h"
#include "io/loop.h"
#include "io/turnstile.h"
#include "proxy/common.h"

/* One worker's, and its thread's. */
struct line {
  struct process *process;
  unsigned worker;
  struct list places, called; /* that wait; whose turn has come in this turn of
                               * the loop, and who have not heard of it */
  struct timer timer;
  struct wake *wake; /* by other workers */
};

/* GATE_OPEN: its turn has come, it is counted in its slot's in_flight, and has
 * its token; else it is told by whom it was refused. It has left the line, and
 * may free the place. */
typedef void line_on_turn(void *arg, enum gate_verdict verdict);

/* Embedded in who waits; all zeros waits nowhere. */
struct place {
  struct line *line; /* NULL: not in line */
  struct list_link link;
  struct turnstile_place turn;
  const struct group *group; /* borrowed while it waits */
  const struct target *target;
  int64_t since_us, until_us; /* the caller's */
  bool is_called;
  enum gate_verdict verdict; /* once it is called */
  line_on_turn *on_turn;     /* the caller's */
  void *arg;
};

/* Hears of the room that those attempts leave. False: no memory. */
bool line_init(struct line *line, struct process *process, unsigned worker,
               struct loop *loop, struct attempts *attempts)
    __attribute__((warn_unused_result));
/* Nobody waits. */
void line_clear(struct line *line);

/* Whether the rate, and those who wait, let an attempt start; a yes has taken a
 * token. Only where group->limited. */
enum gate_verdict line_admit(const struct group *group,
                             const struct target *target, bool is_primary,
                             int64_t now_us)
    __attribute__((warn_unused_result));
/* The token was not used. */
void line_give_token(const struct group *group, const struct target *target);
/* An attempt that was counted in flight, or has a token too, does not start. */
void line_put_back(struct line *line, const struct group *group,
                   const struct target *target, bool has_token);
/* Whether a primary would find room there just now; takes nothing. */
bool line_has_room(const struct line *line, const struct group *group,
                   const struct target *target, int64_t now_us);

/* Takes the last place for that target. False: as many wait as may. */
bool line_join(struct line *line, struct place *place,
               const struct group *group, const struct target *target)
    __attribute__((warn_unused_result));
/* Leaves, and is told nothing. */
void line_leave(struct place *place);

#endif

/* line: primaries that found no room, and wait for it (--rate, --queue).
 *
 * Who waits stands in the line of each target that it may ask, and takes the
 * first room. Who comes first starts first, over all workers. Who may not wait
 * (a hedge, a retry, a second time) does not overtake those who do. */
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

/* Of who waits; borrowed while it does. All zeros waits nowhere. */
struct place {
  struct line *line; /* NULL: not in line */
  struct list_link link;
  const struct group *group;
  const struct target *target; /* that had room, once its turn has come */
  int64_t until_us;            /* the caller's */
  bool is_called;
  enum gate_verdict verdict; /* once it is called */
  line_on_turn *on_turn;     /* the caller's */
  void *arg;
  unsigned count; /* >= 1 */
  struct place_at {
    const struct target *target; /* the caller's, of the group */
    struct turnstile_place turn;
  } at[]; /* each target that it may ask, the dearest first */
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
/* The first of the place's targets where a primary may start at once: it is
 * counted in flight there, and has its token. NULL: none. */
const struct target *line_take(struct line *line, const struct place *place,
                               int64_t now_us)
    __attribute__((warn_unused_result));

/* Takes the last place in the line of each of its targets. False: as many wait
 * as may. */
bool line_join(struct line *line, struct place *place)
    __attribute__((warn_unused_result));
/* Leaves, and is told nothing. */
void line_leave(struct place *place);

#endif

/* tape: settled races on their way from a worker to the main thread.
 *
 * A worker never waits for who reads, and copies few: of each tenth of a second
 * some ordinary races, more of those that are worth a look, and the first of
 * each route. The others are counted. */
#ifndef HEDGEROW_PROXY_TAPE_H
#define HEDGEROW_PROXY_TAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/record.h"
#include "core/tally.h"
#include "io/ring.h"

enum {
  TAPE_WINDOW_US = 100 * 1000,
  TAPE_ORDINARY = 8,    /* in each window, */
  TAPE_REMARKABLE = 40, /* and of those that were rescued, failed, or were slow
                         * as the reader has it; and the first of each route */
};

/* What the reader publishes for all workers' tapes. */
struct tape_wishes {
  _Atomic int64_t slow_us; /* races that take longer are remarkable */
};

struct tape {
  _Alignas(TALLY_LINE) struct ring *ring;
  const struct tape_wishes *wishes;
  /* Races that were not copied, for any reason: ordinary ones, remarkable ones.
   * The worker counts, all may read. */
  tally_cell left_out[2];
  /* The worker's alone: */
  int64_t window_us; /* when it began */
  unsigned ordinary, remarkable;
  uint64_t routes; /* a bit for each that was seen in it */
};

/* Whether this race is to be put on the tape; if not, it is counted. Asked once
 * for each, when it is settled. NULL, and what was to ask no upstream: false.
 */
bool tape_wants_race(struct tape *tape, const struct race_record *race);
static inline bool tape_wants(struct tape *tape,
                              const struct race_record *race) {
  return tape && (race->count > 0 || race->outcome == OUTCOME_REFUSED) &&
         tape_wants_race(tape, race);
}
/* Puts it there, as its core/race_copy. */
void tape_put(struct tape *tape, const struct race_record *race,
              struct slice copy);

#endif

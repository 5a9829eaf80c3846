/* aftermath: the end of a primary that nobody waits for any more.
 *
 * With --losers drain its answer is read, so that its connection can be kept,
 * and then it is known by how much the hedge was sooner. By that time the
 * request is long answered, logged and gone. So what is still wanted of it is
 * kept here: where to count, and the lease, since the tally lives as long as
 * its snapshot.
 *
 * A primary that fails, or is given up after a second, leaves the estimate. */
#include "proxy/aftermath.h"

#include <stdlib.h>

struct aftermath {
  struct lease *lease;
  struct route_tally *tally;
  int64_t at_us, estimated_us;
  bool final_4xx;
};

static void aftermath_on_read(void *arg, const struct attempt_end *end,
                              int64_t now_us) {
  struct aftermath *of = arg;
  if (attempt_end_is_answer(end, of->final_4xx))
    tally_add(&of->tally->known_us, (uint64_t)(now_us - of->at_us));
  else tally_add(&of->tally->estimated_us, (uint64_t)of->estimated_us);
  lease_give(of->lease);
  free(of);
}

bool aftermath_await(const struct fetch *fetch, struct lease *lease,
                     struct route_tally *tally, int64_t at_us,
                     int64_t estimated_us) {
  struct aftermath *of = fetch->loser ? malloc(sizeof *of) : NULL;
  if (!of) return false;
  *of = (struct aftermath){lease_take(lease), tally, at_us, estimated_us,
                           fetch->race.plan->final_4xx};
  attempt_watch_loser(fetch->loser, aftermath_on_read, of);
  return true;
}

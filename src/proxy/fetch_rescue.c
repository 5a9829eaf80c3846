/* fetch_rescue.c: from a settled race to what it has rescued.
 *
 * How much sooner the answer came than the primary's would have: its target's
 * answers say how long those take at least that take longer than this one had.
 * It would have ended by its own limit, or by the race's, all the same. */
#include "core/latency.h"
#include "proxy/fetch_parts.h"

static int64_t fetch_limit_us(const struct race *race,
                              const struct attempt_record *primary) {
  const struct race_plan *plan = race->plan;
  int64_t left_us = race->start_us + plan->deadline_us - primary->start_us;
  int64_t own_us = plan->attempt_timeout_us;
  return own_us > 0 && own_us < left_us ? own_us : left_us;
}

static int64_t fetch_saved_us(const struct fetch *f) {
  const struct attempt_record *primary = &f->records[0];
  const struct pilot_target *asked = f->pilot->targets[fetch_place(f, primary)];
  return latency_ahead_us(&asked->past,
                          f->records[f->race.winner].end_us - primary->start_us,
                          fetch_limit_us(&f->race, primary));
}

enum rescue fetch_rescued(const struct fetch *fetch, int64_t *saved_us) {
  const struct race *race = &fetch->race;
  enum rescue rescued =
      rescue_of(race->answered, race->winner, &fetch->records[0].end);
  *saved_us = rescued == RESCUE_SLOW ? fetch_saved_us(fetch) : 0;
  return rescued;
}

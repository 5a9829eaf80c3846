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

static struct rescue_saving fetch_saving(const struct fetch *f) {
  const struct attempt_record *primary = &f->records[0];
  const struct pilot_target *asked = f->pilot->targets[fetch_place(f, primary)];
  const int64_t at_us = f->records[f->race.winner].end_us,
                limit_us = fetch_limit_us(&f->race, primary);
  return (struct rescue_saving){
      .at_us = at_us,
      .limit_us = primary->start_us + limit_us,
      .estimated_us =
          latency_ahead_us(&asked->past, at_us - primary->start_us, limit_us)};
}

enum rescue fetch_rescued(const struct fetch *fetch,
                          struct rescue_saving *saving) {
  const struct race *race = &fetch->race;
  enum rescue rescued =
      rescue_of(race->answered, race->winner, &fetch->records[0].end);
  *saving =
      rescued == RESCUE_SLOW ? fetch_saving(fetch) : (struct rescue_saving){0};
  return rescued;
}

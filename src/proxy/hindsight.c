/* hindsight: from a race that is over to what it tells of hedging.
 *
 * What is thought of it is core/estimate's. Here stands where a race's parts
 * are found, and where the result goes. */
#include "proxy/hindsight.h"

#include "core/estimate.h"

static struct race_would note(const struct fetch *fetch) {
  const struct race_plan *plan = fetch->race.plan;
  const struct attempt_record *primary = &fetch->records[0];
  const struct estimate_race race = {
      .pilot = fetch->pilot,
      .race = &fetch->race,
      .end = &primary->end,
      .first = fetch_first_place(fetch),
      .took_us = primary->end_us - fetch->race.start_us,
      .now_us = primary->end_us,
      .held_back = fetch->held_back,
  };
  struct race_would would = {0};
  estimate_note(&plan->observed[fetch->scene->service->number], &race, &would);
  return would;
}

void hindsight_note(const struct fetch *fetches, unsigned count,
                    struct race_would *would) {
  for (unsigned i = 0; i < count; i++) {
    if (!fetches[i].race.plan->observed) continue;
    struct race_would its = note(&fetches[i]);
    if (count == 1) *would = its;
  }
}

static void tell_route(struct slice path,
                       const struct estimate_totals *totals) {
  char gain[256], figures[256];
  struct text gained = TEXT_ON(gain), counted = TEXT_ON(figures);
  if (path.len == 0) path = slice_of("URLs of gathers");
  estimate_write_gain(&gained, totals);
  estimate_write_figures(&counted, totals);
  log_notice("observed %.*s: %s", SLICE_ARG(path), text_end(&gained));
  log_notice("observed %.*s: %s", SLICE_ARG(path), text_end(&counted));
}

void hindsight_tell(const struct snapshot *snapshot) {
  struct estimate_totals totals;
  struct slice path;
  uint64_t requests = 0;
  unsigned n = 0;
  for (; snapshot_observed(snapshot, n, &path, &totals); n++) {
    if (totals.requests > 0) tell_route(path, &totals);
    requests += totals.requests;
  }
  if (n > 0 && requests == 0) log_notice("observed no request yet");
}

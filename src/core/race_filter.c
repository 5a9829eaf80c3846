/* race_filter: of many races, those that are worth a look.
 *
 * Failed is what an operator has to answer for. So a client that left, or asked
 * for what there is not (a 4xx), is no failure, and a 5xx is one wherever it
 * came from: hedgerow, an upstream's error that was passed on, or an answer
 * that broke off while it was passed on. */
#include "core/race_filter.h"

static bool has_failed(const struct race_record *race) {
  switch (race->outcome) {
    case OUTCOME_FAILED:
    case OUTCOME_REFUSED:
    case OUTCOME_DEADLINE:
    case OUTCOME_DRAINED: return true;
    case OUTCOME_GONE: return false;
    default: return race->status >= 500;
  }
}

bool race_filter_takes(const struct race_filter *filter,
                       const struct race_record *race) {
  const int64_t took_us = race->end_us - race->start_us;
  return race_filter_is_all(filter) ||
         (filter->slow_us > 0 && took_us >= filter->slow_us) ||
         (filter->failed && has_failed(race)) ||
         (filter->rescued && race->rescued != RESCUE_NONE);
}

/* race_filter: which races somebody wants to hear of, such as
 * "slow:500ms,failed,rescued" (config_parse_filter). */
#ifndef HEDGEROW_CORE_RACE_FILTER_H
#define HEDGEROW_CORE_RACE_FILTER_H

#include <stdbool.h>
#include <stdint.h>

#include "core/record.h"

/* A set: a race is wanted where one of it holds. All zeros: every race is. */
struct race_filter {
  int64_t slow_us; /* it took that long or longer; 0: not asked for */
  bool failed;     /* no answer of an upstream's was whole, for whatever reason
                    * but the client's: hedgerow's own 5xx are among them */
  bool rescued;    /* an extra attempt won (core/rescue) */
};

static inline bool race_filter_is_all(const struct race_filter *filter) {
  return filter->slow_us == 0 && !filter->failed && !filter->rescued;
}

/* Of a settled race. */
bool race_filter_takes(const struct race_filter *filter,
                       const struct race_record *race);

#endif

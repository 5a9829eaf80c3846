/* demo_tell: what the demo prints, on stdout. */
#ifndef HEDGEROW_TOOLS_DEMO_TELL_H
#define HEDGEROW_TOOLS_DEMO_TELL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tools/demo_load.h"
#include "tools/faults.h"

/* What is told about. */
struct demo_story {
  const struct demo_load *load;
  const struct faults *faults; /* of the upstream */
  uint64_t seed;               /* its luck, and the ids */
};

/* The table, and what its extra load means. */
void demo_tell_table(const struct demo_story *story);

/* The slowest of the requests that a hedge saved, as a waterfall. */
void demo_tell_rescue(const struct demo_story *story);

/* The pair at `at`, which hedging did not save. */
void demo_tell_failure(const struct demo_story *story, size_t at);

/* The first pair that failed through hedgerow too, or demo_load_count. */
size_t demo_tell_find_failure(const struct demo_load *load);

/* The number of a request all whose attempts will fail, and soon. False: there
 * is none among the million behind those of the run. */
bool demo_tell_choose_failure(const struct demo_story *story, uint64_t *number)
    __attribute__((warn_unused_result));

#endif

/* race_json: a settled race as the admin listener tells it. docs/api.md lists
 * the members; each is always there, and null where there is nothing to say. */
#ifndef HEDGEROW_CORE_RACE_JSON_H
#define HEDGEROW_CORE_RACE_JSON_H

#include <stdint.h>

#include "core/race_copy.h"
#include "core/text.h"

enum { RACE_JSON_BYTES = 72 * 1024 }; /* none is longer */

/* One JSON object, on one line, with out->for_page. seq: its place in the
 * history. */
void race_json(struct text *out, const struct race_copy *copy, uint64_t seq);

#endif

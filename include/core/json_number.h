/* json_number: which of two JSON numbers is the larger one. */
#ifndef HEDGEROW_CORE_JSON_NUMBER_H
#define HEDGEROW_CORE_JSON_NUMBER_H

#include "core/slice.h"

/* Below 0, 0 or above 0, as memcmp. Exact for numbers of any length: 1 is 1.0
 * is 10e-1, and 9007199254740993 is above 9007199254740992, which doubles could
 * not tell. Both are JSON numbers (RFC 8259, section 6); exponents beyond 10^17
 * count as 10^17. */
int json_number_compare(struct slice a, struct slice b);

#endif

/* answer_date: a moment in the two forms that hedgerow writes. A time before
 * 1970 counts as 1970. */
#ifndef HEDGEROW_CORE_ANSWER_DATE_H
#define HEDGEROW_CORE_ANSWER_DATE_H

#include <stdint.h>

#include "core/text.h"

/* IMF-fixdate, 29 characters (RFC 9110, section 5.6.7). */
void answer_date(struct text *out, int64_t wall_us);
/* "2026-11-21T01:02:03.123Z", 24 characters (RFC 3339). */
void answer_date_iso(struct text *out, int64_t wall_us);

#endif

/* http_date: moments as HTTP writes them, and as logs do. They are microseconds
 * since 1970, UTC; a time before 1970 counts as 1970. */
#ifndef HEDGEROW_CORE_HTTP_DATE_H
#define HEDGEROW_CORE_HTTP_DATE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/slice.h"
#include "core/text.h"

/* IMF-fixdate, 29 characters (RFC 9110, section 5.6.7). */
void http_date_write(struct text *out, int64_t wall_us);
/* "2026-11-21T01:02:03.123Z", 24 characters (RFC 3339). */
void http_date_write_iso(struct text *out, int64_t wall_us);
#define as_iso(wall_us) ((struct text_number){http_date_write_iso, wall_us})

/* Reads IMF-fixdate and the two obsolete forms, that of RFC 850 and asctime's
 * (RFC 9110, section 5.6.7), letters with case. A year of two digits is never
 * more than 50 years ahead of wall_us, the time that it is. False, with *us as
 * it was, when value is none of them or names a moment that does not exist; a
 * second 60 does. */
bool http_date_read(struct slice value, int64_t wall_us, int64_t *us)
    __attribute__((warn_unused_result));

#endif

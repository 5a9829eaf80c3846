/* retry_after: how long a Retry-After asks to wait (RFC 9110, section 10.2.3).
 */
#ifndef HEDGEROW_CORE_RETRY_AFTER_H
#define HEDGEROW_CORE_RETRY_AFTER_H

#include <stdint.h>

#include "core/slice.h"

/* A longer wait counts as this one, as delta-seconds do (RFC 9111, section
 * 1.2.2). In seconds it fits into 32 bits. */
#define RETRY_AFTER_MAX_US (INT64_C(1000000) << 31)

/* The microseconds from wall_us, the time that it is, until the moment that the
 * value of a Retry-After field names: seconds, or a date in one of the three
 * forms (core/http_date). 0 for a date that has gone by; at most
 * RETRY_AFTER_MAX_US. -1: the value is malformed, and asks for nothing. */
int64_t retry_after_us(struct slice value, int64_t wall_us);

#endif

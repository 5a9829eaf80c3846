/* prefer: how a client wants one request to be treated. */
#ifndef HEDGEROW_CORE_PREFER_H
#define HEDGEROW_CORE_PREFER_H

#include <stdbool.h>
#include <stdint.h>

#include "core/http_request.h"

/* A longer wait counts as this one (RFC 9111, section 1.2.2). */
#define PREFER_WAIT_MAX_S (INT64_C(1) << 31)

/* Prefer: wait=SECONDS (RFC 7240, section 4.3), as a token or quoted; letters
 * without case. Of several waits, in one field or more, the first counts, also
 * when it is none (section 2): false then, as without one, with *us as it was.
 * None is what is not digits, and 0. */
bool prefer_wait(const struct http_request *request, int64_t *us)
    __attribute__((warn_unused_result));

/* Hedge: off, a field of ours, letters without case: this one request is to be
 * a plain one, for debugging. It is never forwarded (core/forward). */
bool prefer_hedge_off(const struct http_request *request);

#endif

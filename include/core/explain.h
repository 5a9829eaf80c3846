/* explain: an upstream's status in words that say what to do about it. */
#ifndef HEDGEROW_CORE_EXPLAIN_H
#define HEDGEROW_CORE_EXPLAIN_H

#include <stddef.h>

#include "core/slice.h"

/* Writes one line, NUL-terminated, into buf. location is the Location field of
 * a 3xx, or empty; its userinfo and its query are left out, since they may hold
 * a secret. */
void explain_status(int status, struct slice location, char *buf, size_t cap);

#endif

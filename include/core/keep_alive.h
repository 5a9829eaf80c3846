/* keep_alive: how long a server keeps an idle connection, by its own word. */
#ifndef HEDGEROW_CORE_KEEP_ALIVE_H
#define HEDGEROW_CORE_KEEP_ALIVE_H

#include <stdint.h>

#include "core/slice.h"

#define KEEP_ALIVE_UNSAID INT64_MAX

/* The microseconds for which a connection may be idle before its next request,
 * by the value of a Keep-Alive field (RFC 2068, section 19.7.1.1; `timeout=5,
 * max=100`): its timeout, in seconds, the shortest of several, less a second.
 * In that second the request travels while the server has not closed yet. 0 for
 * a timeout of 1 or 0. KEEP_ALIVE_UNSAID where no timeout is a number of digits
 * that fits in 32 bits; names without case. */
int64_t keep_alive_us(struct slice value);

#endif

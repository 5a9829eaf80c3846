/* query: hedgerow's own parameters, taken out of a client's query.
 *
 * What is not ours is kept in its order and spelling (`a=1&&b` too), so that
 * the upstream sees what the client wrote. */
#ifndef HEDGEROW_CORE_QUERY_H
#define HEDGEROW_CORE_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/slice.h"
#include "core/text.h"

struct query_param {
  const char *name;   /* matched after percent-decoding ("t%69meout"), with
                       * '+' not decoded; letters count with their case */
  unsigned count;     /* out: how often it was given */
  struct slice value; /* out: raw, of its first occurrence; empty without '=' */
};

/* Fills the params and, when rest is not NULL, appends to it the query without
 * them, what is left joined by '&': "x=1&timeout=500&y=2" -> "x=1&y=2". Returns
 * what it has appended; at NULL: no query is left, nor an empty one, because
 * there was none (at NULL, too), or because all of it was ours, with an '&'
 * beside it or not. An empty query stays one. */
struct slice query_take(struct slice query, struct query_param *params,
                        size_t count, struct text *rest);

/* timeout=MS: percent-decoded, then 1*DIGIT of value >= 1, clamped to max_ms
 * however large (also when it overflows 64 bits). False for anything else:
 * empty, 0, sign, fraction, exponent, text. */
bool query_parse_timeout(struct slice value, int64_t max_ms, int64_t *ms)
    __attribute__((warn_unused_result));

#endif

/* response_meaning: what a response's head says, in whatever HTTP it came. */
#ifndef HEDGEROW_CORE_RESPONSE_MEANING_H
#define HEDGEROW_CORE_RESPONSE_MEANING_H

#include <stdbool.h>
#include <stdint.h>

#include "core/slice.h"

struct response_meaning {
  int status;            /* final: 101, or 200 and above */
  uint64_t length;       /* of the body that comes, 0 where none does (HEAD,
                          * 204, 304); UINT64_MAX: it was not given */
  bool delimited;        /* something other than the connection's end says where
                          * the body ends */
  bool is_encoded;       /* a Content-Encoding other than identity */
  bool retry_after;      /* a Retry-After field */
  struct slice wait;     /* the value of Retry-After, or empty; borrowed */
  struct slice location; /* the value of Location, or empty; borrowed */
};

#endif

/* response_meaning: what a response's head says, in whatever HTTP it came. */
#ifndef HEDGEROW_CORE_RESPONSE_MEANING_H
#define HEDGEROW_CORE_RESPONSE_MEANING_H

#include <stdbool.h>
#include <stdint.h>

#include "core/slice.h"

/* What Content-Encoding says. x-gzip is gzip (RFC 9110, section 8.4.1.3). */
enum coding {
  CODING_NONE, /* none, or identity */
  CODING_GZIP, /* gzip, once */
  CODING_OTHER,
};

struct response_meaning {
  int status;            /* final: 101, or 200 and above */
  uint64_t length;       /* of the body that comes, 0 where none does (HEAD,
                          * 204, 304); UINT64_MAX: it was not given */
  bool delimited;        /* something other than the connection's end says where
                          * the body ends */
  enum coding coding;    /* of the bytes that come */
  bool retry_after;      /* a Retry-After field */
  struct slice wait;     /* the value of Retry-After, or empty; borrowed */
  struct slice location; /* the value of Location, or empty; borrowed */
};

#endif

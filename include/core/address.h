/* address: what a numeric address looks like, to the last digit, and a place to
 * listen at. */
#ifndef HEDGEROW_CORE_ADDRESS_H
#define HEDGEROW_CORE_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/slice.h"

/* Four decimals from 0 to 255 without leading zeros (RFC 3986, section 3.2.2).
 */
bool address_is_ipv4(struct slice text);

/* RFC 4291, section 2.2, without brackets and without a zone. */
bool address_is_ipv6(struct slice text);

/* --listen */
struct listen_at {
  struct slice host; /* numeric IPv4 or IPv6 (no brackets), or "localhost" */
  uint16_t port;     /* 0: any free one */
};

#endif

/* cidr: a block of addresses, such as "10.0.0.0/8" (RFC 4632, section 3.1;
 * RFC 4291, section 2.3). */
#ifndef HEDGEROW_CORE_CIDR_H
#define HEDGEROW_CORE_CIDR_H

#include <stdbool.h>

#include "core/address.h"
#include "core/slice.h"
#include "core/text.h"

/* A block of IPv4 addresses stands for the same addresses mapped to IPv6: the
 * /8 of 10.0.0.0/8 is 104 bits here. */
struct cidr {
  unsigned char bytes[ADDRESS_BYTES]; /* behind the prefix all bits are 0 */
  unsigned bits;                      /* of the prefix, 0 to 128 */
};

enum { CIDR_TEXT_MAX = ADDRESS_TEXT_MAX + 4, CIDR_WHY_BYTES = 128 };

/* "10.0.0.0/8", "2001:db8::/32"; a bare address is a block of one. False with
 * words in *why (never cut with CIDR_WHY_BYTES of room), which do not repeat
 * `text`; after false *cidr is undefined. */
bool cidr_parse(struct cidr *cidr, struct slice text, struct text *why)
    __attribute__((warn_unused_result));

/* As cidr_parse reads it, at most CIDR_TEXT_MAX bytes. A block of one is
 * written without its prefix, one of mapped addresses as IPv4. */
void cidr_write(struct text *out, const struct cidr *cidr);

/* Whether one of the blocks holds the address; see io/peer for whose. */
bool cidr_has(const struct cidr *list, unsigned count,
              const unsigned char address[ADDRESS_BYTES]);

#endif

/* address: numeric addresses, read to the last digit and written, and a place
 * to listen at. */
#ifndef HEDGEROW_CORE_ADDRESS_H
#define HEDGEROW_CORE_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/slice.h"
#include "core/text.h"

enum {
  /* Of an address: that of IPv6, big endian. An IPv4 address stands in it as
   * ::ffff:a.b.c.d (RFC 4291, section 2.5.5.2), so that a peer is the same
   * whichever family the socket has that it came by. */
  ADDRESS_BYTES = 16,
  ADDRESS_TEXT_MAX = 39, /* the longest that address_write writes */
};

/* Four decimals from 0 to 255 without leading zeros (RFC 3986, section 3.2.2).
 */
bool address_is_ipv4(struct slice text);

/* RFC 4291, section 2.2, without brackets and without a zone. */
bool address_is_ipv6(struct slice text);

/* Either of the two. After false, bytes are as they were. */
bool address_parse(struct slice text, unsigned char bytes[ADDRESS_BYTES])
    __attribute__((warn_unused_result));

bool address_is_mapped_ipv4(const unsigned char bytes[ADDRESS_BYTES]);

/* "192.0.2.7" of a mapped address, else as RFC 5952 writes it:
 * "2001:db8::1". */
void address_write(struct text *out, const unsigned char bytes[ADDRESS_BYTES]);

enum { LISTEN_PATH_MAX = 107 }; /* bytes, of a UNIX socket's (unix(7)) */

/* --listen, --admin. All zeros: nowhere. */
struct listen_at {
  struct slice host; /* numeric IPv4 or IPv6 (no brackets), or "localhost" */
  struct slice path; /* of a UNIX socket in place of host and port; a NUL stands
                      * behind it */
  uint16_t port;     /* 0: any free one */
  bool ipv6_only;    /* of [::]: IPv4 clients are another address's */
};

static inline bool listen_at_is_set(const struct listen_at *at) {
  return at->host.len + at->path.len > 0;
}
/* "127.0.0.1:8480", "[::1]:8480", with this port in place of its own;
 * "unix:/run/hedgerow.sock". */
void address_write_place(struct text *out, const struct listen_at *at,
                         uint16_t port);
/* Whether a host as struct listen_at has it is this machine's alone:
 * 127.0.0.0/8, ::1, localhost. */
bool address_is_loopback(struct slice host);

#endif

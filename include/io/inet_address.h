/* inet_address: where an internet socket is, as the kernel wants it told. */
#ifndef HEDGEROW_IO_INET_ADDRESS_H
#define HEDGEROW_IO_INET_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "core/slice.h"

union inet_address {
  struct sockaddr any;
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;
};

/* host: a numeric IPv4 or IPv6 address, without brackets and without a zone.
 * False: it is neither. */
bool inet_address_read(union inet_address *address, struct slice host,
                       uint16_t port) __attribute__((warn_unused_result));

/* Of an IPv4 or IPv6 address: what bind and connect want to know. */
static inline socklen_t inet_address_len(const union inet_address *address) {
  return address->any.sa_family == AF_INET6 ? sizeof address->v6
                                            : sizeof address->v4;
}

#endif

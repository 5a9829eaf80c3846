/* peer: the address of whoever is at the other end, or is to be. */
#ifndef HEDGEROW_IO_PEER_H
#define HEDGEROW_IO_PEER_H

#include <netinet/in.h>
#include <sys/socket.h>

#include "core/address.h"

union peer {
  struct sockaddr any;
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;
};

enum { PEER_TEXT_BYTES = INET6_ADDRSTRLEN + 8 };

/* Of an IPv4 or IPv6 address, as accept gives it. */
union peer peer_of(const struct sockaddr *address);
/* "127.0.0.1:53412", "[::1]:53412", "unix". Returns text. */
const char *peer_text(const union peer *peer, char text[PEER_TEXT_BYTES]);

/* The address without its port, as core/cidr and core/forwarded take it. */
void peer_bytes(const union peer *peer, unsigned char bytes[ADDRESS_BYTES]);

#endif

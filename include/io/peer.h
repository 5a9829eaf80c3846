/* peer: the address of whoever is at the other end. */
#ifndef HEDGEROW_IO_PEER_H
#define HEDGEROW_IO_PEER_H

#include "core/address.h"
#include "io/inet_address.h"

enum { PEER_TEXT_BYTES = INET6_ADDRSTRLEN + 8 };

/* Of an IPv4 or IPv6 address, as accept gives it. */
union inet_address peer_of(const struct sockaddr *address);
/* "127.0.0.1:53412", "[::1]:53412", "unix". Returns text. */
const char *peer_text(const union inet_address *peer,
                      char text[PEER_TEXT_BYTES]);

/* The address without its port, as core/cidr and core/forwarded take it. */
void peer_bytes(const union inet_address *peer,
                unsigned char bytes[ADDRESS_BYTES]);

#endif

/* inet_address: where an internet socket is, as the kernel wants it told.
 *
 * An address to listen at, one to connect to and one that has connected are the
 * same union, so that none of them needs a cast. The text is read by libc:
 * core/address has no families, but one form for both. */
#include "io/inet_address.h"

#include <arpa/inet.h>
#include <string.h>

bool inet_address_read(union inet_address *address, struct slice host,
                       uint16_t port) {
  char text[INET6_ADDRSTRLEN];
  *address = (union inet_address){0};
  if (host.len >= sizeof text) return false;
  memcpy(text, host.at, host.len);
  text[host.len] = '\0';
  if (inet_pton(AF_INET, text, &address->v4.sin_addr) == 1) {
    address->v4.sin_family = AF_INET;
    address->v4.sin_port = htons(port);
    return true;
  }
  if (inet_pton(AF_INET6, text, &address->v6.sin6_addr) != 1) return false;
  address->v6.sin6_family = AF_INET6;
  address->v6.sin6_port = htons(port);
  return true;
}

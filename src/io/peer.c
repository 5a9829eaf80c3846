/* peer: the address of whoever is at the other end.
 *
 * It is kept as the kernel gave it. Its text costs more than the rest of a log
 * line, so it is made only when somebody asks for it. */
#include "io/peer.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

union peer peer_of(const struct sockaddr *address) {
  union peer peer;
  memcpy(&peer, address,
         address->sa_family == AF_INET6 ? sizeof peer.v6 : sizeof peer.v4);
  return peer;
}

const char *peer_text(const union peer *peer, char text[PEER_TEXT_BYTES]) {
  char host[INET6_ADDRSTRLEN] = "?";
  if (peer->any.sa_family == AF_UNIX) {
    snprintf(text, PEER_TEXT_BYTES, "unix");
    return text;
  }
  bool v6 = peer->any.sa_family == AF_INET6;
  if (v6) inet_ntop(AF_INET6, &peer->v6.sin6_addr, host, sizeof host);
  else inet_ntop(AF_INET, &peer->v4.sin_addr, host, sizeof host);
  snprintf(text, PEER_TEXT_BYTES, v6 ? "[%s]:%u" : "%s:%u", host,
           ntohs(v6 ? peer->v6.sin6_port : peer->v4.sin_port));
  return text;
}

void peer_bytes(const union peer *peer, unsigned char bytes[ADDRESS_BYTES]) {
  const uint8_t prefix[] = {[10] = 0xff, 0xff};
  if (peer->any.sa_family == AF_INET6) {
    memcpy(bytes, &peer->v6.sin6_addr, ADDRESS_BYTES);
    return;
  }
  memcpy(bytes, prefix, sizeof prefix);
  memcpy(bytes + sizeof prefix, &peer->v4.sin_addr, sizeof peer->v4.sin_addr);
}

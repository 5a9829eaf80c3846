/* peer: the address of whoever is at the other end.
 *
 * It is kept as the kernel gave it, and its text is made when somebody asks for
 * it. inet_ntop() and snprintf() made that text cost more than the rest of a
 * log line, so only an IPv6 address still goes through the former. */
#include "io/peer.h"

#include <arpa/inet.h>
#include <string.h>

#include "core/text.h"

union inet_address peer_of(const struct sockaddr *address) {
  union inet_address peer;
  memcpy(&peer, address,
         address->sa_family == AF_INET6 ? sizeof peer.v6 : sizeof peer.v4);
  return peer;
}

static void put_v4(struct text *out, const struct sockaddr_in *v4) {
  const uint8_t *bytes = (const uint8_t *)&v4->sin_addr;
  for (size_t i = 0; i < sizeof v4->sin_addr; i++) {
    if (i > 0) text_char(out, '.');
    text_int(out, bytes[i]);
  }
  text_put(out, ":", ntohs(v4->sin_port));
}

static void put_v6(struct text *out, const struct sockaddr_in6 *v6) {
  char host[INET6_ADDRSTRLEN] = "?"; /* never so: there is room */
  inet_ntop(AF_INET6, &v6->sin6_addr, host, sizeof host);
  text_put(out, "[", host, "]:", ntohs(v6->sin6_port));
}

const char *peer_text(const union inet_address *peer,
                      char text[PEER_TEXT_BYTES]) {
  struct text out;
  text_init(&out, text, PEER_TEXT_BYTES);
  switch (peer->any.sa_family) {
    case AF_INET: put_v4(&out, &peer->v4); break;
    case AF_INET6: put_v6(&out, &peer->v6); break;
    default: text_str(&out, "unix");
  }
  return text_end(&out);
}

void peer_bytes(const union inet_address *peer,
                unsigned char bytes[ADDRESS_BYTES]) {
  const uint8_t prefix[] = {[10] = 0xff, 0xff};
  if (peer->any.sa_family == AF_INET6) {
    memcpy(bytes, &peer->v6.sin6_addr, ADDRESS_BYTES);
    return;
  }
  memcpy(bytes, prefix, sizeof prefix);
  memcpy(bytes + sizeof prefix, &peer->v4.sin_addr, sizeof peer->v4.sin_addr);
}

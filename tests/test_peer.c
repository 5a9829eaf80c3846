#include "io/peer.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>

static void expect_text(const struct sockaddr *address, const char *text) {
  char got[PEER_TEXT_BYTES];
  union peer peer = peer_of(address);
  cr_assert_str_eq(peer_text(&peer, got), text);
}

Test(peer, an_ipv4_peer_is_written_with_its_port) {
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_port = htons(53412)};
  inet_pton(AF_INET, "192.0.2.17", &address.sin_addr);
  expect_text((struct sockaddr *)&address, "192.0.2.17:53412");
}

Test(peer, an_ipv6_peer_is_written_in_brackets) {
  struct sockaddr_in6 address = {.sin6_family = AF_INET6,
                                 .sin6_port = htons(65535)};
  inet_pton(AF_INET6, "1111:2222:3333:4444:5555:6666:7777:8888",
            &address.sin6_addr);
  expect_text((struct sockaddr *)&address,
              "[1111:2222:3333:4444:5555:6666:7777:8888]:65535");
}

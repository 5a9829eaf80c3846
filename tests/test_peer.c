#include "io/peer.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>

static void expect_text(const struct sockaddr *address, const char *text) {
  char got[PEER_TEXT_BYTES];
  union inet_address peer = peer_of(address);
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

/* ---- the bytes ---- */

static void expect_bytes(int family, const char *host, const char *want) {
  struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(80)};
  struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(80)};
  bool is_v6 = family == AF_INET6;
  unsigned char bytes[ADDRESS_BYTES], wanted[ADDRESS_BYTES];
  cr_assert_eq(inet_pton(family, host,
                         is_v6 ? (void *)&v6.sin6_addr : (void *)&v4.sin_addr),
               1);
  union inet_address peer =
      peer_of(is_v6 ? (struct sockaddr *)&v6 : (struct sockaddr *)&v4);
  peer_bytes(&peer, bytes);
  cr_assert(address_parse(slice_of(want), wanted));
  cr_expect_arr_eq(bytes, wanted, ADDRESS_BYTES, "%s is not %s", host, want);
}

Test(peer, its_bytes_are_its_address_without_the_port) {
  expect_bytes(AF_INET, "192.0.2.17", "192.0.2.17");
  expect_bytes(AF_INET6, "2001:db8::17", "2001:db8::17");
}

Test(peer, its_bytes_are_the_same_by_a_socket_of_either_family) {
  expect_bytes(AF_INET, "192.0.2.17", "::ffff:192.0.2.17");
  expect_bytes(AF_INET6, "::ffff:192.0.2.17", "192.0.2.17");
}

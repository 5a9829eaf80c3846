#include "io/inet_address.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <string.h>

#include "support/rows.h"

Test(inet_address, an_ipv4_address_is_read) {
  union inet_address address;
  cr_assert(inet_address_read(&address, slice_of("192.0.2.17"), 8480));
  cr_expect_eq(address.v4.sin_family, AF_INET);
  cr_expect_eq(address.v4.sin_port, htons(8480));
  cr_expect_eq(address.v4.sin_addr.s_addr, htonl(0xc0000211));
  cr_expect_eq(inet_address_len(&address), sizeof(struct sockaddr_in));
}

Test(inet_address, an_ipv6_address_is_read) {
  const unsigned char want[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 0x11};
  union inet_address address;
  cr_assert(inet_address_read(&address, slice_of("2001:db8::11"), 443));
  cr_expect_eq(address.v6.sin6_family, AF_INET6);
  cr_expect_eq(address.v6.sin6_port, htons(443));
  cr_expect_eq(memcmp(&address.v6.sin6_addr, want, sizeof want), 0);
  cr_expect_eq(inet_address_len(&address), sizeof(struct sockaddr_in6));
}

/* Texts have no end of their own. */
Test(inet_address, what_stands_behind_the_host_is_not_looked_at) {
  union inet_address address;
  cr_expect(inet_address_read(&address, (struct slice){"::1]:80", 3}, 80));
  cr_expect(inet_address_read(&address, (struct slice){"127.0.0.19", 9}, 80));
  cr_expect_eq(address.v4.sin_addr.s_addr, htonl(0x7f000001));
}

Test(inet_address, nothing_else_is) {
  const char *const others[] = {
      "",        "localhost",
      "[::1]",   "127.0.0.1:80",
      "127.0.1", "fe80::1%lo",
      "::g",     "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc"};
  union inet_address address;
  EACH_ROW (row, others)
    cr_expect(!inet_address_read(&address, slice_of(*row), 80), "%s", *row);
}

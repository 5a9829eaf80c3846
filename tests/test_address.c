/* Tests of core/address. */
#include "core/address.h"

#include <criterion/criterion.h>

static void expect(bool (*is)(struct slice), const char *const *texts,
                   bool want) {
  for (; *texts; texts++)
    cr_expect_eq(is(slice_of(*texts)), want, "'%s': not %d", *texts, want);
}

Test(address, an_ipv4_address_is_four_plain_decimals) {
  static const char *const good[] = {"0.0.0.0", "127.0.0.1", "1.22.133.4",
                                     "255.255.255.255", NULL};
  static const char *const bad[] = {"",
                                    "1",
                                    "127.1",
                                    "1.2.3",
                                    "1.2.3.4.",
                                    ".1.2.3.4",
                                    "1..3.4",
                                    "1.2.3.4.5",
                                    "256.1.1.1",
                                    "1.1.1.256",
                                    "01.2.3.4",
                                    "1.2.3.00",
                                    "0x7f.0.0.1",
                                    "1.2.3.4 ",
                                    "+1.2.3.4",
                                    "1.2.3.-4",
                                    "1.2.3.a",
                                    "1.2.3.1000",
                                    "4294967297.0.0.1",
                                    "1,2,3,4",
                                    NULL};
  expect(address_is_ipv4, good, true);
  expect(address_is_ipv4, bad, false);
}

Test(address, an_ipv6_address_is_eight_groups_or_has_one_gap) {
  static const char *const good[] = {"::",
                                     "::1",
                                     "1::",
                                     "1::2",
                                     "fe80::1",
                                     "2001:db8::8:800:200C:417A",
                                     "1:2:3:4:5:6:7:8",
                                     "1:2:3:4:5:6:7::",
                                     "::2:3:4:5:6:7:8",
                                     "1::3:4:5:6:7:8",
                                     "::1.2.3.4",
                                     "::ffff:1.2.3.4",
                                     "1:2:3:4:5:6:1.2.3.4",
                                     "1:2:3:4:5::1.2.3.4",
                                     "abcd:ABCD::",
                                     NULL};
  static const char *const bad[] = {"",
                                    ":",
                                    ":::",
                                    "::::",
                                    "1",
                                    "1:2",
                                    "1:2:3:4:5:6:7",
                                    "1:2:3:4:5:6:7:8:9",
                                    "1:2:3:4:5:6:7:8::",
                                    "::1:2:3:4:5:6:7:8",
                                    "1::2::3",
                                    ":1::2",
                                    "1::2:",
                                    "1:2:3:4:5:6:7:",
                                    ":1:2:3:4:5:6:7",
                                    "12345::",
                                    "::g",
                                    "::1%eth0",
                                    "[::1]",
                                    "::1.2.3",
                                    "::1.2.3.256",
                                    "::1.2.3.4:5",
                                    "1.2.3.4::",
                                    "1.2.3.4",
                                    "1:2:3:4:5:6:7:1.2.3.4",
                                    "::1 ",
                                    "1:::2",
                                    NULL};
  expect(address_is_ipv6, good, true);
  expect(address_is_ipv6, bad, false);
}

Test(address, it_is_judged_within_its_length) {
  cr_expect(address_is_ipv4((struct slice){"1.2.3.45", 7}));
  cr_expect(!address_is_ipv4((struct slice){"1.2.3.4", 6}));
  cr_expect(address_is_ipv6((struct slice){"::1:", 3}));
}

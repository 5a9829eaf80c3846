/* Tests of core/address. */
#include "core/address.h"

#include <criterion/criterion.h>

#include "support/rows.h"
#include "support/words.h"

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

/* ---- reading and writing ---- */

static void expect_rewritten(const char *text, const char *want) {
  unsigned char bytes[ADDRESS_BYTES], again[ADDRESS_BYTES];
  EMPTY_TEXT(out, ADDRESS_TEXT_MAX);
  cr_assert(address_parse(slice_of(text), bytes), "%s is no address", text);
  address_write(&out, bytes);
  struct slice got = text_slice_of(&out);
  cr_expect_not(out.cut);
  cr_expect(slice_equal(got, slice_of(want)), "%s is written as %.*s, not %s",
            text, SLICE_ARG(got), want);
  cr_expect(address_parse(got, again) &&
                memcmp(bytes, again, sizeof bytes) == 0,
            "%s reads otherwise", want);
}

Test(address, it_is_written_as_rfc_5952_says) {
  static const char *const cases[][2] = {
      {"0.0.0.0", "0.0.0.0"},
      {"192.0.2.255", "192.0.2.255"},
      {"::", "::"},
      {"::1", "::1"},
      {"1::", "1::"},
      {"2001:0DB8:0:0:0:0:0:00A0", "2001:db8::a0"},
      {"1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"},
      {"1:0:3:4:5:6:7:8", "1:0:3:4:5:6:7:8"},
      {"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
      {"1:0:0:4:0:0:7:8", "1::4:0:0:7:8"},
      {"1:0:0:4:0:0:0:8", "1:0:0:4::8"},
      {"::1.2.3.4", "::102:304"},
      {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:fff0",
       "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fff0"},
      {"1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"},
  };
  EACH_ROW (row, cases) expect_rewritten((*row)[0], (*row)[1]);
}

Test(address, an_ipv4_address_is_the_same_mapped_or_not) {
  unsigned char plain[ADDRESS_BYTES], mapped[ADDRESS_BYTES];
  cr_assert(address_parse(slice_of("10.1.2.3"), plain));
  cr_assert(address_parse(slice_of("::ffff:10.1.2.3"), mapped));
  cr_expect_arr_eq(plain, mapped, sizeof plain);
  cr_expect(address_is_mapped_ipv4(plain));
  expect_rewritten("::FFFF:0a01:203", "10.1.2.3");
}

Test(address, what_is_none_leaves_the_bytes_alone) {
  unsigned char bytes[ADDRESS_BYTES] = {7};
  cr_expect_not(address_parse(slice_of("1.2.3"), bytes));
  cr_expect_not(address_parse(slice_of("::1::"), bytes));
  cr_expect_not(address_parse(slice_of(""), bytes));
  cr_expect_eq(bytes[0], 7);
}

Test(address, it_is_written_whole_or_not_at_all) {
  unsigned char bytes[ADDRESS_BYTES];
  EMPTY_TEXT(out, 5);
  cr_assert(address_parse(slice_of("1.2.3.4"), bytes));
  address_write(&out, bytes);
  cr_expect(out.cut);
  cr_expect_eq(out.len, 0);
}

Test(address, this_machines_own_are_known) {
  static const char *const own[] = {"127.0.0.1", "127.255.0.3", "::1",
                                    "localhost", "LOCALHOST",   NULL};
  static const char *const others[] = {
      "0.0.0.0",          "::", "192.0.2.1", "127.0.0.1.de", "",
      "::ffff:127.0.0.1", NULL};
  expect(address_is_loopback, own, true);
  expect(address_is_loopback, others, false);
}

static void expect_place(const char *host, uint16_t port, const char *want) {
  EMPTY_TEXT(out, 64);
  address_write_place(
      &out, &(struct listen_at){.host = slice_of(host), .port = 1}, port);
  cr_expect_str_eq(text_end(&out), want);
}

Test(address, a_place_has_brackets_where_the_port_would_be_lost) {
  expect_place("127.0.0.1", 80, "127.0.0.1:80");
  expect_place("localhost", 8481, "localhost:8481");
  expect_place("::1", 0, "[::1]:0");
}

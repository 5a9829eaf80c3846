/* Tests of core/cidr. */
#include "core/cidr.h"

#include <criterion/criterion.h>

#include "support/rows.h"
#include "support/words.h"

static struct cidr parsed(const char *text) {
  struct cidr cidr;
  EMPTY_TEXT(why, CIDR_WHY_BYTES);
  cr_assert(cidr_parse(&cidr, slice_of(text), &why), "%s was refused: %s", text,
            text_end(&why));
  cr_expect_eq(why.len, 0);
  return cidr;
}

static void expect_refused(const char *text, const char *want) {
  struct cidr cidr;
  EMPTY_TEXT(why, CIDR_WHY_BYTES);
  cr_assert_not(cidr_parse(&cidr, slice_of(text), &why), "%s was taken", text);
  cr_expect_not(why.cut);
  cr_expect_str_eq(text_end(&why), want, "of '%s' it says: %s", text,
                   text_end(&why));
}

static void expect_written(const char *text, const char *want) {
  struct cidr cidr = parsed(text);
  EMPTY_TEXT(out, CIDR_TEXT_MAX);
  cidr_write(&out, &cidr);
  struct slice got = text_slice_of(&out);
  cr_expect_not(out.cut);
  cr_expect(slice_equal(got, slice_of(want)), "%s is written as %.*s", text,
            SLICE_ARG(got));
}

static void expect_has(const char *block, const char *address, bool want) {
  unsigned char bytes[ADDRESS_BYTES];
  struct cidr cidr = parsed(block);
  cr_assert(address_parse(slice_of(address), bytes));
  cr_expect_eq(cidr_has(&cidr, 1, bytes), want, "%s %s %s", block,
               want ? "lacks" : "has", address);
}

Test(cidr, a_block_holds_its_addresses_and_no_others) {
  expect_has("10.0.0.0/8", "10.0.0.0", true);
  expect_has("10.0.0.0/8", "10.255.255.255", true);
  expect_has("10.0.0.0/8", "11.0.0.0", false);
  expect_has("10.0.0.0/8", "9.255.255.255", false);
  expect_has("192.0.2.128/25", "192.0.2.128", true);
  expect_has("192.0.2.128/25", "192.0.2.127", false);
  expect_has("2001:db8::/32", "2001:db8:ffff::1", true);
  expect_has("2001:db8::/32", "2001:db9::", false);
  expect_has("fe80::/10", "febf::1", true);
  expect_has("fe80::/10", "fec0::1", false);
}

Test(cidr, a_bare_address_is_a_block_of_one) {
  expect_has("192.0.2.7", "192.0.2.7", true);
  expect_has("192.0.2.7", "192.0.2.6", false);
  expect_has("::1", "::1", true);
  expect_has("::1", "::", false);
  expect_has("192.0.2.7/32", "192.0.2.7", true);
  expect_has("::1/128", "::2", false);
}

Test(cidr, a_peer_counts_the_same_by_a_socket_of_either_family) {
  expect_has("10.0.0.0/8", "::ffff:10.1.2.3", true);
  expect_has("::ffff:10.0.0.0/104", "10.1.2.3", true);
  expect_has("10.0.0.0/8", "::10.1.2.3", false);
}

Test(cidr, a_prefix_of_no_bits_holds_all) {
  expect_has("0.0.0.0/0", "203.0.113.9", true);
  expect_has("0.0.0.0/0", "2001:db8::1", false);
  expect_has("::/0", "2001:db8::1", true);
  expect_has("::/0", "203.0.113.9", true);
}

Test(cidr, a_list_has_what_one_of_its_blocks_has) {
  const struct cidr list[] = {parsed("10.0.0.0/8"), parsed("::1")};
  unsigned char bytes[ADDRESS_BYTES];
  cr_assert(address_parse(slice_of("::1"), bytes));
  cr_expect(cidr_has(list, 2, bytes));
  cr_expect_not(cidr_has(list, 1, bytes));
  cr_expect_not(cidr_has(NULL, 0, bytes));
}

Test(cidr, it_is_written_as_it_is_read) {
  expect_written("10.0.0.0/8", "10.0.0.0/8");
  expect_written("0.0.0.0/0", "0.0.0.0/0");
  expect_written("192.0.2.7/32", "192.0.2.7");
  expect_written("192.0.2.7", "192.0.2.7");
  expect_written("2001:0db8::/32", "2001:db8::/32");
  expect_written("::/0", "::/0");
  expect_written("::1/128", "::1");
  expect_written("::ffff:10.0.0.0/104", "10.0.0.0/8");
  expect_written("ffff:ffff:ffff:ffff:ffff:ffff:ffff:fff0/124",
                 "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fff0/124");
}

Test(cidr, bits_behind_the_prefix_are_refused_and_the_block_is_named) {
  expect_refused("10.0.0.1/8",
                 "bits are set behind the prefix: write 10.0.0.0/8");
  expect_refused("192.0.2.129/25",
                 "bits are set behind the prefix: write 192.0.2.128/25");
  expect_refused("2001:db8::1/32",
                 "bits are set behind the prefix: write 2001:db8::/32");
  expect_refused("1.0.0.0/0",
                 "bits are set behind the prefix: write 0.0.0.0/0");
  expect_refused("::ffff:1.2.3.4/90",
                 "bits are set behind the prefix: write ::ffc0:0:0/90");
  expect_refused("ffff:ffff:ffff:ffff:ffff:ffff:ffff:fff1/124",
                 "bits are set behind the prefix: write "
                 "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fff0/124");
}

Test(cidr, a_prefix_beyond_the_address_or_in_no_plain_decimals_is_refused) {
  static const char *const ipv4[] = {
      "10.0.0.0/33", "10.0.0.0/",    "10.0.0.0/08", "10.0.0.0/-1",
      "10.0.0.0/8 ", "10.0.0.0/8/8", "10.0.0.0/00", "10.0.0.0/255.0.0.0"};
  EACH_ROW (row, ipv4) expect_refused(*row, "the prefix must be 0 to 32");
  expect_refused("2001:db8::/129", "the prefix must be 0 to 128");
  expect_refused("2001:db8::/18446744073709551648",
                 "the prefix must be 0 to 128");
}

Test(cidr, what_is_no_address_is_refused) {
  static const char *const bad[] = {
      "",          "/8",    "10/8",        "10.0.0.*",
      "localhost", "[::1]", "10.0.0.0:80", "::1%eth0"};
  EACH_ROW (row, bad)
    expect_refused(*row,
                   "write an IPv4 or IPv6 address, or one with /BITS behind "
                   "it");
}

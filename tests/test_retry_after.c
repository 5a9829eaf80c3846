/* Tests of core/retry_after. */
#include "core/retry_after.h"

#include <criterion/criterion.h>

#include "support/rows.h"

#define DATE "Sun, 06 Nov 1994 08:49:37 GMT"
#define DATE_US (INT64_C(784111777) * 1000000)

static void expect_us(const char *value, int64_t wall_us, int64_t want_us) {
  int64_t us = retry_after_us(slice_of(value), wall_us);
  cr_expect_eq(us, want_us, "%s: %lld us", value, (long long)us);
}

Test(retry_after, a_number_is_in_seconds) {
  expect_us("0", 0, 0);
  expect_us("120", 5, 120 * 1000000);
  expect_us("007", 5, 7 * 1000000);
}

Test(retry_after, a_date_counts_from_now) {
  expect_us(DATE, DATE_US - 1500000, 1500000);
  expect_us("Sunday, 06-Nov-94 08:49:37 GMT", DATE_US - 1, 1);
  expect_us("Sun Nov  6 08:49:37 1994", DATE_US - 90000000, 90000000);
}

Test(retry_after, a_date_that_has_gone_by_asks_for_nothing_more) {
  expect_us(DATE, DATE_US, 0);
  expect_us(DATE, DATE_US + 1, 0);
  expect_us("Wed, 31 Dec 1969 23:59:59 GMT", DATE_US, 0);
}

Test(retry_after, a_long_wait_is_clamped) {
  expect_us("2147483647", 0, INT64_C(2147483647) * 1000000);
  expect_us("2147483648", 0, RETRY_AFTER_MAX_US);
  expect_us("18446744073709551615", 0, RETRY_AFTER_MAX_US);
  expect_us("18446744073709551616", 0, RETRY_AFTER_MAX_US);
  expect_us("99999999999999999999999999999999", 0, RETRY_AFTER_MAX_US);
  expect_us("Fri, 31 Dec 9999 23:59:59 GMT", 0, RETRY_AFTER_MAX_US);
}

Test(retry_after, what_is_neither_is_malformed) {
  static const char *const bad[] = {
      "",     "soon",   "-1",          "+1", "1.5",   "1s",
      "1, 2", "1;x",    " 1",          "1 ", "\"1\"", "18446744073709551616x",
      "0x10", DATE "x", DATE ", " DATE};
  EACH_ROW (row, bad) expect_us(*row, 0, -1);
}

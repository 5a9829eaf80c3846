/* Tests of core/keep_alive. */
#include "core/keep_alive.h"

#include <criterion/criterion.h>

#include "support/rows.h"

#define S INT64_C(1000000)

static void expect_us(const char *value, int64_t want_us) {
  int64_t us = keep_alive_us(slice_of(value));
  cr_expect_eq(us, want_us, "%s: %lld us", value, (long long)us);
}

Test(keep_alive, a_timeout_is_in_seconds_and_counts_less_one) {
  expect_us("timeout=5", 4 * S);
  expect_us("timeout=2", S);
  expect_us("timeout=005", 4 * S);
  expect_us("timeout=4294967295", INT64_C(4294967294) * S);
}

Test(keep_alive, of_a_second_nothing_is_left) {
  expect_us("timeout=1", 0);
  expect_us("timeout=0", 0);
}

Test(keep_alive, a_timeout_stands_among_others) {
  expect_us("timeout=5, max=100", 4 * S);
  expect_us("max=100,timeout=5", 4 * S);
  expect_us("max=\"a, timeout=1\", TimeOut = 5 ,", 4 * S);
}

Test(keep_alive, of_several_timeouts_the_shortest_counts) {
  expect_us("timeout=9, timeout=5, timeout=7", 4 * S);
  expect_us("timeout=soon, timeout=5", 4 * S);
}

Test(keep_alive, what_names_no_timeout_says_nothing) {
  static const char *const silent[] = {"",
                                       ",",
                                       "timeout",
                                       "timeout=",
                                       "max=5",
                                       "timeouts=5",
                                       "timeout=5s",
                                       "timeout=-5",
                                       "timeout=+5",
                                       "timeout=1.5",
                                       "timeout==5",
                                       "timeout=\"5\"",
                                       "=5",
                                       "timeout=5;x",
                                       "time out=5",
                                       "timeout=4294967296",
                                       "timeout 5",
                                       "x=timeout=5",
                                       "timeout=0x5",
                                       "timeout=18446744073709551616"};
  EACH_ROW (row, silent) expect_us(*row, KEEP_ALIVE_UNSAID);
}

/* Tests of core/json_number: which of two is the larger one. */
#include "core/json_number.h"

#include <criterion/criterion.h>

static int sign(int n) { return (n > 0) - (n < 0); }

static void expect(const char *a, const char *b, int want) {
  int got = sign(json_number_compare(slice_of(a), slice_of(b)));
  cr_expect_eq(got, want, "%s and %s: %d, not %d", a, b, got, want);
  got = sign(json_number_compare(slice_of(b), slice_of(a)));
  cr_expect_eq(got, -want, "%s and %s: %d, not %d", b, a, got, -want);
}

Test(json_number, numbers_are_equal_however_they_are_written) {
  static const char *const same[] = {"1",      "1.0",   "1e0",   "1E+0",
                                     "0.1e1",  "10e-1", "1.000", "100.0e-2",
                                     "0.01E2", "1.0e00"};
  static const char *const zero[] = {"0", "-0", "0.0", "0e5", "-0.00e-7"};
  for (size_t i = 0; i < sizeof same / sizeof *same; i++)
    for (size_t k = 0; k < sizeof same / sizeof *same; k++)
      expect(same[i], same[k], 0);
  for (size_t i = 0; i < sizeof zero / sizeof *zero; i++)
    for (size_t k = 0; k < sizeof zero / sizeof *zero; k++)
      expect(zero[i], zero[k], 0);
}

/* Each is above all before it. */
Test(json_number, numbers_have_an_order) {
  static const char *const rising[] = {
      "-1e400",  "-10",     "-9.99",    "-1",    "-0.5",  "-1e-9", "0",
      "1e-400",  "0.00099", "0.001",    "0.01",  "0.099", "0.1",   "0.5",
      "0.50001", "1",       "1.000001", "9",     "10",    "11",    "1.2e1",
      "99",      "100",     "1e400",    "2e400",
  };
  for (size_t i = 0; i < sizeof rising / sizeof *rising; i++)
    for (size_t k = i + 1; k < sizeof rising / sizeof *rising; k++)
      expect(rising[i], rising[k], -1);
}

Test(json_number, no_digit_is_rounded_away) {
  expect("9007199254740992", "9007199254740993", -1);
  expect("18446744073709551616", "18446744073709551615", 1);
  expect("0.1000000000000000000000001", "0.1", 1);
  expect("3.0000000000000000000000000000", "3", 0);
}

Test(json_number, exponents_beyond_all_measure_do_not_wrap) {
  expect("1e99999999999999999999999", "1e400", 1);
  expect("1e-99999999999999999999999", "1e-400", -1);
  expect("-1e99999999999999999999999", "0", -1);
  expect("0e99999999999999999999999", "0", 0);
  expect("1e99999999999999999999999", "1e-99999999999999999999999", 1);
}

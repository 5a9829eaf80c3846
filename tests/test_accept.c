/* Tests of core/accept. tests/test_coding.c has more of qvalues. */
#include "core/accept.h"

#include <criterion/criterion.h>

static void expect_weight(const char *accept, int want) {
  const int weight = accept_weight(slice_of(accept), slice_of("text/plain"));
  cr_expect_eq(weight, want, "%s: %d, not %d", accept, weight, want);
}

Test(accept, a_type_has_the_weight_that_it_is_given) {
  expect_weight("text/plain", 1000);
  expect_weight("text/plain;q=0.5", 500);
  expect_weight("Text/PLAIN ; Q=0.25", 250);
  expect_weight("text/html, text/plain;version=0.0.4;q=0.3,*/*", 300);
  expect_weight("text/plain;q=0.3;version=1", 300);
  expect_weight("text/plain;version=1.0.0;escaping=x", 1000);
  expect_weight("text/plain;q", 1000);
  expect_weight("text/plain;qs=0.5", 1000);
  expect_weight("text/plain;p=0.5", 1000);
}

Test(accept, what_is_not_named_or_refused_has_none) {
  expect_weight("", 0);
  expect_weight("text/plainer", 0);
  expect_weight("xtext/plain", 0);
  expect_weight("text/html;text/plain", 0);
  expect_weight("*/*, text/*", 0);
  expect_weight("text/plain;q=0", 0);
  expect_weight("text/plain;q=0.000", 0);
  expect_weight("text/plain;q=2", 0);
  expect_weight("text/plain;q=", 0);
  expect_weight("text/plain;q=x", 0);
  expect_weight("text/plain;q=0./", 0);
  expect_weight("text/plain;q=0.:", 0);
}

Test(accept, of_several_weights_the_greatest_counts) {
  expect_weight("text/plain;version=1;q=0.2, text/plain;version=2;q=0.4", 400);
  expect_weight("text/plain;q=0.4, text/plain;q=0", 400);
}

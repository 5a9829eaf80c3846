/* Tests of io/turnstile: the order of a line, and who is told of a new first.
 */
#include "io/turnstile.h"

#include <criterion/criterion.h>

Test(turnstile, who_comes_first_is_first) {
  struct turnstile turnstile;
  struct turnstile_place a = {.worker = 1}, b = {.worker = 2};
  unsigned worker = 9;
  turnstile_init(&turnstile);
  turnstile_join(&turnstile, &a);
  turnstile_join(&turnstile, &b);
  cr_expect_eq(turnstile.waiting, 2);
  cr_expect(turnstile_is_first(&turnstile, &a));
  cr_expect(!turnstile_is_first(&turnstile, &b));
  cr_expect(turnstile_leave(&turnstile, &a, &worker));
  cr_expect_eq(worker, 2);
  cr_expect(turnstile_is_first(&turnstile, &b));
  cr_expect(!turnstile_leave(&turnstile, &b, &worker), "nobody is left");
  cr_expect_eq(turnstile.waiting, 0);
  turnstile_clear(&turnstile);
}

Test(turnstile, who_leaves_from_behind_changes_nothing_for_the_first) {
  struct turnstile turnstile;
  struct turnstile_place a = {.worker = 1}, b = {.worker = 2};
  unsigned worker = 9;
  turnstile_init(&turnstile);
  turnstile_join(&turnstile, &a);
  turnstile_join(&turnstile, &b);
  cr_expect(!turnstile_leave(&turnstile, &b, &worker));
  cr_expect_eq(worker, 9);
  cr_expect(turnstile_is_first(&turnstile, &a));
  (void)turnstile_leave(&turnstile, &a, &worker);
  turnstile_clear(&turnstile);
}

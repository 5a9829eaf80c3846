/* Where things stand, by hashes that the tests choose. */
#include "io/finder.h"

#include <criterion/criterion.h>

static struct finder finder;

static void clear(void) { finder_clear(&finder); }

TestSuite(finder, .fini = clear);

static void add(uint32_t hash, unsigned place) {
  cr_assert(finder_add(&finder, hash, place));
}

/* The places of this hash are these and no others, in this order. */
static void expect(uint32_t hash, unsigned count, const unsigned *places) {
  struct finder_walk walk = finder_begin(hash);
  unsigned place;
  for (unsigned i = 0; i < count; i++) {
    cr_assert(finder_next(&finder, &walk, &place), "%u are missing", count - i);
    cr_expect_eq(place, places[i], "%u, not %u", place, places[i]);
  }
  cr_expect_not(finder_next(&finder, &walk, &place), "one more, at %u", place);
}

#define EXPECT(hash, count, ...)                                               \
  expect(hash, count, (const unsigned[]){__VA_ARGS__})

Test(finder, in_an_empty_one_is_nothing) { expect(7, 0, NULL); }

Test(finder, what_was_added_is_found_by_its_hash) {
  add(7, 0);
  add(8, 1);
  EXPECT(7, 1, 0);
  EXPECT(8, 1, 1);
  expect(9, 0, NULL);
}

Test(finder, several_may_have_one_hash) {
  add(7, 0);
  add(8, 1);
  add(7, 2);
  add(7, 3);
  EXPECT(7, 3, 0, 2, 3);
  EXPECT(8, 1, 1);
}

/* That all begin at the same cell, the last one, and go on at the first. */
Test(finder, hashes_that_collide_are_told_apart) {
  for (unsigned i = 0; i < 1000; i++) add(i << 16 | 0xffff, i);
  for (unsigned i = 0; i < 1000; i++) EXPECT(i << 16 | 0xffff, 1, i);
  expect(1000u << 16 | 0xffff, 0, NULL);
  expect(0xffff + 1, 0, NULL);
}

Test(finder, it_grows_with_what_it_has) {
  enum { MANY = 100000 };
  for (unsigned i = 0; i < MANY; i++) add(i * 2654435761u, i);
  for (unsigned i = 0; i < MANY; i++) EXPECT(i * 2654435761u, 1, i);
  cr_expect_leq(finder.cap, 4 * MANY);
}

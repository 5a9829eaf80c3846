/* Growth, dropping and the budget of buffers. */
#include "io/buffer.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "support/words.h"

static struct budget budget = {.max = 16384};
static struct blocks blocks = {.budget = &budget};
static struct buffer buffer = {.blocks = &blocks};

static void add(const char *text) {
  cr_assert(buffer_add(&buffer, text, strlen(text)), "no room for %s", text);
}

static void check_is(const char *text) {
  words_expect_slice(buffer_slice(&buffer), text);
}

static void check_budget_is_free(void) {
  buffer_clear(&buffer);
  blocks_clear(&blocks);
  cr_assert(eq(i64, budget.used, 0));
}

TestSuite(buffer, .fini = check_budget_is_free);

Test(buffer, bytes_are_added_behind_each_other) {
  add("one ");
  add("");
  add("two");
  check_is("one two");
}

Test(buffer, dropping_forgets_the_first_bytes) {
  add("head body");
  buffer_drop(&buffer, 5);
  check_is("body");
  buffer_drop(&buffer, 0);
  check_is("body");
  buffer_drop(&buffer, 4);
  check_is("");
  add("next");
  check_is("next");
}

Test(buffer, it_keeps_its_bytes_when_it_grows) {
  for (int i = 0; i < 1000; i++) add("0123456789");
  cr_assert(eq(sz, buffer.len, 10000));
  for (size_t i = 0; i < buffer.len; i++)
    cr_assert(buffer.at[i] == (char)('0' + i % 10), "byte %zu is %c", i,
              buffer.at[i]);
}

Test(buffer, the_whole_capacity_counts_against_the_budget) {
  add("x");
  cr_assert(eq(i64, budget.used, (int64_t)buffer.cap));
  cr_assert(buffer_reserve(&buffer, 5000));
  cr_assert(eq(i64, budget.used, (int64_t)buffer.cap));
}

Test(buffer, it_doubles_but_not_beyond_what_it_will_hold) {
  buffer.most = 3 * BLOCK_BYTES;
  const size_t caps[] = {BLOCK_BYTES, 2 * BLOCK_BYTES, 3 * BLOCK_BYTES};
  for (size_t i = 0; i < 3; i++) {
    cr_assert(buffer_reserve(&buffer, buffer.cap - buffer.len + 1));
    cr_expect(eq(sz, buffer.cap, caps[i]));
    buffer.len = buffer.cap;
  }
  cr_assert(buffer_reserve(&buffer, 1));
  cr_expect(eq(sz, buffer.cap, 3 * BLOCK_BYTES + 1));
}

Test(buffer, one_that_yields_leaves_an_eighth_of_the_budget) {
  struct buffer yielding = {.yields = true, .blocks = &blocks};
  cr_assert(not(buffer_reserve(&yielding, (size_t)budget.max / 8 * 7 + 1)));
  cr_assert(buffer_reserve(&yielding, (size_t)budget.max / 8 * 7));
  buffer_clear(&yielding);
  cr_assert(buffer_reserve(&buffer, (size_t)budget.max));
}

Test(buffer, a_refused_growth_changes_nothing) {
  add("kept");
  struct buffer before = buffer;
  int64_t used = budget.used;
  cr_assert(not(buffer_reserve(&buffer, 20000)));
  cr_assert(not(buffer_reserve(&buffer, SIZE_MAX)));
  cr_assert(not(buffer_reserve(&buffer, SIZE_MAX / 2)));
  cr_assert(eq(ptr, buffer.at, before.at));
  cr_assert(eq(sz, buffer.cap, before.cap));
  cr_assert(eq(i64, budget.used, used));
  check_is("kept");
}

Test(buffer, without_a_budget_nothing_is_counted_or_refused) {
  struct buffer free_one = {0};
  cr_assert(buffer_reserve(&free_one, 1 << 20));
  buffer_clear(&free_one);
  cr_assert(eq(i64, budget.used, 0));
}

Test(buffer, two_buffers_share_one_budget) {
  struct buffer other = {.blocks = &blocks};
  cr_assert(buffer_reserve(&other, 13000));
  cr_assert(not(buffer_reserve(&buffer, 10)), "used is %ld", (long)budget.used);
  buffer_clear(&other);
  cr_assert(buffer_reserve(&buffer, 10));
}

Test(buffer, what_is_taken_out_leaves_an_empty_buffer_behind) {
  add("moved");
  struct buffer taken = buffer_take(&buffer);
  check_is("");
  add("fresh");
  words_expect_slice(buffer_slice(&taken), "moved");
  buffer_clear(&taken);
  check_is("fresh");
}

Test(buffer, a_block_that_is_given_back_is_used_again) {
  add("first");
  char *block = buffer.at;
  buffer_clear(&buffer);
  cr_assert(eq(i64, budget.used, BLOCK_BYTES), "a spare block stays counted");
  add("second");
  cr_assert(eq(ptr, buffer.at, block));
  cr_assert(eq(u32, blocks.count, 0));
  check_is("second");
}

Test(buffer, a_buffer_larger_than_a_block_is_not_kept) {
  cr_assert(buffer_reserve(&buffer, 10000));
  buffer_clear(&buffer);
  cr_assert(eq(u32, blocks.count, 0));
  cr_assert(eq(i64, budget.used, 0));
}

Test(buffer, a_length_that_is_known_is_reserved_exactly) {
  add("head");
  cr_assert(buffer_reserve(&buffer, 12000));
  cr_assert(eq(sz, buffer.cap, 12004));
}

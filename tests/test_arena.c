/* Tests of io/arena: where what is taken lies. Under ASan each of them is also
 * a test that nothing leaks, and that every byte that was asked for may be
 * written. */
#include "io/arena.h"

#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>

#include "support/rows.h"
#include "support/words.h"

enum { FIRST = 256, LARGE = 64 * 1024 };

static struct arena arena;
static struct {
  char before[16];
  _Alignas(16) char bytes[FIRST];
  char behind[16];
} owner; /* whose piece is the first */

static void open_arena(void) {
  memset(&owner, 'o', sizeof owner);
  arena_init(&arena, owner.bytes, FIRST);
}

static void close_arena(void) {
  arena_clear(&arena);
  arena = (struct arena){0}; /* so that nothing points at what was not freed */
  for (size_t i = 0; i < 16; i++)
    cr_expect(owner.before[i] == 'o' && owner.behind[i] == 'o',
              "written outside the first piece");
}

TestSuite(arena, .init = open_arena, .fini = close_arena);

static char *take(size_t bytes) {
  char *taken = arena_take(&arena, bytes);
  cr_assert_not_null(taken);
  cr_assert_eq((uintptr_t)taken % 16, 0, "%zu bytes at %p", bytes,
               (void *)taken);
  if (bytes > 0) memset(taken, 't', bytes);
  return taken;
}

static bool is_in_first(const char *at) {
  return at >= owner.bytes && at < owner.bytes + FIRST;
}

/* ---- pieces ---- */

Test(arena, small_things_lie_behind_each_other_in_the_owners_piece) {
  cr_expect_eq(take(1), owner.bytes);
  cr_expect_eq(take(16), owner.bytes + 16);
  cr_expect_eq(take(17), owner.bytes + 32);
  cr_expect_eq(take(0), owner.bytes + 64);
  cr_expect_eq(take(FIRST - 64), owner.bytes + 64);
}

Test(arena, the_whole_first_piece_can_be_taken_and_not_a_byte_more) {
  cr_expect_eq(take(FIRST), owner.bytes);
  cr_expect_not(is_in_first(take(1)));
}

Test(arena, what_is_left_of_an_odd_piece_is_no_reason_to_lose_the_alignment) {
  for (size_t bytes = 0; bytes < 64; bytes++) {
    arena_init(&arena, owner.bytes, bytes);
    for (size_t taken = 16; taken <= bytes; taken += 16)
      cr_expect_eq(take(16), owner.bytes + taken - 16);
    char *more = take(16);
    cr_expect_not(is_in_first(more), "of %zu bytes", bytes);
    arena_clear(&arena);
  }
  arena_init(&arena, owner.bytes, FIRST);
}

Test(arena, an_arena_without_a_first_piece_makes_its_own) {
  arena_init(&arena, NULL, 0);
  char *one = take(8), *other = take(8);
  cr_expect_eq(other, one + 16, "two small things need one piece");
}

Test(arena, a_small_thing_that_does_not_fit_opens_a_new_piece) {
  take(FIRST - 16);
  char *one = take(32), *other = take(16);
  cr_expect_not(is_in_first(one));
  cr_expect_eq(other, one + 32, "the new piece is the present one");
}

Test(arena, a_large_thing_leaves_the_present_piece_as_it_is) {
  take(16);
  char *large = take(LARGE);
  cr_expect_not(is_in_first(large));
  cr_expect_eq(take(16), owner.bytes + 16);
  take(LARGE);
  cr_expect_eq(take(16), owner.bytes + 32);
}

Test(arena, nothing_overlaps) {
  enum { TAKEN = 400 };
  static const size_t sizes[] = {1,    15,   16,   17,   100,  255,   256, 257,
                                 2000, 2047, 2048, 2049, 5000, LARGE, 0,   33};
  char *at[TAKEN];
  size_t len[TAKEN];
  for (size_t i = 0; i < TAKEN; i++) {
    len[i] = sizes[(i * 7 + i / 16) % (sizeof sizes / sizeof *sizes)];
    at[i] = take(len[i]);
    memset(at[i], (int)(i % 251), len[i]);
  }
  for (size_t i = 0; i < TAKEN; i++)
    for (size_t k = 0; k < len[i]; k++)
      cr_assert_eq((unsigned char)at[i][k], i % 251, "byte %zu of %zu", k, i);
}

/* ---- texts ---- */

static struct text open_text(size_t most) {
  struct text text;
  cr_assert(arena_open_text(&arena, most, &text));
  cr_assert_eq(text.len, 0);
  cr_assert_not(text.cut);
  cr_assert_geq(text.cap, most);
  return text;
}

static void fill(struct text *text, char c, size_t count) {
  for (; count > 0; count--) text_char(text, c);
  cr_assert_not(text->cut);
}

Test(arena, a_text_that_is_kept_stays_where_it_was_written) {
  struct text text = open_text(40);
  text_str(&text, "what was written");
  arena_keep_text(&arena, &text);
  cr_expect_eq(text.at, owner.bytes);
  cr_expect_eq(take(16), owner.bytes + 16, "the rest of its room is free");
  words_expect_slice(text_slice_of(&text), "what was written");
}

Test(arena, a_kept_text_ends_where_the_next_thing_begins) {
  for (size_t len = 0; len <= 33; len++) {
    arena_init(&arena, owner.bytes, FIRST);
    struct text text = open_text(33);
    fill(&text, 'x', len);
    arena_keep_text(&arena, &text);
    char *next = take(16);
    cr_expect_geq(next, text.at + len, "of %zu", len);
    cr_expect_lt(next, text.at + len + 16, "of %zu", len);
    for (size_t i = 0; i < len; i++) cr_assert_eq(text.at[i], 'x');
  }
}

Test(arena, a_text_that_was_opened_and_not_kept_takes_nothing) {
  struct text text = open_text(40);
  fill(&text, 'x', 40);
  cr_expect_eq(take(16), owner.bytes);
}

Test(arena, a_text_has_its_room_in_one_piece) {
  static const size_t rooms[] = {0,         1,     FIRST - 17, FIRST - 16,
                                 FIRST - 1, FIRST, 2031,       2032,
                                 2047,      2048,  LARGE};
  EACH_ROW (row, rooms) {
    arena_init(&arena, owner.bytes, FIRST);
    take(1);
    struct text text = open_text(*row);
    fill(&text, 'x', *row);
    text_end(&text); /* and a NUL has room */
    cr_expect_not(text.cut, "of %zu", *row);
    cr_expect_eq(text.len, *row);
    arena_keep_text(&arena, &text);
    char *next = take(16);
    cr_expect(next < text.at || next >= text.at + *row);
    for (size_t k = 0; k < *row; k++) cr_assert_eq(text.at[k], 'x');
    arena_clear(&arena);
  }
  arena_init(&arena, owner.bytes, FIRST);
}

Test(arena, a_text_filled_to_the_last_byte_of_its_piece_can_be_kept) {
  for (size_t bytes = 16; bytes <= 80; bytes++) {
    arena_init(&arena, owner.bytes, bytes);
    struct text text = open_text(15);
    cr_assert_leq(text.cap, bytes);
    fill(&text, 'x', text.cap);
    arena_keep_text(&arena, &text);
    cr_expect_not(is_in_first(take(1)), "of %zu bytes", bytes);
    arena_clear(&arena);
  }
  arena_init(&arena, owner.bytes, FIRST);
}

Test(arena, a_text_larger_than_the_piece_is_followed_by_what_comes_next) {
  struct text text = open_text(LARGE);
  fill(&text, 'x', LARGE);
  arena_keep_text(&arena, &text);
  take(16);
  struct text other = open_text(LARGE);
  fill(&other, 'y', LARGE);
  arena_keep_text(&arena, &other);
  for (size_t i = 0; i < LARGE; i++)
    cr_assert(text.at[i] == 'x' && other.at[i] == 'y');
}

/* ---- strings ---- */

Test(arena, a_copy_has_its_nul_and_is_a_copy) {
  char string[] = "no whole answer";
  const char *copy = arena_copy(&arena, string);
  const char *empty = arena_copy(&arena, "");
  string[0] = 'x';
  cr_expect_str_eq(copy, "no whole answer");
  cr_expect_str_eq(empty, "");
  cr_expect(is_in_first(copy) && is_in_first(empty));
}

Test(arena, a_copy_of_a_long_string_is_whole) {
  char string[5000];
  memset(string, 's', sizeof string - 1);
  string[sizeof string - 1] = '\0';
  cr_expect_str_eq(arena_copy(&arena, string), string);
  cr_expect(is_in_first(arena_copy(&arena, "short")));
}

/* ---- the end ---- */

Test(arena, all_pieces_are_freed_together) {
  for (size_t i = 0; i < 1000; i++) take(i * 7 % 5000);
}

Test(arena, an_arena_from_which_nothing_was_taken_can_be_cleared) {
  cr_expect_null(arena.pieces);
}

/* Tests of io/gunzip: what comes out, whatever the pieces are that go in; what
 * is refused; and that all memory is counted and given back. */
#include "io/gunzip.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "support/gzip.h"

enum { IN_MAX = 1 << 20, OUT_MAX = 24 << 20 };

static struct budget budget = {.max = 1 << 20};
static struct blocks blocks = {.budget = &budget};
static struct gunzip *gunzip;
static char *out;
static size_t out_len;

static void open_gunzip(void) {
  out = malloc(OUT_MAX);
  cr_assert_not_null(out);
}

static void close_gunzip(void) {
  gunzip_free(gunzip);
  free(out);
  cr_expect_eq(budget.used, 0, "%ld bytes are still counted",
               (long)budget.used);
}

TestSuite(gunzip, .init = open_gunzip, .fini = close_gunzip);

static void start_again(uint64_t in_max) {
  gunzip_free(gunzip);
  gunzip = gunzip_new(&blocks, in_max);
  cr_assert_not_null(gunzip);
  out_len = 0;
}

/* All of it; takes room by room, of cap bytes. */
static enum gunzip_progress give(struct slice in, size_t cap) {
  enum gunzip_progress progress;
  do {
    size_t len;
    cr_assert(out_len + cap <= OUT_MAX);
    progress = gunzip_read(gunzip, &in, out + out_len, cap, &len);
    cr_assert(len <= cap);
    cr_assert(len == cap || progress != GUNZIP_FULL);
    out_len += len;
  } while (progress == GUNZIP_FULL);
  cr_assert(progress != GUNZIP_MORE || in.len == 0, "some was left");
  return progress;
}

static enum gunzip_progress give_in_pieces(const struct gzip *gzip,
                                           size_t piece, size_t cap) {
  enum gunzip_progress progress = GUNZIP_MORE;
  for (size_t at = 0; at < gzip->len && progress == GUNZIP_MORE; at += piece) {
    size_t left = gzip->len - at;
    progress = give(
        (struct slice){gzip->bytes + at, piece < left ? piece : left}, cap);
  }
  return progress;
}

static const size_t cuts[][2] = {{GZIP_MAX, 4096}, {1, 4096}, {1, 1},
                                 {GZIP_MAX, 1},    {7, 5},    {100, 65536}};

#define FOR_EACH_CUT                                                           \
  for (const size_t *cut = cuts[0]; cut < cuts[sizeof cuts / sizeof *cuts];    \
       cut += 2)

static void expect_text(const struct gzip *gzip, const char *want) {
  FOR_EACH_CUT {
    start_again(IN_MAX);
    cr_expect_eq(give_in_pieces(gzip, cut[0], cut[1]), GUNZIP_MORE, "%s",
                 gunzip_why(gunzip));
    cr_expect(gunzip_is_whole(gunzip), "by %zu into %zu", cut[0], cut[1]);
    cr_expect(slice_equal((struct slice){out, out_len}, slice_of(want)),
              "by %zu into %zu: %.*s", cut[0], cut[1], (int)out_len, out);
  }
}

static void expect_refused(const struct gzip *gzip, enum gunzip_progress want,
                           const char *why) {
  FOR_EACH_CUT {
    start_again(IN_MAX);
    cr_expect_eq(give_in_pieces(gzip, cut[0], cut[1]), want);
    cr_expect_str_eq(gunzip_why(gunzip), why, "by %zu into %zu: %s", cut[0],
                     cut[1], gunzip_why(gunzip));
  }
}

/* ---- what comes out ---- */

Test(gunzip, a_member_comes_out) {
  expect_text(gzip_of("{\"a\":[1,2,3]}"), "{\"a\":[1,2,3]}");
  expect_text(gzip_of(""), "");
}

Test(gunzip, members_that_follow_one_another_are_one_body) {
  struct gzip *gzip = gzip_of("[1,");
  gzip_add(gzip, "", 0);
  gzip_add(gzip, "2]", 2);
  expect_text(gzip, "[1,2]");
}

Test(gunzip, a_body_of_no_bytes_is_whole) {
  start_again(IN_MAX);
  cr_expect(gunzip_is_whole(gunzip));
  cr_expect_eq(give((struct slice){"", 0}, 9), GUNZIP_MORE);
  cr_expect(gunzip_is_whole(gunzip));
}

Test(gunzip, every_beginning_is_not_whole) {
  struct gzip *gzip = gzip_of("[1,");
  size_t first = gzip->len;
  gzip_add(gzip, "2]", 2);
  for (size_t len = 1; len < gzip->len; len++) {
    start_again(IN_MAX);
    cr_expect_eq(give((struct slice){gzip->bytes, len}, 100), GUNZIP_MORE);
    cr_expect_eq(gunzip_is_whole(gunzip), len == first, "after %zu", len);
  }
}

/* ---- what is refused ---- */

Test(gunzip, what_is_no_gzip_is_refused) {
  struct gzip gzip = {"<html>", 6};
  expect_refused(&gzip, GUNZIP_BAD,
                 "the gzip body is corrupt (incorrect header check)");
  gzip = (struct gzip){"\x78\x9c\x03\x00\x00\x00\x00\x01", 8}; /* zlib */
  expect_refused(&gzip, GUNZIP_BAD,
                 "the gzip body is corrupt (incorrect header check)");
}

Test(gunzip, a_wrong_sum_or_length_is_refused) {
  struct gzip *gzip = gzip_of("[1,2,3]");
  gzip->bytes[gzip->len - 8] ^= 1;
  expect_refused(gzip, GUNZIP_BAD,
                 "the gzip body is corrupt (incorrect data check)");
  gzip->bytes[gzip->len - 8] ^= 1;
  gzip->bytes[gzip->len - 4] ^= 1;
  expect_refused(gzip, GUNZIP_BAD,
                 "the gzip body is corrupt (incorrect length check)");
}

Test(gunzip, what_follows_and_is_no_member_is_refused) {
  struct gzip *gzip = gzip_of("[1]");
  memset(gzip->bytes + gzip->len, 0, 8);
  gzip->len += 8;
  expect_refused(gzip, GUNZIP_BAD,
                 "what follows the gzip body is no further member of it "
                 "(incorrect header check)");
}

/* ---- sizes ---- */

Test(gunzip, below_1_mib_any_ratio_is_fine) {
  start_again(IN_MAX);
  cr_expect_eq(give_in_pieces(gzip_of_spaces(GUNZIP_FREE_BYTES), 1, 4096),
               GUNZIP_MORE);
  cr_expect_eq(out_len, GUNZIP_FREE_BYTES);
}

Test(gunzip, a_bomb_is_noticed_before_it_is_large) {
  const struct gzip *bomb = gzip_of_spaces(16 << 20);
  FOR_EACH_CUT {
    start_again(IN_MAX);
    cr_expect_eq(give_in_pieces(bomb, cut[0], cut[1]), GUNZIP_LARGE);
    cr_expect_str_eq(gunzip_why(gunzip),
                     "the gzip body inflates to more than 200 times its size");
    cr_expect_leq(out_len, GUNZIP_FREE_BYTES + cut[1] + 64 * 1024, "%zu came",
                  out_len);
  }
}

Test(gunzip, a_bomb_of_many_members_is_one) {
  struct gzip *bomb = gzip_of_spaces(60000);
  for (int i = 0; i < 29; i++) {
    char text[60000];
    memset(text, ' ', sizeof text);
    gzip_add(bomb, text, sizeof text);
  }
  expect_refused(bomb, GUNZIP_LARGE,
                 "the gzip body inflates to more than 200 times its size");
}

Test(gunzip, more_than_may_go_in_is_refused) {
  struct gzip *gzip = gzip_of("[1,2,3]");
  start_again(gzip->len);
  cr_expect_eq(give_in_pieces(gzip, 1, 100), GUNZIP_MORE);
  start_again(gzip->len - 1);
  cr_expect_eq(give_in_pieces(gzip, 1, 100), GUNZIP_LARGE);
  cr_expect_str_eq(gunzip_why(gunzip),
                   "the gzip body is larger than --max-body");
}

Test(gunzip, a_head_without_an_end_is_counted) {
  struct gzip gzip = {"\x1f\x8b\x08\x08\0\0\0\0\0\x03", 10}; /* a name */
  start_again(4096);
  memset(gzip.bytes + 10, 'n', 5000);
  gzip.len = 5010;
  cr_expect_eq(give_in_pieces(&gzip, 1, 100), GUNZIP_LARGE);
}

/* ---- memory ---- */

Test(gunzip, its_memory_is_counted_from_the_start) {
  start_again(IN_MAX);
  cr_expect_eq(budget.used, GUNZIP_BYTES);
  give_in_pieces(gzip_of_spaces(60000), 100, 4096);
  cr_expect_eq(budget.used, GUNZIP_BYTES);
}

Test(gunzip, where_the_budget_is_used_up_there_is_none) {
  struct budget small = {.max = GUNZIP_BYTES - 1};
  struct blocks few = {.budget = &small};
  cr_expect_null(gunzip_new(&few, IN_MAX));
  cr_expect_eq(small.used, 0);
}

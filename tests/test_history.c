/* proxy/tape and proxy/history: which races are copied, and which are kept. */
#include "proxy/history.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "core/race_copy.h"
#include "support/scoped.h"
#include "support/words.h"

OWNABLE(history)

static struct route_tally tallies[3];
static const struct attempt_record one = {.start_us = 1, .end_us = 2};

/* A race that has settled at that time, in milliseconds. */
static struct race_record race_at(int64_t ms, int64_t took_ms) {
  return (struct race_record){.outcome = OUTCOME_SUCCESS,
                              .status = 200,
                              .start_us = (1000000 + ms - took_ms) * 1000,
                              .end_us = (1000000 + ms) * 1000,
                              .tally = &tallies[0],
                              .route = SLICE("/a"),
                              .attempts = &one,
                              .count = 1};
}

static bool offer_by(unsigned worker, struct history *history,
                     const struct race_record *race) {
  struct tape *tape = history_tape(history, worker);
  if (!tape_wants(tape, race)) return false;
  EMPTY_TEXT(copy, RACE_COPY_BYTES);
  race_copy_write(&copy, race, race->end_us);
  tape_put(tape, race, text_slice_of(&copy));
  return true;
}

static bool offer(struct history *history, const struct race_record *race) {
  return offer_by(0, history, race);
}

static void collect(struct history *history, int64_t ms) {
  history_collect(history, (1000000 + ms) * 1000, NULL, NULL);
}

static void fill_slowest(struct history *history, int64_t took_ms) {
  for (int64_t i = 0; i < HISTORY_LIST_MAX; i++) {
    struct race_record race = race_at(i * 100, took_ms);
    cr_assert(offer(history, &race));
    collect(history, i * 100);
  }
}

/* ---- the tape ---- */

Test(history, of_ordinary_races_a_few_are_copied) {
  OWNED(history) history = history_new(1);
  unsigned copied = 0;
  fill_slowest(history, 50);
  for (unsigned i = 0; i < 100; i++) {
    struct race_record race = race_at(50000, 1);
    copied += offer(history, &race);
  }
  cr_expect_eq(copied, TAPE_ORDINARY + 1); /* and the first of its route */
  cr_expect_eq(history_left_out(history, false), 100 - copied);
  cr_expect_eq(history_left_out(history, true), 0);
  struct race_record next = race_at(50100, 1);
  cr_expect(offer(history, &next));
}

Test(history, of_remarkable_races_more_are) {
  OWNED(history) history = history_new(1);
  unsigned copied = 0;
  fill_slowest(history, 50);
  for (unsigned i = 0; i < 100; i++) {
    struct race_record race = race_at(50000, 1);
    if (i % 3 == 0) race.outcome = OUTCOME_FAILED;
    else if (i % 3 == 1) race.rescued = RESCUE_SLOW;
    else race = race_at(50000, 60);
    copied += offer(history, &race);
  }
  cr_expect_eq(copied, TAPE_REMARKABLE);
  cr_expect_eq(history_left_out(history, true), 100 - TAPE_REMARKABLE);
}

Test(history, the_first_of_each_route_has_a_place) {
  OWNED(history) history = history_new(1);
  fill_slowest(history, 50);
  for (unsigned i = 0; i < 100; i++) {
    struct race_record race = race_at(50000, 1);
    (void)offer(history, &race);
  }
  struct race_record quiet = race_at(50000, 1);
  quiet.tally = &tallies[1];
  cr_expect(offer(history, &quiet));
  cr_expect_not(offer(history, &quiet));
}

Test(history, without_a_tape_or_an_attempt_nothing_is_wanted) {
  OWNED(history) history = history_new(1);
  struct race_record race = race_at(0, 1);
  cr_expect_not(tape_wants(NULL, &race));
  race.count = 0;
  cr_expect_not(offer(history, &race));
  cr_expect_eq(history_left_out(history, false), 0);
}

Test(history, what_somebody_watches_for_is_remarkable) {
  OWNED(history) history = history_new(1);
  fill_slowest(history, 50);
  history_watch(history, 20 * 1000);
  unsigned copied = 0;
  for (unsigned i = 0; i < 100; i++) {
    struct race_record race = race_at(50000, 20);
    copied += offer(history, &race);
  }
  cr_expect_eq(copied, TAPE_REMARKABLE);
}

/* ---- the shelves ---- */

Test(history, each_kind_has_its_shelf) {
  OWNED(history) history = history_new(2);
  struct race_record failed = race_at(0, 5), rescued = race_at(1, 9);
  const struct kept *found[HISTORY_LIST_MAX];
  failed.outcome = OUTCOME_DEADLINE;
  rescued.rescued = RESCUE_FAILED;
  rescued.route = slice_of("/b");
  cr_assert(offer(history, &failed));
  cr_assert(offer(history, &rescued));
  collect(history, 2);
  const struct slice any = {0};
  cr_assert_eq(history_list(history, HISTORY_LATEST, any, 10, found), 2);
  cr_expect_eq(found[0]->seq, 2);
  cr_expect_eq(found[1]->seq, 1);
  cr_assert_eq(history_list(history, HISTORY_FAILED, any, 10, found), 1);
  cr_expect_eq(found[0]->seq, 1);
  cr_assert_eq(history_list(history, HISTORY_RESCUED, any, 10, found), 1);
  cr_expect_eq(found[0]->seq, 2);
  cr_assert_eq(history_list(history, HISTORY_SLOWEST, any, 1, found), 1);
  cr_expect_eq(found[0]->seq, 2);
  cr_assert_eq(
      history_list(history, HISTORY_SLOWEST, slice_of("/a"), 10, found), 1);
  cr_expect_eq(found[0]->seq, 1);
  cr_expect_eq(history_list(history, HISTORY_LATEST, slice_of("/c"), 10, found),
               0);
}

static void expect_later(void *arg, const struct kept *race) {
  struct kept *last = arg;
  cr_expect_eq(race->seq, last->seq + 1);
  cr_expect_gt(race->end_us, last->end_us);
  *last = *race;
}

Test(history, races_of_all_workers_come_in_the_order_of_their_ends) {
  static const int64_t ends_ms[3][3] = {{4, 5, 9}, {1, 6, 7}, {2, 3, 8}};
  OWNED(history) history = history_new(3);
  struct kept last = {0};
  for (unsigned i = 0; i < 3; i++) {
    for (unsigned k = 0; k < 3; k++) {
      struct race_record race = race_at(ends_ms[i][k], 1);
      cr_assert(offer_by(i, history, &race));
    }
  }
  history_collect(history, (1000000 + 9) * 1000, expect_later, &last);
  cr_expect_eq(last.seq, 9);
}

Test(history, the_slowest_are_in_order_and_the_quickest_of_them_goes) {
  OWNED(history) history = history_new(1);
  const struct kept *found[HISTORY_LIST_MAX];
  const struct slice any = {0};
  for (int64_t i = 0; i < HISTORY_LIST_MAX + 50; i++) {
    struct race_record race = race_at(i * 100, 1 + i * 37 % 1000);
    cr_assert(offer(history, &race) ||
              i >= HISTORY_LIST_MAX); /* too quick by then */
    collect(history, i * 100);
  }
  unsigned count =
      history_list(history, HISTORY_SLOWEST, any, HISTORY_LIST_MAX, found);
  cr_assert_eq(count, HISTORY_LIST_MAX);
  for (unsigned i = 1; i < count; i++)
    cr_expect_geq(found[i - 1]->took_us, found[i]->took_us);
  count = history_list(history, HISTORY_SLOWEST, slice_of("/a"),
                       HISTORY_LIST_MAX, found);
  cr_assert_eq(count, HISTORY_LIST_MAX);
  for (unsigned i = 1; i < count; i++) {
    cr_expect_geq(found[i - 1]->took_us, found[i]->took_us);
    cr_expect_neq(found[i - 1], found[i]);
  }
}

Test(history, a_slow_one_is_forgotten_after_a_while) {
  OWNED(history) history = history_new(1);
  const struct kept *found[1];
  struct race_record race = race_at(0, 500);
  cr_assert(offer(history, &race));
  collect(history, 15 * 60 * 1000);
  const struct slice any = {0};
  cr_expect_eq(history_list(history, HISTORY_SLOWEST, any, 1, found), 1);
  collect(history, 15 * 60 * 1000 + 1);
  cr_expect_eq(history_list(history, HISTORY_SLOWEST, any, 1, found), 0);
  cr_expect_eq(history_list(history, HISTORY_LATEST, any, 1, found), 1);
}

Test(history, it_is_bounded_in_bytes) {
  OWNED(history) history = history_new(1);
  static char path[1100];
  memset(path, '/', sizeof path - 1);
  for (int64_t i = 0; i < 10000; i++) {
    struct race_record race = race_at(i * 20, i % 500);
    race.path = (struct slice){path, 1000};
    race.rescued = RESCUE_SLOW;
    race.outcome = i % 2 ? OUTCOME_FAILED : OUTCOME_SUCCESS;
    cr_assert(offer(history, &race));
    if (i % 5 == 4) collect(history, i * 20);
  }
  cr_expect_leq(history_bytes(history), (1024 + 3 * 256) * 1024);
  cr_expect_gt(history_bytes(history), 1024 * 1024 - 4096);
}

Test(history, a_quick_route_has_slowest_ones_too) {
  OWNED(history) history = history_new(1);
  const struct kept *found[HISTORY_LIST_MAX];
  fill_slowest(history, 50);
  for (int64_t took = 1; took <= 3; took++) {
    struct race_record race = race_at(50000, took);
    race.route = slice_of("/b");
    race.tally = &tallies[1];
    cr_assert(offer(history, &race));
  }
  collect(history, 50001);
  const struct slice route = slice_of("/b");
  cr_assert_eq(history_list(history, HISTORY_SLOWEST, route, 2, found), 2);
  cr_expect_eq(found[0]->took_us, 3000);
  cr_expect_eq(found[1]->took_us, 2000);
}

static struct slice id_of(const struct kept *race) {
  static struct race_copy copy;
  cr_assert(race_copy_read(&copy, race->copy));
  return copy.race.id;
}

Test(history, the_latest_of_an_id_is_found) {
  OWNED(history) history = history_new(1);
  static char long_id[300];
  memset(long_id, 'x', sizeof long_id);
  for (unsigned i = 0; i < 4; i++) {
    struct race_record race = race_at(i, i);
    race.id = i == 3 ? (struct slice){long_id, sizeof long_id}
                     : slice_of(i % 2 ? "odd" : "even");
    cr_assert(offer(history, &race));
  }
  collect(history, 5);
  const struct kept *found = history_find(history, slice_of("even"));
  cr_assert(found);
  cr_expect_eq(found->seq, 3);
  words_expect_slice(id_of(found), "even");
  cr_expect_null(history_find(history, slice_of("none")));
  cr_expect_null(
      history_find(history, (struct slice){long_id, sizeof long_id}));
  char cut[RACE_COPY_NAME + 1];
  snprintf(cut, sizeof cut, "%.*s...", RACE_COPY_NAME - 3, long_id);
  cr_expect(history_find(history, slice_of(cut)));
}

static unsigned heard;

static void on_race(void *arg, const struct kept *race) {
  heard += race->seq == ++*(uint64_t *)arg;
}

Test(history, who_collects_hears_of_each_in_order) {
  OWNED(history) history = history_new(2);
  uint64_t seq = 0;
  for (unsigned i = 0; i < 3; i++) {
    struct race_record race = race_at(i, 1);
    cr_assert(offer(history, &race));
  }
  history_collect(history, INT64_C(1000000000), on_race, &seq);
  cr_expect_eq(heard, 3);
}

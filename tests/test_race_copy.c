/* core/race_copy: what was written is read back, whatever it was, and what was
 * not written is refused. */
#include "core/race_copy.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "support/words.h"

#define WALL_US INT64_C(1795222923123456)

enum { T0 = 7000000 };

#define LONGEST (INT64_C(1) << 52) /* of times */

static const struct trace_context trace = {.high = UINT64_MAX,
                                           .low = 7,
                                           .parent = 1,
                                           .span = 2,
                                           .flags = TRACE_SAMPLED};

static const struct attempt_record three[] = {
    {.start_us = T0,
     .connected_us = T0 + 1,
     .first_byte_us = T0 + 200,
     .end_us = T0 + 412000,
     .end = {ATTEMPT_STATUS, .status = 500},
     .bytes = 1234567890123,
     .error = "status 500",
     .name = "users/0",
     .host = SLICE("127.0.0.1:9000"),
     .target = UINT32_MAX,
     .resends = 2,
     .queued_us = 77,
     .span = UINT64_MAX},
    {0}, /* a gap */
    {.start_us = T0 + 300000,
     .end_us = T0 + 300000,
     .end.result = ATTEMPT_REFUSED,
     .refused_by = GATE_BUDGET,
     .kind = ATTEMPT_HEDGE,
     .number = 2},
};

static struct race_record a_race(void) {
  return (struct race_record){.peer = slice_of("127.0.0.1:53412"),
                              .id = slice_of("id-1"),
                              .method = slice_of("GET"),
                              .path = slice_of("/smart"),
                              .route = slice_of("/smart"),
                              .upstream = slice_of("to"),
                              .trace = &trace,
                              .trace_state = slice_of("a=1,b=2"),
                              .status = 200,
                              .outcome = OUTCOME_SUCCESS,
                              .winner = 2,
                              .start_us = T0,
                              .end_us = T0 + 412345,
                              .bytes = 200,
                              .started = 2,
                              .rescued = RESCUE_SLOW,
                              .saved_us = 123456,
                              .would = {300000, 23456, 0.99f},
                              .attempts = three,
                              .count = 3};
}

/* One copy at a time. */
static char bytes[RACE_COPY_BYTES];

static struct slice write_copy(const struct race_record *race) {
  struct text text;
  text_init(&text, bytes, sizeof bytes);
  race_copy_write(&text, race, WALL_US);
  cr_assert_not(text.cut);
  return text_slice_of(&text);
}

static struct race_copy copied(const struct race_record *race) {
  static struct race_copy copy;
  cr_assert(race_copy_read(&copy, write_copy(race)));
  return copy;
}

Test(race_copy, a_race_is_read_back) {
  const struct race_record in = a_race();
  const struct race_copy copy = copied(&in);
  const struct race_record *out = &copy.race;
  cr_expect_eq(copy.wall_us, WALL_US);
  words_expect_slice(out->peer, "127.0.0.1:53412");
  words_expect_slice(out->id, "id-1");
  words_expect_slice(out->method, "GET");
  words_expect_slice(out->path, "/smart");
  words_expect_slice(out->route, "/smart");
  words_expect_slice(out->upstream, "to");
  cr_expect_eq(memcmp(&copy.trace, &trace, sizeof trace), 0);
  cr_expect(out->trace);
  words_expect_slice(out->trace_state, "a=1,b=2");
  cr_expect_eq(out->status, 200);
  cr_expect_eq(out->outcome, OUTCOME_SUCCESS);
  cr_expect_eq(out->winner, 2);
  cr_expect_eq(out->start_us, in.start_us);
  cr_expect_eq(out->end_us, in.end_us);
  cr_expect_eq(out->bytes, 200);
  cr_expect_eq(out->started, 2);
  cr_expect_eq(out->rescued, RESCUE_SLOW);
  cr_expect_eq(out->saved_us, 123456);
  cr_expect_eq(out->would.hedge_us, 300000);
  cr_expect_eq(out->would.save_us, 23456);
  cr_expect_eq(race_would_rescue_percent(&out->would), 99);
  cr_expect_eq(out->count, 2);
  cr_expect_eq(copy.left_out, 0);
}

Test(race_copy, its_attempts_are_read_back_without_gaps) {
  const struct race_record in = a_race();
  const struct race_copy copy = copied(&in);
  const struct attempt_record *first = &copy.attempts[0], *want = &three[0];
  cr_expect_eq(first->start_us, want->start_us);
  cr_expect_eq(first->connected_us, want->connected_us);
  cr_expect_eq(first->first_byte_us, want->first_byte_us);
  cr_expect_eq(first->end_us, want->end_us);
  cr_expect_eq(first->end.result, ATTEMPT_STATUS);
  cr_expect_eq(first->end.status, 500);
  cr_expect_eq(first->bytes, want->bytes);
  cr_expect_str_eq(first->error, "status 500");
  cr_expect_str_eq(first->name, "users/0");
  words_expect_slice(first->host, "127.0.0.1:9000");
  cr_expect_eq(first->target, UINT32_MAX);
  cr_expect_eq(first->resends, 2);
  cr_expect_eq(first->queued_us, 77);
  cr_expect_eq(first->span, UINT64_MAX);
  const struct attempt_record *second = &copy.attempts[1];
  cr_expect_eq(second->number, 2);
  cr_expect_eq(second->kind, ATTEMPT_HEDGE);
  cr_expect_eq(second->refused_by, GATE_BUDGET);
  cr_expect_null(second->error);
  cr_expect_null(second->name);
}

Test(race_copy, odds_are_kept_in_whole_per_cent) {
  struct race_record in = a_race();
  for (int percent = 0; percent <= 100; percent++) {
    in.would.rescue = (float)percent / 100;
    const struct race_copy copy = copied(&in);
    cr_expect_eq(race_would_rescue_percent(&copy.race.would), percent);
  }
}

Test(race_copy, a_race_that_was_not_observed_is_a_byte_longer_for_it) {
  struct race_record in = a_race();
  in.would.hedge_us = 0;
  const size_t len = write_copy(&in).len;
  cr_expect_eq(copied(&in).race.would.save_us, 0);
  in.would.hedge_us = 1;
  cr_expect_eq(write_copy(&in).len, len + 3 + 1);
}

Test(race_copy, an_answer_without_a_race_has_neither_winner_nor_trace) {
  const struct race_record in = {.outcome = OUTCOME_REJECTED, .winner = -1};
  const struct race_copy copy = copied(&in);
  cr_expect_eq(copy.race.winner, -1);
  cr_expect_null(copy.race.trace);
  cr_expect_eq(copy.race.count, 0);
  cr_expect_eq(copy.race.route.len, 0);
}

Test(race_copy, the_path_has_neither_query_nor_credentials) {
  struct race_record in = a_race();
  in.path = slice_of("http://user:secret@host/path?key=secret");
  words_expect_slice(copied(&in).race.path, "/path");
}

Test(race_copy, what_is_long_is_cut_and_what_is_many_is_counted) {
  static char long_text[4000];
  static struct attempt_record many[100];
  struct race_record in = a_race();
  const struct slice all = {long_text, sizeof long_text};
  memset(long_text, 'x', sizeof long_text - 1);
  in.trace_state = (struct slice){long_text, TRACE_STATE_BYTES};
  in.id = in.method = in.path = in.peer = in.route = in.upstream = all;
  in.saved_us = in.start_us = in.end_us = LONGEST;
  in.would = (struct race_would){LONGEST, LONGEST, 1};
  in.bytes = INT64_MAX;
  for (unsigned i = 0; i < 100; i++)
    many[i] = (struct attempt_record){.start_us = LONGEST,
                                      .connected_us = LONGEST,
                                      .first_byte_us = LONGEST,
                                      .end_us = LONGEST,
                                      .bytes = INT64_MAX,
                                      .queued_us = UINT32_MAX,
                                      .target = UINT32_MAX,
                                      .end.status = INT32_MAX,
                                      .span = UINT64_MAX,
                                      .name = long_text,
                                      .host = all,
                                      .error = long_text};
  in.attempts = many;
  in.count = 100;
  const struct race_copy copy = copied(&in);
  cr_expect_eq(copy.race.trace_state.len, TRACE_STATE_BYTES);
  cr_expect_eq(copy.race.id.len, RACE_COPY_NAME);
  cr_expect_eq(copy.race.path.len, RACE_COPY_PATH);
  cr_expect_eq(copy.race.route.len, RACE_COPY_ROUTE);
  cr_expect_eq(strlen(copy.attempts[15].error), RACE_COPY_ERROR);
  cr_expect_str_eq(copy.attempts[15].error + RACE_COPY_ERROR - 4, "x...");
  cr_expect_eq(copy.race.count, RACE_COPY_ATTEMPTS);
  cr_expect_eq(copy.left_out, 100 - RACE_COPY_ATTEMPTS);
}

/* In a block of its own, so that a sanitizer sees a read beyond it. */
static bool reads(struct slice from) {
  static struct race_copy copy;
  char *at = malloc(from.len + 1);
  memcpy(at, from.at, from.len);
  char *exact = realloc(at, from.len > 0 ? from.len : 1);
  bool read = race_copy_read(&copy, (struct slice){exact, from.len});
  free(exact);
  return read;
}

Test(race_copy, half_a_copy_and_more_than_one_are_none) {
  const struct race_record in = a_race();
  struct slice whole = write_copy(&in);
  cr_expect(reads(whole));
  for (size_t len = 0; len < whole.len; len++)
    cr_expect_not(reads((struct slice){whole.at, len}), "%zu bytes", len);
  bytes[whole.len] = '\0';
  cr_expect_not(reads((struct slice){whole.at, whole.len + 1}));
}

Test(race_copy, a_word_or_a_time_that_is_not_ours_is_refused) {
  struct race_record in = a_race();
  in.outcome = (enum outcome)OUTCOMES;
  cr_expect_not(reads(write_copy(&in)));
  in = a_race();
  in.rescued = (enum rescue)RESCUES;
  cr_expect_not(reads(write_copy(&in)));
  in = a_race();
  in.end_us = LONGEST + 1;
  cr_expect_not(reads(write_copy(&in)));
}

/* Tests of core/receipt: words and JSON, to the byte. */
#include "core/receipt.h"

#include <criterion/criterion.h>

#include "support/rows.h"
#include "support/words.h"

enum { MS = 1000, S = 1000 * MS };

static void expect_text(const struct receipt *receipt, const char *want) {
  EMPTY_TEXT(out, 512);
  receipt_text(&out, receipt);
  cr_expect_str_eq(text_end(&out), want, "got\n%s\nwanted\n%s", out_storage,
                   want);
}

static struct receipt usual(void) {
  return (struct receipt){.requests = 1000,
                          .attempts = 1053,
                          .rescued = {[RESCUE_FAILED] = 12, [RESCUE_SLOW] = 40},
                          .estimated_us = 33 * S + 249 * MS};
}

Test(receipt, tells_the_price_and_then_what_it_brought) {
  const struct receipt receipt = usual();
  expect_text(&receipt,
              "1000 requests, 5.3 % extra; rescued 12 after a failure and 40 "
              "from slowness; at least 33.2 s saved (estimate)");
}

Test(receipt, rounds_times_to_the_nearest) {
  static const struct {
    int64_t us;
    const char *words;
  } rows[] = {
      {2956 * MS, " 3.0 s saved"},         {2949 * MS, " 2.9 s saved"},
      {12 * MS + 350, " 12.4 ms saved"},   {949, " 0.9 ms saved"},
      {999 * MS + 949, " 999.9 ms saved"}, {999 * MS + 950, " 1.0 s saved"}};
  EACH_ROW (row, rows) {
    struct receipt receipt = usual();
    receipt.estimated_us = 0;
    receipt.known_us = row->us;
    EMPTY_TEXT(out, 512);
    receipt_text(&out, &receipt);
    cr_expect(strstr(text_end(&out), row->words), "no %s in %s", row->words,
              out_storage);
  }
}

static void expect_member(const struct receipt *receipt, const char *member) {
  EMPTY_TEXT(out, RECEIPT_BYTES);
  receipt_json(&out, receipt);
  cr_expect(strstr(text_end(&out), member), "%s", out_storage);
}

/* Another thread counts a race, and what it took, between two looks at both. */
Test(receipt, takes_attempts_that_were_counted_after_its_requests) {
  const struct receipt receipt = {.attempts = 3};
  cr_expect_eq(receipt_extra_per_mille(&receipt), 0);
  expect_member(&receipt, "{\"requests\":0,\"attempts\":3,"
                          "\"extra_percent\":0.0,");
}

Test(receipt, tells_seconds_to_the_millisecond) {
  struct receipt receipt = usual();
  receipt.estimated_us = 11234567;
  receipt.known_us = 400;
  expect_member(&receipt, "\"saved_seconds\":11.235,"
                          "\"saved_known_seconds\":0.0,"
                          "\"saved_estimated_seconds\":11.235,");
}

Test(receipt, says_what_of_the_time_is_known) {
  struct receipt receipt = usual();
  receipt.known_us = 20 * S;
  receipt.estimated_us = 30 * MS;
  expect_text(
      &receipt,
      "1000 requests, 5.3 % extra; rescued 12 after a failure and 40 "
      "from slowness; at least 20.0 s saved (30.0 ms of it by estimate)");
  receipt.estimated_us = 0;
  expect_text(&receipt,
              "1000 requests, 5.3 % extra; rescued 12 after a failure and 40 "
              "from slowness; at least 20.0 s saved");
}

Test(receipt, says_where_the_time_is_not_known) {
  struct receipt receipt = usual();
  receipt.estimated_us = 0;
  expect_text(&receipt,
              "1000 requests, 5.3 % extra; rescued 12 after a failure and 40 "
              "from slowness; how much time that saved is not known");
}

Test(receipt, a_time_that_is_not_known_is_null) {
  struct receipt receipt = usual();
  receipt.estimated_us = 0;
  expect_member(&receipt, "\"saved_seconds\":null,"
                          "\"saved_known_seconds\":0.0,");
  receipt.rescued[RESCUE_SLOW] = 0;
  expect_member(&receipt, "\"saved_seconds\":0.0,");
}

Test(receipt, after_failures_alone_there_is_no_time_to_save) {
  const struct receipt receipt = {
      .requests = 8, .attempts = 9, .rescued = {[RESCUE_FAILED] = 1}};
  expect_text(&receipt, "8 requests, 12.5 % extra; rescued 1 after a failure "
                        "and 0 from slowness");
}

Test(receipt, says_where_nothing_was_gained_and_what_was_held_back) {
  const struct receipt receipt = {
      .requests = 1,
      .attempts = 1,
      .refused = {[GATE_SLOW_TARGET] = 2, [GATE_BUDGET] = 3}};
  expect_text(&receipt, "1 request, 0.0 % extra; nothing was rescued; refused "
                        "2 (slow_target), 3 (budget)");
}

Test(receipt, says_where_there_was_nothing_to_do) {
  const struct receipt receipt = {.refused = {[GATE_FULL] = 7}};
  expect_text(&receipt, "no request asked an upstream; refused 7 (full)");
}

Test(receipt, is_json_for_machines) {
  static const char want[] =
      "{\"requests\":1000,\"attempts\":1053,\"extra_percent\":5.3,"
      "\"rescued_failed\":12,\"rescued_slow\":40,\"saved_seconds\":33.25,"
      "\"saved_known_seconds\":0.001,\"saved_estimated_seconds\":33.249,"
      "\"refused\":{\"budget\":3,\"rate\":1},\"text\":\"1000 requests, "
      "5.3 % extra; rescued 12 after a failure and 40 from slowness; "
      "at least 33.3 s saved (33.2 s of it by estimate); refused 3 (budget), "
      "1 (rate)\"}";
  struct receipt receipt = usual();
  receipt.known_us = MS;
  receipt.refused[GATE_BUDGET] = 3;
  receipt.refused[GATE_RATE] = 1;
  EMPTY_TEXT(out, RECEIPT_BYTES);
  receipt_json(&out, &receipt);
  cr_expect_str_eq(text_end(&out), want, "got\n%s", out_storage);
}

Test(receipt, fits_however_large_its_numbers_are) {
  const int64_t most = INT64_MAX / 4;
  struct receipt receipt = {.requests = (uint64_t)most,
                            .attempts = (uint64_t)most,
                            .rescued = {0, (uint64_t)most, (uint64_t)most},
                            .known_us = most,
                            .estimated_us = most};
  for (unsigned i = GATE_OPEN + 1; i < GATE_VERDICTS; i++)
    receipt.refused[i] = (uint64_t)most;
  EMPTY_TEXT(out, RECEIPT_BYTES);
  receipt_json(&out, &receipt);
  cr_expect_not(out.cut);
}

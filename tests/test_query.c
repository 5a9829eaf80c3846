/* Tests of core/query: hedgerow's parameters go, all others stay as spelled. */
#include "core/query.h"

#include <criterion/criterion.h>

#include "support/rows.h"
#include "support/words.h"

enum { TIMEOUT, DETAIL };

struct taken {
  struct query_param params[2];
  char storage[256];
  struct text rest;
};

static void take(struct taken *taken, const char *query) {
  taken->params[TIMEOUT] = (struct query_param){.name = "timeout", .count = 9};
  taken->params[DETAIL] = (struct query_param){.name = "detail"};
  text_init(&taken->rest, taken->storage, sizeof taken->storage);
  query_take(slice_of(query), taken->params, 2, &taken->rest);
}

static void expect_slice(const char *what, struct slice got, const char *want) {
  cr_expect(slice_equal(got, slice_of(want)), "of '%s' came '%.*s', not '%s'",
            what, SLICE_ARG(got), want);
}

static void expect_rest(const char *query, const char *want) {
  struct taken taken;
  take(&taken, query);
  expect_slice(query, text_slice_of(&taken.rest), want);
}

static void expect_timeouts(const char *query, unsigned count,
                            const char *value) {
  struct taken taken;
  take(&taken, query);
  cr_expect_eq(taken.params[TIMEOUT].count, count, "'%s' has %u, not %u", query,
               taken.params[TIMEOUT].count, count);
  expect_slice(query, taken.params[TIMEOUT].value, value);
}

Test(query, what_is_not_ours_stays_in_its_order_and_spelling) {
  EACH_WORD (text,
             "|a|a=1&b=2|b=2&a=1|a=1&a=1|a=1&&b|&|&&|&a=1|a=1&|=x|a=%41+b|"
             "a==b=&c=%|x=timeout=5|Timeout=5|timeouts=5|time=5|xtimeout=5|"
             "timeout%00=5|time+out=5|timeou%7=5|a=1;timeout=5|"
             "%74imeou%2574=5|a=?/:@") {
    expect_rest(text, text);
    expect_timeouts(text, 0, "");
  }
}

Test(query, a_parameter_goes_with_one_ampersand) {
  expect_rest("x=1&timeout=500&y=2", "x=1&y=2");
  expect_rest("timeout=500&y=2", "y=2");
  expect_rest("x=1&timeout=500", "x=1");
  expect_rest("timeout=500", "");
  expect_rest("timeout=1&detail=1", "");
  expect_rest("timeout=1&x&detail=1&y&timeout=2", "x&y");
}

Test(query, empty_parameters_beside_ours_stay) {
  expect_rest("x=1&timeout=5&&y=2", "x=1&&y=2");
  expect_rest("x=1&&timeout=5&y=2", "x=1&&y=2");
  expect_rest("timeout=5&&y", "&y");
  expect_rest("x&timeout=5&", "x&");
}

Test(query, a_name_is_matched_after_percent_decoding) {
  expect_rest("t%69meout=7&a", "a");
  expect_timeouts("t%69meout=7", 1, "7");
  expect_timeouts("a&%74%69%6D%65%6f%75%74=%37", 1, "%37");
}

Test(query, the_first_value_is_kept_and_every_one_is_counted) {
  expect_timeouts("timeout=1&timeout=2", 2, "1");
  expect_timeouts("timeout=1&x&t%69meout", 2, "1");
  expect_timeouts("timeout&timeout=2", 2, "");
}

Test(query, a_parameter_may_have_no_value) {
  expect_timeouts("timeout", 1, "");
  expect_timeouts("timeout=", 1, "");
  expect_timeouts("timeout==5", 1, "=5");
  expect_timeouts("timeout=5=6", 1, "5=6");
}

Test(query, the_rest_goes_behind_what_is_there) {
  struct query_param param = {.name = "timeout"};
  EMPTY_TEXT(rest, 32);
  text_str(&rest, "/p?");
  query_take(slice_of("timeout=1&x"), &param, 1, &rest);
  expect_slice("timeout=1&x", text_slice_of(&rest), "/p?x");
}

Test(query, an_empty_rest_is_told_from_none) {
  static const struct {
    const char *query, *rest;
  } cases[] = {{"", ""},
               {"a", "a"},
               {"&", "&"},
               {"timeout=1", NULL},
               {"timeout=1&", NULL},
               {"&timeout=1", NULL},
               {"timeout=1&timeout=2", NULL},
               {"timeout=1&&", "&"},
               {NULL, NULL}};
  for (size_t i = 0; i < COUNT(cases); i++) {
    const char *query = cases[i].query, *want = cases[i].rest;
    struct query_param param = {.name = "timeout"};
    EMPTY_TEXT(rest, 32);
    const struct slice none = {0};
    const struct slice got =
        query_take(query ? slice_of(query) : none, &param, 1, &rest);
    cr_expect_eq(got.at != NULL, want != NULL, "case %zu", i);
    if (want) expect_slice(query, got, want);
  }
}

Test(query, the_rest_is_not_needed) {
  struct query_param param = {.name = "timeout"};
  query_take(slice_of("x&timeout=12"), &param, 1, NULL);
  expect_slice("timeout=12", param.value, "12");
  query_take((struct slice){0}, &param, 1, NULL);
  cr_expect_eq(param.count, 0);
}

Test(query, a_timeout_is_a_whole_number_of_milliseconds) {
  static const struct {
    const char *value;
    int64_t ms;
  } cases[] = {
      {"1", 1},
      {"500", 500},
      {"59999", 59999},
      {"60000", 60000},
      {"0005", 5},
      {"%35%30%30", 500},
      {"5%30", 50},
      {"60001", 60000},
      {"9223372036854775807", 60000},
      {"9223372036854775808", 60000},
      {"18446744073709551617", 60000},
      {"99999999999999999999999999999999999999999999999999", 60000},
  };
  EACH_ROW (row, cases) {
    int64_t ms = -1;
    bool valid = query_parse_timeout(slice_of(row->value), 60000, &ms);
    cr_expect(valid && ms == row->ms, "%s: %d, %ld", row->value, valid,
              (long)ms);
  }
}

Test(query, no_other_text_is_a_timeout) {
  EACH_WORD (text,
             "|0|000|%30|-1|+1|%2b1|1.5|1.0|1e3|0x10|ten|5ms|1 | 1|%201|1%20|"
             "1_000|1,0|%|%3|%3g|5%|=5|%00|5%00|NaN|%EF%BC%91|\xef\xbc\x91") {
    int64_t ms;
    cr_expect(!query_parse_timeout(slice_of(text), 60000, &ms),
              "'%s' was taken as %ld ms", text, (long)ms);
  }
}

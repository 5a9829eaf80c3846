/* Tests of config_watching.c: values of --log-only, --trace-ratio, --otlp. */
#include <criterion/criterion.h>
#include <string.h>

#include "config/config_values.h"
#include "support/rows.h"
#include "support/words.h"

static struct text out_text(char storage[128]) {
  struct text out;
  text_init(&out, storage, 128);
  return out;
}

/* ---- --log-only ---- */

static void expect_filter(const char *text, struct race_filter want,
                          const char *written) {
  char storage[128];
  struct text out = out_text(storage);
  struct race_filter filter;
  const char *why = config_parse_filter(slice_of(text), &filter);
  cr_assert_null(why, "%s:%s", text, why);
  cr_expect_eq(filter.slow_us, want.slow_us, "%s", text);
  cr_expect_eq(filter.failed, want.failed, "%s", text);
  cr_expect_eq(filter.rescued, want.rescued, "%s", text);
  config_write_filter(&out, &filter);
  cr_expect_str_eq(text_end(&out), written, "%s", text);
}

Test(config_watching, a_filter_is_a_list_of_kinds) {
  expect_filter("all", (struct race_filter){0}, "all");
  expect_filter("failed", (struct race_filter){.failed = true}, "failed");
  expect_filter("rescued", (struct race_filter){.rescued = true}, "rescued");
  expect_filter("slow:500ms", (struct race_filter){.slow_us = 500000},
                "slow:500ms");
  expect_filter("slow:2s, failed", (struct race_filter){2000000, true, false},
                "failed,slow:2s");
  expect_filter("slow:1s,slow:2s,rescued,failed",
                (struct race_filter){2000000, true, true},
                "failed,rescued,slow:2s");
}

Test(config_watching, what_is_no_filter_is_told_why) {
  EACH_WORD (text,
             "none|slow|slow:|slow:500|slow:0ms|slow:61m|Failed|failed;slow|"
             "all,failed|fail|rescued slow:1s|| , |failed,|,failed|"
             "failed,,rescued") {
    struct race_filter filter;
    const char *why = config_parse_filter(slice_of(text), &filter);
    cr_assert_not_null(why, "%s was taken", text);
    cr_expect_not_null(strstr(why, "such as failed,slow:500ms"), "%s:%s", text,
                       why);
  }
}

/* ---- --trace-ratio ---- */

Test(config_watching, a_ratio_is_read_in_millionths_and_written_as_it_was) {
  static const struct {
    const char *text;
    int64_t millionths;
  } rows[] = {
      {"0", 0},
      {"1", 1000000},
      {"0.5", 500000},
      {"0.01", 10000},
      {"0.000001", 1},
      {"0.123456", 123456},
      {"0.10203", 102030},
  };
  EACH_ROW (row, rows) {
    char storage[128];
    struct text out = out_text(storage);
    int64_t millionths;
    cr_assert(config_parse_ratio(slice_of(row->text), &millionths));
    cr_expect_eq(millionths, row->millionths, "%s", row->text);
    config_write_ratio(&out, millionths);
    cr_expect_str_eq(text_end(&out), row->text);
  }
  int64_t millionths;
  cr_expect(config_parse_ratio(slice_of("1.0"), &millionths));
  cr_expect_eq(millionths, 1000000);
  /* Out of range, which the table knows. */
  cr_expect(config_parse_ratio(slice_of("1.5"), &millionths));
  cr_expect_eq(millionths, 1500000);
  cr_expect(config_parse_ratio(slice_of("99999999999999999999"), &millionths));
  cr_expect_gt(millionths, 1000000);
}

Test(config_watching, a_finer_ratio_is_the_next_millionth_above) {
  static const struct {
    const char *text;
    int64_t millionths;
  } rows[] = {{"0.1234567", 123457},        {"0.1234561", 123457},
              {"0.1234560000", 123456},     {"0.0000001", 1},
              {"0.00000000000000000", 0},   {"0.99999999999999999999", 1000000},
              {"1.00000000000", 1000000},   {"1.0000000001", 1000001},
              {"0.333333333333333", 333334}};
  EACH_ROW (row, rows) {
    int64_t millionths = -1;
    cr_expect(config_parse_ratio(slice_of(row->text), &millionths));
    cr_expect_eq(millionths, row->millionths, "%s: %lld", row->text,
                 (long long)millionths);
  }
}

Test(config_watching, what_is_no_ratio) {
  static const char *const texts[] = {
      "", ".5", "0.", "-0.1", "1e-3", "0,1", "0.1x", "0.1234567x", "10%"};
  EACH_ROW (row, texts) {
    int64_t millionths;
    cr_expect_not(config_parse_ratio(slice_of(*row), &millionths), "%s", *row);
  }
}

/* ---- --otlp ---- */

Test(config_watching, a_collector_is_a_url_or_off) {
  struct slice url;
  cr_expect_null(config_parse_collector(slice_of("off"), &url));
  cr_expect_eq(url.len, 0);
  cr_expect_null(
      config_parse_collector(slice_of("https://otel.example.com/x"), &url));
  words_expect_slice(url, "https://otel.example.com/x");
  const char *why = config_parse_collector(slice_of("localhost:4318"), &url);
  cr_expect(why && strstr(why, "http://"), "%s", why);
  why = config_parse_collector(slice_of("http://h/?key=1"), &url);
  cr_expect(why && strstr(why, "a file of its own"), "%s", why);
}

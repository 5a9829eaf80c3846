/* demo_report: the figures are right, and the pictures fit and line up. */
#include "tools/demo_report.h"

#include <criterion/criterion.h>

#include "support/rows.h"
#include "support/words.h"

static char storage[8192];

static struct text page(void) {
  struct text out;
  text_init(&out, storage, sizeof storage);
  return out;
}

static void expect(struct text *out, const char *wanted) {
  const char *seen = text_end(out);
  cr_expect_not(out->cut);
  cr_expect_str_eq(seen, wanted, "saw\n%s\nwanted\n%s", seen, wanted);
}

static void expect_80_columns(struct text *out) {
  const char *line = text_end(out);
  while (*line) {
    size_t len = strcspn(line, "\n");
    cr_expect(len <= 80, "%zu columns: %.*s", len, (int)len, line);
    line += len + (line[len] == '\n');
  }
}

static void expect_percentile(size_t count, unsigned per_cent, int64_t wanted) {
  int64_t sorted[200];
  for (size_t i = 0; i < count; i++) sorted[i] = (int64_t)i + 1;
  int64_t seen = demo_report_percentile(sorted, count, per_cent);
  cr_expect(seen == wanted, "p%u of 1..%zu: saw %lld, wanted %lld", per_cent,
            count, (long long)seen, (long long)wanted);
}

Test(demo_report, a_percentile_is_a_value_that_occurred) {
  expect_percentile(200, 50, 100);
  expect_percentile(200, 95, 190);
  expect_percentile(200, 99, 198);
  expect_percentile(199, 99, 198);
  expect_percentile(3, 50, 2);
  expect_percentile(3, 99, 3);
  expect_percentile(1, 50, 1);
  expect_percentile(7, 0, 1);
  expect_percentile(7, 100, 7);
}

Test(demo_report, nothing_has_no_percentile) { expect_percentile(0, 50, -1); }

Test(demo_report, the_table_compares_the_ways) {
  struct text out = page();
  const struct demo_row rows[] = {
      {"straight", 200, 187, 200, 52400, 312000, 1204000},
      {"hedgerow", 200, 200, 231, 53000, 110999, 360000},
  };
  demo_report_table(&out, rows, 2);
  expect(&out, "                 good                               "
               "upstream requests    extra\n"
               "              answers      p50      p95      p99    "
               "      per request     load\n"
               "  straight     93.5 %    52 ms   312 ms  1204 ms    "
               "             1.00    0.0 %\n"
               "  hedgerow    100.0 %    53 ms   110 ms   360 ms    "
               "             1.16   15.5 %\n");
}

Test(demo_report, one_failure_of_thousands_is_not_all_good) {
  struct text out = page();
  const struct demo_row row = {"hedgerow", 6000, 5999, 7375, 1, 1, 1};
  demo_report_table(&out, &row, 1);
  cr_expect(strstr(text_end(&out), "  hedgerow     99.9 %") != NULL, "saw\n%s",
            storage);
}

Test(demo_report, a_table_of_nothing_divides_by_nothing) {
  struct text out = page();
  const struct demo_row row = {"straight", 0, 0, 0, -1, -1, -1};
  demo_report_table(&out, &row, 1);
  cr_expect(strstr(text_end(&out),
                   "  straight      0.0 %        -        -        -") != NULL,
            "saw\n%s", storage);
}

static const char field[] = "attempt-0;start=0.0;dur=412.3;desc=cancelled, "
                            "attempt-1;start=300.1;dur=50.0;desc=status, "
                            "attempt-2;start=300.1;dur=112.2;desc=success";

Test(demo_report, timings_are_read_as_the_answer_wrote_them) {
  struct demo_timing t[4];
  size_t count = demo_report_timings(t, 4, slice_of(field));
  cr_assert(count == 3, "read %zu", count);
  cr_expect(t[0].start_us == 0 && t[0].end_us == 412300, "0: %lld to %lld",
            (long long)t[0].start_us, (long long)t[0].end_us);
  cr_expect(t[2].start_us == 300100 && t[2].end_us == 412300, "2: %lld to %lld",
            (long long)t[2].start_us, (long long)t[2].end_us);
  words_expect_slice(t[1].result, "status");
}

Test(demo_report, no_more_timings_are_read_than_fit) {
  struct demo_timing t[2];
  size_t count = demo_report_timings(t, 2, slice_of(field));
  cr_expect(count == 2, "read %zu", count);
}

Test(demo_report, members_of_another_form_are_passed_over) {
  struct demo_timing t[4];
  EACH_WORD (text, "|,,;;==|db;dur=5|attempt-0|attempt-0;dur=1;desc=success|"
                   "attempt-0;start=1;desc=success|attempt-0;start=0;dur=1|"
                   "more;desc=\"3 left out\"") {
    size_t count = demo_report_timings(t, 4, slice_of(text));
    cr_expect(count == 0, "read %zu of: %s", count, text);
  }
}

Test(demo_report, a_waterfall_has_one_axis) {
  struct text out = page();
  const struct demo_bar bars[] = {
      {"primary", 0, 340000, DEMO_CANCELLED, "cancelled"},
      {"hedge 1", 300000, 320999, DEMO_FAILED, "cut off"},
      {"hedge 2", 300000, 340000, DEMO_WON, "won"},
  };
  demo_report_waterfall(&out, bars, 3);
  expect(&out, "            0         100       200       300       400 ms\n"
               "            |---------|---------|---------|---------|\n"
               "  primary   ===================================    "
               "    cancelled at 340 ms\n"
               "  hedge 1                                 ==x      "
               "    cut off at 320 ms\n"
               "  hedge 2                                 #####    "
               "    won at 340 ms\n");
}

Test(demo_report, a_little_more_than_the_last_tick_is_drawn_to_it) {
  struct text out = page();
  const struct demo_bar bar = {"straight", 0, 2001000, DEMO_FAILED, "given up"};
  demo_report_waterfall(&out, &bar, 1);
  expect(&out, "            0         500       1000      1500      2000 ms\n"
               "            |---------|---------|---------|---------|\n"
               "  straight  ========================================x  "
               "given up at 2001 ms\n");
}

Test(demo_report, any_waterfall_fits_the_page) {
  static const int64_t ends_us[] = {0,       1,       999,      1000,
                                    2001000, 9999999, 10000000, 600000000};
  EACH_ROW (row, ends_us) {
    struct text out = page();
    const struct demo_bar bars[] = {
        {"straight", 0, *row, DEMO_FAILED, "error status"},
        {"hedge 15", *row, *row, DEMO_WON, "won"},
    };
    demo_report_waterfall(&out, bars, 2);
    cr_expect_not(out.cut, "it ends at %lld us", (long long)*row);
    expect_80_columns(&out);
  }
}

Test(demo_report, timings_without_end_do_no_harm) {
  struct text out = page();
  struct demo_timing t;
  size_t count =
      demo_report_timings(&t, 1,
                          slice_of("attempt-0;start=99999999999999999999;"
                                   "dur=99999999999999999999.9;desc=success"));
  cr_assert(count == 1, "read %zu", count);
  const struct demo_bar bar = {"primary", t.start_us, t.end_us, DEMO_WON, ""};
  demo_report_waterfall(&out, &bar, 1);
  cr_expect_not(out.cut);
}

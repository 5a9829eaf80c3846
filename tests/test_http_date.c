/* Tests of core/http_date. */
#include "core/http_date.h"

#include <criterion/criterion.h>
#include <time.h>

#include "support/words.h"

#define NOW_S INT64_C(1795996800) /* 2026-11-30 */

static void expect_moment(int64_t s, const char *date, const char *iso) {
  char storage[64];
  struct text out;
  text_init(&out, storage, sizeof storage);
  http_date_write(&out, s * 1000000 + 999999);
  cr_expect_str_eq(text_end(&out), date);
  text_init(&out, storage, sizeof storage);
  http_date_write_iso(&out, s * 1000000 + 7999);
  cr_expect_str_eq(text_end(&out), iso);
}

Test(http_date, is_written_in_two_forms) {
  expect_moment(784111777, "Sun, 06 Nov 1994 08:49:37 GMT",
                "1994-11-06T08:49:37.007Z");
  expect_moment(0, "Thu, 01 Jan 1970 00:00:00 GMT", "1970-01-01T00:00:00.007Z");
  expect_moment(951782400, "Tue, 29 Feb 2000 00:00:00 GMT",
                "2000-02-29T00:00:00.007Z");
  expect_moment(1735689599, "Tue, 31 Dec 2024 23:59:59 GMT",
                "2024-12-31T23:59:59.007Z");
  expect_moment(4107542400, "Mon, 01 Mar 2100 00:00:00 GMT",
                "2100-03-01T00:00:00.007Z");
}

Test(http_date, agrees_with_the_c_library_on_every_day_until_2200) {
  for (int64_t day = 0; day < 84006; day++) {
    time_t s = (time_t)(day * 86400 + day % 86400);
    char want[64];
    struct tm tm;
    strftime(want, sizeof want, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&s, &tm));
    EMPTY_TEXT(out, 64);
    http_date_write(&out, (int64_t)s * 1000000);
    cr_assert_str_eq(text_end(&out), want);
  }
}

Test(http_date, a_clock_before_1970_counts_as_1970) {
  EMPTY_TEXT(out, 64);
  http_date_write(&out, -1);
  cr_expect_str_eq(text_end(&out), "Thu, 01 Jan 1970 00:00:00 GMT");
}

static void expect_read(const char *value, int64_t want_s) {
  int64_t us = -1;
  cr_expect(http_date_read(slice_of(value), NOW_S * 1000000, &us),
            "%s is no date", value);
  cr_expect_eq(us, want_s * 1000000, "%s: %lld us", value, (long long)us);
}

Test(http_date, is_read_in_three_forms) {
  expect_read("Sun, 06 Nov 1994 08:49:37 GMT", 784111777);
  expect_read("Sunday, 06-Nov-94 08:49:37 GMT", 784111777);
  expect_read("Sun Nov  6 08:49:37 1994", 784111777);
  expect_read("Wed Nov 16 08:49:37 1994", 784975777);
}

Test(http_date, edges_of_the_calendar_are_read) {
  expect_read("Thu, 01 Jan 1970 00:00:00 GMT", 0);
  expect_read("Wed, 31 Dec 1969 23:59:59 GMT", 0);
  expect_read("Sat, 01 Jan 0000 00:00:00 GMT", 0);
  expect_read("Tue, 29 Feb 2000 00:00:00 GMT", 951782400);
  expect_read("Sat, 31 Dec 2016 23:59:60 GMT", 1483228800);
  expect_read("Fri, 31 Dec 9999 23:59:59 GMT", INT64_C(253402300799));
}

Test(http_date, a_year_of_two_digits_is_at_most_50_years_ahead) {
  expect_read("Monday, 30-Nov-26 00:00:00 GMT", NOW_S);
  expect_read("Wednesday, 01-Jan-76 00:00:00 GMT", INT64_C(3345062400));
  expect_read("Saturday, 01-Jan-77 00:00:00 GMT", 220924800);
  int64_t us = -1, in_2090_us = INT64_C(3786912000) * 1000000;
  cr_assert(http_date_read(slice_of("Friday, 01-Jan-10 00:00:00 GMT"),
                           in_2090_us, &us));
  cr_expect_eq(us, INT64_C(4417977600) * 1000000, "2110, not 2010");
}

Test(http_date, every_day_until_2200_is_read_as_it_was_written) {
  for (int64_t day = 0; day < 84006; day++) {
    int64_t us = -1, want_us = (day * 86400 + day % 86400) * 1000000;
    EMPTY_TEXT(out, 64);
    http_date_write(&out, want_us);
    cr_assert(http_date_read(text_slice_of(&out), 0, &us));
    cr_assert_eq(us, want_us, "%.*s", SLICE_ARG(text_slice_of(&out)));
  }
}

Test(http_date, all_else_is_no_date) {
  EACH_WORD (text,
             "|0|Sun, 06 Nov 1994 08:49:37|Sun, 06 Nov 1994 08:49:37 GMT |"
             " Sun, 06 Nov 1994 08:49:37 GMT|sun, 06 Nov 1994 08:49:37 GMT|"
             "Sun, 06 nov 1994 08:49:37 GMT|Sun, 06 Nov 1994 08:49:37 UTC|"
             "Sun, 06 Nov 1994 08:49:37 +0000|Sun, 6 Nov 1994 08:49:37 GMT|"
             "Sun, 00 Nov 1994 08:49:37 GMT|Sun, 31 Nov 1994 08:49:37 GMT|"
             "Wed, 29 Feb 1900 00:00:00 GMT|Sun, 06 Nov 1994 24:00:00 GMT|"
             "Sun, 06 Nov 1994 08:60:00 GMT|Sun, 06 Nov 1994 08:49:61 GMT|"
             "Sun, 06 Nov 94 08:49:37 GMT|Sun, 06-Nov-94 08:49:37 GMT|"
             "Sunday, 06-Nov-1994 08:49:37 GMT|Sun Nov 6 08:49:37 1994|"
             "Sun Nov  16 08:49:37 1994|Sun Nov  6 08:49:37 1994 GMT|"
             "1994-11-06T08:49:37Z") {
    int64_t us = -1;
    cr_expect_not(http_date_read(slice_of(text), 0, &us), "\"%s\"", text);
    cr_expect_eq(us, -1, "\"%s\"", text);
  }
}

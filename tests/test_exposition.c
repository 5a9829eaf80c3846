/* Tests of core/exposition: the lines, byte by byte. */
#include "core/exposition.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "support/words.h"

static char storage[64 * 1024];
static struct text written;

static void put(void *arg, struct slice line) {
  (void)arg;
  text_slice(&written, line);
}

static struct exposition exposition_of(bool open) {
  text_init(&written, storage, sizeof storage);
  return (struct exposition){.open = open, .put = put};
}

static void expect(const char *want) {
  const char *got = text_end(&written);
  cr_expect_str_eq(got, want, "got:\n%s", got);
}

static const struct slice none;

Test(exposition, a_counter_of_the_text_format) {
  struct exposition to = exposition_of(false);
  exposition_family(&to, EXPOSITION_COUNTER, "a_things", "Things.");
  exposition_count(&to, slice_of("b=\"1\""), 12);
  exposition_count(&to, none, 0);
  exposition_end(&to);
  expect("# HELP a_things_total Things.\n"
         "# TYPE a_things_total counter\n"
         "a_things_total{b=\"1\"} 12\n"
         "a_things_total 0\n");
}

Test(exposition, a_counter_of_openmetrics) {
  struct exposition to = exposition_of(true);
  exposition_family(&to, EXPOSITION_COUNTER, "a_things", "Things.");
  exposition_count(&to, none, 12);
  exposition_end(&to);
  expect("# HELP a_things Things.\n"
         "# TYPE a_things counter\n"
         "a_things_total 12\n"
         "# EOF\n");
}

Test(exposition, a_gauge_is_a_number_or_seconds) {
  struct exposition to = exposition_of(false);
  exposition_family(&to, EXPOSITION_GAUGE, "g", "G.");
  exposition_number(&to, none, -3);
  exposition_seconds(&to, none, 0);
  exposition_seconds(&to, none, 300000);
  exposition_seconds(&to, none, 1000001);
  exposition_seconds(&to, none, 1796040311553352);
  expect("# HELP g G.\n# TYPE g gauge\n"
         "g -3\ng 0.0\ng 0.3\ng 1.000001\ng 1796040311.553352\n");
}

Test(exposition, a_counter_may_be_of_seconds) {
  struct exposition to = exposition_of(false);
  exposition_family(&to, EXPOSITION_COUNTER, "s_seconds", "S.");
  exposition_seconds(&to, none, 2500000);
  expect("# HELP s_seconds_total S.\n# TYPE s_seconds_total counter\n"
         "s_seconds_total 2.5\n");
}

Test(exposition, the_buckets_of_a_histogram_add_up) {
  struct exposition to = exposition_of(false);
  exposition_family(&to, EXPOSITION_HISTOGRAM, "h", "H.");
  exposition_histogram(&to, slice_of("a=\"b\""), (int64_t[]){2500, 1000000}, 2,
                       (uint64_t[]){3, 0, 4}, 7250000);
  exposition_histogram(&to, none, NULL, 0, (uint64_t[]){1}, 5);
  expect("# HELP h H.\n# TYPE h histogram\n"
         "h_bucket{a=\"b\",le=\"0.0025\"} 3\n"
         "h_bucket{a=\"b\",le=\"1.0\"} 3\n"
         "h_bucket{a=\"b\",le=\"+Inf\"} 7\n"
         "h_sum{a=\"b\"} 7.25\n"
         "h_count{a=\"b\"} 7\n"
         "h_bucket{le=\"+Inf\"} 1\n"
         "h_sum 0.000005\n"
         "h_count 1\n");
}

Test(exposition, no_value_of_a_label_can_end_it) {
  EMPTY_TEXT(labels, 256);
  exposition_label(&labels, "a", slice_of("/p\"}\\ 1\nx 2"));
  exposition_label(&labels, "b", none);
  exposition_label(&labels, "c", slice_of("\r\x1b\xff"));
  cr_expect_str_eq(text_end(&labels),
                   "a=\"/p\\\"}\\\\ 1\\nx 2\",b=\"\","
                   "c=\"\\\\x0d\\\\x1b\\\\xff\"",
                   "%s", labels_storage);
}

Test(exposition, a_line_that_does_not_fit_is_left_out_whole) {
  struct exposition to = exposition_of(false);
  char *many = calloc(1, EXPOSITION_LINE_BYTES);
  cr_assert(many);
  memset(many, 'x', EXPOSITION_LINE_BYTES);
  exposition_family(&to, EXPOSITION_GAUGE, "g", "G.");
  text_init(&written, storage, sizeof storage);
  exposition_number(&to, (struct slice){many, EXPOSITION_LINE_BYTES}, 1);
  exposition_number(&to, none, 2);
  expect("g 2\n");
  free(many);
}

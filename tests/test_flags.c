/* tools/flags: a tool's command line. What is said of a wrong one is tested by
 * the tools' own tests. */
#include "tools/flags.h"

#include <criterion/criterion.h>
#include <string.h>

/* What the words set; they are apart by spaces. */
static struct {
  bool on;
  const char *words;
  int64_t count, us;
} got;

static enum flags_reading read_line(const char *line) {
  const struct flag flags[] = {
      {.name = "--help", .shown = ""},
      {.name = "--on", .on = &got.on},
      {.name = "--words", .read = flags_words, .into = &got.words},
      {.name = "--count",
       .read = flags_count,
       .into = &got.count,
       .least = 1,
       .most = 10,
       .expected = "1 to 10"},
      {.name = "--time",
       .read = flags_time,
       .into = &got.us,
       .most = 1000000,
       .expected = "at most 1s"},
  };
  static char words[256];
  char *argv[16] = {"tool"};
  int argc = 1;
  memset(&got, 0, sizeof got);
  strcpy(words, line);
  for (char *w = strtok(words, " "); w; w = strtok(NULL, " ")) argv[argc++] = w;
  return flags_read("tool", argv, flags, sizeof flags / sizeof *flags);
}

Test(flags, a_value_stands_behind_its_flag_or_an_equals_sign) {
  cr_expect_eq(read_line("--count 3 --on --words=a=b --time 20ms"), FLAGS_RUN);
  cr_expect(got.on);
  cr_expect_str_eq(got.words, "a=b");
  cr_expect_eq(got.count, 3);
  cr_expect_eq(got.us, 20000);
  cr_expect_eq(read_line("--words= --count=10"), FLAGS_RUN);
  cr_expect_str_eq(got.words, "");
  cr_expect_eq(got.count, 10);
  cr_expect_not(got.on);
  cr_expect_eq(read_line("--words --on"), FLAGS_RUN);
  cr_expect_str_eq(got.words, "--on");
}

Test(flags, what_is_wrong_is_an_error) {
  static const char *const lines[] = {
      "--none",    "--none=1",   "words",      "--coun 1",  "--counts 1",
      "--words",   "--on=1",     "--help=1",   "--count 0", "--count 11",
      "--count x", "--count 1x", "--count -1", "--time 2s", "--time 5",
      "--count=",  "--on --no",
  };
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
    cr_expect_eq(read_line(lines[i]), FLAGS_ERROR, "%s", lines[i]);
    cr_expect_eq(got.count, 0, "%s", lines[i]);
  }
}

Test(flags, a_text_that_is_asked_for_ends_it) {
  cr_expect_eq(read_line("--on --help --none"), FLAGS_DONE);
  cr_expect(got.on);
  cr_expect_eq(read_line("--none --help"), FLAGS_ERROR);
}

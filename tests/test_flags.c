/* tools/flags: a tool's command line, and what is said of a wrong one. */
#include "tools/flags.h"

#include <criterion/criterion.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "support/rows.h"

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

/* The line that is said of it on stderr. */
static void expect_refusal(const char *line, const char *want) {
  char said[256] = "";
  int err = dup(STDERR_FILENO), fd = memfd_create("said", 0);
  cr_assert(err >= 0 && fd >= 0 && dup2(fd, STDERR_FILENO) >= 0);
  enum flags_reading reading = read_line(line);
  dup2(err, STDERR_FILENO);
  cr_assert_geq(pread(fd, said, sizeof said - 1, 0), 0);
  close(err);
  close(fd);
  cr_expect_eq(reading, FLAGS_ERROR, "%s", line);
  cr_expect_eq(got.count, 0, "%s", line);
  cr_expect(strncmp(said, "hedgerow: tool: ", 16) == 0 &&
                strcmp(said + 16, want) == 0,
            "%s: %s", line, said);
}

Test(flags, what_is_wrong_is_told_in_a_line) {
  static const struct {
    const char *line, *want;
  } rows[] = {
      {"--none", "\"--none\": unknown option; see --help\n"},
      {"--none=1", "\"--none\": unknown option; see --help\n"},
      {"words", "\"words\": unknown option; see --help\n"},
      {"--coun 1", "\"--coun\": unknown option; see --help\n"},
      {"--counts 1", "\"--counts\": unknown option; see --help\n"},
      {"--words", "--words: its value is missing\n"},
      {"--on=1", "--on: it takes no value\n"},
      {"--help=1", "--help: it takes no value\n"},
      {"--count 0", "--count: \"0\": 1 to 10\n"},
      {"--count 11", "--count: \"11\": 1 to 10\n"},
      {"--count 1x", "--count: \"1x\": 1 to 10\n"},
      {"--count -1", "--count: \"-1\": 1 to 10\n"},
      {"--count=", "--count: \"\": 1 to 10\n"},
      {"--time 2s", "--time: \"2s\": at most 1s\n"},
      {"--time 5", "--time: \"5\": at most 1s\n"},
      {"--on --no", "\"--no\": unknown option; see --help\n"},
  };
  EACH_ROW (row, rows) expect_refusal(row->line, row->want);
}

Test(flags, a_text_that_is_asked_for_ends_it) {
  cr_expect_eq(read_line("--on --help --none"), FLAGS_DONE);
  cr_expect(got.on);
  expect_refusal("--none --help", "\"--none\": unknown option; see --help\n");
}

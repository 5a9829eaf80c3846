/* Tests of tools/workload: texts in, workloads or complaints out. */
#include "tools/workload.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "support/rows.h"
#include "support/words.h"

static struct workload workload;
static char error[512];

static bool parse(const char *text) {
  error[0] = '\0';
  return workload_parse(&workload, text, error, sizeof error);
}

Test(workload, all_that_are_built_in_are_understood) {
  char name[8];
  for (int i = 1; i <= 10; i++) {
    snprintf(name, sizeof name, "w%d", i);
    cr_assert(workload_built_in(name), "%s", name);
    cr_expect(parse(workload_built_in(name)), "%s: %s", name, error);
    cr_expect_gt(workload.rate, 0);
  }
  cr_expect_eq(workload_built_in("brown-out"), workload_built_in("W5"));
  cr_expect_null(workload_built_in("w11"));
}

Test(workload, each_line_says_one_thing) {
  cr_assert(parse("# a comment\n\n"
                  "rate 50 # and another\n"
                  "burst 3x 1s 10s\n"
                  "seconds 30\nsettle 5\ntimeout 1s\ntargets 2\nservers 4\n"
                  "cancel line\n"
                  "answer 95 5ms..9ms\nanswer 1 250us hangs\n"
                  "answer 4 median 10ms sigma 0.5 fails\n"
                  "change 10s..20s target 1 2.5x\nchange 1s..2s fails\n"
                  "change 1s..2s hangs 25%"),
            "%s", error);
  cr_expect_eq(workload.rate, 50);
  cr_expect_eq(workload_rate(&workload, 0.5), 150);
  cr_expect_eq(workload_rate(&workload, 1.5), 50);
  cr_expect_eq(workload.timeout_us, 1000000);
  cr_expect_eq(workload.targets, 2);
  cr_expect_eq(workload.servers, 4);
  cr_expect_eq(workload.cancel, WORKLOAD_LINE);
  cr_expect_eq(workload.answer_count, 3);
  cr_expect_eq(workload.answers[0].to_us, 9000);
  cr_expect_eq(workload.answers[1].from_us, 250);
  cr_expect_eq(workload.answers[1].end, WORKLOAD_HANGS);
  cr_expect_eq(workload.answers[2].median_us, 10000);
  cr_expect_eq(workload.answers[2].end, WORKLOAD_FAILS);
  cr_expect_eq(workload.change_count, 3);
  cr_expect_eq(workload.changes[0].target, 1);
  cr_expect_eq(workload.changes[0].times, 2.5);
  cr_expect_eq(workload.changes[1].fails, 1);
  cr_expect_eq(workload.changes[2].hangs, 0.25);
}

Test(workload, a_load_is_a_rate_that_the_servers_can_bear) {
  cr_assert(parse("load 50%\nservers 4\ntargets 2\nanswer 1 10ms\n"));
  cr_expect_float_eq(workload.rate, 400, 0.001);
}

Test(workload, the_last_of_two_lines_counts) {
  cr_assert(parse("rate 50\nrate 60\nanswer 1 1ms\n"));
  cr_expect_eq(workload.rate, 60);
}

Test(workload, of_a_rate_and_a_load_the_last_counts) {
  cr_assert(parse("load 50%\nservers 4\nanswer 1 10ms\nrate 7\n"));
  cr_expect_eq(workload.rate, 7);
  cr_assert(parse("rate 7\nservers 4\nanswer 1 10ms\nload 50%\n"));
  cr_expect_float_eq(workload.rate, 200, 0.001);
}

static void expect_refused(const char *text, const char *why) {
  cr_expect_not(parse(text), "%s", text);
  words_expect(error, why);
}

Test(workload, a_change_is_of_a_target_that_is_there) {
  expect_refused("rate 1\nanswer 1 1ms\nchange 1s..2s target 5 2x",
                 "names target 5; `targets` is 1, so that the last is 0");
  expect_refused("rate 1\nanswer 1 1ms\nchange 1s..2s target 2 2x\ntargets 2",
                 "names target 2");
  cr_expect(parse("rate 1\nanswer 1 1ms\nchange 1s..2s target 1 2x\n"
                  "targets 2"));
}

Test(workload, what_is_not_understood_is_named) {
  expect_refused("rate 1\nspeed 2\n", "line 2, \"speed 2\"");
  EACH_WORD (text, "rate|rate x|rate -1|load 50|load 0%|burst 3x 1s|timeout 1|"
                   "timeout 0s|targets 0|targets 17|cancel maybe|answer 1|"
                   "answer 1 5|answer 1 9ms..5ms|answer 1 median 5ms|"
                   "answer 1 5ms late|change 1s..2s|change 1s 5ms|"
                   "change 1s..2s target 99 2x|change 1s..2s fails 101%")
    expect_refused(text, text);
}

Test(workload, the_word_that_is_wrong_is_named) {
  static const struct {
    const char *line, *why;
  } cases[] = {
      {"speed 2", "\"speed\": not understood"},
      {"rate", "\"rate\": a word is missing"},
      {"rate x", "\"x\": not understood"},
      {"rate 0", "\"0\": a rate is more than 0"},
      {"load 0%", "\"0%\": a load is more than 0%"},
      {"timeout 0s", "\"0s\": a timeout is 1us to 600s"},
      {"targets 1.5", "\"1.5\": not understood"},
      {"cancel maybe", "\"maybe\": not understood"},
      {"cancel", "\"cancel\": a word is missing"},
      {"burst 0x 1s 10s", "\"0x\": a burst is more than 0 times"},
      {"burst 3x 0s 10s", "\"0s\": a burst lasts longer"},
      {"burst 3x 10s 1s", "\"1s\": a burst lasts no longer than from one"},
      {"answer 1 median 5ms", "\"answer 1 median 5ms\": a word is missing"},
      {"answer 1 median 5ms gamma 1", "\"gamma\": not understood"},
      {"answer 1 median 5ms sigma 11", "\"11\": a sigma is 10 at most"},
      {"change 1s..2s target 99 2x", "\"99\": not understood"},
      {"change 1s..2s fails 101%", "\"101%\": a share is 100% at most"},
      {"change 1s..2s fails 1", "\"1\": not understood"}};
  EACH_ROW (row, cases) expect_refused(row->line, row->why);
}

Test(workload, what_stands_behind_is_one_word_too_many) {
  static const struct {
    const char *line, *word;
  } cases[] = {{"rate 50 60", "60"},
               {"load 50% 60%", "60%"},
               {"seconds 60 70", "70"},
               {"settle 5 s", "s"},
               {"timeout 1s 2s", "2s"},
               {"targets 2 3", "3"},
               {"servers 1 2", "2"},
               {"limit 300 5", "5"},
               {"cancel line frees", "frees"},
               {"burst 3x 1s 10s foo", "foo"},
               {"answer 1 5ms 7ms", "7ms"},
               {"answer 1 5ms fails hangs", "hangs"},
               {"answer 4 median 1ms sigma 1 fails x y", "x"},
               {"change 30s..200s 5x all fails 50%", "all"},
               {"change 30s..200s fails 100% target 1", "target"},
               {"change 30s..200s hangs 50% fails 50%", "fails"}};
  EACH_ROW (row, cases) {
    char text[128], why[64];
    snprintf(text, sizeof text, "rate 1\n%s", row->line);
    snprintf(why, sizeof why, "\"%s\": one word too many", row->word);
    expect_refused(text, why);
    expect_refused(text, "line 2, ");
  }
}

Test(workload, a_line_is_read_whole_or_not_at_all) {
  char text[512];
  snprintf(text, sizeof text, "rate 1 %300s\nanswer 1 1ms", "2");
  expect_refused(text, "line 1, \"rate 1 ");
  expect_refused(text, "longer than 255 bytes");
  snprintf(text, sizeof text, "rate 1 # %300s\nanswer 1 1ms", "2");
  cr_expect(parse(text), "%s", error);
}

Test(workload, what_is_missing_is_named) {
  expect_refused("", "answer");
  expect_refused("answer 1 1ms", "rate");
  expect_refused("answer 1 1ms\nload 50%", "servers");
  expect_refused("answer 1 1ms\nrate 1\nseconds 10\nsettle 10", "settle");
  expect_refused("answer 1 1ms\nrate 1000000\nseconds 1000", "million");
  expect_refused("answer 1 1ms\nrate 1\nburst 1e9x 1s 1s", "million");
  expect_refused("answer 1 0ms\nrate 1", "takes any time");
  expect_refused("answer 0 1ms\nrate 1", "has a weight");
}

Test(workload, too_many_parts_are_refused) {
  char text[4096] = "rate 1\n";
  for (int i = 0; i <= WORKLOAD_PARTS_MAX; i++) strcat(text, "answer 1 1ms\n");
  expect_refused(text, "line 18");
}

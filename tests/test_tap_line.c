/* tools/tap_line: races as JSON, and the lines that come of them. */
#include "tools/tap_line.h"

#include <criterion/criterion.h>

#include "support/words.h"

static char storage[TAP_LINE_BYTES];

static const char *line_of(const char *race, unsigned columns, bool colours) {
  struct text out;
  text_init(&out, storage, sizeof storage);
  tap_line_race(&out, (struct sheet_look){columns, colours}, slice_of(race));
  return text_end(&out);
}

static void expect(unsigned columns, const char *race, const char *line) {
  const char *seen = line_of(race, columns, false);
  cr_assert_str_eq(seen, line, "\nseen     %sexpected %s", seen, line);
  cr_assert(columns == 0 || strlen(seen) <= columns + 1, "%s", seen);
}

#define TIME "\"time\":\"2026-11-30T14:03:07.512Z\","
#define FAILED                                                                 \
  "{" TIME "\"id\":\"e2ae\",\"route\":\"/smart\",\"status\":200,"              \
  "\"outcome\":\"success\",\"ms\":602.4,\"winner\":2,\"rescued\":\"failed\","  \
  "\"saved_ms\":null,\"attempts\":["                                           \
  "{\"number\":0,\"start\":0.0,\"end\":156.4,\"result\":\"status\","           \
  "\"status\":500},"                                                           \
  "{\"number\":1,\"start\":156.4,\"end\":602.3,\"result\":\"cancelled\","      \
  "\"status\":null},"                                                          \
  "{\"number\":2,\"start\":300.0,\"end\":602.3,\"result\":\"success\","        \
  "\"status\":200}]}"

#define SHOWS(name, columns, race, line)                                       \
  Test(tap_line, name) { expect(columns, race, line); }

SHOWS(a_rescue_shows_who_failed_and_who_won, 80, FAILED,
      "14:03:07.512 200    602.4 |0---!1----2========#| "
      "/smart rescued, status 500\n")

#define SLOW(ms)                                                               \
  "{" TIME "\"id\":\"x\",\"route\":\"/smart\",\"status\":200,"                 \
  "\"outcome\":\"success\",\"ms\":400.0,\"winner\":1,\"rescued\":\"slow\","    \
  "\"saved_ms\":" ms ",\"attempts\":["                                         \
  "{\"number\":0,\"start\":0.0,\"end\":400.0,\"result\":\"cancelled\"},"       \
  "{\"number\":1,\"start\":300.0,\"end\":400.0,\"result\":\"success\"}]}"

Test(tap_line, what_was_saved_is_an_estimate_or_nothing_is_known) {
  expect(80, SLOW("245.6"),
         "14:03:07.512 200    400.0 |0--------------1===#| "
         "/smart rescued, >245 ms saved\n");
  expect(80, SLOW("null"),
         "14:03:07.512 200    400.0 |0--------------1===#| "
         "/smart rescued, slow\n");
}

SHOWS(a_race_without_a_rescue_says_little, 80,
      "{" TIME "\"route\":\"/a\",\"status\":200,\"outcome\":\"success\","
      "\"ms\":12.3,\"winner\":0,\"rescued\":null,\"attempts\":["
      "{\"number\":0,\"start\":0.1,\"end\":12.3,\"result\":\"success\"},"
      "{\"number\":1,\"start\":5.0,\"end\":5.0,\"result\":\"refused\","
      "\"refused_by\":\"budget\"}]}",
      "14:03:07.512 200     12.3 |0------------------#| /a refused budget\n")
SHOWS(a_failure_tells_how_each_attempt_ended, 100,
      "{" TIME "\"route\":\"/a\",\"status\":502,\"outcome\":\"failed\","
      "\"ms\":100.0,\"winner\":null,\"rescued\":null,\"attempts\":["
      "{\"number\":0,\"start\":0.0,\"end\":0.2,\"result\":\"transport\"},"
      "{\"number\":1,\"start\":0.2,\"end\":100.0,\"result\":\"bad_json\"}]}",
      "14:03:07.512 502    100.0 |!1-----------------------!| "
      "/a failed: transport, bad_json\n")
SHOWS(attempts_that_failed_alike_are_counted, 0,
      "{" TIME "\"route\":\"/a\",\"status\":502,\"outcome\":\"failed\","
      "\"ms\":3.0,\"id\":\"x\",\"attempts\":["
      "{\"start\":0.0,\"end\":1.0,\"result\":\"status\",\"status\":500},"
      "{\"start\":1.0,\"end\":2.0,\"result\":\"status\",\"status\":500},"
      "{\"start\":2.0,\"end\":3.0,\"result\":\"timeout\"},"
      "{\"start\":2.0,\"end\":2.0,\"result\":\"refused\","
      "\"refused_by\":\"budget\"}]}",
      "14:03:07.512 502      3.0 |0--------!1--------!2--------!| "
      "/a failed: status 500 x 2, timeout, refused budget  x\n")
SHOWS(of_gathered_items_each_may_succeed, 80,
      "{" TIME "\"route\":\"/all\",\"status\":200,\"ms\":4.0,"
      "\"outcome\":\"gathered\",\"winner\":null,\"attempts\":["
      "{\"number\":0,\"start\":0.0,\"end\":2.0,\"result\":\"success\"},"
      "{\"number\":0,\"start\":0.0,\"end\":4.0,\"result\":\"success\"}]}",
      "14:03:07.512 200      4.0 |00=======#---------#| /all gathered\n")
SHOWS(what_had_no_race_has_no_bar, 80,
      "{" TIME "\"route\":\"\",\"status\":0,\"outcome\":\"gone\","
      "\"ms\":0.0,\"attempts\":[]}",
      "14:03:07.512   -      0.0 |                    | - gone\n")

Test(tap_line, nothing_is_needed) {
  expect(80, "{}", "               -        - |                    | -\n");
  expect(20, "{}", "  -        - |     |\n");
  expect(80, "{\"attempts\":{\"a\":1},\"ms\":\"x\",\"route\":7,\"time\":[]}",
         "               -        - |                    | -\n");
}

Test(tap_line, a_narrow_terminal_has_a_bar_in_place_of_the_time) {
  expect(50, FAILED, "14:03:07.512 200    602.4 |0-!1--2====#| /smart re\n");
  expect(49, FAILED, "200    602.4 |0-!1--2====#| /smart rescued, stat~\n");
  expect(20, FAILED, "200    602.4 |!12=#|\n");
  expect(18, FAILED, "200    602.4 |!1#|\n");
  expect(10, FAILED, "200    602\n");
}

SHOWS(in_a_pipe_nothing_is_cut_and_the_id_is_there, 0, FAILED,
      "14:03:07.512 200    602.4 |0------!1------2=============#| "
      "/smart rescued, status 500  e2ae\n")

Test(tap_line, a_long_line_is_cut_at_the_terminal) {
  for (unsigned columns = 1; columns < 200; columns++) {
    const char *line = line_of(FAILED, columns, false);
    cr_assert(strlen(line) <= columns + 1, "%u: %s", columns, line);
  }
}

SHOWS(what_a_peer_sent_is_visible_ascii, 0,
      "{" TIME "\"route\":\"/a\\u001b[2J\\u2028\\ud83d\\ude00\xc3\xa9\","
      "\"status\":200,\"outcome\":\"success\",\"ms\":1.0,"
      "\"id\":\"\\r\\n</script>\\\"\\\\ \",\"attempts\":[]}",
      "14:03:07.512 200      1.0 |                              | "
      "/a\\x1b[2J\\u2028\\U0001f600\\xe9"
      "  \\x0d\\x0a</script>\\x22\\x5c\\x20\n")
SHOWS(a_long_route_is_cut_with_a_mark, 80,
      "{" TIME "\"route\":\"/0123456789012345678901234567890\","
      "\"status\":200,\"outcome\":\"success\",\"ms\":1.0,\"attempts\":[]}",
      "14:03:07.512 200      1.0 |                    | "
      "/0123456789012345678901~\n")

Test(tap_line, colours_are_no_columns) {
  const char *line = line_of(SLOW("245.6"), 80, true);
  words_expect(line, "\x1b[32m#\x1b[0m|");
  words_expect(line, "\x1b[32m rescued, >245 ms saved\x1b[0m");
}

Test(tap_line, the_heading_stands_above_the_columns) {
  struct text out;
  text_init(&out, storage, sizeof storage);
  tap_line_heading(&out, (struct sheet_look){80, false});
  cr_assert_str_eq(text_end(&out),
                   "time (UTC)   status    ms |attempts            "
                   "| route, and what came of it\n",
                   "%s", storage);
}

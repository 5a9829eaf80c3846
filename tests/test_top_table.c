/* tools/top_table: states as JSON, and the tables that come of them. */
#include "tools/top_table.h"

#include <criterion/criterion.h>
#include <string.h>

#include "support/words.h"

static char storage[16 * 1024];

static const char *table_of(const char *now, const char *before,
                            unsigned columns, bool colours) {
  struct text out;
  text_init(&out, storage, sizeof storage);
  top_table(&out, (struct sheet_look){columns, colours}, "127.0.0.1:8481",
            slice_of(now), slice_of(before));
  return text_end(&out);
}

static void expect(const char *now, const char *before, unsigned columns,
                   const char *table) {
  const char *seen = table_of(now, before, columns, false);
  cr_assert_str_eq(seen, table, "\n%s\nexpected\n%s", seen, table);
}

#define STATE(uptime, requests, attempts)                                      \
  "{\"version\":\"0.1.0\",\"now\":\"2026-11-30T13:20:01.123Z\","               \
  "\"uptime_seconds\":" uptime ",\"generation\":1,\"draining\":false,"         \
  "\"workers\":2,\"connections\":3,\"requests_in_flight\":2,"                  \
  "\"buffered_bytes\":0,\"receipt\":{\"requests\":" requests                   \
  ",\"attempts\":" attempts                                                    \
  ",\"text\":\"1000 requests, 5.3 % extra; rescued 12 "                        \
  "after a failure and 40 from slowness; at least 33.2 s saved (estimate)\"}," \
  "\"routes\":[{\"route\":\"/smart\",\"upstream\":\"to\",\"receipt\":{"        \
  "\"requests\":" requests ",\"attempts\":" attempts ",\"extra_percent\":5.3," \
  "\"rescued_failed\":12,\"rescued_slow\":40,\"saved_seconds\":33.2},"         \
  "\"hedge_delay_ms\":62.0,\"learned\":true,\"waited\":[1,2],"                 \
  "\"alone\":null}],\"upstreams\":[{\"upstream\":\"to\",\"budget\":{"          \
  "\"time\":400,\"failure\":399,\"cap\":400},\"refused\":{\"budget\":3,"       \
  "\"slow_target\":2},\"targets\":[{\"target\":0,"                             \
  "\"host\":\"127.0.0.1:9000\",\"up\":true,\"state\":\"up\","                  \
  "\"in_flight\":2,\"p50_ms\":5.1,\"p95_ms\":80.0},{\"target\":1,"             \
  "\"host\":\"api.example.com:443\",\"up\":false,\"state\":\"ejected\","       \
  "\"in_flight\":0,\"p50_ms\":null,\"p95_ms\":null}]}]}"

Test(top_table, it_fits_into_80_columns) {
  expect(STATE("3723.5", "1000", "1053"), STATE("3721.5", "976", "1023"), 80,
         "hedgerow 0.1.0 at 127.0.0.1:8481, up 1 h 02 m, 2 workers, "
         "configuration 1\n"
         "1000 requests, 5.3 % extra; rescued 12 after a failure and 40 from "
         "slowness; at\n"
         "least 33.2 s saved (estimate)\n"
         "now: 12.0 requests/s, 15.0 attempts/s, 3 connections, 2 in flight\n"
         "\n"
         "ROUTE             REQ/S   REQUESTS   EXTRA RESC.FAILED   SLOW    "
         "SAVED HEDGE MS \n"
         "/smart             12.0       1000    5.3%          12     40    "
         "33.2s     62.0*\n"
         "* learned\n"
         "\n"
         "UPSTREAM        TARGET                 STATE      IN FLIGHT    P50 "
         "MS    P95 MS\n"
         "to              0 127.0.0.1:9000       up                 2       "
         "5.1      80.0\n"
         "                1 api.example.com:443  ejected            0         "
         "-         -\n"
         "  budget: time 400, failure 399, of 400  refused: slow_target 2, "
         "budget 3\n");
}

Test(top_table, a_single_look_has_no_rates) {
  const char *table = table_of(STATE("5.0", "1000", "1053"), "", 0, false);
  words_expect(table, "up 0 m 05 s");
  words_expect(table, "now: - requests/s, - attempts/s");
  words_expect(table, "UPSTREAM           REQ/S");
}

Test(top_table, another_process_has_no_rates) {
  const char *table = table_of(STATE("5.0", "10", "10"),
                               STATE("900.0", "1000", "1053"), 80, false);
  words_expect(table, "now: - requests/s");
}

Test(top_table, a_table_of_nothing_is_one_too) {
  expect("{}", "", 80,
         "hedgerow  at 127.0.0.1:8481, up 0 m 00 s, configuration -\n"
         "now: - requests/s, - attempts/s\n"
         "\n"
         "ROUTE             REQ/S   REQUESTS   EXTRA RESC.FAILED   SLOW    "
         "SAVED HEDGE MS \n"
         "\n"
         "UPSTREAM        TARGET                 STATE      IN FLIGHT    P50 "
         "MS    P95 MS\n");
}

Test(top_table, no_line_is_wider_than_the_terminal) {
  for (unsigned columns = 1; columns < 200; columns++) {
    const char *at =
        table_of(STATE("3723.5", "123456789012345", "99"), "", columns, false);
    for (size_t len; *at; at += len + 1) {
      len = strcspn(at, "\n");
      cr_assert(len <= columns, "%u: %.*s", columns, (int)len, at);
    }
  }
}

Test(top_table, what_is_down_is_red) {
  const char *table = table_of(STATE("5.0", "10", "10"), "", 80, true);
  words_expect(table, "\x1b[31mejected\x1b[0m");
}

Test(top_table, what_is_due_to_be_tried_is_yellow) {
  char state[] = STATE("5.0", "10", "10");
  memcpy(strstr(state, "\"ejected\""), "\"due\"    ", 9);
  words_expect(table_of(state, "", 80, true), "\x1b[33mdue\x1b[0m");
}

/* fuzz_log_line: what a peer can put into a log line (its address, id, method
 * and path, one per line; the last takes the rest) into core/log_line.
 *
 * A line is one line, whatever was sent; in JSON it is JSON, in text it is
 * visible ASCII and spaces, so that none is forged and no terminal is
 * commanded. It is never cut. It is the same with any query: that is not in it.
 */
#include <stdlib.h>

#include "core/log_line.h"
#include "fuzz/fuzz.h"

static void check_one_line(const struct text *line) {
  demand(!line->cut, "a line is never cut");
  demand(line->len > 1 && line->at[line->len - 1] == '\n', "a line ends");
  demand(!memchr(line->at, '\n', line->len - 1), "a line is one line");
}

#define WALL_US INT64_C(1795200000123456)

static void write_json(struct text *out, const struct race_record *race) {
  log_line_json(out, race, WALL_US);
  check_one_line(out);
  struct slice json = {out->at, out->len - 1};
  demand(fuzz_is_json(json) && !fuzz_has_control(json), "a line is JSON");
}

static void write_text(struct text *out, const struct race_record *race) {
  log_line_text(out, race, WALL_US);
  check_one_line(out);
  for (size_t i = 0; i + 1 < out->len; i++)
    demand(out->at[i] >= ' ' && out->at[i] <= '~', "a line is visible");
}

/* The same path with another query. */
static char *with_other_query(struct slice path) {
  char *copy = fuzz_copy(path);
  char *mark = path.len > 0 ? memchr(copy, '?', path.len) : NULL;
  if (mark) memset(mark + 1, 'x', path.len - (size_t)(mark + 1 - copy));
  return copy;
}

static void check(struct race_record race,
                  void (*write)(struct text *, const struct race_record *)) {
  static char storage[2][LOG_LINE_BYTES];
  struct text one, other;
  text_init(&one, storage[0], LOG_LINE_BYTES);
  text_init(&other, storage[1], LOG_LINE_BYTES);
  char *path = with_other_query(race.path);
  write(&one, &race);
  race.path.at = path;
  write(&other, &race);
  demand(slice_equal(text_slice_of(&one), text_slice_of(&other)),
         "a line shows no query");
  free(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  enum { ATTEMPTS = 20 };
  static struct attempt_record attempts[ATTEMPTS];
  struct slice input = fuzz_input(data, size);
  struct race_record race = {
      .peer = fuzz_line(&input),
      .id = fuzz_line(&input),
      .method = fuzz_line(&input),
      .path = input,
      .status = 502,
      .outcome = OUTCOME_CLIENT_ERROR,
      .end_us = INT64_MAX,
      .bytes = UINT64_MAX,
      .attempts = attempts,
      .count = size % 3 ? (unsigned)(size % (ATTEMPTS + 1)) : 0};
  for (unsigned i = 0; i < ATTEMPTS; i++)
    attempts[i] = (struct attempt_record){
        .target = UINT32_MAX,
        .start_us = size % 7 == i % 7 ? 0 : INT64_MIN / 2,
        .end_us = INT64_MAX / 4,
        .end = {ATTEMPT_TRANSPORT, .status = 999},
        .resends = UINT8_MAX,
        .error = "why"};
  check(race, write_json);
  check(race, write_text);
  return 0;
}

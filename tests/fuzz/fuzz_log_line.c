/* fuzz_log_line: what a peer can put into a log line (client, id, method and
 * target, one per line; the last takes the rest) into core/log_line.
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

static void write_json(struct text *out, const struct log_line *line) {
  log_line_json(out, line);
  check_one_line(out);
  struct slice json = {out->at, out->len - 1};
  demand(fuzz_is_json(json) && !fuzz_has_control(json), "a line is JSON");
}

static void write_text(struct text *out, const struct log_line *line) {
  log_line_text(out, line);
  check_one_line(out);
  for (size_t i = 0; i + 1 < out->len; i++)
    demand(out->at[i] >= ' ' && out->at[i] <= '~', "a line is visible");
}

/* The same target with another query. */
static char *with_other_query(struct slice target) {
  char *copy = fuzz_copy(target);
  char *mark = target.len > 0 ? memchr(copy, '?', target.len) : NULL;
  if (mark) memset(mark + 1, 'x', target.len - (size_t)(mark + 1 - copy));
  return copy;
}

static void check(struct log_line line,
                  void (*write)(struct text *, const struct log_line *)) {
  static char storage[2][LOG_LINE_BYTES];
  struct text one, other;
  text_init(&one, storage[0], LOG_LINE_BYTES);
  text_init(&other, storage[1], LOG_LINE_BYTES);
  char *target = with_other_query(line.target);
  write(&one, &line);
  line.target.at = target;
  write(&other, &line);
  demand(slice_equal(text_slice_of(&one), text_slice_of(&other)),
         "a line shows no query");
  free(target);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  enum { ATTEMPTS = 20 };
  static struct attempt_story attempts[ATTEMPTS];
  struct slice input = fuzz_input(data, size);
  struct answer_race race = {ATTEMPTS, -1, attempts, size % (ATTEMPTS + 1)};
  struct log_line line = {.client = fuzz_line(&input),
                          .request_id = fuzz_line(&input),
                          .method = fuzz_line(&input),
                          .target = input,
                          .status = 502,
                          .outcome = "failed",
                          .wall_us = INT64_C(1795200000123456),
                          .duration_us = INT64_MAX,
                          .body_bytes = UINT64_MAX,
                          .race = size % 3 ? &race : NULL};
  for (unsigned i = 0; i < ATTEMPTS; i++)
    attempts[i] = (struct attempt_story){.target = UINT32_MAX,
                                         .started_us = INT64_MIN / 2,
                                         .ended_us = INT64_MAX / 4,
                                         .result = ATTEMPT_TRANSPORT,
                                         .status = 999,
                                         .error = "why"};
  check(line, write_json);
  check(line, write_text);
  return 0;
}

/* fuzz_race_copy: bytes that claim to be a race's copy.
 *
 * They are one or they are not. If they are, all that tells of races can be
 * asked to: the log's lines, the admin listener's JSON and a collector's spans
 * are whole, and no byte of the first two ends a line or a script. A copy of
 * what was read is read as the same. */
#include <stdlib.h>

#include "core/log_line.h"
#include "core/otlp.h"
#include "core/race_copy.h"
#include "core/race_json.h"
#include "fuzz/fuzz.h"

static void tell(const struct race_copy *copy) {
  static char storage[RACE_JSON_BYTES];
  struct text text;
  text_init(&text, storage, sizeof storage);
  race_json(&text, copy, UINT64_MAX);
  demand(!text.cut, "a race's JSON is never cut");
  demand(fuzz_is_json(text_slice_of(&text)), "a race's JSON is JSON");
  for (size_t i = 0; i < text.len; i++)
    demand((unsigned char)text.at[i] >= ' ' && text.at[i] != '<' &&
               text.at[i] != '>',
           "a race's JSON is harmless");
  text_init(&text, storage, LOG_LINE_BYTES);
  log_line_json(&text, &copy->race, copy->wall_us);
  demand(!text.cut, "a line is never cut");
  text_init(&text, storage, LOG_LINE_BYTES);
  log_line_text(&text, &copy->race, copy->wall_us);
  demand(!text.cut, "a line is never cut");
}

static void tell_collector(struct race_copy *copy) {
  static const struct trace_context any = {.high = 1, .span = 2};
  static char storage[OTLP_RACE_BYTES + OTLP_AROUND_BYTES];
  struct text text;
  if (!copy->race.trace) copy->race.trace = &any;
  text_init(&text, storage, sizeof storage);
  otlp_begin(&text, slice_of("0"), slice_of("id"));
  demand(otlp_add(&text, copy, true) == otlp_spans(&copy->race),
         "a race's spans always fit");
  otlp_end(&text);
  demand(!text.cut, "they are never cut");
  demand(fuzz_is_json(text_slice_of(&text)), "they are JSON");
}

static struct slice copy_again(const struct race_copy *copy,
                               char storage[RACE_COPY_BYTES]) {
  struct text text;
  text_init(&text, storage, RACE_COPY_BYTES);
  race_copy_write(&text, &copy->race, copy->wall_us);
  demand(!text.cut, "a copy fits");
  return text_slice_of(&text);
}

/* The first copy may lose an origin and a query; the next must not change. */
static void check_again(const struct race_copy *copy) {
  static char storage[2][RACE_COPY_BYTES];
  struct race_copy again;
  struct slice first = copy_again(copy, storage[0]);
  demand(race_copy_read(&again, first), "what was written is read");
  again.race.path = log_line_path(again.race.path);
  struct slice second = copy_again(&again, storage[1]);
  demand(race_copy_read(&again, second), "what was written is read");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static struct race_copy copy;
  char *bytes = fuzz_copy(fuzz_input(data, size));
  if (race_copy_read(&copy, (struct slice){bytes, size})) {
    tell(&copy);
    check_again(&copy);
    tell_collector(&copy);
  }
  free(bytes);
  return 0;
}

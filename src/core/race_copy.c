/* race_copy: a race_record into bytes, and back.
 *
 *   numbers   7 bits a byte, the lowest first; the last byte is below 0x80
 *   strings   a number, so many bytes, and a NUL
 *
 * So most races are about 200 bytes, and a history of them is cheap. Writing
 * and reading are the same list of fields twice; a test reads back what it
 * wrote, and a fuzzer reads what nobody wrote. Each number that stands for a
 * word, a place or a count is held to its bounds here, so that whoever prints
 * it needs to look at nothing again. */
#include "core/race_copy.h"

#include "core/log_line.h"

/* ---- writing ---- */

static void put_number(struct text *out, uint64_t number) {
  for (; number >= 0x80; number >>= 7)
    text_char(out, (char)(0x80 | (number & 0x7f)));
  text_char(out, (char)number);
}

static void put_string(struct text *out, struct slice string, size_t max) {
  static const char dots[] = "...";
  const bool is_long = string.len > max;
  const size_t len = is_long ? max - (sizeof dots - 1) : string.len;
  put_number(out, is_long ? max : len);
  text_add(out, string.at, len);
  if (is_long) text_str(out, dots);
  text_char(out, '\0');
}

static void put_words(struct text *out, const char *words, size_t max) {
  put_string(out, words ? slice_of(words) : (struct slice){0}, max);
}

static void put_trace(struct text *out, const struct race_record *race) {
  const struct trace_context *trace = race->trace;
  put_number(out, trace != NULL);
  if (!trace) return;
  put_number(out, trace->high);
  put_number(out, trace->low);
  put_number(out, trace->parent);
  put_number(out, trace->span);
  put_number(out, trace->flags);
  put_string(out, race->trace_state, TRACE_STATE_BYTES);
}

/* One byte where there is none. */
static void put_would(struct text *out, const struct race_would *would) {
  put_number(out, (uint64_t)would->hedge_us);
  if (would->hedge_us == 0) return;
  put_number(out, (uint64_t)would->save_us);
  put_number(out, (unsigned)race_would_rescue_percent(would));
}

static void put_attempt(struct text *out, const struct attempt_record *a) {
  put_number(out, a->number);
  put_number(out, a->kind);
  put_number(out, a->target);
  put_number(out, (uint64_t)a->start_us);
  put_number(out, (uint64_t)a->connected_us);
  put_number(out, (uint64_t)a->first_byte_us);
  put_number(out, (uint64_t)a->end_us);
  put_number(out, a->end.result);
  put_number(out, (unsigned)a->end.status);
  put_number(out, a->bytes);
  put_number(out, a->resends);
  put_number(out, a->refused_by);
  put_number(out, a->queued_us);
  put_number(out, a->span);
  put_words(out, a->name, RACE_COPY_NAME);
  put_string(out, a->host, RACE_COPY_NAME);
  put_words(out, a->error, RACE_COPY_ERROR);
}

static unsigned told(const struct race_record *race) {
  unsigned all = race_record_left(race, 0);
  return all < RACE_COPY_ATTEMPTS ? all : RACE_COPY_ATTEMPTS;
}

static void put_attempts(struct text *out, const struct race_record *race) {
  unsigned at = 0, left = told(race);
  put_number(out, left);
  for (; left > 0; left--) put_attempt(out, race_record_next(race, &at));
  put_number(out, race_record_left(race, at));
}

void race_copy_write(struct text *out, const struct race_record *race,
                     int64_t wall_us) {
  put_number(out, (uint64_t)wall_us);
  put_number(out, (uint64_t)race->start_us);
  put_number(out, (uint64_t)race->end_us);
  put_number(out, race->outcome);
  put_number(out, (unsigned)(race->winner + 1));
  put_number(out, (unsigned)race->status);
  put_number(out, race->bytes);
  put_number(out, race->started);
  put_number(out, race->rescued);
  put_number(out, (uint64_t)race->saved_us);
  put_would(out, &race->would);
  put_string(out, race->id, RACE_COPY_NAME);
  put_string(out, race->method, RACE_COPY_NAME);
  put_string(out, log_line_path(race->path), RACE_COPY_PATH);
  put_string(out, race->peer, RACE_COPY_NAME);
  put_string(out, race->route, RACE_COPY_ROUTE);
  put_string(out, race->upstream, RACE_COPY_NAME);
  put_trace(out, race);
  put_attempts(out, race);
}

/* ---- reading ---- */

struct source {
  struct slice left;
  bool failed; /* from then on all numbers are 0 and all strings empty */
};

static unsigned char take_byte(struct source *source) {
  if (source->left.len == 0) source->failed = true;
  if (source->failed) return 0;
  unsigned char byte = (unsigned char)source->left.at[0];
  source->left = slice_from(source->left, 1);
  return byte;
}

/* At most `most`. */
static uint64_t take_number(struct source *source, uint64_t most) {
  uint64_t number = 0;
  unsigned char byte = 0x80;
  for (unsigned shift = 0; shift < 64 && byte >= 0x80; shift += 7) {
    byte = take_byte(source);
    number |= (uint64_t)(byte & 0x7f) << shift;
  }
  source->failed |= byte >= 0x80 || number > most;
  return source->failed ? 0 : number;
}

/* Some 142 years: whoever adds two, or tells nanoseconds, stays within 64 bits.
 */
static int64_t take_time(struct source *source) {
  return (int64_t)take_number(source, UINT64_C(1) << 52);
}

static unsigned take_small(struct source *source, unsigned most) {
  return (unsigned)take_number(source, most);
}

/* A NUL stands behind it. */
static struct slice take_string(struct source *source, size_t max) {
  size_t len = take_number(source, max);
  source->failed |= source->left.len <= len || source->left.at[len] != '\0';
  if (source->failed) return (struct slice){"", 0};
  struct slice string = {source->left.at, len};
  source->left = slice_from(source->left, len + 1);
  return string;
}

/* NULL: it is empty. */
static const char *take_words(struct source *source, size_t max) {
  struct slice words = take_string(source, max);
  return words.len > 0 ? words.at : NULL;
}

static void take_trace(struct source *source, struct race_copy *copy) {
  struct trace_context *trace = &copy->trace;
  if (!take_small(source, true)) return;
  copy->race.trace = trace;
  trace->high = take_number(source, UINT64_MAX);
  trace->low = take_number(source, UINT64_MAX);
  trace->parent = take_number(source, UINT64_MAX);
  trace->span = take_number(source, UINT64_MAX);
  trace->flags = (uint8_t)take_small(source, UINT8_MAX);
  copy->race.trace_state = take_string(source, TRACE_STATE_BYTES);
}

static void take_would(struct source *source, struct race_would *would) {
  would->hedge_us = take_time(source);
  if (would->hedge_us == 0) return;
  would->save_us = take_time(source);
  would->rescue = (float)take_small(source, 100) / 100;
}

static void take_attempt(struct source *source, struct attempt_record *a) {
  a->number = (uint8_t)take_small(source, UINT8_MAX);
  a->kind = (uint8_t)take_small(source, ATTEMPT_RETRY);
  a->target = take_small(source, UINT32_MAX);
  a->start_us = take_time(source);
  a->connected_us = take_time(source);
  a->first_byte_us = take_time(source);
  a->end_us = take_time(source);
  a->end.result = take_small(source, ATTEMPT_RESULTS - 1);
  a->end.status = (int)take_small(source, INT32_MAX);
  a->bytes = take_number(source, INT64_MAX);
  a->resends = (uint8_t)take_small(source, UINT8_MAX);
  a->refused_by = take_small(source, GATE_VERDICTS - 1);
  a->queued_us = take_small(source, UINT32_MAX);
  a->span = take_number(source, UINT64_MAX);
  a->name = take_words(source, RACE_COPY_NAME);
  a->host = take_string(source, RACE_COPY_NAME);
  a->error = take_words(source, RACE_COPY_ERROR);
}

/* No gap came along. */
static void take_attempts(struct source *source, struct race_copy *copy) {
  unsigned count = take_small(source, RACE_COPY_ATTEMPTS);
  for (unsigned i = 0; i < count; i++) {
    take_attempt(source, &copy->attempts[i]);
    source->failed |= copy->attempts[i].start_us == 0;
  }
  copy->race.attempts = copy->attempts;
  copy->race.count = source->failed ? 0 : count;
  copy->left_out = take_small(source, INT32_MAX);
}

static void take_race(struct source *source, struct race_record *race) {
  race->start_us = take_time(source);
  race->end_us = take_time(source);
  race->outcome = take_small(source, OUTCOMES - 1);
  race->winner = (int)take_small(source, INT32_MAX) - 1;
  race->status = (int)take_small(source, INT32_MAX);
  race->bytes = take_number(source, INT64_MAX);
  race->started = take_small(source, INT32_MAX);
  race->rescued = take_small(source, RESCUES - 1);
  race->saved_us = take_time(source);
  take_would(source, &race->would);
  race->id = take_string(source, RACE_COPY_NAME);
  race->method = take_string(source, RACE_COPY_NAME);
  race->path = take_string(source, RACE_COPY_PATH);
  race->peer = take_string(source, RACE_COPY_NAME);
  race->route = take_string(source, RACE_COPY_ROUTE);
  race->upstream = take_string(source, RACE_COPY_NAME);
}

bool race_copy_read(struct race_copy *copy, struct slice bytes) {
  struct source source = {.left = bytes};
  *copy = (struct race_copy){.wall_us = take_time(&source)};
  take_race(&source, &copy->race);
  take_trace(&source, copy);
  take_attempts(&source, copy);
  return !source.failed && source.left.len == 0;
}

/* race_copy: a race_record into bytes, and back.
 *
 *   numbers   7 bits a byte, the lowest first; the last byte is below 0x80
 *   strings   a number, so many bytes, and a NUL
 *
 * So most races are about 200 bytes, and a history of them is cheap. The list
 * of fields stands here once: what is `coded` is written, or read in its place.
 * Each number that stands for a word, a place or a count is held to its bounds
 * when it is read, so that whoever prints it needs to look at nothing again. */
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

/* ---- reading ---- */

struct coder {
  struct text *out;  /* NULL: it reads, */
  struct slice left; /* and this is left of the bytes */
  bool failed;       /* from then on all numbers are 0 and all strings empty */
};

static unsigned char take_byte(struct coder *coder) {
  if (coder->left.len == 0) coder->failed = true;
  if (coder->failed) return 0;
  unsigned char byte = (unsigned char)coder->left.at[0];
  coder->left = slice_from(coder->left, 1);
  return byte;
}

/* At most `most`. */
static uint64_t take_number(struct coder *coder, uint64_t most) {
  uint64_t number = 0;
  unsigned char byte = 0x80;
  for (unsigned shift = 0; shift < 64 && byte >= 0x80; shift += 7) {
    byte = take_byte(coder);
    number |= (uint64_t)(byte & 0x7f) << shift;
  }
  coder->failed |= byte >= 0x80 || number > most;
  return coder->failed ? 0 : number;
}

/* A NUL stands behind it. */
static struct slice take_string(struct coder *coder, size_t max) {
  size_t len = take_number(coder, max);
  coder->failed |= coder->left.len <= len || coder->left.at[len] != '\0';
  if (coder->failed) return (struct slice){"", 0};
  struct slice string = {coder->left.at, len};
  coder->left = slice_from(coder->left, len + 1);
  return string;
}

/* ---- both ---- */

/* Inline twice, so that neither asks at each field which of them it is. */
#define CODED static inline __attribute__((always_inline)) void

#define NUMBER(coder, member, most)                                            \
  ((coder)->out                                                                \
       ? put_number((coder)->out, (uint64_t)(member))                          \
       : (void)((member) = (__typeof__(member))take_number(coder, most)))

/* Some 142 years: whoever adds two, or tells nanoseconds, stays within 64 bits.
 */
#define TIME(coder, member) NUMBER(coder, member, UINT64_C(1) << 52)

CODED code_string(struct coder *coder, struct slice *string, size_t max) {
  if (coder->out) put_string(coder->out, *string, max);
  else *string = take_string(coder, max);
}

/* NULL is empty. */
CODED code_words(struct coder *coder, const char **words, size_t max) {
  struct slice string = *words ? slice_of(*words) : (struct slice){0};
  code_string(coder, &string, max);
  *words = string.len > 0 ? string.at : NULL;
}

/* `trace` is where it is kept. */
CODED code_trace(struct coder *coder, struct race_record *race,
                 struct trace_context *trace) {
  bool is_traced = race->trace;
  NUMBER(coder, is_traced, true);
  if (!is_traced) return;
  if (race->trace) *trace = *race->trace;
  race->trace = trace;
  NUMBER(coder, trace->high, UINT64_MAX);
  NUMBER(coder, trace->low, UINT64_MAX);
  NUMBER(coder, trace->parent, UINT64_MAX);
  NUMBER(coder, trace->span, UINT64_MAX);
  NUMBER(coder, trace->flags, UINT8_MAX);
  code_string(coder, &race->trace_state, TRACE_STATE_BYTES);
}

/* One byte where there is none. */
CODED code_would(struct coder *coder, struct race_would *would) {
  int percent = race_would_rescue_percent(would);
  TIME(coder, would->hedge_us);
  if (would->hedge_us == 0) return;
  TIME(coder, would->save_us);
  NUMBER(coder, percent, 100);
  would->rescue = (float)percent / 100;
}

CODED code_attempt(struct coder *coder, struct attempt_record *a) {
  NUMBER(coder, a->number, UINT8_MAX);
  NUMBER(coder, a->kind, ATTEMPT_RETRY);
  NUMBER(coder, a->target, UINT32_MAX);
  TIME(coder, a->start_us);
  TIME(coder, a->connected_us);
  TIME(coder, a->first_byte_us);
  TIME(coder, a->end_us);
  NUMBER(coder, a->end.result, ATTEMPT_RESULTS - 1);
  NUMBER(coder, a->end.status, INT32_MAX);
  NUMBER(coder, a->bytes, INT64_MAX);
  NUMBER(coder, a->resends, UINT8_MAX);
  NUMBER(coder, a->refused_by, GATE_VERDICTS - 1);
  NUMBER(coder, a->queued_us, UINT32_MAX);
  NUMBER(coder, a->span, UINT64_MAX);
  code_words(coder, &a->name, RACE_COPY_NAME);
  code_string(coder, &a->host, RACE_COPY_NAME);
  code_words(coder, &a->error, RACE_COPY_ERROR);
}

CODED code_race(struct coder *coder, struct race_record *race) {
  int winner = race->winner + 1;
  TIME(coder, race->start_us);
  TIME(coder, race->end_us);
  NUMBER(coder, race->outcome, OUTCOMES - 1);
  NUMBER(coder, winner, INT32_MAX);
  NUMBER(coder, race->status, INT32_MAX);
  NUMBER(coder, race->bytes, INT64_MAX);
  NUMBER(coder, race->started, INT32_MAX);
  NUMBER(coder, race->rescued, RESCUES - 1);
  TIME(coder, race->saved_us);
  race->winner = winner - 1;
  code_would(coder, &race->would);
  code_string(coder, &race->id, RACE_COPY_NAME);
  code_string(coder, &race->method, RACE_COPY_NAME);
  code_string(coder, &race->path, RACE_COPY_PATH);
  code_string(coder, &race->peer, RACE_COPY_NAME);
  code_string(coder, &race->route, RACE_COPY_ROUTE);
  code_string(coder, &race->upstream, RACE_COPY_NAME);
}

/* ---- a copy ---- */

static void put_attempts(struct coder *coder, const struct race_record *race) {
  unsigned at = 0, left = race_record_left(race, 0);
  if (left > RACE_COPY_ATTEMPTS) left = RACE_COPY_ATTEMPTS;
  put_number(coder->out, left);
  for (; left > 0; left--) {
    struct attempt_record attempt = *race_record_next(race, &at);
    code_attempt(coder, &attempt);
  }
  put_number(coder->out, race_record_left(race, at));
}

void race_copy_write(struct text *out, const struct race_record *race,
                     int64_t wall_us) {
  struct coder coder = {.out = out};
  struct race_record told = *race;
  struct trace_context trace;
  told.path = log_line_path(race->path);
  put_number(out, (uint64_t)wall_us);
  code_race(&coder, &told);
  code_trace(&coder, &told, &trace);
  put_attempts(&coder, race);
}

/* No gap came along. */
static void take_attempts(struct coder *coder, struct race_copy *copy) {
  unsigned count = 0;
  NUMBER(coder, count, RACE_COPY_ATTEMPTS);
  for (unsigned i = 0; i < count; i++) {
    code_attempt(coder, &copy->attempts[i]);
    coder->failed |= copy->attempts[i].start_us == 0;
  }
  copy->race.attempts = copy->attempts;
  copy->race.count = coder->failed ? 0 : count;
  NUMBER(coder, copy->left_out, INT32_MAX);
}

bool race_copy_read(struct race_copy *copy, struct slice bytes) {
  struct coder coder = {.left = bytes};
  *copy = (struct race_copy){0};
  TIME(&coder, copy->wall_us);
  code_race(&coder, &copy->race);
  code_trace(&coder, &copy->race, &copy->trace);
  take_attempts(&coder, copy);
  return !coder.failed && coder.left.len == 0;
}

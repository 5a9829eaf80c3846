/* log_line: one client request as one line.
 *
 * JSON is for machines: every member is always there, so that a reader needs
 * no cases. Text is for a person at a terminal: time, request, verdict, then
 * the attempts from left to right as they ran.
 *
 * Two things must hold for any bytes that a client sends. The line stays one
 * line and stays harmless on a terminal: text_json sees to that in JSON, and in
 * text only visible ASCII is written as it is, everything else as \xHH. And it
 * stays below LOG_LINE_BYTES: each part that a peer can stretch has its own
 * limit, chosen so that even with every byte escaped, all of them, route,
 * upstream and 16 attempts fit: 6 * (2 * 1024 + 128 + 64 + 2 * 32) + 16 * 280
 * bytes and some.
 *
 * The query is never written, nor what could stand before the path in a proxy's
 * absolute-form ("http://user:password@host/path"). Why an attempt failed, in
 * words, is the problem body's to say; here its result, its status and what
 * refused it suffice. */
#include "core/log_line.h"

#include "core/http_date.h"

enum {
  TARGET_MAX = 1024,
  ID_MAX = 128,
  CLIENT_MAX = 64,
  METHOD_MAX = 32,
  ROUTE_MAX = RECORD_ROUTE_MAX,
  UPSTREAM_MAX = 32,
};

static bool is_plain(char c) {
  return c > 0x20 && c < 0x7f && c != '"' && c != '\\';
}

static size_t plain_run(struct slice bytes) {
  size_t n = 0;
  while (n < bytes.len && is_plain(bytes.at[n])) n++;
  return n;
}

/* At most max bytes, so that no space, quote or control byte is left. */
static void add_visible(struct text *out, struct slice bytes, size_t max) {
  bool shortened = bytes.len > max;
  if (shortened) bytes.len = max;
  while (bytes.len > 0) {
    size_t run = plain_run(bytes);
    text_add(out, bytes.at, run);
    bytes = slice_from(bytes, run);
    if (bytes.len == 0) break;
    text_hex(out, bytes.at[0]);
    bytes = slice_from(bytes, 1);
  }
  if (shortened) text_str(out, "...");
}

/* The first max bytes, max <= TARGET_MAX, and dots. */
static void add_shortened(struct text *out, struct slice bytes, size_t max) {
  static const char dots[] = {'.', '.', '.'};
  char shortened[TARGET_MAX + sizeof dots];
  memcpy(shortened, bytes.at, max);
  memcpy(shortened + max, dots, sizeof dots);
  text_json(out, (struct slice){shortened, max + sizeof dots});
}

/* At most max bytes, as a JSON string. Always inline, as text_str. */
static inline __attribute__((always_inline)) void add_string(struct text *out,
                                                             const char *label,
                                                             struct slice bytes,
                                                             size_t max) {
  text_str(out, label);
  if (bytes.len > max) add_shortened(out, bytes, max);
  else text_json(out, bytes);
}

/* "http://user:password@host/x" -> "/x"; "host:443" stays. */
static struct slice without_origin(struct slice target) {
  if (target.len == 0 || target.at[0] == '/') return target;
  for (size_t i = 0; i + 2 < target.len; i++) {
    if (memcmp(target.at + i, "://", 3) != 0) continue;
    struct slice rest = slice_from(target, i + 3);
    const char *path = memchr(rest.at, '/', rest.len);
    if (!path) return slice_of("/");
    return slice_from(rest, (size_t)(path - rest.at));
  }
  return target;
}

struct slice log_line_path(struct slice target) {
  return without_origin(slice_until(slice_until(target, '?'), '#'));
}

/* The next one to tell of, or NULL; *told counts them. */
static const struct attempt_record *next_told(const struct race_record *race,
                                              unsigned *at, unsigned *told) {
  if (*told == LOG_LINE_ATTEMPTS_MAX) return NULL;
  const struct attempt_record *attempt = race_record_next(race, at);
  if (attempt) ++*told;
  return attempt;
}

static void add_attempts_json(struct text *out,
                              const struct race_record *race) {
  const struct attempt_record *attempt;
  unsigned at = 0, told = 0;
  text_str(out, ",\"attempts\":[");
  while ((attempt = next_told(race, &at, &told))) {
    if (told > 1) text_char(out, ',');
    attempt_record_json(out, attempt, race->start_us, RECORD_IN_LOG);
  }
  text_char(out, ']');
  unsigned left_out = race_record_left(race, at);
  if (left_out > 0) text_put(out, ",\"attempts_left_out\":", left_out);
}

/* Not told where there is none. */
static void add_place(struct text *out, const struct race_record *race) {
  if (race->route.len > 0)
    add_string(out, ",\"route\":", race->route, ROUTE_MAX);
  if (race->upstream.len > 0)
    add_string(out, ",\"upstream\":", race->upstream, UPSTREAM_MAX);
}

static void add_trace(struct text *out, const struct trace_context *trace) {
  if (!trace) return;
  text_str(out, ",\"trace_id\":\"");
  trace_context_write_id(out, trace);
  text_str(out, "\",\"span_id\":\"");
  trace_context_write_span(out, trace->span);
  text_char(out, '"');
}

static void add_rescue_json(struct text *out, const struct race_record *race) {
  if (race->rescued == RESCUE_NONE) return;
  text_put(out, ",\"rescued\":\"", rescue_name(race->rescued), "\"");
  if (race->rescued != RESCUE_SLOW || race->saved_us <= 0) return;
  text_put(out, ",\"saved_ms\":", as_ms(race->saved_us));
}

/* Hedging would have helped an answer by its time, a failure by its odds. */
static void add_would_json(struct text *out, const struct race_record *race) {
  const struct race_would *would = &race->would;
  if (would->hedge_us == 0) return;
  text_put(out, ",\"would_hedge_ms\":", as_ms(would->hedge_us),
           ",\"would_save_ms\":", as_ms(would->save_us),
           ",\"would_rescue_percent\":", race_would_rescue_percent(would));
}

void log_line_json(struct text *out, const struct race_record *race,
                   int64_t wall_us) {
  text_put(out, "{\"time\":\"", as_iso(wall_us));
  add_string(out, "\",\"client\":", race->peer, CLIENT_MAX);
  add_string(out, ",\"id\":", race->id, ID_MAX);
  add_trace(out, race->trace);
  add_place(out, race);
  add_string(out, ",\"method\":", race->method, METHOD_MAX);
  add_string(out, ",\"target\":", log_line_path(race->path), TARGET_MAX);
  text_put(out, ",\"status\":", race->status, ",\"outcome\":\"",
           outcome_name(race->outcome),
           "\",\"ms\":", as_ms(race->end_us - race->start_us),
           ",\"bytes\":", (int64_t)race->bytes);
  add_rescue_json(out, race);
  add_would_json(out, race);
  add_attempts_json(out, race);
  text_str(out, "}\n");
}

/* "01:02:03.123": the date is what a person at a terminal knows. */
static void add_clock(struct text *out, int64_t wall_us) {
  char storage[32];
  struct text stamp = TEXT_ON(storage);
  http_date_write_iso(&stamp, wall_us);
  text_add(out, storage + sizeof "2026-11-21T" - 1, sizeof "01:02:03.123" - 1);
}

static void add_word(struct text *out, struct slice bytes, size_t max) {
  text_char(out, ' ');
  if (bytes.len == 0) text_char(out, '-');
  else add_visible(out, bytes, max);
}

static void add_attempt_text(struct text *out, unsigned number,
                             const struct attempt_record *attempt,
                             int64_t from_us) {
  text_put(out, "  #", number, " ");
  if (attempt->kind != ATTEMPT_PRIMARY)
    text_put(out, attempt_kind_name(attempt->kind), " ");
  text_put(out, as_ms(attempt->start_us - from_us), "-",
           as_ms(attempt->end_us - from_us), " ",
           attempt_result_name(attempt->end.result));
  if (attempt->end.result == ATTEMPT_STATUS && attempt->end.status != 0)
    text_put(out, " ", attempt->end.status);
  if (attempt->end.result == ATTEMPT_REFUSED) {
    text_put(out, " ", gate_verdict_name(attempt->refused_by));
  }
  if (attempt->queued_us > 0)
    text_put(out, " queued ", as_ms(attempt->queued_us));
}

static void add_attempts_text(struct text *out,
                              const struct race_record *race) {
  const struct attempt_record *attempt;
  unsigned at = 0, told = 0;
  while ((attempt = next_told(race, &at, &told)))
    add_attempt_text(out, told - 1, attempt, race->start_us);
  unsigned left_out = race_record_left(race, at);
  if (left_out > 0) text_put(out, "  and ", left_out, " more");
}

static void add_would_text(struct text *out, const struct race_record *race) {
  const struct race_would *would = &race->would;
  if (would->hedge_us == 0) return;
  text_put(out, "  would hedge at ", as_ms(would->hedge_us));
  if (would->rescue > 0)
    text_put(out, ", rescue ", race_would_rescue_percent(would), "%");
  else text_put(out, ", save ", as_ms(would->save_us));
}

void log_line_text(struct text *out, const struct race_record *race,
                   int64_t wall_us) {
  add_clock(out, wall_us);
  add_word(out, race->method, METHOD_MAX);
  add_word(out, log_line_path(race->path), TARGET_MAX);
  text_char(out, ' ');
  if (race->status == 0) text_char(out, '-');
  else text_int(out, race->status);
  text_put(out, " ", outcome_name(race->outcome), " ",
           as_ms(race->end_us - race->start_us), "ms");
  add_attempts_text(out, race);
  add_would_text(out, race);
  if (race->trace) {
    text_str(out, "  trace ");
    trace_context_write_id(out, race->trace);
  }
  text_char(out, '\n');
}

/* race_json: a settled race as one JSON object.
 *
 * The log's line (core/log_line) leaves out what there is not, to be short;
 * here a member is always there, so that who draws a race needs no cases. Times
 * of attempts count from the request's start, in milliseconds. */
#include "core/race_json.h"

#include "core/http_date.h"

static void add_string(struct text *out, const char *label,
                       struct slice bytes) {
  text_put(out, label, as_json(bytes));
}

static void add_string_or_null(struct text *out, const char *label,
                               struct slice bytes) {
  text_str(out, label);
  if (bytes.len > 0) text_json(out, bytes);
  else text_str(out, "null");
}

static void add_words_or_null(struct text *out, const char *label,
                              const char *words) {
  add_string_or_null(out, label, words ? slice_of(words) : (struct slice){0});
}

static void add_int(struct text *out, const char *label, int64_t number) {
  text_put(out, label, number);
}

static void add_int_or_null(struct text *out, const char *label, int64_t number,
                            bool is_there) {
  text_str(out, label);
  if (is_there) text_int(out, number);
  else text_str(out, "null");
}

static void add_ms(struct text *out, const char *label, int64_t us) {
  text_put(out, label, as_ms(us));
}

static void add_ms_or_null(struct text *out, const char *label, int64_t us,
                           bool is_there) {
  text_str(out, label);
  if (is_there) text_ms(out, us);
  else text_str(out, "null");
}

/* ---- an attempt ---- */

static void add_span(struct text *out, uint64_t span) {
  text_str(out, ",\"span_id\":");
  if (span == 0) {
    text_str(out, "null");
    return;
  }
  text_char(out, '"');
  trace_context_write_span(out, span);
  text_char(out, '"');
}

static void add_attempt(struct text *out, const struct attempt_record *a,
                        int64_t from_us) {
  add_int(out, "{\"number\":", a->number);
  add_words_or_null(out, ",\"kind\":", attempt_kind_name(a->kind));
  add_int(out, ",\"target\":", a->target);
  add_words_or_null(out, ",\"name\":", a->name);
  add_string_or_null(out, ",\"host\":", a->host);
  add_span(out, a->span);
  add_ms(out, ",\"start\":", a->start_us - from_us);
  add_ms_or_null(out, ",\"first_byte\":", a->first_byte_us - from_us,
                 a->first_byte_us != 0);
  add_ms_or_null(out, ",\"end\":", a->end_us - from_us, a->end_us != 0);
  add_words_or_null(out, ",\"result\":",
                    a->end_us != 0 ? attempt_result_name(a->end.result) : NULL);
  add_int_or_null(out, ",\"status\":", a->end.status, a->end.status != 0);
  add_words_or_null(out, ",\"refused_by\":",
                    a->end.result == ATTEMPT_REFUSED
                        ? gate_verdict_name(a->refused_by)
                        : NULL);
  add_words_or_null(out, ",\"error\":", a->error);
  add_ms_or_null(out, ",\"queued_ms\":", a->queued_us, a->queued_us != 0);
  add_int(out, ",\"resends\":", a->resends);
  text_char(out, '}');
}

static void add_attempts(struct text *out, const struct race_record *race) {
  text_str(out, ",\"attempts\":[");
  for (unsigned i = 0; i < race->count; i++) {
    if (i > 0) text_char(out, ',');
    add_attempt(out, &race->attempts[i], race->start_us);
  }
  text_char(out, ']');
}

/* ---- a race ---- */

static void add_rescue(struct text *out, const struct race_record *race) {
  add_words_or_null(out, ",\"rescued\":",
                    race->rescued != RESCUE_NONE ? rescue_name(race->rescued)
                                                 : NULL);
  add_ms_or_null(out, ",\"saved_ms\":", race->saved_us,
                 race->rescued == RESCUE_SLOW && race->saved_us > 0);
}

static void add_would(struct text *out, const struct race_would *would) {
  const bool any = would->hedge_us != 0;
  add_ms_or_null(out, ",\"would_hedge_ms\":", would->hedge_us, any);
  add_ms_or_null(out, ",\"would_save_ms\":", would->save_us, any);
  add_int_or_null(
      out, ",\"would_rescue_percent\":", race_would_rescue_percent(would), any);
}

static void add_trace(struct text *out, const struct trace_context *trace) {
  text_str(out, ",\"trace_id\":");
  if (!trace) {
    text_str(out, "null");
    return;
  }
  text_char(out, '"');
  trace_context_write_id(out, trace);
  text_char(out, '"');
}

static void add_request(struct text *out, const struct race_record *race) {
  add_string(out, ",\"client\":", race->peer);
  add_string(out, ",\"id\":", race->id);
  add_trace(out, race->trace);
  add_span(out, race->trace ? race->trace->span : 0);
  add_string(out, ",\"route\":", race->route);
  add_string_or_null(out, ",\"upstream\":", race->upstream);
  add_string(out, ",\"method\":", race->method);
  add_string(out, ",\"target\":", race->path);
}

void race_json(struct text *out, const struct race_copy *copy, uint64_t seq) {
  const struct race_record *race = &copy->race;
  out->for_page = true;
  add_int(out, "{\"seq\":", (int64_t)seq);
  text_str(out, ",\"time\":\"");
  http_date_write_iso(out, copy->wall_us);
  text_char(out, '"');
  add_request(out, race);
  add_int(out, ",\"status\":", race->status);
  add_words_or_null(out, ",\"outcome\":", outcome_name(race->outcome));
  add_ms(out, ",\"ms\":", race->end_us - race->start_us);
  add_int(out, ",\"bytes\":", (int64_t)race->bytes);
  add_int_or_null(out, ",\"winner\":", race->winner, race->winner >= 0);
  add_rescue(out, race);
  add_would(out, &race->would);
  add_attempts(out, race);
  add_int(out, ",\"attempts_left_out\":", copy->left_out);
  text_char(out, '}');
}

/* race_json: a settled race as one JSON object.
 *
 * The log's line (core/log_line) leaves out what there is not, to be short;
 * here a member is always there, so that who draws a race needs no cases. Times
 * of attempts count from the request's start, in milliseconds. */
#include "core/race_json.h"

#include "core/http_date.h"

static void write_null(struct text *out, int64_t number) {
  (void)number;
  text_str(out, "null");
}
#define as_null ((struct text_number){write_null, 0})

static void write_known(struct text *out, struct slice string) {
  if (string.len > 0) text_json(out, string);
  else text_str(out, "null");
}
#define as_known(string) ((struct text_string){write_known, string})
#define as_words(words) as_known((words) ? slice_of(words) : (struct slice){0})

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
  const char *result = attempt_result_name(a->end.result);
  const bool refused = a->end.result == ATTEMPT_REFUSED;
  text_put(out, "{\"number\":", a->number, ",\"kind\":\"",
           attempt_kind_name(a->kind), "\",\"target\":", a->target);
  text_put(out, ",\"name\":", as_words(a->name),
           ",\"host\":", as_known(a->host));
  add_span(out, a->span);
  text_put(out, ",\"start\":", as_ms(a->start_us - from_us), ",\"first_byte\":",
           a->first_byte_us != 0 ? as_ms(a->first_byte_us - from_us) : as_null,
           ",\"end\":", a->end_us != 0 ? as_ms(a->end_us - from_us) : as_null,
           ",\"result\":", as_words(a->end_us != 0 ? result : NULL));
  text_put(out, ",\"status\":",
           a->end.status != 0 ? as_number(a->end.status) : as_null,
           ",\"refused_by\":",
           as_words(refused ? gate_verdict_name(a->refused_by) : NULL),
           ",\"error\":", as_words(a->error));
  text_put(out,
           ",\"queued_ms\":", a->queued_us != 0 ? as_ms(a->queued_us) : as_null,
           ",\"resends\":", a->resends, "}");
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
  const bool any = race->rescued != RESCUE_NONE;
  const bool saved = race->rescued == RESCUE_SLOW && race->saved_us > 0;
  text_put(out,
           ",\"rescued\":", as_words(any ? rescue_name(race->rescued) : NULL),
           ",\"saved_ms\":", saved ? as_ms(race->saved_us) : as_null);
}

static void add_would(struct text *out, const struct race_would *would) {
  const bool any = would->hedge_us != 0;
  text_put(out, ",\"would_hedge_ms\":", any ? as_ms(would->hedge_us) : as_null,
           ",\"would_save_ms\":", any ? as_ms(would->save_us) : as_null,
           ",\"would_rescue_percent\":",
           any ? as_number(race_would_rescue_percent(would)) : as_null);
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
  text_put(out, ",\"client\":", as_json(race->peer),
           ",\"id\":", as_json(race->id));
  add_trace(out, race->trace);
  add_span(out, race->trace ? race->trace->span : 0);
  text_put(out, ",\"route\":", as_json(race->route),
           ",\"upstream\":", as_known(race->upstream),
           ",\"method\":", as_json(race->method),
           ",\"target\":", as_json(race->path));
}

void race_json(struct text *out, const struct race_copy *copy, uint64_t seq) {
  const struct race_record *race = &copy->race;
  out->for_page = true;
  text_put(out, "{\"seq\":", (int64_t)seq, ",\"time\":\"",
           as_iso(copy->wall_us), "\"");
  add_request(out, race);
  text_put(out, ",\"status\":", race->status, ",\"outcome\":\"",
           outcome_name(race->outcome),
           "\",\"ms\":", as_ms(race->end_us - race->start_us));
  text_put(out, ",\"bytes\":", (int64_t)race->bytes, ",\"winner\":",
           race->winner >= 0 ? as_number(race->winner) : as_null);
  add_rescue(out, race);
  add_would(out, &race->would);
  add_attempts(out, race);
  text_put(out, ",\"attempts_left_out\":", copy->left_out, "}");
}

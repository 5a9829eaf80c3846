/* record: an attempt as JSON, once for everybody who tells of it.
 *
 * The log and the problems were given different key names when they were two
 * writers. People read both by machine, so the names stay; what is told, in
 * which order and by which rules is written here alone. */
#include "core/record.h"

static const struct {
  const char *start, *end, *queued;
  bool is_log; /* told for programs: every kind, spans, first bytes and resends,
                * no error */
} styles[] = {
    [RECORD_IN_PROBLEM] = {",\"started_ms\":", ",\"ended_ms\":",
                           ",\"queued_ms\":", false},
    [RECORD_IN_LOG] = {",\"start\":", ",\"end\":", ",\"queued\":", true},
};

static void add_span(struct text *out, uint64_t span) {
  text_str(out, ",\"span_id\":\"");
  trace_context_write_span(out, span);
  text_char(out, '"');
}

void attempt_record_json(struct text *out, const struct attempt_record *attempt,
                         int64_t from_us, enum record_style style) {
  const bool is_log = styles[style].is_log;
  text_put(out, "{\"target\":", attempt->target);
  if (attempt->name)
    text_put(out, ",\"name\":", as_json(slice_of(attempt->name)));
  if (is_log || attempt->kind == ATTEMPT_RETRY)
    text_put(out, ",\"kind\":\"", attempt_kind_name(attempt->kind), "\"");
  if (is_log && attempt->span != 0) add_span(out, attempt->span);
  text_put(out, styles[style].start, as_ms(attempt->start_us - from_us));
  if (is_log && attempt->first_byte_us != 0)
    text_put(out, ",\"first_byte\":", as_ms(attempt->first_byte_us - from_us));
  text_put(out, styles[style].end, as_ms(attempt->end_us - from_us));
  if (attempt->queued_us > 0)
    text_put(out, styles[style].queued, as_ms(attempt->queued_us));
  text_put(out, ",\"result\":\"", attempt_result_name(attempt->end.result),
           "\"");
  if (attempt->end.result == ATTEMPT_REFUSED)
    text_put(out, ",\"refused_by\":\"", gate_verdict_name(attempt->refused_by),
             "\"");
  if (attempt->end.status > 0)
    text_put(out, ",\"status\":", attempt->end.status);
  if (is_log && attempt->resends > 0)
    text_put(out, ",\"resends\":", attempt->resends);
  if (!is_log && attempt->error && attempt->error[0])
    text_put(out, ",\"error\":", as_json(slice_of(attempt->error)));
  text_char(out, '}');
}

unsigned race_record_left(const struct race_record *race, unsigned at) {
  unsigned left = 0;
  while (race_record_next(race, &at)) left++;
  return left;
}

/* What was ended behind its head has not said all that it had to. */
static bool has_said_when(const struct attempt_end *end) {
  return end->status != 0 && end->result != ATTEMPT_TIMEOUT &&
         end->result != ATTEMPT_CANCELLED;
}

unsigned race_record_retry_after_s(const struct race_record *race) {
  const struct attempt_record *attempt;
  int64_t soonest_us = INT64_MAX;
  unsigned at = 0;
  while ((attempt = race_record_next(race, &at))) {
    if (!has_said_when(&attempt->end)) continue;
    if (attempt->end.retry_after_ms == 0) return 0;
    int64_t us = attempt->end_us + attempt->end.retry_after_ms * INT64_C(1000);
    if (us < soonest_us) soonest_us = us;
  }
  if (soonest_us == INT64_MAX || soonest_us <= race->end_us) return 0;
  return (unsigned)((soonest_us - race->end_us + 999999) / 1000000);
}

/* otlp: a request is a span of the kind SERVER, and below it each attempt is of
 * the kind CLIENT.
 *
 * Names are of few kinds: the method and the route, never the path. An attempt
 * that was cancelled or refused is no error; its result says what it is. All
 * times are made from one wall time, that of the answer, so that the spans of a
 * race stand to each other as they ran, whatever was done to the clock. */
#include "core/otlp.h"

#include "core/http_method.h"
#include "core/json_check.h"
#include "core/json_pointer.h"

enum { KIND_SERVER = 2, KIND_CLIENT = 3, STATUS_ERROR = 2 };

/* ---- attributes ---- */

/* The first one has no comma in front. */
struct attributes {
  struct text *out;
  bool any;
};

static void begin_attribute(struct attributes *to, const char *key,
                            const char *type) {
  text_put(to->out, to->any ? ",{\"key\":\"" : "{\"key\":\"", key,
           "\",\"value\":{\"", type, "\":");
  to->any = true;
}

static void add_string(struct attributes *to, const char *key,
                       struct slice value) {
  if (value.len == 0) return;
  begin_attribute(to, key, "stringValue");
  text_put(to->out, as_json(value), "}}");
}

static void add_word(struct attributes *to, const char *key,
                     const char *value) {
  add_string(to, key, slice_of(value));
}

static void add_number(struct attributes *to, const char *key, int64_t number) {
  begin_attribute(to, key, "intValue");
  text_put(to->out, "\"", number, "\"}}");
}

static void add_ms(struct attributes *to, const char *key, int64_t us) {
  begin_attribute(to, key, "doubleValue");
  text_put(to->out, as_ms(us), "}}");
}

static void add_true(struct attributes *to, const char *key) {
  begin_attribute(to, key, "boolValue");
  text_str(to->out, "true}}");
}

/* A method of nobody's could be anything (semantic conventions, HTTP). */
static struct slice known_method(struct slice method) {
  const struct slice known = http_method_name(http_method_of(method));
  return known.len > 0 ? known : slice_of("_OTHER");
}

static void add_method(struct attributes *to, struct slice method) {
  add_string(to, "http.request.method", known_method(method));
  if (http_method_of(method) == HTTP_OTHER)
    add_string(to, "http.request.method_original", method);
}

/* Behind the last colon that stands in no brackets. */
static size_t host_len(struct slice place) {
  size_t at = place.len;
  while (at > 0 && place.at[at - 1] >= '0' && place.at[at - 1] <= '9') at--;
  return at > 1 && place.at[at - 1] == ':' && at < place.len ? at - 1
                                                             : place.len;
}

static struct slice without_brackets(struct slice host) {
  if (host.len < 2 || host.at[0] != '[') return host;
  return (struct slice){host.at + 1, host.len - 2};
}

/* "127.0.0.1:9000", "[::1]:80", "example.com" */
static void add_place(struct attributes *to, const char *address_key,
                      const char *port_key, struct slice place) {
  const size_t len = host_len(place);
  int64_t port = 0;
  for (size_t i = len + 1; i < place.len && port < 100000; i++)
    port = 10 * port + (place.at[i] - '0');
  add_string(to, address_key, without_brackets((struct slice){place.at, len}));
  if (port > 0) add_number(to, port_key, port);
}

static void add_error_type(struct attributes *to, int status,
                           const char *otherwise) {
  char storage[16];
  struct text text = TEXT_ON(storage);
  if (status > 0) text_int(&text, status);
  else text_str(&text, otherwise);
  add_string(to, "error.type", text_slice_of(&text));
}

/* ---- spans ---- */

static void add_hex_id(struct text *out, const char *key, uint64_t span) {
  text_str(out, key);
  trace_context_write_span(out, span);
  text_char(out, '"');
}

static void add_ids(struct text *out, const struct race_record *race,
                    uint64_t span, uint64_t parent) {
  text_str(out, "{\"traceId\":\"");
  trace_context_write_id(out, race->trace);
  add_hex_id(out, "\",\"spanId\":\"", span);
  if (parent != 0) add_hex_id(out, ",\"parentSpanId\":\"", parent);
  if (race->trace_state.len > 0)
    text_put(out, ",\"traceState\":", as_json(race->trace_state));
  text_put(out, ",\"flags\":", race->trace->flags);
}

static void add_nanoseconds(struct text *out, const char *key, int64_t us) {
  text_put(out, key, us, "000\"");
}

/* Up to the attributes' first. */
static void add_kind(struct text *out, int kind, int64_t start_us,
                     int64_t end_us) {
  text_put(out, ",\"kind\":", kind);
  add_nanoseconds(out, ",\"startTimeUnixNano\":\"", start_us);
  add_nanoseconds(out, ",\"endTimeUnixNano\":\"", end_us);
  text_str(out, ",\"attributes\":[");
}

static void end_span(struct text *out, bool failed, struct slice why) {
  text_char(out, ']');
  if (failed) {
    text_put(out, ",\"status\":{\"code\":", STATUS_ERROR);
    if (why.len > 0) text_put(out, ",\"message\":", as_json(why));
    text_char(out, '}');
  }
  text_char(out, '}');
}

/* ---- an attempt ---- */

static bool attempt_has_failed(const struct attempt_record *attempt) {
  return attempt->end.result != ATTEMPT_SUCCESS &&
         attempt->end.result != ATTEMPT_CANCELLED &&
         attempt->end.result != ATTEMPT_REFUSED;
}

static void add_attempt_ends(struct attributes *to,
                             const struct attempt_record *attempt) {
  const char *result = attempt_result_name(attempt->end.result);
  if (attempt->end.status > 0)
    add_number(to, "http.response.status_code", attempt->end.status);
  add_word(to, "hedgerow.attempt.result", result);
  if (attempt->end.result == ATTEMPT_REFUSED)
    add_word(to, "hedgerow.attempt.refused_by",
             gate_verdict_name(attempt->refused_by));
  if (attempt_has_failed(attempt))
    add_error_type(
        to, attempt->end.result == ATTEMPT_STATUS ? attempt->end.status : 0,
        result);
}

static void add_attempt_times(struct attributes *to,
                              const struct attempt_record *attempt) {
  if (attempt->first_byte_us > 0)
    add_ms(to, "hedgerow.attempt.first_byte_ms",
           attempt->first_byte_us - attempt->start_us);
  if (attempt->queued_us > 0)
    add_ms(to, "hedgerow.attempt.queued_ms", attempt->queued_us);
  if (attempt->resends > 0)
    add_number(to, "hedgerow.attempt.resends", attempt->resends);
}

/* shift_us: from the monotonic time to that since 1970. */
static void add_attempt(struct text *out, const struct race_record *race,
                        const struct attempt_record *attempt,
                        int64_t shift_us) {
  struct attributes to = {out, false};
  text_char(out, ',');
  add_ids(out, race, attempt->span, race->trace->span);
  text_put(out, ",\"name\":", as_json(known_method(race->method)));
  add_kind(out, KIND_CLIENT, attempt->start_us + shift_us,
           attempt->end_us + shift_us);
  add_method(&to, race->method);
  add_place(&to, "server.address", "server.port", attempt->host);
  if (attempt->kind != ATTEMPT_PRIMARY)
    add_number(&to, "http.request.resend_count", attempt->number);
  add_word(&to, "hedgerow.attempt.kind", attempt_kind_name(attempt->kind));
  add_number(&to, "hedgerow.attempt.target", attempt->target);
  if (race->winner == attempt->number) add_true(&to, "hedgerow.attempt.won");
  add_attempt_ends(&to, attempt);
  add_attempt_times(&to, attempt);
  end_span(out, attempt_has_failed(attempt),
           attempt->error ? slice_of(attempt->error) : (struct slice){0});
}

/* ---- a request ---- */

static void add_name(struct text *out, const struct race_record *race) {
  char storage[RACE_COPY_ROUTE + 32];
  struct text name = TEXT_ON(storage);
  text_put(&name, known_method(race->method), " ", race->route);
  text_put(out, ",\"name\":", as_json(text_slice_of(&name)));
}

static void add_rescue(struct attributes *to, const struct race_record *race) {
  if (race->rescued == RESCUE_NONE) return;
  add_word(to, "hedgerow.rescued", rescue_name(race->rescued));
  if (race->rescued == RESCUE_SLOW && race->saved_us > 0)
    add_ms(to, "hedgerow.saved_ms", race->saved_us);
}

static void add_would(struct attributes *to, const struct race_would *would) {
  if (would->hedge_us == 0) return;
  add_ms(to, "hedgerow.would_hedge_ms", would->hedge_us);
  add_ms(to, "hedgerow.would_save_ms", would->save_us);
  add_number(to, "hedgerow.would_rescue_percent",
             race_would_rescue_percent(would));
}

/* A client that left is no error of ours. */
static bool race_has_failed(const struct race_record *race) {
  return race->status >= 500 || race->outcome == OUTCOME_FAILED ||
         race->outcome == OUTCOME_DEADLINE;
}

static void add_request(struct text *out, const struct race_copy *copy,
                        int64_t shift_us) {
  const struct race_record *race = &copy->race;
  struct attributes to = {out, false};
  add_ids(out, race, race->trace->span, race->trace->parent);
  add_name(out, race);
  add_kind(out, KIND_SERVER, race->start_us + shift_us,
           race->end_us + shift_us);
  add_method(&to, race->method);
  add_string(&to, "http.route", race->route);
  add_string(&to, "url.path", race->path);
  add_word(&to, "url.scheme", "http");
  add_place(&to, "client.address", "client.port", race->peer);
  if (race->status > 0)
    add_number(&to, "http.response.status_code", race->status);
  add_number(&to, "http.response.body.size", (int64_t)race->bytes);
  if (race_has_failed(race))
    add_error_type(&to, race->status >= 500 ? race->status : 0,
                   outcome_name(race->outcome));
  add_string(&to, "hedgerow.request_id", race->id);
  add_string(&to, "hedgerow.upstream", race->upstream);
  add_word(&to, "hedgerow.outcome", outcome_name(race->outcome));
  add_rescue(&to, race);
  add_would(&to, &race->would);
  if (copy->left_out > 0)
    add_number(&to, "hedgerow.attempts_left_out", copy->left_out);
  end_span(out, race_has_failed(race), (struct slice){0});
}

unsigned otlp_spans(const struct race_record *race) {
  return 1 + race_record_left(race, 0);
}

unsigned otlp_add(struct text *out, const struct race_copy *copy, bool first) {
  const struct race_record *race = &copy->race;
  const int64_t shift_us = copy->wall_us - race->end_us;
  const struct attempt_record *attempt;
  const size_t from = out->len;
  unsigned at = 0, spans = 1;
  if (!first) text_char(out, ',');
  add_request(out, copy, shift_us);
  for (; (attempt = race_record_next(race, &at)); spans++)
    add_attempt(out, race, attempt, shift_us);
  if (!out->cut) return spans;
  out->len = from;
  out->cut = false;
  return 0;
}

/* ---- around them ---- */

void otlp_begin(struct text *out, struct slice version, struct slice instance) {
  struct attributes to = {out, false};
  text_str(out, "{\"resourceSpans\":[{\"resource\":{\"attributes\":[");
  add_word(&to, "service.name", "hedgerow");
  add_string(&to, "service.version", version);
  add_string(&to, "service.instance.id", instance);
  text_put(out,
           "]},\"scopeSpans\":[{\"scope\":{\"name\":\"hedgerow\",\"version\":",
           as_json(version), "},\"spans\":[");
}

void otlp_end(struct text *out) { text_str(out, "]}]}]}"); }

/* ---- what a collector answers ---- */

static bool is_json(struct slice text) {
  struct json_check check;
  json_check_init(&check, JSON_DEPTH_MAX);
  return json_check_feed(&check, text.at, text.len) != JSON_BAD &&
         json_check_end(&check) == JSON_WHOLE;
}

static struct slice value_at(struct slice answer, const char *place) {
  const struct json_pointer pointer = {.text = slice_of(place)};
  return json_pointer_find(pointer, answer);
}

static bool is_object(struct slice text) {
  return is_json(text) && value_at(text, "").at[0] == '{';
}

static bool is_string(struct slice value) {
  return value.len > 0 && value.at[0] == '"';
}

static struct slice unquoted(struct slice string) {
  return (struct slice){string.at + 1, string.len - 2};
}

/* Of 64 bits it stands in quotes, or not. */
static uint64_t number_of(struct slice value) {
  const struct slice digits = is_string(value) ? unquoted(value) : value;
  uint64_t number = 0;
  for (size_t i = 0; i < digits.len && number < UINT32_MAX; i++) {
    if (digits.at[i] < '0' || digits.at[i] > '9') return 0;
    number = 10 * number + (unsigned)(digits.at[i] - '0');
  }
  return number;
}

static void show(char why[OTLP_WHY_BYTES], struct slice value) {
  const struct slice message =
      is_string(value) ? unquoted(value) : (struct slice){0};
  struct text out;
  text_init(&out, why, OTLP_WHY_BYTES - sizeof "...");
  for (size_t i = 0; i < message.len && !out.cut; i++)
    if (message.at[i] >= ' ' && message.at[i] < 0x7f)
      text_char(&out, message.at[i]);
    else text_hex(&out, message.at[i]);
  out.cap = OTLP_WHY_BYTES;
  if (out.cut) text_str(&out, "...");
  text_end(&out);
}

struct otlp_reply otlp_reply(struct slice answer) {
  struct otlp_reply reply = {.is_one = answer.len == 0 || is_object(answer)};
  if (!reply.is_one || answer.len == 0) return reply;
  reply.rejected = number_of(value_at(answer, "/partialSuccess/rejectedSpans"));
  show(reply.why, value_at(answer, "/partialSuccess/errorMessage"));
  return reply;
}

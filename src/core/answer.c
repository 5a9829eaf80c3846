/* answer: writes the heads of all answers, and the body of a problem.
 *
 * Two kinds of head. A passed one carries an upstream's answer on: its fields
 * cross in their order and spelling, but for those that speak of its
 * connection or that are ours to say. An own one is hedgerow's word: a problem,
 * a gather, its health. Both end in the same fields of ours, so that a client
 * can always tell how its race went.
 *
 * A passed head is written for every request that succeeds, so its field lines
 * are looked at once: the first letter decides for nearly all of them that they
 * cross, before any name is compared. Only an upstream whose Connection names
 * end-to-end fields, which may have gone by already, costs a second pass.
 *
 * Server-Timing draws the race: one member per attempt, with `dur` and `desc`
 * as browsers show them, and `start`, a parameter of ours that they ignore (W3C
 * Server Timing lets unknown ones be), so that a waterfall can be drawn from
 * the answer alone.
 *
 * A problem (RFC 9457) is about:blank: its title is the status phrase, and what
 * went wrong stands in `detail` and `attempts`. It is valid JSON whatever the
 * room: what does not fit is left out whole, and the closing bytes are kept
 * free from the start. Left to others: which status, which words, the body. */
#include "core/answer.h"

#include "core/conditional.h"
#include "core/cors.h"
#include "core/http_head.h"

enum {
  NAMED_MAX = 32,
  LINKS_GROW_MAX = 4096, /* bytes by which the links of one field may grow */
  CLOSING_BYTES = 40,    /* ],"attempts_left_out":4294967295} */
};

static const char opening[] = ",\"attempts\":[";
enum { OPENING_BYTES = sizeof opening - 1 };

/* Fields that the upstream's Connection names and that would cross else. */
struct named {
  struct slice names[NAMED_MAX];
  unsigned count;
  bool too_many;
};

static void add_timing(struct text *out, unsigned number,
                       const struct attempt_record *attempt, int64_t from_us) {
  if (number > 0) text_str(out, ", attempt-");
  else text_str(out, "Server-Timing: attempt-");
  text_put(out, number, ";start=", as_ms(attempt->start_us - from_us),
           ";dur=", as_ms(attempt->end_us - attempt->start_us),
           ";desc=", attempt_result_name(attempt->end.result));
}

static void add_timings(struct text *out, const struct race_record *race) {
  const struct attempt_record *attempt;
  unsigned at = 0, told = 0;
  while (told < ANSWER_TIMINGS_MAX && (attempt = race_record_next(race, &at)))
    add_timing(out, told++, attempt, race->start_us);
  if (told == 0) return;
  unsigned left_out = race_record_left(race, at);
  if (left_out > 0) text_put(out, ", more;desc=\"", left_out, " left out\"");
  text_str(out, "\r\n");
}

static void add_race(struct text *out, const struct race_record *race) {
  text_put(out, "Hedge-Attempts: ", race->started, "\r\n");
  if (race->winner >= 0) text_put(out, "Hedge-Winner: ", race->winner, "\r\n");
  add_timings(out, race);
}

/* What ends every head. */
static void add_ours(struct text *out, uint64_t length,
                     const struct answer_ours *ours, struct slice fields) {
  text_slice(out, fields);
  if (length < ANSWER_CHUNKED)
    text_put(out, "Content-Length: ", (int64_t)length, "\r\n");
  else if (length == ANSWER_CHUNKED)
    text_str(out, "Transfer-Encoding: chunked\r\n");
  if (ours->framing.close) text_str(out, "Connection: close\r\n");
  else if (ours->framing.keep_alive_1_0)
    text_str(out, "Connection: keep-alive\r\n");
  if (ours->race) add_race(out, ours->race);
  text_slice(out, ours->via_line);
  if (ours->request_id.len > 0)
    text_line(out, "X-Request-ID: ", ours->request_id);
  text_str(out, "\r\n");
}

static void name_all(struct named *named, struct slice list) {
  struct slice name;
  while (http_item_next(&list, &name)) {
    if (slice_is(name, "close") || http_is_hop_by_hop(name)) continue;
    if (named->count == NAMED_MAX) named->too_many = true;
    else named->names[named->count++] = name;
  }
}

static bool is_named(const struct named *named, struct slice name) {
  if (named->too_many) return true;
  for (unsigned i = 0; i < named->count; i++)
    if (slice_equal_nocase(name, named->names[i])) return true;
  return false;
}

enum fate { PASS, DROP, NOTE_DATE, NOTE_CONNECTION };

/* Names are spelled as most write them: comparing is quick then. */
static enum fate fate_of(struct slice name) {
  switch (name.at[0] | 0x20) { /* lower case, where it is a letter */
    case 'c':
      if (slice_is(name, "Connection")) return NOTE_CONNECTION;
      return slice_is(name, "Content-Length") ? DROP : PASS;
    case 'd': return slice_is(name, "Date") ? NOTE_DATE : PASS;
    case 'h': return slice_starts_with_nocase(name, "Hedge-") ? DROP : PASS;
    case 'x': return slice_is(name, "X-Request-ID") ? DROP : PASS;
    case 'k':
    case 'p':
    case 't':
    case 'u': return http_is_hop_by_hop(name) ? DROP : PASS;
    default: return PASS;
  }
}

static struct slice after_first_line(struct slice head) {
  size_t len = slice_until(head, '\n').len;
  return slice_from(head, len < head.len ? len + 1 : len);
}

/* The white space between colon and value crosses as it came, so that a head
 * never grows; the line end is ours. */
static void pass_field(struct text *out, const struct http_field *field) {
  if (field->value.len == 0) {
    text_put(out, field->name, ":\r\n");
    return;
  }
  const char *end = field->value.at + field->value.len;
  size_t len = (size_t)(end - field->name.at);
  text_line(out, "", (struct slice){field->name.at, len});
}

static bool stays_here(const struct answer_more *more,
                       const struct http_field *field) {
  struct slice name = field->name;
  return (more->cors && cors_owns(name)) ||
         (more->unchanged && !conditional_crosses(name)) ||
         (more->varies && slice_is(name, "Vary") &&
          slice_is(field->value, "Accept-Encoding"));
}

static bool is_link(struct slice name) {
  return slice_is(name, "Link") || slice_is(name, "Location") ||
         slice_is(name, "Content-Location");
}

/* One whose links would grow beyond all measure crosses as it is. */
static void pass_link(struct text *out, const struct http_field *field,
                      const struct links_rule *rule) {
  if (links_room(field->value, rule) > field->value.len + LINKS_GROW_MAX) {
    pass_field(out, field);
    return;
  }
  text_slice(out, field->name);
  text_str(out, ": ");
  if (slice_is(field->name, "Link")) links_write_link(out, field->value, rule);
  else links_write_location(out, field->value, rule);
  text_str(out, "\r\n");
}

/* Leaves out what is in `skip`, and collects what Connection names in `named`
 * where that is not NULL. Returns whether a Date crossed. */
static bool pass_fields(struct text *out, struct slice lines,
                        const struct named *skip, struct named *named,
                        const struct answer_more *more) {
  bool dated = false;
  while (lines.len > 0) {
    struct http_field field;
    if (!http_field_next(&lines, &field)) {
      lines = after_first_line(lines);
      continue;
    }
    enum fate fate = fate_of(field.name);
    if (fate == NOTE_CONNECTION && named) name_all(named, field.value);
    if (fate == DROP || fate == NOTE_CONNECTION) continue;
    if (skip && is_named(skip, field.name)) continue;
    if (fate == NOTE_DATE) dated = true;
    if (stays_here(more, &field)) continue;
    if (more->links && is_link(field.name)) pass_link(out, &field, more->links);
    else pass_field(out, &field);
  }
  return dated;
}

void answer_passed_head(struct text *out, int status, struct slice fields,
                        uint64_t length, const struct answer_ours *ours,
                        const struct answer_more *more) {
  struct named named;
  named.count = 0;
  named.too_many = false;
  http_status_line(out, status);
  size_t start = out->len;
  bool dated = pass_fields(out, fields, NULL, &named, more);
  if (named.count > 0) {
    out->len = start;
    dated = pass_fields(out, fields, &named, NULL, more);
  }
  if (!dated) text_slice(out, ours->date_line);
  add_ours(out, length, ours, more->fields);
}

void answer_own_head(struct text *out, const struct answer_own *own,
                     const struct answer_ours *ours, struct slice fields) {
  http_status_line(out, own->status);
  text_slice(out, ours->date_line);
  if (own->content_type)
    text_line(out, "Content-Type: ", slice_of(own->content_type));
  if (own->status >= 400) text_str(out, "Cache-Control: no-store\r\n");
  if (own->allow) text_line(out, "Allow: ", slice_of(own->allow));
  if (own->retry_after_s > 0)
    text_put(out, "Retry-After: ", own->retry_after_s, "\r\n");
  if (own->gathered) {
    text_put(out, "Hedge-Completed: ", own->completed, "/", own->items, "\r\n");
  }
  add_ours(out, own->length, ours, fields);
}

/* Takes back what was added since `len` if it was cut. */
static bool kept_whole(struct text *out, size_t len) {
  if (!out->cut) return true;
  out->len = len;
  out->cut = false;
  return false;
}

static bool add_detail(struct text *out, struct slice detail) {
  size_t len = out->len;
  text_put(out, ",\"detail\":", as_json(detail));
  return kept_whole(out, len);
}

static bool add_attempt(struct text *out, const struct attempt_record *attempt,
                        int64_t from_us, bool first) {
  size_t len = out->len;
  if (!first) text_char(out, ',');
  attempt_record_json(out, attempt, from_us, RECORD_IN_PROBLEM);
  return kept_whole(out, len);
}

/* Returns how many were left out. The array is open when it returns. */
static unsigned add_attempts(struct text *out, const struct race_record *race) {
  const struct attempt_record *attempt;
  unsigned at = 0, told = 0;
  text_str(out, opening);
  while ((attempt = race_record_next(race, &at))) {
    if (!add_attempt(out, attempt, race->start_us, told == 0))
      return 1 + race_record_left(race, at);
    told++;
  }
  return 0;
}

void answer_problem(struct text *out, int status, struct slice detail,
                    const struct race_record *race) {
  if (out->cut || out->cap - out->len < ANSWER_PROBLEM_BYTES) {
    out->cut = true;
    return;
  }
  out->cap -= OPENING_BYTES + CLOSING_BYTES;
  text_put(out, "{\"type\":\"about:blank\",\"title\":\"", http_reason(status),
           "\",\"status\":", status);
  bool detailed = add_detail(out, detail);
  out->cap += OPENING_BYTES;
  unsigned left_out = race ? add_attempts(out, race) : 0;
  out->cap += CLOSING_BYTES;
  if (race) text_char(out, ']');
  if (left_out > 0) text_put(out, ",\"attempts_left_out\":", left_out);
  text_char(out, '}');
  if (!detailed || left_out > 0) out->cut = true;
}

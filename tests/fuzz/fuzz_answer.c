/* fuzz_answer: an upstream's response, behind a line of letters that choose the
 * framing, into core/answer; and the same bytes as the words of a problem.
 *
 * The head that passes it on is read again, with a body of two bytes behind it:
 * it is one response of just that body, kept alive or closed as the connection
 * wants. Each field is ours, or one of the upstream's in its order, and none
 * that may not cross. A problem is one JSON object in whatever room, and whole
 * in the room that answer.h names. */
#include <stdlib.h>

#include "core/answer.h"
#include "core/http_head.h"
#include "core/http_response.h"
#include "fuzz/fuzz.h"

static const struct answer_more nothing_more;

enum { ATTEMPTS = 4, T0 = 7000000 };

static bool is(struct slice name, const char *other) {
  return slice_equal_nocase(name, slice_of(other));
}

static bool begins(struct slice name, const char *prefix) {
  size_t len = strlen(prefix);
  return name.len >= len && is((struct slice){name.at, len}, prefix);
}

/* ---- what may cross ---- */

static struct slice without_blanks(struct slice text) {
  while (text.len > 0 && strchr(" \t", text.at[0])) text = slice_from(text, 1);
  while (text.len > 0 && strchr(" \t", text.at[text.len - 1])) text.len--;
  return text;
}

static bool list_names(struct slice list, struct slice name) {
  while (list.len > 0) {
    const char *comma = memchr(list.at, ',', list.len);
    size_t len = comma ? (size_t)(comma - list.at) : list.len;
    struct slice member = without_blanks((struct slice){list.at, len});
    if (slice_equal_nocase(member, name)) return true;
    list = slice_from(list, comma ? len + 1 : len);
  }
  return false;
}

static bool is_named(struct slice lines, struct slice name) {
  struct http_field field;
  while (lines.len > 0 && http_field_next(&lines, &field))
    if (is(field.name, "Connection") && list_names(field.value, name))
      return true;
  return false;
}

static bool may_cross(struct slice lines, struct slice name) {
  return !http_is_hop_by_hop(name) && !is(name, "Content-Length") &&
         !is(name, "X-Request-ID") && !begins(name, "Hedge-") &&
         (is(name, "close") || !is_named(lines, name));
}

/* Goes on in *lines behind the field that equals this one. */
static bool find(struct slice *lines, const struct http_field *wanted) {
  struct http_field field;
  struct slice rest = *lines;
  while (rest.len > 0 && http_field_next(&rest, &field)) {
    if (!slice_equal(field.name, wanted->name) ||
        !slice_equal(field.value, wanted->value))
      continue;
    *lines = rest;
    return true;
  }
  return false;
}

/* ---- the head, read again ---- */

static struct slice lines_of(struct slice head) {
  const char *end = memchr(head.at, '\n', head.len);
  return slice_from(head, (size_t)(end + 1 - head.at));
}

static void check_status(struct slice answer, int status) {
  struct text line = fuzz_text(64);
  text_str(&line, "HTTP/1.1 ");
  text_int(&line, status);
  text_char(&line, ' ');
  text_slice(&line, http_reason(status));
  text_str(&line, "\r\n");
  demand(slice_starts_with(answer, text_slice_of(&line)),
         "the status is said in our words");
  free(line.at);
}

/* The upstream's first, then from the first of ours on ours only. */
static void check_fields(struct slice answer, struct slice upstream,
                         const struct race_record *race) {
  struct slice lines = lines_of(answer), left = upstream;
  struct http_field field;
  unsigned ids = 0, dates = 0, lengths = 0, winners = 0;
  bool ours = false;
  for (lines.len -= 2; lines.len > 0;) {
    demand(http_field_next(&lines, &field), "a line is a field");
    ids += is(field.name, "X-Request-ID");
    dates += is(field.name, "Date");
    winners += is(field.name, "Hedge-Winner");
    bool length = is(field.name, "Content-Length");
    bool date = is(field.name, "Date") &&
                slice_equal(field.value, slice_of("Sat, 21 Nov 2026"));
    lengths += length;
    ours |= length;
    demand(ours || date || may_cross(upstream, field.name),
           "what may not cross does not");
    demand(ours || find(&left, &field) || date,
           "what crosses is the upstream's, in its order");
  }
  demand(lengths == 1 && ids == 1 && winners == (race != NULL),
         "ours are there");
  demand(dates >= 1, "there is a date");
}

static void check_read(struct text *answer, struct answer_framing framing,
                       int status) {
  struct http_response response;
  enum response_progress progress;
  http_response_init(&response);
  do progress = http_response_read(&response, answer->at, &answer->len);
  while (progress == RESPONSE_HEAD || progress == RESPONSE_BODY);
  demand(progress == RESPONSE_DONE && response.used == answer->len,
         "the answer is one response");
  demand(response.status == status && response.head_at == 0, "of that status");
  demand(response.body_len == 2 && response.length == 2, "with its body");
  demand((response.keep_us > 0) == !framing.close, "framed as it was to be");
}

/* ---- both ---- */

static void pass_on(struct slice upstream, int status,
                    struct answer_framing framing,
                    const struct race_record *race) {
  struct answer_ours ours = {.race = race,
                             .request_id = slice_of("id-1"),
                             .via_line = slice_of("Via: 1.1 hedgerow-1\r\n"),
                             .date_line =
                                 slice_of("Date: Sat, 21 Nov 2026\r\n"),
                             .framing = framing};
  struct text answer =
      fuzz_text(ANSWER_HEAD_BYTES + upstream.len + ours.request_id.len +
                ours.via_line.len + ours.date_line.len);
  answer_passed_head(&answer, status, upstream, 2, &ours, &nothing_more);
  demand(!answer.cut, "a head is not cut in the room that it was promised");
  check_status(text_slice_of(&answer), status);
  check_fields(text_slice_of(&answer), upstream, race);
  text_str(&answer, "{}");
  check_read(&answer, framing, status);
  free(answer.at);
}

static void pass_response(struct slice bytes, struct slice letters,
                          const struct race_record *race) {
  struct http_response response;
  char *copy = fuzz_copy(bytes);
  size_t len = bytes.len;
  struct answer_framing framing = {fuzz_contains(letters, slice_of("c")),
                                   fuzz_contains(letters, slice_of("k"))};
  http_response_init(&response);
  bool headed =
      len > 0 && http_response_read(&response, copy, &len) == RESPONSE_HEAD;
  int status = response.status;
  bool passes = status / 100 == 4 || (status / 100 == 2 && status != 204);
  if (headed && passes)
    pass_on(http_response_fields(&response, copy), status, framing, race);
  free(copy);
}

static void write_problem(struct slice words, size_t room,
                          const struct race_record *race, bool fits) {
  struct text body = fuzz_text(room);
  answer_problem(&body, 502, words, race);
  demand(body.len == 0 || fuzz_is_json(text_slice_of(&body)),
         "a problem is JSON");
  demand((body.len > 0) == (room >= ANSWER_PROBLEM_BYTES),
         "a problem says something where there is room");
  demand(!fits || !body.cut, "a problem is whole in the room it was promised");
  demand(!fuzz_has_control(text_slice_of(&body)), "a problem is one line");
  free(body.at);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct slice bytes = fuzz_input(data, size);
  struct text error = fuzz_text(size + 1);
  text_slice(&error, bytes);
  const struct attempt_record attempts[ATTEMPTS] = {
      {.start_us = T0,
       .end_us = T0 + 1234,
       .end = {ATTEMPT_STATUS, .status = 500},
       .error = text_end(&error)},
      {.target = 1,
       .start_us = T0,
       .end_us = INT64_MAX,
       .end.result = ATTEMPT_TRANSPORT},
      {0}, /* a gap */
      {.start_us = T0 + 5000,
       .end_us = T0,
       .end = {ATTEMPT_SUCCESS, .status = 200}}};
  const struct race_record race = {.started = 3,
                                   .winner = 2,
                                   .start_us = T0,
                                   .attempts = attempts,
                                   .count = ATTEMPTS};
  size_t whole = ANSWER_PROBLEM_BYTES + 6 * size + 6 * size +
                 ATTEMPTS * ANSWER_PROBLEM_ATTEMPT_BYTES;
  write_problem(bytes, whole, &race, true);
  write_problem(bytes, 1 + size % 1024, &race, false);
  write_problem(bytes, 1 + size * 7 % 1024, NULL, false);
  struct slice letters = fuzz_line(&bytes);
  pass_response(bytes, letters,
                fuzz_contains(letters, slice_of("r")) ? &race : NULL);
  free(error.at);
  return 0;
}

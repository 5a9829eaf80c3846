/* fuzz_http_response: any bytes, into the reader of responses and the verdict
 * on them, as io/intake drives both.
 *
 * However the bytes were cut, though the buffer moves with each of them, and
 * whether or not the body is dropped as it comes, head, body, end, what came
 * behind the end, and the verdict are the same, and all but the head also for a
 * reader that keeps nothing of what it read. Where a body was framed, it is
 * found a second time here, by a reader that needs all bytes at once and knows
 * nothing of states.
 *
 * What was asked, and what is wanted, goes by the length of the input, so that
 * a seed is a response and nothing else. */
#include <stdlib.h>

#include "core/http_head.h"
#include "core/http_response.h"
#include "core/verdict.h"
#include "fuzz/fuzz.h"

enum { BODY_MAX = 1 << 20, CALLS_MAX = 4 };

struct reading {
  struct http_response response;
  struct verdict verdict;
  enum response_progress progress;
  bool judged; /* the verdict is certain */
  bool ended;  /* ... because the body was at its end */
  size_t fed;  /* of the body, to the verdict */
  bool drops;  /* the body is dropped as it comes, to here: */
  struct text dropped;
  char *bytes; /* exactly len of them */
  size_t len;
};

static void judge_body(struct reading *reading) {
  const char *body = reading->bytes + reading->response.body_at;
  size_t from = reading->fed;
  reading->fed = reading->response.body_len;
  if (!reading->judged)
    reading->judged =
        !verdict_body(&reading->verdict, body + from, reading->fed - from);
  if (!reading->drops) return;
  text_add(&reading->dropped, body, reading->fed);
  http_response_drop_body(&reading->response, reading->bytes, &reading->len);
  reading->fed = 0;
}

static void judge(struct reading *reading) {
  if (reading->progress == RESPONSE_HEAD) {
    struct response_meaning head =
        http_response_meaning(&reading->response, reading->bytes);
    reading->judged = !verdict_head(&reading->verdict, &head);
  } else if (reading->progress == RESPONSE_BODY) {
    judge_body(reading);
  } else if (!reading->judged && reading->progress == RESPONSE_DONE) {
    verdict_end(&reading->verdict);
    reading->judged = reading->ended = true;
  } else if (!reading->judged && reading->progress == RESPONSE_BAD) {
    verdict_broken(&reading->verdict, ATTEMPT_TRANSPORT, reading->response.why);
    reading->judged = true;
  }
}

static void check_offsets(const struct reading *reading) {
  const struct http_response *response = &reading->response;
  demand(response->head_at + response->head_len <= reading->len,
         "the head lies in the bytes");
  demand(response->location_at + response->location_len <= reading->len,
         "Location lies in the bytes");
  if (reading->progress == RESPONSE_MORE || reading->progress == RESPONSE_BAD)
    return;
  demand(response->body_at == response->head_at + response->head_len,
         "the body stands behind the head");
  demand(response->body_at + response->body_len <= response->used &&
             response->used <= reading->len,
         "the body lies in the bytes");
}

/* The field lines are what the head has besides its first line and its empty
 * one, also when the body has come; and its meaning points nowhere else. */
static void check_fields(const struct reading *reading) {
  const struct http_response *response = &reading->response;
  struct slice head = {reading->bytes + response->head_at, response->head_len};
  struct slice fields = http_response_fields(response, reading->bytes);
  struct response_meaning meaning =
      http_response_meaning(response, reading->bytes);
  demand(fuzz_inside(meaning.location, fields), "Location is a field's value");
  demand(meaning.status == response->status && meaning.status >= 101,
         "the status is the head's");
  const char *line_end = memchr(head.at, '\n', head.len);
  demand(fields.at == line_end + 1 &&
             fields.at + fields.len + 2 == head.at + head.len,
         "the fields are what the head has besides its first and last line");
  struct http_field field;
  while (fields.len > 0)
    demand(http_field_next(&fields, &field), "a field line is one");
}

static bool is_over(const struct reading *reading) {
  return reading->progress == RESPONSE_DONE ||
         reading->progress == RESPONSE_BAD;
}

/* All that can be read of what is there. */
static void advance(struct reading *reading) {
  unsigned calls = 0;
  do {
    size_t before = reading->len;
    demand(calls++ < CALLS_MAX, "a call takes all that there is");
    reading->progress =
        http_response_read(&reading->response, reading->bytes, &reading->len);
    demand(reading->len <= before, "the bytes do not grow");
    check_offsets(reading);
    if (reading->progress == RESPONSE_HEAD ||
        reading->progress == RESPONSE_DONE)
      check_fields(reading);
    judge(reading);
  } while (reading->progress == RESPONSE_HEAD ||
           reading->progress == RESPONSE_BODY);
}

/* Moves to another block, with the next bytes behind. */
static void grow(struct reading *reading, struct slice piece) {
  struct text moved = fuzz_text(reading->len + piece.len);
  text_add(&moved, reading->bytes, reading->len);
  text_slice(&moved, piece);
  free(reading->bytes);
  reading->bytes = moved.at;
  reading->len = moved.len;
}

static void close_connection(struct reading *reading) {
  enum response_progress before = reading->progress;
  struct http_response cut = reading->response;
  enum response_progress at_cut = http_response_cut(&cut);
  reading->progress = http_response_end(&reading->response);
  demand(at_cut == reading->progress ||
             (at_cut == RESPONSE_BAD && !cut.delimited),
         "a cut breaks no body but one that only a close ends");
  demand(is_over(reading), "the connection's end is the end");
  demand(before == RESPONSE_MORE || before == reading->progress,
         "DONE and BAD are for good");
  judge(reading);
}

static void read_all(struct reading *reading, struct slice bytes,
                     uint64_t variant, bool whole) {
  struct fuzz_cuts cuts = fuzz_cuts_of(bytes, variant);
  *reading = (struct reading){.progress = RESPONSE_MORE, .bytes = malloc(0)};
  reading->drops = !whole && variant % 2 == 1;
  reading->dropped = fuzz_text(bytes.len + 1);
  http_response_init(&reading->response);
  reading->response.to_head = bytes.len % 7 == 6;
  verdict_init(&reading->verdict, (enum success)(bytes.len / 7 % 3), BODY_MAX,
               JSON_DEPTH_MAX);
  reading->verdict.keep_errors = bytes.len % 7 > 3;
  while (bytes.len > 0) {
    size_t len = whole ? bytes.len : fuzz_cut(&cuts, bytes.len);
    grow(reading, (struct slice){bytes.at, len});
    if (!is_over(reading)) advance(reading);
    bytes = slice_from(bytes, len);
  }
  if (reading->progress == RESPONSE_MORE) close_connection(reading);
}

/* ---- the same, however it was cut ---- */

static struct slice head_of(const struct reading *reading) {
  return (struct slice){reading->bytes + reading->response.head_at,
                        reading->response.head_len};
}

static struct slice body_of(const struct reading *reading) {
  if (reading->drops) return text_slice_of(&reading->dropped);
  return (struct slice){reading->bytes + reading->response.body_at,
                        reading->response.body_len};
}

static struct slice rest_of(const struct reading *reading) {
  size_t used = reading->response.used;
  return (struct slice){reading->bytes + used, reading->len - used};
}

static void check_same_response(const struct reading *a,
                                const struct reading *b) {
  const struct http_response *x = &a->response, *y = &b->response;
  demand(a->progress == b->progress, "a cut changes no end");
  demand(x->status == y->status && x->http_1_0 == y->http_1_0 &&
             x->keep_us == y->keep_us && x->delimited == y->delimited &&
             x->coding == y->coding && x->retry_after == y->retry_after &&
             x->length == y->length && x->location_at == y->location_at &&
             x->location_len == y->location_len,
         "a cut changes nothing that the head says");
  demand(slice_equal(head_of(a), head_of(b)), "a cut changes no head");
  demand(slice_equal(body_of(a), body_of(b)), "a cut changes no body");
  demand(a->progress != RESPONSE_BAD || strcmp(x->why, y->why) == 0,
         "a cut changes no reason");
  demand(a->progress != RESPONSE_DONE || slice_equal(rest_of(a), rest_of(b)),
         "a cut changes nothing of what comes behind");
}

static void check_same_verdict(const struct verdict *a,
                               const struct verdict *b) {
  demand(a->end.result == b->end.result && a->end.status == b->end.status &&
             a->end.whole == b->end.whole &&
             a->end.retry_after == b->end.retry_after,
         "a cut changes no verdict");
  demand(strcmp(a->error, b->error) == 0, "a cut changes no word of it");
}

/* ---- the body, found a second time ---- */

static void check_chunks(const struct reading *reading, struct slice rest) {
  rest = fuzz_body_of_chunks(rest, body_of(reading));
  demand(slice_equal(rest_of(reading), fuzz_behind_trailers(rest)),
         "what comes behind the chunks is left as it was");
}

static void check_framing(const struct reading *reading, struct slice bytes) {
  const struct http_response *response = &reading->response;
  struct slice rest = slice_from(bytes, response->body_at);
  bool bodiless = response->status == 204 || response->status == 304 ||
                  (response->to_head && response->status != 101);
  demand(response->keep_us >= 0, "no time is negative");
  demand(response->keep_us == 0 || response->delimited,
         "only what is delimited keeps a connection alive");
  demand(!bodiless || (response->bodiless && response->delimited),
         "what has no body says so");
  if (bodiless) demand(response->body_len == 0, "there is no body");
  else if (response->length != UINT64_MAX && response->status != 101)
    demand(response->body_len == response->length &&
               slice_equal(body_of(reading),
                           (struct slice){rest.at, response->body_len}),
           "the body is as long as its Content-Length says");
  else if (response->delimited) check_chunks(reading, rest);
  else
    demand(slice_equal(body_of(reading), rest),
           "the body goes up to the connection's end");
}

static void check_success(const struct reading *reading) {
  bool success = reading->verdict.end.result == ATTEMPT_SUCCESS;
  if (!success) {
    demand(reading->verdict.error[0] != '\0', "a failure has words");
    return;
  }
  demand(reading->progress == RESPONSE_DONE && reading->ended,
         "a success is whole");
  enum success wanted = reading->verdict.success;
  int status = reading->response.status;
  demand(status != 101, "a success is HTTP");
  demand(wanted == SUCCESS_ANY || (status / 100 == 2 && status != 206),
         "a success is a 2xx");
  demand(wanted != SUCCESS_2XX || reading->response.delimited,
         "a success has an end");
  demand(wanted != SUCCESS_JSON || fuzz_is_json(body_of(reading)),
         "a success is JSON");
}

/* ---- the same for a reader that keeps nothing ---- */

/* Takes head and body out of the bytes, and the body into `passed`. */
static void forget(struct reading *reading, struct text *passed) {
  text_slice(passed, body_of(reading));
  http_response_forget(&reading->response, reading->bytes, &reading->len);
  demand(body_of(reading).len == 0 && reading->response.used == 0,
         "nothing of what was forgotten is left");
}

static void check_forgetting(const struct reading *whole, struct slice bytes,
                             uint64_t variant) {
  struct fuzz_cuts cuts = fuzz_cuts_of(bytes, variant);
  struct reading reading = {.progress = RESPONSE_MORE, .bytes = malloc(0)};
  struct text passed = fuzz_text(bytes.len);
  http_response_init(&reading.response);
  reading.response.to_head = whole->response.to_head;
  while (bytes.len > 0) {
    size_t len = fuzz_cut(&cuts, bytes.len);
    grow(&reading, (struct slice){bytes.at, len});
    bytes = slice_from(bytes, len);
    if (is_over(&reading)) continue;
    do
      reading.progress =
          http_response_read(&reading.response, reading.bytes, &reading.len);
    while (reading.progress == RESPONSE_HEAD ||
           reading.progress == RESPONSE_BODY);
    if (reading.progress == RESPONSE_MORE && reading.response.head_len > 0)
      forget(&reading, &passed);
  }
  if (reading.progress == RESPONSE_MORE)
    reading.progress = http_response_end(&reading.response);
  text_slice(&passed, body_of(&reading));
  demand(reading.progress == whole->progress &&
             reading.response.status == whole->response.status,
         "to forget changes no end");
  demand(slice_equal(text_slice_of(&passed), body_of(whole)),
         "to forget changes no body");
  demand(reading.progress != RESPONSE_DONE ||
             slice_equal(rest_of(&reading), rest_of(whole)),
         "to forget changes nothing of what comes behind");
  free(passed.at);
  free(reading.bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct slice bytes = fuzz_input(data, size);
  struct reading whole, cut;
  read_all(&whole, bytes, 0, true);
  for (uint64_t variant = size > 512; variant < 4; variant++) {
    read_all(&cut, bytes, variant, false);
    check_same_response(&whole, &cut);
    check_same_verdict(&whole.verdict, &cut.verdict);
    free(cut.bytes);
    free(cut.dropped.at);
    check_forgetting(&whole, bytes, variant);
  }
  if (whole.progress == RESPONSE_DONE) check_framing(&whole, bytes);
  check_success(&whole);
  free(whole.bytes);
  free(whole.dropped.at);
  return 0;
}

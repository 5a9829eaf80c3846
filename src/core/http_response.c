/* http_response: one response, read in place as its bytes arrive.
 *
 *   IN_HEAD --+-- no body ----------------------------------> WHOLE
 *    ^   |    +--> IN_LENGTH -------------------------------> WHOLE
 *    +1xx+    +--> UNTIL_CLOSE --- the connection ends -----> WHOLE
 *             +--> IN_CHUNKS (core/chunks) ------------------> WHOLE
 *   any of them ---------- a byte out of place, or a cut -----> BROKEN
 *
 * A proxy that finds another end of a response than the upstream meant hands
 * the rest of it to the next client. So, as in http_request, there is one
 * reading or none: nothing that decides where the body ends is guessed,
 * repaired or taken twice.
 *
 * On the path of every request: a body with a length stays where it is and is
 * only counted; one in chunks moves left over its framing (core/chunks). What a
 * peer may send behind the head without the body growing has a bound here or
 * there, as no cap of the caller's would see it.
 *
 * How large the heads and the body may be, and what a status means: the caller.
 */
#include "core/http_response.h"

#include "core/http_head.h"
#include "core/keep_alive.h"

enum state {
  IN_HEAD,
  IN_LENGTH,
  UNTIL_CLOSE,
  IN_CHUNKS,
  WHOLE,
  BROKEN,
};

/* What the fields of one head say. */
struct framing {
  bool is_chunked, asks_close, asks_keep_alive;
  int64_t keep_us; /* the shortest of its Keep-Alive fields */
};

static bool refuse(struct http_response *response, const char *why) {
  response->state = BROKEN;
  response->why = why;
  return false;
}

static bool refuse_version(struct http_response *response) {
  return refuse(response, "the response is neither HTTP/1.1 nor HTTP/1.0");
}

/* Whoever speaks something else is found out by the first byte that differs,
 * and not when a whole head has come, which it may never do. */
static bool check_start(struct http_response *response, struct slice bytes) {
  static const char start[] = "HTTP/1.";
  enum { START = sizeof start - 1, NAME = START - 2 };
  size_t len = bytes.len < START ? bytes.len : START;
  if (memcmp(bytes.at, start, len) == 0) return true;
  if (len > NAME && memcmp(bytes.at, start, NAME) == 0)
    return refuse_version(response);
  return refuse(response, "what came is no HTTP response");
}

/* Takes the status line off the head, which begins with "HTTP/1." (RFC 9112,
 * section 4). The reason phrase was looked at by the scan, and says nothing. */
static bool read_status_line(struct http_response *response,
                             struct slice *head) {
  const char *at = head->at, *end = memchr(at, '\r', head->len);
  size_t len = (size_t)(end - at);
  uint64_t status = 0;
  if (len >= 9 && (at[7] < '0' || at[7] > '1' || at[8] != ' '))
    return refuse_version(response);
  if (len < 12 || !http_parse_length((struct slice){at + 9, 3}, &status) ||
      (len > 12 && at[12] != ' '))
    return refuse(response, "the status line is not HTTP/1.1, one space, three "
                            "digits, one space, reason");
  if (status < 100) return refuse(response, "the status is below 100");
  response->http_1_0 = at[7] == '0';
  response->status = (int)status;
  *head = slice_from(*head, len + 2);
  return true;
}

static bool read_length(struct http_response *response, struct slice value) {
  if (response->length != UINT64_MAX)
    return refuse(response, "there is more than one Content-Length field");
  if (!http_parse_length(value, &response->length) ||
      response->length == UINT64_MAX)
    return refuse(response, "Content-Length is not one number of digits that "
                            "fits in 64 bits");
  return true;
}

static bool read_coding(struct http_response *response, struct slice value,
                        struct framing *framing) {
  if (framing->is_chunked || !slice_is(value, "chunked"))
    return refuse(response, "Transfer-Encoding is not chunked, and once");
  framing->is_chunked = true;
  return true;
}

static enum coding coding_of(struct slice value) {
  bool is_gzip = slice_is(value, "gzip") || slice_is(value, "x-gzip");
  if (slice_is(value, "identity")) return CODING_NONE;
  return is_gzip ? CODING_GZIP : CODING_OTHER;
}

/* Codings are listed in the order of their application; only one is known. */
static void note_coding(struct http_response *response, struct slice value) {
  enum coding next = coding_of(value);
  if (response->coding == CODING_NONE) response->coding = next;
  else if (next != CODING_NONE) response->coding = CODING_OTHER;
}

/* What a judge of the answer wants to know, noted here so that nobody has to go
 * over the fields again. */
static void note(struct http_response *response, struct http_field field,
                 const char *head) {
  struct slice name = field.name;
  if (slice_is(name, "Content-Encoding")) {
    note_coding(response, field.value);
  } else if (slice_is(name, "Retry-After")) {
    response->retry_after = true;
    response->retry_after_at =
        response->head_at + (size_t)(field.value.at - head);
    response->retry_after_len = field.value.len;
  } else if (slice_is(name, "Location")) {
    response->location_at = response->head_at + (size_t)(field.value.at - head);
    response->location_len = field.value.len;
  }
}

static void note_connection(const struct http_response *response,
                            struct slice value, struct framing *framing) {
  framing->asks_close |= http_list_has(value, slice_of("close"));
  framing->asks_keep_alive |=
      response->http_1_0 && http_list_has(value, slice_of("keep-alive"));
}

static void note_keep_alive(struct slice value, struct framing *framing) {
  int64_t us = keep_alive_us(value);
  if (us < framing->keep_us) framing->keep_us = us;
}

/* Looks at the fields that frame the response, or say how long its connection
 * is kept. Most have another length or first letter, and are passed by without
 * a look at the rest of the name. */
static bool read_meaning(struct http_response *response,
                         struct http_field field, struct framing *framing) {
  struct slice name = field.name, value = field.value;
  char letter = name.at[0] | 0x20;
  if (name.len == 10) {
    if (letter == 'c' && slice_is(name, "Connection"))
      note_connection(response, value, framing);
    else if (letter == 'k' && slice_is(name, "Keep-Alive"))
      note_keep_alive(value, framing);
  } else if (name.len == 14 && letter == 'c') {
    if (slice_is(name, "Content-Length")) return read_length(response, value);
  } else if (name.len == 17 && letter == 't') {
    if (slice_is(name, "Transfer-Encoding"))
      return read_coding(response, value, framing);
  }
  return true;
}

/* `lines` are the field lines without the empty line. */
static bool read_fields(struct http_response *response, const char *head,
                        struct slice lines, struct framing *framing) {
  struct http_field field;
  response->length = UINT64_MAX;
  while (lines.len > 0) {
    if (!http_field_next(&lines, &field))
      return refuse(response, "a field line of the head is malformed");
    if (!read_meaning(response, field, framing)) return false;
    note(response, field, head);
  }
  if (!framing->is_chunked) return true;
  if (response->length != UINT64_MAX)
    return refuse(response, "Content-Length and Transfer-Encoding exclude each "
                            "other");
  if (response->http_1_0)
    return refuse(response, "HTTP/1.0 has no Transfer-Encoding");
  return true;
}

static void skip_interim(struct http_response *response, size_t head_len) {
  response->status = 0;
  response->retry_after = false;
  response->coding = CODING_NONE;
  response->location_at = response->location_len = 0;
  response->retry_after_at = response->retry_after_len = 0;
  response->head_at += head_len;
  response->scanned = 0;
  response->used = response->head_at;
}

/* RFC 9112, section 6.3. */
static enum state body_state(const struct http_response *response,
                             const struct framing *framing) {
  int status = response->status;
  if (status == 101) return UNTIL_CLOSE; /* it is not HTTP any more */
  if (status == 204 || status == 304 || response->to_head) return WHOLE;
  if (framing->is_chunked) return IN_CHUNKS;
  if (response->length == UINT64_MAX) return UNTIL_CLOSE;
  return response->length > 0 ? IN_LENGTH : WHOLE;
}

static void begin_body(struct http_response *response, size_t head_len,
                       const struct framing *framing) {
  enum state state = body_state(response, framing);
  bool persists = !response->http_1_0 || framing->asks_keep_alive;
  response->state = (uint8_t)state;
  response->scanned = 0;
  response->left = state == IN_LENGTH ? response->length : 0;
  response->bodiless = state == WHOLE;
  response->delimited = state != UNTIL_CLOSE;
  response->keep_us = response->delimited && persists && !framing->asks_close
                          ? framing->keep_us
                          : 0;
  response->head_len = head_len;
  response->body_at = response->used = response->head_at + head_len;
  if (state == IN_CHUNKS)
    chunks_init(&response->chunks, UINT64_MAX, HTTP_TRAILERS_MAX);
}

/* Reads one head, and leaves IN_HEAD if it is the final one. */
static void read_head(struct http_response *response, struct slice head) {
  struct framing framing = {.keep_us = KEEP_ALIVE_UNSAID};
  struct slice rest = head;
  if (!read_status_line(response, &rest)) return;
  response->fields_at = response->head_at + (size_t)(rest.at - head.at);
  rest.len -= 2; /* the empty line */
  if (!read_fields(response, head.at, rest, &framing)) return;
  if (response->status < 200 && response->status != 101)
    skip_interim(response, head.len);
  else begin_body(response, head.len, &framing);
}

/* Neither this nor read_chunks is inline: most calls need neither, and would be
 * longer by what these keep. */
static __attribute__((noinline)) enum response_progress read_heads(
    struct http_response *response, struct slice bytes) {
  while (response->state == IN_HEAD) {
    struct slice rest = slice_from(bytes, response->head_at);
    if (!check_start(response, rest)) break;
    size_t len = 0;
    enum http_scan scan =
        http_head_scan(rest.at, rest.len, &response->scanned, &len);
    if (scan == HTTP_SCAN_MORE) return RESPONSE_MORE;
    if (scan == HTTP_SCAN_WHOLE)
      read_head(response, (struct slice){rest.at, len});
    else refuse(response, "the head holds a control byte or a bare line end");
  }
  return response->state == BROKEN ? RESPONSE_BAD : RESPONSE_HEAD;
}

static void read_by_length(struct http_response *response, size_t len) {
  size_t come = len - response->used;
  if (come >= response->left) {
    come = (size_t)response->left;
    response->state = WHOLE;
  }
  response->left -= come;
  response->body_len += come;
}

/* What is neither body nor framing follows the body afterwards. */
static __attribute__((noinline)) void read_chunks(
    struct http_response *response, char *bytes, size_t *len) {
  struct chunks *chunks = &response->chunks;
  char *body = bytes + response->body_at;
  size_t come = *len - response->body_at;
  enum chunks_progress progress = chunks_read(chunks, body, come);
  *len = response->body_at + chunks_close_gap(chunks, body, come);
  response->body_len = chunks->body_len;
  if (progress == CHUNKS_WHOLE) response->state = WHOLE;
  else if (progress != CHUNKS_MORE) refuse(response, chunks->why);
}

void http_response_init(struct http_response *response) {
  *response = (struct http_response){.state = IN_HEAD, .length = UINT64_MAX};
}

static void read_body(struct http_response *response, char *bytes,
                      size_t *len) {
  if (response->state == IN_LENGTH) read_by_length(response, *len);
  else if (response->state == UNTIL_CLOSE)
    response->body_len = *len - response->body_at;
  else read_chunks(response, bytes, len);
  response->used = response->body_at + response->body_len;
}

enum response_progress http_response_read(struct http_response *response,
                                          char *bytes, size_t *len) {
  size_t body_before = response->body_len;
  if (response->state == IN_HEAD)
    return read_heads(response, (struct slice){bytes, *len});
  if (response->state < WHOLE) read_body(response, bytes, len);
  if (response->body_len > body_before) return RESPONSE_BODY;
  if (response->state == WHOLE) return RESPONSE_DONE;
  return response->state == BROKEN ? RESPONSE_BAD : RESPONSE_MORE;
}

void http_response_drop_body(struct http_response *response, char *bytes,
                             size_t *len) {
  char *body = bytes + response->body_at;
  size_t drop = response->body_len;
  *len -= drop;
  memmove(body, body + drop, *len - response->body_at);
  response->body_len = 0;
  response->used -= drop;
  if (response->state != IN_CHUNKS) return;
  response->chunks.body_len -= drop;
  response->chunks.read -= drop;
}

enum response_progress http_response_end(struct http_response *response) {
  switch (response->state) {
    case UNTIL_CLOSE: response->state = WHOLE; break;
    case WHOLE:
    case BROKEN: break;
    case IN_HEAD:
      refuse(response, response->scanned > 0
                           ? "the connection closed inside the head"
                           : "the connection closed before a response");
      break;
    default: refuse(response, "the connection closed inside the body");
  }
  return response->state == WHOLE ? RESPONSE_DONE : RESPONSE_BAD;
}

enum response_progress http_response_cut(struct http_response *response) {
  if (response->state == UNTIL_CLOSE)
    refuse(response, "the connection was cut: TLS ended without close_notify, "
                     "and the body has no other end");
  return http_response_end(response);
}

void http_response_forget(struct http_response *response, char *bytes,
                          size_t *len) {
  size_t end = response->body_at + response->body_len;
  *len -= end;
  memmove(bytes, bytes + end, *len);
  chunks_forget_body(&response->chunks);
  response->head_at = response->body_at = response->body_len = 0;
  response->location_at = response->location_len = response->used = 0;
  response->retry_after_at = response->retry_after_len = 0;
}

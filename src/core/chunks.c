/* chunks: a body in chunked transfer coding, undone in place.
 *
 *      +--------------------------------- CHUNK_END <--+
 *      v                                               |
 *   IN_SIZE --+--> IN_GAP --+                          |
 *             |             v                          |
 *             +------> IN_EXTENSION --+                |
 *             |                       v                |
 *             +-----------> BEFORE_CHUNK -- size > 0 --+-> IN_CHUNK
 *                                 |   +---- too much -----> LARGE
 *                                 +-- size 0 --> IN_TRAILERS --> WHOLE
 *   any of them ---------------- a byte out of place ---------> BROKEN
 *
 * Who finds another end of a body than its sender meant hands the rest of it to
 * the next request or response. So there is one reading or none: no size is
 * guessed, and no line end is repaired.
 *
 * The framing leaves nothing behind but a trailer line, which waits until it is
 * whole and the rule for field lines can judge it. What a peer may send without
 * the body growing has a bound here, since no cap on the body would see it; and
 * a chunk is held against the cap as soon as its size is known, before any of
 * its bytes have come. */
#include "core/chunks.h"

#include "core/http_head.h"
#include "core/percent.h"

enum state {
  IN_SIZE,      /* `scanned` counts the digits, `left` is their value */
  IN_GAP,       /* white space that a ';' must follow */
  IN_EXTENSION, /* `scanned` counts its bytes, and those of the gap */
  BEFORE_CHUNK, /* between the CR and the LF of the size's line */
  IN_CHUNK,
  CHUNK_END,   /* `scanned` is 1 once the CR was there */
  IN_TRAILERS, /* `scanned` bytes of a line hold no LF; `left` may still come */
  WHOLE,
  LARGE,
  BROKEN,
};

static void chunks_refuse(struct chunks *chunks, const char *why) {
  chunks->state = BROKEN;
  chunks->why = why;
}

static const char not_digits[] = "a chunk size is not hexadecimal digits only";
static const char long_extension[] = "a chunk extension is too long";

/* White space in front of an extension belongs to it (RFC 9110, 5.6.3). In
 * front of a line end it is refused: there readers differ. */
static void chunks_take_gap(struct chunks *chunks, char c) {
  if (c != ';' && c != ' ' && c != '\t') chunks_refuse(chunks, not_digits);
  else if (chunks->scanned++ == CHUNKS_EXTENSION_MAX)
    chunks_refuse(chunks, long_extension);
  else chunks->state = c == ';' ? IN_EXTENSION : IN_GAP;
}

static void chunks_take_size(struct chunks *chunks, char c) {
  int digit = percent_hex(c);
  if (digit >= 0) {
    if (chunks->scanned++ == CHUNKS_DIGITS_MAX)
      chunks_refuse(chunks, "a chunk size has too many digits");
    chunks->left = chunks->left << 4 | (unsigned)digit;
  } else if (chunks->scanned > 0 && c == '\r') {
    chunks->state = BEFORE_CHUNK;
  } else if (chunks->scanned > 0) {
    chunks->scanned = 0;
    chunks_take_gap(chunks, c);
  } else {
    chunks_refuse(chunks, not_digits);
  }
}

/* Extensions are counted and dropped (RFC 9112, section 7.1.1). */
static void chunks_take_extension(struct chunks *chunks, char c) {
  bool is_control = ((unsigned char)c < ' ' && c != '\t') || c == 0x7f;
  if (c == '\r') chunks->state = BEFORE_CHUNK;
  else if (is_control)
    chunks_refuse(chunks,
                  "a chunk extension holds a control byte or a bare LF");
  else if (chunks->scanned++ == CHUNKS_EXTENSION_MAX)
    chunks_refuse(chunks, long_extension);
}

static void chunks_begin_chunk(struct chunks *chunks, char c) {
  chunks->scanned = 0;
  if (c != '\n') {
    chunks_refuse(chunks, "a chunk size is followed by a bare CR");
  } else if (chunks->left > chunks->body_max - chunks->body_len) {
    chunks->state = LARGE;
    chunks->why = "the body is larger than it may be";
  } else if (chunks->left > 0) {
    chunks->state = IN_CHUNK;
  } else {
    chunks->state = IN_TRAILERS;
    chunks->left = chunks->trailers_max;
  }
}

static void chunks_end_chunk(struct chunks *chunks, char c) {
  if (c != "\r\n"[chunks->scanned]) {
    chunks_refuse(chunks, "a chunk is not followed by CRLF");
  } else if (chunks->scanned++ == 1) {
    chunks->state = IN_SIZE;
    chunks->scanned = 0;
  }
}

static void chunks_take_framing(struct chunks *chunks, char c) {
  switch (chunks->state) {
    case IN_SIZE: chunks_take_size(chunks, c); break;
    case IN_GAP: chunks_take_gap(chunks, c); break;
    case IN_EXTENSION: chunks_take_extension(chunks, c); break;
    case BEFORE_CHUNK: chunks_begin_chunk(chunks, c); break;
    case CHUNK_END: chunks_end_chunk(chunks, c); break;
  }
}

/* Moves what has come of a chunk to the end of the body; returns how much. */
static size_t chunks_move_data(struct chunks *chunks, char *body_end,
                               struct slice rest) {
  size_t come = rest.len;
  if (come >= chunks->left) {
    come = (size_t)chunks->left;
    chunks->state = CHUNK_END;
  }
  if (body_end != rest.at) memmove(body_end, rest.at, come);
  chunks->left -= come;
  chunks->body_len += come;
  return come;
}

/* Takes a trailer line, or the empty line behind the last; returns how long it
 * is, and 0 when it has no end yet or is refused. */
static size_t chunks_take_trailer(struct chunks *chunks, struct slice rest) {
  size_t seen = chunks->scanned;
  const char *end = memchr(rest.at + seen, '\n', rest.len - seen);
  struct slice line = rest;
  if (end) line.len = (size_t)(end - rest.at) + 1;
  chunks->scanned = end ? 0 : line.len;
  if (line.len > chunks->left) {
    chunks_refuse(chunks, "the trailers are too large");
    return 0;
  }
  if (!end) return 0;
  size_t len = line.len;
  struct http_field field;
  chunks->left -= len;
  if (slice_equal(line, slice_of("\r\n"))) chunks->state = WHOLE;
  else if (!http_field_next(&line, &field))
    chunks_refuse(chunks, "a trailer line is malformed");
  return len;
}

/* Takes what begins the rest, by the state; returns how many bytes that is. */
static size_t chunks_take(struct chunks *chunks, char *body_end,
                          struct slice rest) {
  if (chunks->state == IN_CHUNK)
    return chunks_move_data(chunks, body_end, rest);
  if (chunks->state == IN_TRAILERS) return chunks_take_trailer(chunks, rest);
  chunks_take_framing(chunks, rest.at[0]);
  return 1;
}

void chunks_init(struct chunks *chunks, uint64_t body_max,
                 uint64_t trailers_max) {
  *chunks = (struct chunks){
      .state = IN_SIZE, .body_max = body_max, .trailers_max = trailers_max};
}

enum chunks_progress chunks_read(struct chunks *chunks, char *bytes,
                                 size_t len) {
  size_t took = 1;
  while (chunks->read < len && took > 0 && chunks->state < WHOLE) {
    struct slice rest = {bytes + chunks->read, len - chunks->read};
    took = chunks_take(chunks, bytes + chunks->body_len, rest);
    chunks->read += took;
  }
  switch (chunks->state) {
    case WHOLE: return CHUNKS_WHOLE;
    case LARGE: return CHUNKS_LARGE;
    case BROKEN: return CHUNKS_BAD;
    default: return CHUNKS_MORE;
  }
}

size_t chunks_close_gap(struct chunks *chunks, char *bytes, size_t len) {
  size_t gap = chunks->read - chunks->body_len;
  if (gap > 0 && len > chunks->read)
    memmove(bytes + chunks->body_len, bytes + chunks->read, len - chunks->read);
  chunks->read = chunks->body_len;
  return len - gap;
}

void chunks_forget_body(struct chunks *chunks) {
  chunks->body_len = chunks->read = 0;
}

size_t chunks_write_size(char line[CHUNKS_SIZE_LINE], uint64_t bytes) {
  unsigned digits = 1;
  while (digits < CHUNKS_DIGITS_MAX && bytes >> (4 * digits) > 0) digits++;
  for (unsigned i = 0; i < digits; i++)
    line[i] = "0123456789abcdef"[bytes >> (4 * (digits - 1 - i)) & 0xf];
  line[digits] = '\r';
  line[digits + 1] = '\n';
  return digits + 2;
}

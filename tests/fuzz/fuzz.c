/* fuzz: see fuzz.h. */
#include "fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/json_check.h"
#include "core/percent.h"

void demand(bool kept, const char *promise) {
  if (kept) return;
  fprintf(stderr, "\nbroken promise: %s\n", promise);
  abort();
}

char *fuzz_copy(struct slice bytes) {
  char *copy = malloc(bytes.len);
  demand(copy || bytes.len == 0, "there is memory");
  if (bytes.len > 0) memcpy(copy, bytes.at, bytes.len);
  return copy;
}

struct text fuzz_text(size_t cap) {
  struct text text;
  char *storage = malloc(cap);
  demand(storage, "there is memory");
  text_init(&text, storage, cap);
  return text;
}

struct slice fuzz_line(struct slice *rest) {
  const char *end = rest->len > 0 ? memchr(rest->at, '\n', rest->len) : NULL;
  size_t len = end ? (size_t)(end - rest->at) : rest->len;
  struct slice line = {rest->at, len};
  *rest = slice_from(*rest, end ? len + 1 : len);
  return line;
}

/* ---- cuts ---- */

static uint64_t mixed(uint64_t hash, uint64_t value) {
  hash = (hash ^ value) * UINT64_C(0x9e3779b97f4a7c15);
  return hash ^ hash >> 29;
}

struct fuzz_cuts fuzz_cuts_of(struct slice bytes, uint64_t variant) {
  uint64_t hash = mixed(variant, bytes.len);
  for (size_t i = 0; i < bytes.len; i++)
    hash = mixed(hash, (unsigned char)bytes.at[i]);
  return (struct fuzz_cuts){.state = hash, .bytewise = variant == 0};
}

/* Mostly short pieces, since most states are left within a few bytes; now and
 * then all of the rest. */
size_t fuzz_cut(struct fuzz_cuts *cuts, size_t left) {
  if (cuts->bytewise) return 1;
  cuts->state = mixed(cuts->state, left);
  size_t scale = (size_t)1 << (cuts->state >> 60);
  size_t len = 1 + (size_t)(cuts->state >> 20) % scale;
  return len < left ? len : left;
}

/* ---- truths ---- */

bool fuzz_inside(struct slice part, struct slice whole) {
  return part.len == 0 || (part.at >= whole.at && part.len <= whole.len &&
                           part.at + part.len <= whole.at + whole.len);
}

bool fuzz_is_visible(struct slice text) {
  for (size_t i = 0; i < text.len; i++)
    if (text.at[i] <= ' ' || text.at[i] > '~') return false;
  return true;
}

bool fuzz_has_control(struct slice text) {
  for (size_t i = 0; i < text.len; i++) {
    unsigned char c = (unsigned char)text.at[i];
    if ((c < ' ' && c != '\t') || c == 0x7f) return true;
  }
  return false;
}

bool fuzz_is_json(struct slice text) {
  struct json_check check;
  json_check_init(&check, JSON_DEPTH_MAX);
  return json_check_feed(&check, text.at, text.len) != JSON_BAD &&
         json_check_end(&check) == JSON_WHOLE;
}

bool fuzz_contains(struct slice text, struct slice part) {
  return part.len == 0 ||
         (text.len >= part.len && memmem(text.at, text.len, part.at, part.len));
}

unsigned fuzz_json_depth(struct slice json) {
  unsigned depth = 0, deepest = 0;
  bool quoted = false;
  for (size_t i = 0; i < json.len; i++) {
    char c = json.at[i];
    if (c == '\\') i++;
    else if (c == '"') quoted = !quoted;
    else if (!quoted && (c == '[' || c == '{')) depth++;
    else if (!quoted && (c == ']' || c == '}') && depth > 0) depth--;
    if (depth > deepest) deepest = depth;
  }
  return deepest;
}

/* White space behind a size is there for an extension. */
static void check_size_end(struct slice rest) {
  struct slice behind = rest;
  while (*behind.at == ' ' || *behind.at == '\t')
    behind = slice_from(behind, 1);
  demand(*behind.at == ';' || (behind.at == rest.at && *rest.at == '\r'),
         "a size ends at its line's end or at an extension");
}

/* The next chunk, without its framing; false at the last one. */
static bool next_chunk(struct slice *rest, struct slice *chunk) {
  uint64_t size = 0;
  for (; percent_hex(rest->at[0]) >= 0; *rest = slice_from(*rest, 1))
    size = size << 4 | (unsigned)percent_hex(rest->at[0]);
  check_size_end(*rest);
  const char *line_end = memchr(rest->at, '\n', rest->len);
  *rest = slice_from(*rest, (size_t)(line_end + 1 - rest->at));
  demand(size < rest->len, "a chunk that was whole is there");
  *chunk = (struct slice){rest->at, (size_t)size};
  if (size > 0) *rest = slice_from(*rest, (size_t)size + 2);
  return size > 0;
}

struct slice fuzz_body_of_chunks(struct slice bytes, struct slice body) {
  struct slice chunk;
  while (next_chunk(&bytes, &chunk)) {
    demand(slice_starts_with(body, chunk), "the body is its chunks");
    body = slice_from(body, chunk.len);
  }
  demand(body.len == 0, "the body is its chunks, and nothing more");
  return bytes;
}

/* They end in the first empty line. */
struct slice fuzz_behind_trailers(struct slice trailers) {
  while (memcmp(trailers.at, "\r\n", 2) != 0) {
    const char *line_end = memchr(trailers.at, '\n', trailers.len);
    trailers = slice_from(trailers, (size_t)(line_end + 1 - trailers.at));
  }
  return slice_from(trailers, 2);
}

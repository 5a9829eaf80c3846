/* json_pointer: a walk over JSON that is known to be good.
 *
 * json_check has passed the text, so here nothing can be wrong with it: a
 * string ends at a quote, a container with the bracket that closes its last
 * one, and any other value before a comma, a bracket or white space. A step of
 * the pointer goes through one container from its begin to its end, since the
 * last of two members of one name counts, and passes by what it is not looking
 * for. That is most of a body, so it is done with many bytes at a time.
 *
 * There are no tokens and no tree: what jsmn would need, a token for each value
 * of the body, is what an upstream's body could make large.
 *
 * Names are compared as they stand, and resolved only where a backslash or a
 * '~' stands in one of the two. */
#include "core/json_pointer.h"

#include <stdint.h>

#include "core/block.h"
#include "core/json_string.h"

/* ---- pointers ---- */

/* Takes a character, the escapes of JSON resolved. */
static uint32_t take_char(struct json_pointer *pointer) {
  return pointer->quoted ? json_char_take(&pointer->text)
                         : utf8_take(&pointer->text);
}

/* Takes a character of a token: ~1 is '/', ~0 is '~'. */
static uint32_t take_token_char(struct json_pointer *token) {
  uint32_t code = take_char(token);
  if (code != '~') return code;
  return take_char(token) == '1' ? '/' : '~';
}

/* Takes a token off a pointer whose '/' before it has been taken, and the '/'
 * behind it, if there is one: then *more is true. */
static struct json_pointer take_token(struct json_pointer *pointer,
                                      bool *more) {
  struct json_pointer token = *pointer;
  *more = false;
  while (pointer->text.len > 0) {
    size_t left = pointer->text.len;
    if (take_char(pointer) != '/') continue;
    token.text.len -= left;
    *more = true;
    break;
  }
  return token;
}

const char *json_pointer_fault(struct json_pointer pointer, size_t *at) {
  const char *begin = pointer.text.at;
  *at = 0;
  if (pointer.text.len > 0 && take_char(&pointer) != '/')
    return "a pointer begins with '/'";
  while (pointer.text.len > 0) {
    *at = (size_t)(pointer.text.at - begin);
    if (take_char(&pointer) != '~') continue;
    uint32_t code = pointer.text.len > 0 ? take_char(&pointer) : 0;
    if (code != '0' && code != '1')
      return "a '~' is written as ~0, and a '/' in a name as ~1";
  }
  return NULL;
}

/* ---- strings ---- */

struct walk {
  const char *at, *end;
};

static void skip_space(struct walk *walk) {
  while (walk->at < walk->end && (unsigned char)*walk->at <= ' ') walk->at++;
}

static unsigned text_stops(const char *at) {
  block bytes = block_load(at);
  return block_mask((bytes == '"') | (bytes == '\\'));
}

/* On to the closing quote, and behind it. */
static void skip_text(struct walk *walk) {
  while (walk->end - walk->at >= BLOCK_LEN) {
    unsigned stops = text_stops(walk->at);
    walk->at += stops ? block_first(stops) : BLOCK_LEN;
    if (stops == 0) continue;
    if (*walk->at == '"') {
      walk->at++;
      return;
    }
    walk->at += 2;
  }
  while (*walk->at != '"') walk->at += *walk->at == '\\' ? 2 : 1;
  walk->at++;
}

/* From the quote in front of it. */
static void skip_string(struct walk *walk) {
  walk->at++;
  skip_text(walk);
}

/* ---- containers ---- */

/* A container is passed by in stretches of 64 bytes: a bit for each byte that
 * may matter, and sums over bits instead of a look at each byte. */
enum { STRETCH = 64 };

struct marks {
  uint64_t quotes, slashes, opens, closes;
};

static struct marks marks_at(const char *at) {
  struct marks marks = {0};
  for (unsigned i = 0; i < STRETCH; i += BLOCK_LEN) {
    block bytes = block_load(at + i);
    block brackets = bytes | 0x20; /* '[' and '{', ']' and '}' become one */
    marks.quotes |= (uint64_t)block_mask(bytes == '"') << i;
    marks.slashes |= (uint64_t)block_mask(bytes == '\\') << i;
    marks.opens |= (uint64_t)block_mask(brackets == '{') << i;
    marks.closes |= (uint64_t)block_mask(brackets == '}') << i;
  }
  return marks;
}

static unsigned count_of(uint64_t bits) {
  bits -= bits >> 1 & UINT64_C(0x5555555555555555);
  bits = (bits & UINT64_C(0x3333333333333333)) +
         (bits >> 2 & UINT64_C(0x3333333333333333));
  bits = (bits + (bits >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f);
  return (unsigned)(bits * UINT64_C(0x0101010101010101) >> 56);
}

/* Bit i is set where an odd number of bits up to i are. */
static uint64_t parity_up_to(uint64_t bits) {
  for (unsigned by = 1; by < 64; by *= 2) bits ^= bits << by;
  return bits;
}

/* Where a stretch begins. */
struct passing {
  unsigned depth;
  uint64_t in_string; /* all bits, or none */
  bool escaped;       /* a backslash stands before it */
};

/* The quotes that no backslash makes a part of their string. */
static uint64_t bare_quotes(struct passing *passing,
                            const struct marks *marks) {
  uint64_t escaped = passing->escaped, slashes = marks->slashes & ~escaped;
  passing->escaped = false;
  while (slashes) {
    uint64_t slash = slashes & -slashes;
    passing->escaped = slash >> 63;
    escaped |= slash << 1;
    slashes &= ~(slash | slash << 1);
  }
  return marks->quotes & ~escaped;
}

/* How far the container goes in this stretch: up to its bracket, or all of it,
 * and then its depth is not 0. */
static unsigned pass_stretch(struct passing *passing, const char *at) {
  struct marks marks = marks_at(at);
  uint64_t strings = parity_up_to(bare_quotes(passing, &marks));
  strings ^= passing->in_string;
  passing->in_string = -(strings >> 63);
  uint64_t opens = marks.opens & ~strings, closes = marks.closes & ~strings;
  unsigned closed = count_of(closes);
  if (closed < passing->depth) {
    passing->depth += count_of(opens) - closed;
    return STRETCH;
  }
  for (uint64_t left = opens | closes; left; left &= left - 1) {
    passing->depth += opens & left & -left ? 1u : -1u;
    if (passing->depth == 0) return (unsigned)__builtin_ctzll(left) + 1;
  }
  return STRETCH;
}

/* What is left of it is shorter than a stretch. */
static void pass_rest(struct walk *walk, struct passing *passing) {
  if (passing->escaped) walk->at++;
  if (passing->in_string) skip_text(walk);
  while (passing->depth > 0) {
    char c = *walk->at;
    if (c == '"') {
      skip_string(walk);
      continue;
    }
    if (c == '[' || c == '{') passing->depth++;
    if (c == ']' || c == '}') passing->depth--;
    walk->at++;
  }
}

static void skip_container(struct walk *walk) {
  struct passing passing = {.depth = 1};
  walk->at++;
  while (passing.depth > 0 && walk->end - walk->at >= STRETCH)
    walk->at += pass_stretch(&passing, walk->at);
  if (passing.depth > 0) pass_rest(walk, &passing);
}

/* ---- values ---- */

static bool ends_scalar(char c) {
  return c == ',' || c == ']' || c == '}' || (unsigned char)c <= ' ';
}

static struct slice take_value(struct walk *walk) {
  const char *begin = walk->at;
  if (*begin == '"') skip_string(walk);
  else if (*begin == '{' || *begin == '[') skip_container(walk);
  else
    while (walk->at < walk->end && !ends_scalar(*walk->at)) walk->at++;
  return (struct slice){begin, (size_t)(walk->at - begin)};
}

/* ---- one step ---- */

/* From the bracket, or from behind a value, to the next one. False: there is
 * none, the container ends. */
static bool go_to_next(struct walk *walk) {
  skip_space(walk);
  if (*walk->at == ']' || *walk->at == '}') return false;
  walk->at++;
  skip_space(walk);
  return *walk->at != ']' && *walk->at != '}';
}

static bool means(struct slice name, struct json_pointer token) {
  while (name.len > 0 && token.text.len > 0)
    if (json_char_take(&name) != take_token_char(&token)) return false;
  return name.len == 0 && token.text.len == 0;
}

static bool has(struct slice text, char c) {
  return text.len > 0 && memchr(text.at, c, text.len);
}

static struct slice find_member(struct slice object,
                                struct json_pointer token) {
  struct walk walk = {object.at, object.at + object.len};
  struct slice found = {0};
  const bool plain = !has(token.text, '~') && !has(token.text, '\\');
  while (go_to_next(&walk)) {
    struct slice name = take_value(&walk);
    name = (struct slice){name.at + 1, name.len - 2};
    skip_space(&walk);
    walk.at++; /* the colon */
    skip_space(&walk);
    struct slice value = take_value(&walk);
    if (plain && !has(name, '\\') ? slice_equal(name, token.text)
                                  : means(name, token))
      found = value;
  }
  return found;
}

/* The number that the token is: digits, and no 0 in front of others (RFC 6901,
 * section 4). SIZE_MAX: it is none, or beyond any array. */
static size_t index_of(struct json_pointer token) {
  size_t index = 0;
  uint32_t first = token.text.len > 0 ? take_char(&token) : 0;
  if (first < '0' || first > '9' || (first == '0' && token.text.len > 0))
    return SIZE_MAX;
  index = first - '0';
  while (token.text.len > 0) {
    uint32_t code = take_char(&token);
    if (code < '0' || code > '9' || index > SIZE_MAX / 100) return SIZE_MAX;
    index = index * 10 + (code - '0');
  }
  return index;
}

static struct slice find_element(struct slice array,
                                 struct json_pointer token) {
  struct walk walk = {array.at, array.at + array.len};
  size_t left = index_of(token);
  if (left == SIZE_MAX) return (struct slice){0};
  while (go_to_next(&walk)) {
    struct slice value = take_value(&walk);
    if (left-- == 0) return value;
  }
  return (struct slice){0};
}

/* The value at the root. */
static struct slice without_space(struct slice text) {
  struct walk walk = {text.at, text.at + text.len};
  skip_space(&walk);
  while (walk.end > walk.at && (unsigned char)walk.end[-1] <= ' ') walk.end--;
  return (struct slice){walk.at, (size_t)(walk.end - walk.at)};
}

struct slice json_pointer_find(struct json_pointer pointer, struct slice text) {
  struct slice value = without_space(text);
  bool more = pointer.text.len > 0;
  if (more) (void)take_char(&pointer);
  while (more && value.len > 0) {
    struct json_pointer token = take_token(&pointer, &more);
    if (*value.at == '{') value = find_member(value, token);
    else if (*value.at == '[') value = find_element(value, token);
    else return (struct slice){0};
  }
  return value;
}

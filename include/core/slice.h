/* slice: bytes that stand in somebody else's buffer.
 *
 * A slice owns nothing and is not NUL-terminated; it is valid as long as the
 * buffer it points into. An empty slice may have at == NULL. */
#ifndef HEDGEROW_CORE_SLICE_H
#define HEDGEROW_CORE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct slice {
  const char *at;
  size_t len;
};

/* "%.*s" with SLICE_ARG(s) prints a slice. */
#define SLICE_ARG(s) (int)(s).len, (s).at

/* That of a literal, where C wants a constant. */
#define SLICE(literal)                                                         \
  { literal, sizeof literal - 1 }

static inline struct slice slice_of(const char *text) {
  return (struct slice){text, strlen(text)};
}

static inline bool slice_equal(struct slice a, struct slice b) {
  return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

bool slice_same_letters(const char *a, const char *b, size_t len);

/* ASCII letters compare without case; the locale plays no part. Most that are
 * compared differ in length, so that much is inline. */
static inline bool slice_equal_nocase(struct slice a, struct slice b) {
  return a.len == b.len && slice_same_letters(a.at, b.at, a.len);
}

/* Whether these are the literal's letters, without case. Most write a name as
 * the literal does, and that much is inline, as its length is known then. */
static inline __attribute__((always_inline)) bool slice_is(
    struct slice text, const char *literal) {
  return text.len == strlen(literal) &&
         (memcmp(text.at, literal, strlen(literal)) == 0 ||
          slice_same_letters(text.at, literal, strlen(literal)));
}

static inline bool slice_starts_with(struct slice text, struct slice prefix) {
  return text.len >= prefix.len &&
         slice_equal((struct slice){text.at, prefix.len}, prefix);
}

/* The same, letters without case. Always inline: the length of a literal is
 * then known. */
static inline __attribute__((always_inline)) bool slice_starts_with_nocase(
    struct slice text, const char *prefix) {
  const struct slice start = slice_of(prefix);
  return text.len >= start.len &&
         slice_same_letters(text.at, start.at, start.len);
}

/* What stands in front of the first `c`; all of it where there is none. */
static inline struct slice slice_until(struct slice s, char c) {
  const char *end = s.len > 0 ? memchr(s.at, c, s.len) : NULL;
  return end ? (struct slice){s.at, (size_t)(end - s.at)} : s;
}

/* The slice from `from` to its end; from <= s.len. */
static inline struct slice slice_from(struct slice s, size_t from) {
  return (struct slice){s.at + from, s.len - from};
}

/* Takes what stands in front of the first `c` off *s, and that byte too. */
static inline struct slice slice_take(struct slice *s, char c) {
  const struct slice taken = slice_until(*s, c);
  *s = slice_from(*s, taken.len + (taken.len < s->len));
  return taken;
}

#endif

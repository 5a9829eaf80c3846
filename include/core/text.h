/* text: a writer into a buffer of fixed size.
 *
 * Whoever calls text_init owns the buffer. What does not fit is left out whole
 * (never half an addition) and `cut` says so from then on, so that a caller
 * checks once at the end instead of at each step. Nothing is NUL-terminated
 * but what text_end hands out. */
#ifndef HEDGEROW_CORE_TEXT_H
#define HEDGEROW_CORE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/slice.h"

struct text {
  char *at;
  size_t len, cap;
  bool cut;
  bool for_page; /* text_json escapes '<', '>' and '&', too: what it writes may
                  * stand in a page, and be taken for markup by nobody */
};

/* An empty text on an array: struct text line = TEXT_ON(storage); */
#define TEXT_ON(array)                                                         \
  { .at = (array), .cap = sizeof(array) }
/* cap bytes at `storage` may be written; cap >= 1. */
void text_init(struct text *text, char *storage, size_t cap);

/* Whether len bytes fit. If so, they are the text's, and the caller writes them
 * to *at. This and others are inline because most of what is written is short
 * and of a length that the compiler knows. The sum does not wrap: both are
 * lengths of bytes that stand in memory. */
static inline bool text_take(struct text *text, size_t len, char **at) {
  size_t end = text->len + len;
  if (end > text->cap) {
    text->cut = true;
    return false;
  }
  *at = text->at + text->len;
  text->len = end;
  return true;
}

/* Returns where the next ones go. */
static inline char *text_copy(char *to, const char *bytes, size_t len) {
  if (len > 0) memcpy(to, bytes, len);
  return to + len;
}

static inline void text_add(struct text *text, const char *bytes, size_t len) {
  char *at;
  if (text_take(text, len, &at)) text_copy(at, bytes, len);
}

static inline void text_slice(struct text *text, struct slice bytes) {
  text_add(text, bytes.at, bytes.len);
}

/* Always inline: the length of a literal is then known. */
static inline __attribute__((always_inline)) void text_str(struct text *text,
                                                           const char *string) {
  text_add(text, string, strlen(string));
}

/* A line of a head, label and value and its end, whole or not at all. */
static inline __attribute__((always_inline)) void text_line(
    struct text *text, const char *label, struct slice value) {
  const size_t before = strlen(label);
  char *at;
  if (!text_take(text, before + value.len + 2, &at)) return;
  at = text_copy(at, label, before);
  at = text_copy(at, value.at, value.len);
  text_copy(at, "\r\n", 2);
}

static inline void text_char(struct text *text, char c) {
  text_add(text, &c, 1);
}

void text_long_int(struct text *text, int64_t number);
static inline void text_int(struct text *text, int64_t number) {
  if ((uint64_t)number < 10) text_char(text, (char)('0' + number));
  else text_long_int(text, number);
}
/* Microseconds as milliseconds with one decimal: 12345 -> "12.3". */
void text_ms(struct text *text, int64_t us);
/* Microseconds as seconds, exactly: 12300 -> "0.0123", 0 -> "0.0". us >= 0. */
void text_seconds(struct text *text, int64_t us);
/* A byte that cannot be shown, as "\x1b": whole, or not at all. */
void text_hex(struct text *text, char c);
/* A JSON string, quotes included. Control bytes, quotes and backslashes are
 * escaped (RFC 8259, section 7), and U+2028 and U+2029, which end a line for
 * some readers. Bytes that are not UTF-8 become U+FFFD, so the result is always
 * valid JSON. */
void text_json(struct text *text, struct slice bytes);

/* A number or a string that is written in another way than plainly. */
struct text_number {
  void (*write)(struct text *text, int64_t number);
  int64_t number;
};
struct text_string {
  void (*write)(struct text *text, struct slice string);
  struct slice string;
};
/* As it is: for where there is a choice. */
#define as_number(number) ((struct text_number){text_int, number})
#define as_ms(us) ((struct text_number){text_ms, us})
#define as_seconds(us) ((struct text_number){text_seconds, us})
#define as_json(string) ((struct text_string){text_json, string})

static inline void text_number(struct text *text, struct text_number as) {
  as.write(text, as.number);
}
static inline void text_string(struct text *text, struct text_string as) {
  as.write(text, as.string);
}

/* text_put(text, "\"ms\":", as_ms(us), ",\"status\":", status) writes up to
 * eight strings, slices and numbers, each as its type says. */
#define text_put(text, ...)                                                    \
  text_put_pick(__VA_ARGS__, text_put_8, text_put_7, text_put_6, text_put_5,   \
                text_put_4, text_put_3, text_put_2,                            \
                text_put_1, )(text, __VA_ARGS__)
#define text_put_pick(a, b, c, d, e, f, g, h, pick, ...) pick
#define text_put_1(t, a)                                                       \
  _Generic((a), char * : text_str, const char * : text_str,                    \
           struct slice : text_slice, struct text_number : text_number,        \
           struct text_string : text_string, default : text_int)(t, a)
#define text_put_2(t, a, ...) text_put_1(t, a), text_put_1(t, __VA_ARGS__)
#define text_put_3(t, a, ...) text_put_1(t, a), text_put_2(t, __VA_ARGS__)
#define text_put_4(t, a, ...) text_put_1(t, a), text_put_3(t, __VA_ARGS__)
#define text_put_5(t, a, ...) text_put_1(t, a), text_put_4(t, __VA_ARGS__)
#define text_put_6(t, a, ...) text_put_1(t, a), text_put_5(t, __VA_ARGS__)
#define text_put_7(t, a, ...) text_put_1(t, a), text_put_6(t, __VA_ARGS__)
#define text_put_8(t, a, ...) text_put_1(t, a), text_put_7(t, __VA_ARGS__)

static inline struct slice text_slice_of(const struct text *text) {
  return (struct slice){text->at, text->len};
}
/* The text with a NUL behind it; the last byte gives way when it is full. */
const char *text_end(struct text *text);

#endif

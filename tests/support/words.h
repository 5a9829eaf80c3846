/* words: texts that a test makes, and what it finds in others. */
#ifndef HEDGEROW_TESTS_SUPPORT_WORDS_H
#define HEDGEROW_TESTS_SUPPORT_WORDS_H

#include <stdarg.h>

#include "core/text.h"

/* As printf would write it, in memory of its own until 16 others were made; at
 * most 4095 bytes. */
const char *words_of(const char *format, ...)
    __attribute__((format(printf, 1, 2), returns_nonnull));

/* The text has these words, or has them not; it is shown if that is wrong. */
void words_expect(const char *text, const char *part);
void words_expect_none(const char *text, const char *part);
unsigned words_count(const char *text, const char *part);
/* The slice is this text. */
void words_expect_slice(struct slice got, const char *want);
/* The text is JSON, all of it. */
void words_expect_json(struct slice text);

/* EACH_WORD(word, "a|b|c") does what follows for each of them; "" is one, too.
 * Each is valid until 16 others came. */
#define EACH_WORD(word, list)                                                  \
  for (const char *word##_at = list, *word; (word = words_next(&word##_at));)
/* The next word of a list, which moves on; NULL: there was none. */
const char *words_next(const char **list);

/* An empty text of this name, with room for `cap` bytes. */
#define EMPTY_TEXT(name, cap)                                                  \
  char name##_storage[cap];                                                    \
  struct text name;                                                            \
  text_init(&(name), name##_storage, cap)

#endif

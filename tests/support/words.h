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

/* An empty text of this name, with room for `cap` bytes. */
#define EMPTY_TEXT(name, cap)                                                  \
  char name##_storage[cap];                                                    \
  struct text name;                                                            \
  text_init(&(name), name##_storage, cap)

#endif

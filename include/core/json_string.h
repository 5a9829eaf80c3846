/* json_string: the characters of a JSON string, its escapes resolved.
 *
 * For what json_check has passed: what stands between the quotes, where every
 * escape is whole and every byte belongs to valid UTF-8. */
#ifndef HEDGEROW_CORE_JSON_STRING_H
#define HEDGEROW_CORE_JSON_STRING_H

#include <stdbool.h>
#include <stdint.h>

#include "core/slice.h"

/* Takes an escape whose backslash has been taken (RFC 8259, section 7: above
 * U+FFFF a pair of surrogates), and returns the character that it means; of a
 * lone surrogate its own number. */
uint32_t json_escape_take(struct slice *string);

static inline bool json_is_surrogate(uint32_t character) {
  return character >= 0xD800 && character <= 0xDFFF;
}

/* Takes a character, where a backslash is one like any other; at least one byte
 * is left. What is no UTF-8 gives some number, and is taken all the same. */
uint32_t utf8_take(struct slice *bytes);
/* The same, escapes resolved. */
uint32_t json_char_take(struct slice *string);

/* Whether they mean the same, however they are written. */
bool json_string_equal(struct slice a, struct slice b);

#endif

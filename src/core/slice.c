/* slice: the comparisons that are too long for the header.
 *
 * Names in HTTP (fields, connection options, schemes, hosts) compare without
 * case, and "case" there means the 26 ASCII letters. tolower() asks the locale,
 * and strncasecmp() asks it too, so we do it here, once.
 *
 * What is not here: searching and trimming. memchr on .at and .len says the
 * former as well as any wrapper would, and what counts as white space differs
 * from grammar to grammar, so each parser trims for itself. */
#include "core/slice.h"

/* ASCII letters in lower case, every other byte as it is. */
static unsigned char lower(char c) {
  unsigned char byte = (unsigned char)c;
  return byte >= 'A' && byte <= 'Z' ? byte | 0x20 : byte;
}

bool slice_equal_nocase(struct slice a, struct slice b) {
  if (a.len != b.len) return false;
  for (size_t i = 0; i < a.len; i++)
    if (lower(a.at[i]) != lower(b.at[i])) return false;
  return true;
}

bool slice_starts_with(struct slice text, struct slice prefix) {
  return text.len >= prefix.len &&
         slice_equal((struct slice){text.at, prefix.len}, prefix);
}

/* slice: the comparisons that are too long for the header.
 *
 * Names in HTTP (fields, connection options, schemes, hosts) compare without
 * case, and "case" there means the 26 ASCII letters. tolower() asks the locale,
 * and strncasecmp() asks it too, so we do it here, once.
 *
 * What is not here: trimming. What counts as white space differs from grammar
 * to grammar, so each parser trims for itself. */
#include "core/slice.h"

/* ASCII letters in lower case, every other byte as it is. */
static unsigned char lower(char c) {
  unsigned char byte = (unsigned char)c;
  return byte >= 'A' && byte <= 'Z' ? byte | 0x20 : byte;
}

bool slice_same_letters(const char *a, const char *b, size_t len) {
  if (len == 0) return true;
  if ((a[0] | 0x20) != (b[0] | 0x20)) return false; /* most that differ */
  if (memcmp(a, b, len) == 0) return true;          /* most that do not */
  for (size_t i = 0; i < len; i++)
    if (lower(a[i]) != lower(b[i])) return false;
  return true;
}

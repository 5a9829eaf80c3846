/* percent: percent-encoded bytes, one at a time (RFC 3986, section 2.1). */
#ifndef HEDGEROW_CORE_PERCENT_H
#define HEDGEROW_CORE_PERCENT_H

#include <stdbool.h>

#include "core/slice.h"

/* 0 to 15, or -1 where c is no hex digit. */
static inline int percent_hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/* Takes one byte, decoded, off the front of *text; text->len > 0. False when it
 * is a '%' without two hex digits behind it: then the '%' stands for itself. */
static inline bool percent_next(struct slice *text, char *byte) {
  *byte = text->at[0];
  int high = -1, low = -1;
  if (*byte == '%' && text->len >= 3) {
    high = percent_hex(text->at[1]);
    low = percent_hex(text->at[2]);
  }
  bool encoded = high >= 0 && low >= 0;
  bool valid = encoded || *byte != '%';
  if (encoded) *byte = (char)(high << 4 | low);
  *text = slice_from(*text, encoded ? 3 : 1);
  return valid;
}

#endif

/* draw: a xorshift, and what is made of its numbers. */
#include "support/draw.h"

#include <stdint.h>
#include <string.h>

size_t draw(size_t below) {
  static uint64_t lot = 88172645463325252u;
  lot ^= lot << 13;
  lot ^= lot >> 7;
  lot ^= lot << 17;
  return (size_t)(lot % below);
}

size_t draw_change(char *text, size_t len, const char *bytes) {
  size_t at = draw(len + 1), kind = draw(3);
  char byte = draw(20) ? bytes[draw(strlen(bytes) + 1)] : (char)draw(256);
  if (kind == 0) {
    memmove(text + at + 1, text + at, len - at);
    text[at] = byte;
    return len + 1;
  }
  if (at == len) return len;
  if (kind == 1) {
    text[at] = byte;
    return len;
  }
  memmove(text + at, text + at + 1, len - at - 1);
  return len - 1;
}

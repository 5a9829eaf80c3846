/* body: what /j/SIZE/SEED answers; origin.c sends it, ask.c compares it. */
#ifndef RESOURCES_BODY_H
#define RESOURCES_BODY_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { BODY_MORE = 64, BODY_MOST = 256 * 1024 };

/* out has room for size + BODY_MORE. Returns the length. */
static inline size_t body_write(char *out, size_t size, unsigned seed) {
  size_t len = (size_t)sprintf(out, "{\"seed\":%u,\"text\":\"", seed);
  uint32_t state = seed * 2654435761u + 1;
  for (size_t i = 0; i < size; i++) {
    state = state * 1664525u + 1013904223u;
    out[len++] = (char)('a' + (state >> 24) % 26);
  }
  return len + (size_t)sprintf(out + len, "\"}");
}

#endif

/* hex: numbers as hex digits, in lower case. Inline, since it is on the path of
 * a request. */
#ifndef HEDGEROW_CORE_HEX_H
#define HEDGEROW_CORE_HEX_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

/* The digits of eight bytes that are 0 to 15, each in its byte. */
static inline uint64_t hex_digits(uint64_t halves) {
  const uint64_t ones = UINT64_C(0x0101010101010101);
  uint64_t letters = (halves + ones * 6) >> 4 & ones; /* 1 where above 9 */
  return halves + ones * '0' + letters * ('a' - '0' - 10);
}

/* Each half byte of a number gets a byte, in its order. */
static inline uint64_t hex_spread(uint32_t number) {
  uint64_t wide = number;
  wide = (wide | wide << 16) & UINT64_C(0x0000ffff0000ffff);
  wide = (wide | wide << 8) & UINT64_C(0x00ff00ff00ff00ff);
  return (wide | wide << 4) & UINT64_C(0x0f0f0f0f0f0f0f0f);
}

/* Sixteen digits. */
static inline void hex_write(char out[16], uint64_t number) {
  const uint64_t first =
      htobe64(hex_digits(hex_spread((uint32_t)(number >> 32))));
  const uint64_t second = htobe64(hex_digits(hex_spread((uint32_t)number)));
  memcpy(out, &first, sizeof first);
  memcpy(out + sizeof first, &second, sizeof second);
}

#endif

/* block: sixteen bytes compared at once, and a mask of which of them hit. */
#ifndef HEDGEROW_CORE_BLOCK_H
#define HEDGEROW_CORE_BLOCK_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* Vectors of the compiler's: an operator works on every byte by itself, and a
 * comparison gives -1 where it holds, else 0. */
typedef int8_t block __attribute__((vector_size(16)));   /* bytes with sign */
typedef uint8_t ublock __attribute__((vector_size(16))); /* and without */

enum { BLOCK_LEN = 16 };

/* All of the 16 bytes at `at` are read, which need not be aligned. */
static inline block block_load(const char *at) {
  block bytes;
  memcpy(&bytes, at, sizeof bytes);
  return bytes;
}

/* Bit i: the comparison held for byte i. */
static inline unsigned block_mask(block hits) {
#ifdef __SSE2__
  return (unsigned)_mm_movemask_epi8((__m128i)hits);
#else
  unsigned mask = 0;
  for (unsigned i = 0; i < 2; i++) {
    uint64_t word;
    memcpy(&word, (const char *)&hits + 8 * i, sizeof word);
    word = le64toh(word) & UINT64_C(0x0101010101010101);
    mask |= (unsigned)(word * UINT64_C(0x0102040810204080) >> 56) << 8 * i;
  }
  return mask;
#endif
}

/* The number of the first byte that hit. mask is not 0. */
static inline unsigned block_first(unsigned mask) {
  return (unsigned)__builtin_ctz(mask);
}

#endif

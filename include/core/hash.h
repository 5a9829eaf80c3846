/* hash: bytes to a number, for tables that are looked into by it.
 *
 * FNV-1a, a byte at a time, so that a path can be hashed as it goes by. Whoever
 * chose the bytes can make two that have the same: it is for what an operator
 * wrote, and a hash that is found is believed only after the bytes have been
 * compared. */
#ifndef HEDGEROW_CORE_HASH_H
#define HEDGEROW_CORE_HASH_H

#include <stdint.h>

#include "core/slice.h"

#define HASH_OF_NOTHING UINT32_C(2166136261)

static inline uint32_t hash_on(uint32_t hash, char c) {
  return (hash ^ (unsigned char)c) * UINT32_C(16777619);
}

static inline uint32_t hash_of(struct slice bytes) {
  uint32_t hash = HASH_OF_NOTHING;
  for (size_t i = 0; i < bytes.len; i++) hash = hash_on(hash, bytes.at[i]);
  return hash;
}

/* The same for all that slice_equal_nocase calls equal, and for a few more. */
static inline uint32_t hash_of_nocase(struct slice bytes) {
  uint32_t hash = HASH_OF_NOTHING;
  for (size_t i = 0; i < bytes.len; i++)
    hash = hash_on(hash, (char)(bytes.at[i] | 0x20));
  return hash;
}

#endif

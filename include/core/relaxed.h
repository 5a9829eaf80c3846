/* relaxed: atomics that stand for no other memory, such as counters and what
 * was learned: nobody concludes from one what he may read elsewhere. Macros,
 * since they are of many types. */
#ifndef HEDGEROW_CORE_RELAXED_H
#define HEDGEROW_CORE_RELAXED_H

#include <stdatomic.h>

#define relaxed_load(word) atomic_load_explicit(word, memory_order_relaxed)

#define relaxed_store(word, value)                                             \
  atomic_store_explicit(word, value, memory_order_relaxed)

/* These two return what was there before. */
#define relaxed_add(word, more)                                                \
  atomic_fetch_add_explicit(word, more, memory_order_relaxed)
#define relaxed_sub(word, less)                                                \
  atomic_fetch_sub_explicit(word, less, memory_order_relaxed)

/* Where *old is there, `value` is put in its place; else *old is set to what
 * is, and false is returned. */
#define relaxed_swap(word, old, value)                                         \
  atomic_compare_exchange_strong_explicit(                                     \
      word, old, value, memory_order_relaxed, memory_order_relaxed)

/* Of a counter with one writer, who calls this: as cheap as a plain one. */
#define relaxed_count(word, more)                                              \
  relaxed_store(word, relaxed_load(word) + (more))

#endif

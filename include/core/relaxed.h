/* relaxed: atomic values that order nothing but themselves: counters, and what
 * is published for whoever looks. */
#ifndef HEDGEROW_CORE_RELAXED_H
#define HEDGEROW_CORE_RELAXED_H

#include <stdatomic.h>

#define relaxed_load(at) atomic_load_explicit(at, memory_order_relaxed)
#define relaxed_store(at, value)                                               \
  atomic_store_explicit(at, value, memory_order_relaxed)
/* These two return the value from before. */
#define relaxed_add(at, more)                                                  \
  atomic_fetch_add_explicit(at, more, memory_order_relaxed)
#define relaxed_sub(at, less)                                                  \
  atomic_fetch_sub_explicit(at, less, memory_order_relaxed)

#endif

/* buffer: bytes on the heap that grow, counted against a budget.
 *
 * Most messages fit in one block of 4 KiB. A loop keeps the blocks that were
 * given back (struct blocks), so that a warm process takes its buffers from
 * there and allocates nothing. */
#ifndef HEDGEROW_IO_BUFFER_H
#define HEDGEROW_IO_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/relaxed.h"
#include "core/slice.h"

enum { BLOCK_BYTES = 4096 };

/* Shared by all workers (--max-buffered): a relaxed counter, so it may be
 * exceeded by what one step of each thread adds. */
struct budget {
  _Atomic int64_t used;
  int64_t max;
};

/* One loop's spare blocks. They stay counted in the budget. */
struct blocks {
  struct budget *budget; /* borrowed; NULL: not counted */
  void *first;
  unsigned count;
};

void blocks_init(struct blocks *blocks, struct budget *budget);
/* Gives the spare blocks back to the system. */
void blocks_clear(struct blocks *blocks);

/* All zeros but the blocks is an empty buffer. */
struct buffer {
  char *at;
  size_t len, cap;
  size_t most;           /* no more is allocated in advance; 0: as it grows */
  bool yields;           /* leaves an eighth of the budget to others */
  struct blocks *blocks; /* borrowed; NULL: not counted, nothing kept */
};

/* Room for `more` bytes behind len. False, with nothing changed, when the
 * budget or the memory does not allow it. */
bool buffer_reserve(struct buffer *buffer, size_t more)
    __attribute__((warn_unused_result));
bool buffer_add(struct buffer *buffer, const char *bytes, size_t len)
    __attribute__((warn_unused_result));
/* Forgets the first n bytes. */
void buffer_drop(struct buffer *buffer, size_t n);
void buffer_give_back(struct buffer *buffer);
/* Gives the memory back; the buffer is empty and may be used again. Most that
 * are cleared are empty, so that much is inline. */
static inline void buffer_clear(struct buffer *buffer) {
  if (buffer->cap > 0) buffer_give_back(buffer);
}
/* Moves the bytes out: *from is empty afterwards. */
struct buffer buffer_take(struct buffer *from);

static inline struct slice buffer_slice(const struct buffer *buffer) {
  return (struct slice){buffer->at, buffer->len};
}

#endif

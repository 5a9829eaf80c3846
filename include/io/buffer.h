/* buffer: bytes on the heap that grow, counted against a budget.
 *
 * The budget (--max-buffered) is shared by all workers; it is a relaxed
 * counter, so it may be exceeded by what one step of each thread adds. */
#ifndef HEDGEROW_IO_BUFFER_H
#define HEDGEROW_IO_BUFFER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/slice.h"

struct budget {
  _Atomic int64_t used;
  int64_t max;
};

/* All zeros but the budget is an empty buffer. */
struct buffer {
  char *at;
  size_t len, cap;
  struct budget *budget; /* borrowed; NULL: not counted */
};

/* Room for `more` bytes behind len. False, with nothing changed, when the
 * budget or the memory does not allow it. */
bool buffer_reserve(struct buffer *buffer, size_t more)
    __attribute__((warn_unused_result));
bool buffer_add(struct buffer *buffer, const char *bytes, size_t len)
    __attribute__((warn_unused_result));
/* Forgets the first n bytes. */
void buffer_drop(struct buffer *buffer, size_t n);
/* Gives the memory back; the buffer is empty and may be used again. */
void buffer_clear(struct buffer *buffer);
/* Moves the bytes out: *from is empty afterwards. */
struct buffer buffer_take(struct buffer *from);

static inline struct slice buffer_slice(const struct buffer *buffer) {
  return (struct slice){buffer->at, buffer->len};
}

#endif

/* buffer: bytes on the heap that grow, counted against a budget.
 *
 * It grows by doubling, so that adding is linear in all, and counts its whole
 * capacity against the budget, since that is what the machine pays. The budget
 * is taken before the memory is asked for, and given back when there is none:
 * whoever is refused has changed nothing.
 *
 * The budget's counter is relaxed: it orders nothing, and to be over by what
 * each thread adds in one step is harmless. It is always exact in the end,
 * which a leak test may count on: all buffers cleared means zero. */
#include "io/buffer.h"

#include <stdlib.h>
#include <string.h>

enum { CAP_MIN = 1024 };

static bool budget_take(struct budget *budget, size_t bytes) {
  if (budget == NULL) return true;
  int64_t more = (int64_t)bytes;
  int64_t used =
      atomic_fetch_add_explicit(&budget->used, more, memory_order_relaxed);
  if (more <= budget->max - used) return true;
  atomic_fetch_sub_explicit(&budget->used, more, memory_order_relaxed);
  return false;
}

static void budget_give(struct budget *budget, size_t bytes) {
  if (budget == NULL) return;
  atomic_fetch_sub_explicit(&budget->used, (int64_t)bytes,
                            memory_order_relaxed);
}

/* 0: too much to be counted. */
static size_t cap_for(size_t cap, size_t need) {
  if (cap < CAP_MIN) cap = CAP_MIN;
  while (cap < need) {
    if (cap > INT64_MAX / 2) return 0;
    cap *= 2;
  }
  return cap;
}

bool buffer_reserve(struct buffer *buffer, size_t more) {
  if (more <= buffer->cap - buffer->len) return true;
  if (more > SIZE_MAX - buffer->len) return false;
  size_t cap = cap_for(buffer->cap, buffer->len + more);
  if (cap == 0) return false;
  size_t growth = cap - buffer->cap;
  if (!budget_take(buffer->budget, growth)) return false;
  char *at = realloc(buffer->at, cap);
  if (at == NULL) {
    budget_give(buffer->budget, growth);
    return false;
  }
  buffer->at = at;
  buffer->cap = cap;
  return true;
}

bool buffer_add(struct buffer *buffer, const char *bytes, size_t len) {
  if (len == 0) return true;
  if (!buffer_reserve(buffer, len)) return false;
  memcpy(buffer->at + buffer->len, bytes, len);
  buffer->len += len;
  return true;
}

void buffer_drop(struct buffer *buffer, size_t n) {
  buffer->len -= n;
  if (buffer->len > 0) memmove(buffer->at, buffer->at + n, buffer->len);
}

void buffer_clear(struct buffer *buffer) {
  budget_give(buffer->budget, buffer->cap);
  free(buffer->at);
  *buffer = (struct buffer){.budget = buffer->budget};
}

struct buffer buffer_take(struct buffer *from) {
  struct buffer taken = *from;
  *from = (struct buffer){.budget = taken.budget};
  return taken;
}

/* buffer: bytes on the heap that grow, counted against a budget.
 *
 * A buffer's first capacity is one block. It doubles, so that adding is linear
 * in all, but not beyond what it is known to hold in the end (a body with a
 * length); and not at once to that, since who only announces a large body shall
 * take nothing from others. The whole capacity is counted against the budget,
 * since that is what the machine pays. The budget is taken before the memory is
 * asked for, and given back when there is none: whoever is refused has changed
 * nothing.
 *
 * Blocks that are given back are kept by their loop, up to SPARE_MAX, and stay
 * counted: a warm request touches neither malloc nor the shared counter, whose
 * cache line all workers would otherwise pass around. blocks_clear at the end
 * brings the counter back to zero, which a leak check may count on. */
#include "io/buffer.h"

#include <stdlib.h>
#include <string.h>

enum { SPARE_MAX = 256 };

static bool budget_take(struct budget *budget, size_t bytes, bool yields) {
  if (!budget) return true;
  int64_t more = (int64_t)bytes;
  int64_t max = yields ? budget->max - budget->max / 8 : budget->max;
  int64_t used = relaxed_add(&budget->used, more);
  if (more <= max - used) return true;
  relaxed_sub(&budget->used, more);
  return false;
}

static void budget_give(struct budget *budget, size_t bytes) {
  if (!budget) return;
  relaxed_sub(&budget->used, (int64_t)bytes);
}

static struct budget *budget_of(const struct blocks *blocks) {
  return blocks ? blocks->budget : NULL;
}

/* ---- blocks ---- */

void blocks_init(struct blocks *blocks, struct budget *budget) {
  *blocks = (struct blocks){.budget = budget};
}

void blocks_clear(struct blocks *blocks) {
  while (blocks->first) {
    void *block = blocks->first;
    memcpy(&blocks->first, block, sizeof blocks->first);
    free(block);
    budget_give(blocks->budget, BLOCK_BYTES);
  }
  blocks->count = 0;
}

static char *take_spare(struct blocks *blocks) {
  char *block = blocks ? blocks->first : NULL;
  if (!block) return NULL;
  memcpy(&blocks->first, block, sizeof blocks->first);
  blocks->count--;
  return block;
}

static bool keep_spare(struct blocks *blocks, char *block) {
  if (!blocks || blocks->count == SPARE_MAX) return false;
  memcpy(block, &blocks->first, sizeof blocks->first);
  blocks->first = block;
  blocks->count++;
  return true;
}

/* ---- buffers ---- */

/* What to grow to; 0: too much to be counted. */
static size_t cap_for(const struct buffer *buffer, size_t need) {
  size_t cap = 2 * buffer->cap;
  if (need > INT64_MAX / 2) return 0;
  if (need <= BLOCK_BYTES) return BLOCK_BYTES;
  if (buffer->most > 0 && cap > buffer->most) cap = buffer->most;
  return need > cap ? need : cap;
}

bool buffer_reserve(struct buffer *buffer, size_t more) {
  if (more <= buffer->cap - buffer->len) return true;
  if (more > SIZE_MAX - buffer->len) return false;
  size_t cap = cap_for(buffer, buffer->len + more);
  size_t growth = cap - buffer->cap;
  if (cap == BLOCK_BYTES && (buffer->at = take_spare(buffer->blocks))) {
    buffer->cap = cap;
    return true;
  }
  if (cap == 0 ||
      !budget_take(budget_of(buffer->blocks), growth, buffer->yields))
    return false;
  char *at = realloc(buffer->at, cap);
  if (!at) {
    budget_give(budget_of(buffer->blocks), growth);
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

void buffer_give_back(struct buffer *buffer) {
  struct blocks *blocks = buffer->blocks;
  if (buffer->cap == 0) return; /* it was taken: so are most, on their way */
  if (buffer->cap != BLOCK_BYTES || !keep_spare(blocks, buffer->at)) {
    budget_give(budget_of(blocks), buffer->cap);
    free(buffer->at);
  }
  *buffer = (struct buffer){.blocks = blocks};
}

struct buffer buffer_take(struct buffer *from) {
  struct buffer taken = *from;
  *from = (struct buffer){.blocks = taken.blocks};
  return taken;
}

/* arena: the memory of one client request.
 *
 * What a request needs is written once, where it will live, and is freed as a
 * whole. Most requests fit into the first piece, which is their owner's (a
 * slab's object); what does not fit comes from malloc, in pieces that the arena
 * frees. */
#ifndef HEDGEROW_IO_ARENA_H
#define HEDGEROW_IO_ARENA_H

#include <stdbool.h>
#include <stddef.h>

#include "core/text.h"

struct arena {
  char *at; /* where the free part of the present piece begins */
  size_t left;
  void *pieces; /* those that came from malloc */
};

/* bytes at `first`, which is aligned to 16, are the first piece; they stay the
 * caller's. */
void arena_init(struct arena *arena, void *first, size_t bytes);
/* Frees what came from malloc. */
void arena_clear(struct arena *arena);

/* Memory that is not initialised, aligned to 16; NULL: none. */
void *arena_take(struct arena *arena, size_t bytes)
    __attribute__((warn_unused_result));

/* A text with room for `most` bytes in one piece. Write to it, then keep it:
 * until then nothing else may be taken. False: no memory. */
bool arena_open_text(struct arena *arena, size_t most, struct text *text)
    __attribute__((warn_unused_result));
/* What was written stays where it is; the rest of the room is free again. */
void arena_keep_text(struct arena *arena, const struct text *text);

/* A copy with a NUL behind it. NULL: no memory. */
const char *arena_copy(struct arena *arena, const char *string)
    __attribute__((warn_unused_result));

#endif

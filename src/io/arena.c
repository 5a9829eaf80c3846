/* arena: pieces of memory that are given out from front to back.
 *
 * There is one piece to give from. When something does not fit, a new piece is
 * made, a little larger than asked for, so that the next small things find room
 * in it; what was left of the old piece is lost, unless the new one was made
 * for something large, which leaves little behind: then the old piece stays the
 * present one. */
#include "io/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGNMENT = 16, PIECE_BYTES = 2048 };

struct piece {
  _Alignas(ALIGNMENT) struct piece *next;
  _Alignas(ALIGNMENT) char bytes[];
};

/* What is too much to be rounded up is more than there is. */
static size_t rounded(size_t bytes) {
  if (bytes > SIZE_MAX / 2) return SIZE_MAX / 2;
  return (bytes + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
}

void arena_init(struct arena *arena, void *first, size_t bytes) {
  *arena =
      (struct arena){.at = first, .left = bytes & ~(size_t)(ALIGNMENT - 1)};
}

void arena_clear(struct arena *arena) {
  struct piece *piece = arena->pieces, *next;
  for (; piece; piece = next) {
    next = piece->next;
    free(piece);
  }
}

static char *add_piece(struct arena *arena, size_t bytes) {
  struct piece *piece = malloc(sizeof *piece + bytes);
  if (!piece) return NULL;
  piece->next = arena->pieces;
  arena->pieces = piece;
  return piece->bytes;
}

/* Makes room for so many bytes in one piece. */
static bool arena_reserve(struct arena *arena, size_t bytes) {
  size_t fresh = bytes < PIECE_BYTES ? PIECE_BYTES : bytes;
  if (bytes <= arena->left) return true;
  char *at = add_piece(arena, fresh);
  if (!at) return false;
  arena->at = at;
  arena->left = fresh;
  return true;
}

void *arena_take(struct arena *arena, size_t bytes) {
  bytes = rounded(bytes);
  if (bytes > arena->left && bytes >= PIECE_BYTES)
    return add_piece(arena, bytes);
  if (!arena_reserve(arena, bytes)) return NULL;
  void *taken = arena->at;
  arena->at += bytes;
  arena->left -= bytes;
  return taken;
}

bool arena_open_text(struct arena *arena, size_t most, struct text *text) {
  if (!arena_reserve(arena, rounded(most + 1))) return false;
  text_init(text, arena->at, arena->left);
  return true;
}

void arena_keep_text(struct arena *arena, const struct text *text) {
  size_t bytes = rounded(text->len);
  arena->at += bytes;
  arena->left -= bytes;
}

const char *arena_copy(struct arena *arena, const char *string) {
  size_t bytes = strlen(string) + 1;
  char *copy = arena_take(arena, bytes);
  if (copy) memcpy(copy, string, bytes);
  return copy;
}

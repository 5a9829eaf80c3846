/* finder: open addressing, at most half full.
 *
 * Names of targets, origins and hosts are searched when a snapshot is made, one
 * search for each of up to 16,384 targets: a walk over an array for each would
 * take seconds at each reload. Nothing is ever taken out but all at once, so
 * there is no mark for what has gone. */
#include "io/finder.h"

#include <stdlib.h>

enum { CAP_FIRST = 16 };

static void put(struct finder *finder, struct finder_cell cell) {
  const unsigned mask = finder->cap - 1;
  unsigned at = cell.hash & mask;
  while (finder->cells[at].place != 0) at = (at + 1) & mask;
  finder->cells[at] = cell;
  finder->count++;
}

static bool grow(struct finder *finder) {
  struct finder grown = {.cap = finder->cap > 0 ? 2 * finder->cap : CAP_FIRST};
  grown.cells = calloc(grown.cap, sizeof *grown.cells);
  if (!grown.cells) return false;
  for (unsigned i = 0; i < finder->cap; i++)
    if (finder->cells[i].place != 0) put(&grown, finder->cells[i]);
  free(finder->cells);
  *finder = grown;
  return true;
}

bool finder_add(struct finder *finder, uint32_t hash, unsigned place) {
  if (2 * finder->count == finder->cap && !grow(finder)) return false;
  put(finder, (struct finder_cell){hash, place + 1});
  return true;
}

struct finder_walk finder_begin(uint32_t hash) {
  return (struct finder_walk){hash, hash};
}

bool finder_next(const struct finder *finder, struct finder_walk *walk,
                 unsigned *place) {
  struct finder_cell cell = {0};
  if (finder->cap == 0) return false;
  do {
    cell = finder->cells[walk->at++ & (finder->cap - 1)];
  } while (cell.place != 0 && cell.hash != walk->hash);
  *place = cell.place - 1;
  return cell.place != 0;
}

void finder_clear(struct finder *finder) {
  free(finder->cells);
  *finder = (struct finder){0};
}

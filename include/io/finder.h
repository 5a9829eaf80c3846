/* finder: where in an array something stands, by its hash.
 *
 * The array and what stands in it are somebody else's, who only ever adds at
 * its end; a finder keeps hashes and places. What it finds is a candidate: its
 * owner compares. All zeros is empty. */
#ifndef HEDGEROW_IO_FINDER_H
#define HEDGEROW_IO_FINDER_H

#include <stdbool.h>
#include <stdint.h>

struct finder_cell {
  uint32_t hash;
  unsigned place; /* counted from 1; 0: empty */
};

struct finder {
  struct finder_cell *cells;
  unsigned cap; /* a power of two, or 0 */
  unsigned count;
};

/* From where the next candidate is looked for. */
struct finder_walk {
  uint32_t hash;
  unsigned at;
};

void finder_clear(struct finder *finder);

/* False: no memory, and nothing was added. */
bool finder_add(struct finder *finder, uint32_t hash, unsigned place)
    __attribute__((warn_unused_result));

struct finder_walk finder_begin(uint32_t hash);
/* The next place that was added with this hash. False: there is none. */
bool finder_next(const struct finder *finder, struct finder_walk *walk,
                 unsigned *place);

#endif

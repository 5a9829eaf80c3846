/* slab: objects of one size, kept together and used again.
 *
 * What lives as long as a request or a connection comes from here: it costs no
 * malloc once warm, and it does not lie scattered among libcurl's allocations,
 * whose memory could then not be given back. A slab belongs to one loop. */
#ifndef HEDGEROW_IO_SLAB_H
#define HEDGEROW_IO_SLAB_H

#include <stddef.h>

struct slab {
  size_t size; /* of an object */
  void *free;  /* a list threaded through the free objects */
  void *chunks;
};

void slab_init(struct slab *slab, size_t size);
/* Memory for one object, not initialised; aligned to 16. NULL: none. */
void *slab_take(struct slab *slab) __attribute__((warn_unused_result));
void slab_give(struct slab *slab, void *object);
/* Frees the chunks; every object has been given back. */
void slab_clear(struct slab *slab);

#endif

/* slab: chunks of 128 KiB, cut into objects.
 *
 * Chunks are mapped, so that they lie outside the heap. They are kept until the
 * end: what a burst of requests needed, the next one will need again. Objects
 * that were given back last are taken first, while they are warm.
 *
 * A sanitizer cannot see into a slab, so under one each object is a malloc of
 * its own, and a use after free or a leak is found as ever. */
#include "io/slab.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)

void slab_init(struct slab *slab, size_t size) {
  *slab = (struct slab){.size = size};
}

void *slab_take(struct slab *slab) { return malloc(slab->size); }

void slab_give(struct slab *slab, void *object) {
  (void)slab;
  free(object);
}

void slab_clear(struct slab *slab) { (void)slab; }

#else

enum { CHUNK_BYTES = 128 * 1024, ALIGNMENT = 16 };

/* The first word of a free object, and of a chunk, points to the next one. */
static void *next_of(void *at) {
  void *next;
  memcpy(&next, at, sizeof next);
  return next;
}

static void push(void **list, void *at) {
  memcpy(at, list, sizeof *list);
  *list = at;
}

void slab_init(struct slab *slab, size_t size) {
  size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  *slab = (struct slab){.size = size};
}

static void grow(struct slab *slab) {
  char *chunk = mmap(NULL, CHUNK_BYTES, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (chunk == MAP_FAILED) return;
  push(&slab->chunks, chunk);
  /* From the end, so that the list begins at the front of the chunk. */
  for (size_t i = (CHUNK_BYTES - ALIGNMENT) / slab->size; i > 0; i--)
    push(&slab->free, chunk + ALIGNMENT + (i - 1) * slab->size);
}

void *slab_take(struct slab *slab) {
  void *object;
  if (!slab->free) grow(slab);
  object = slab->free;
  if (object) slab->free = next_of(object);
  return object;
}

void slab_give(struct slab *slab, void *object) { push(&slab->free, object); }

void slab_clear(struct slab *slab) {
  while (slab->chunks) {
    void *chunk = slab->chunks;
    slab->chunks = next_of(chunk);
    munmap(chunk, CHUNK_BYTES);
  }
  slab->free = NULL;
}

#endif

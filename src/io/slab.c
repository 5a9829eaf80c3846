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

#include "io/leaks.h"

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

static void slab_push(void **list, void *at) {
  memcpy(at, list, sizeof *list);
  *list = at;
}

void slab_init(struct slab *slab, size_t size) {
  size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  *slab = (struct slab){.size = size};
}

static size_t per_chunk(const struct slab *slab) {
  return (CHUNK_BYTES - ALIGNMENT) / slab->size;
}

static void slab_grow(struct slab *slab) {
  char *chunk = mmap(NULL, CHUNK_BYTES, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (chunk == MAP_FAILED) return;
  slab_push(&slab->chunks, chunk);
  /* From the end, so that the list begins at the front of the chunk. */
  for (size_t i = per_chunk(slab); i > 0; i--)
    slab_push(&slab->free, chunk + ALIGNMENT + (i - 1) * slab->size);
}

void *slab_take(struct slab *slab) {
  void *object;
  if (!slab->free) slab_grow(slab);
  object = slab->free;
  if (object) slab->free = next_of(object);
  return object;
}

void slab_give(struct slab *slab, void *object) {
  slab_push(&slab->free, object);
}

#ifdef HEDGEROW_COUNT
static size_t length_of(void *list) {
  size_t length = 0;
  for (void *at = list; at; at = next_of(at)) length++;
  return length;
}

static void expect_all_given(const struct slab *slab) {
  size_t all = length_of(slab->chunks) * per_chunk(slab);
  leaks_expect_none("objects of a slab",
                    (int64_t)all - (int64_t)length_of(slab->free));
}
#else
static void expect_all_given(const struct slab *slab) { (void)slab; }
#endif

void slab_clear(struct slab *slab) {
  if (slab->chunks) expect_all_given(slab);
  while (slab->chunks) {
    void *chunk = slab->chunks;
    slab->chunks = next_of(chunk);
    munmap(chunk, CHUNK_BYTES);
  }
  slab->free = NULL;
}

#endif

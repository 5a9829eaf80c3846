/* gathered: the body of an answer to /all or of a gather route, as pieces. */
#ifndef HEDGEROW_PROXY_GATHERED_H
#define HEDGEROW_PROXY_GATHERED_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#include "core/route.h"
#include "io/buffer.h"
#include "proxy/fetch.h"

struct gathered {
  struct iovec *parts; /* [0] is left free for the head */
  unsigned part_count; /* that one included */
  uint64_t bytes;      /* of the body */
  struct buffer words; /* what stands around the items' bodies */
};

struct gathered_form {
  bool detail;                        /* an object around each (docs/api.md) */
  const struct gather_item *labelled; /* each item's label; NULL: an array */
};

/* Lays the array, or the object, out: the body of every fetch that succeeded,
 * byte for byte, null in place of the others. The bodies are pointed at, and
 * must outlive the pieces. False: no memory. gathered is all zeros before. */
bool gathered_write(struct gathered *gathered, const struct fetch *fetches,
                    unsigned count, struct gathered_form form,
                    struct blocks *blocks) __attribute__((warn_unused_result));
/* How many of them succeeded. */
unsigned gathered_completed(const struct fetch *fetches, unsigned count);
/* Says in words which required item failed, and why. */
void gathered_tell_missing(struct text *words, const struct fetch *missing,
                           unsigned number, struct slice shown);
void gathered_clear(struct gathered *gathered);

#endif

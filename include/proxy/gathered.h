/* gathered: the body of an answer to /all, as pieces. */
#ifndef HEDGEROW_PROXY_GATHERED_H
#define HEDGEROW_PROXY_GATHERED_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#include "io/buffer.h"
#include "proxy/fetch.h"

struct gathered {
  struct iovec *parts; /* [0] is left free for the head */
  unsigned part_count; /* that one included */
  uint64_t bytes;      /* of the body */
  struct buffer words; /* what stands around the items' bodies */
};

/* Lays the array out: the body of every fetch that succeeded, byte for byte,
 * null in place of the others; with `detail` an object around each
 * (docs/api.md). The bodies are pointed at, and must outlive the pieces. False:
 * no memory. gathered is all zeros before. */
bool gathered_write(struct gathered *gathered, const struct fetch *fetches,
                    unsigned count, bool detail, struct blocks *blocks)
    __attribute__((warn_unused_result));
void gathered_clear(struct gathered *gathered);

#endif

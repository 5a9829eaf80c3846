/* pool: puts calls on connections, kept ones or new ones. */
#ifndef HEDGEROW_IO_POOL_H
#define HEDGEROW_IO_POOL_H

#include <stdbool.h>
#include <stdint.h>

#include "io/call.h"
#include "io/wire.h"

enum pool_result {
  POOL_STARTED, /* the call is under way */
  POOL_NONE,    /* no kept connection may be used: dial one */
  POOL_DIED,    /* a kept one had died, which showed as it was used: dial */
};

/* Starts the call on a kept connection of its target's slot, under its trust,
 * that was dialled at addresses of this generation, none of them to be avoided
 * (see wire_take). Calls nobody back. */
enum pool_result pool_call(struct wires *wires, struct call *call,
                           uint32_t generation, unsigned avoid, int64_t now_us)
    __attribute__((warn_unused_result));

/* Starts the call on a new connection, which is taken over in any case. May end
 * the call before it returns. False: no memory. */
bool pool_call_on(struct wires *wires, struct call *call,
                  const struct stream *stream, uint32_t generation,
                  unsigned address) __attribute__((warn_unused_result));

#endif

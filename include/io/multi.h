/* multi: libcurl's multi interface on a loop.
 *
 * Handles are `CURL *`, which is void in libcurl's own header too; so no type
 * of libcurl or libevent leaves here. */
#ifndef HEDGEROW_IO_MULTI_H
#define HEDGEROW_IO_MULTI_H

#include "io/loop.h"

struct multi; /* one loop's transfers, in shards of at most 64 */
struct shard;

/* on_done(arg, easy, code) is called from the loop and outside libcurl, after
 * the handle was taken off its shard; code is a CURLcode. NULL: no memory. */
struct multi *multi_new(struct loop *loop,
                        void (*on_done)(void *arg, void *easy, int code),
                        void *arg);
/* No transfer may be running. Closes the kept connections. */
void multi_free(struct multi *multi);

/* Sets what a handle needs to run here; once, when it is made. */
void multi_prepare(struct multi *multi, void *easy);
/* Starts a transfer. NULL: no memory. */
struct shard *multi_add(struct multi *multi, void *easy)
    __attribute__((warn_unused_result));
/* Ends one that runs: its connection closes at once. */
void multi_cancel(struct shard *shard, void *easy);

#endif

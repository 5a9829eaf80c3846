/* multi: libcurl's multi interface on a loop.
 *
 * Handles are `CURL *`, which is void in libcurl's own header too; so no type
 * of libcurl or libevent leaves here. */
#ifndef HEDGEROW_IO_MULTI_H
#define HEDGEROW_IO_MULTI_H

#include <stdbool.h>

#include "io/credentials.h"
#include "io/loop.h"

struct multi; /* one loop's handles, in shards of at most 64 */
struct shard;

/* Called from the loop and outside libcurl when a handle is done; code is a
 * CURLcode. The handle stays on its shard until multi_remove or multi_abort. */
typedef void multi_on_done(void *arg, struct shard *shard, void *easy,
                           int code);

/* NULL: no memory. */
struct multi *multi_new(struct loop *loop, multi_on_done *on_done, void *arg);
/* No handle may be on a shard. */
void multi_free(struct multi *multi);
/* New handles go to new shards from now on, whose CAs are these credentials'
 * (it holds them); the first call comes before the first handle. Shards that
 * there were are retired: what is on them goes on, and they go with it. Not to
 * be called from on_done. */
void multi_trust(struct multi *multi, struct credentials *credentials);
bool shard_is_retired(const struct shard *shard);

/* Sets what a handle needs to run here; once, when it is made. */
void multi_prepare(struct multi *multi, void *easy);
/* Puts a handle on a shard with room, and starts it. NULL: no memory. */
struct shard *multi_add(struct multi *multi, void *easy)
    __attribute__((warn_unused_result));
/* Takes a handle off; its connection, if it has one, is closed. */
void multi_remove(struct shard *shard, void *easy);
/* The same, by a RST. */
void multi_abort(struct shard *shard, void *easy);

/* For a handle with CONNECT_ONLY that is done: its connection's descriptor, no
 * longer watched here. The handle stays where it is, since curl_easy_send and
 * curl_easy_recv need it. -1: it has none. */
int multi_keep(struct shard *shard, void *easy);

#endif

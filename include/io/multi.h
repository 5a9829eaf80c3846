/* multi: libcurl's multi interface on a loop.
 *
 * Handles are `CURL *`, which is void in libcurl's own header too; so no type
 * of libcurl or libevent leaves here. */
#ifndef HEDGEROW_IO_MULTI_H
#define HEDGEROW_IO_MULTI_H

#include <stdbool.h>

#include "io/loop.h"
#include "io/trust.h"

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
/* Ends empty shards whose trust has been retired; the others of them go with
 * their last handle. Not to be called from on_done. */
void multi_sweep(struct multi *multi);

/* Sets what a handle needs to run here; once, when it is made. */
void multi_prepare(struct multi *multi, void *easy);
/* Puts a handle on a shard of that trust with room, and starts it; its peer is
 * verified by those CAs. The shard holds the trust. NULL: no memory. */
struct shard *multi_add(struct multi *multi, void *easy, struct trust *trust)
    __attribute__((warn_unused_result));
/* By whose CAs the peers of its handles were verified. */
const struct trust *shard_trust(const struct shard *shard);
/* Takes a handle off; its connection, if it has one, is closed. */
void multi_remove(struct shard *shard, void *easy);
/* The same, by a RST. */
void multi_abort(struct shard *shard, void *easy);

/* For a handle with CONNECT_ONLY that is done: its connection's descriptor, no
 * longer watched here. The handle stays where it is, since curl_easy_send and
 * curl_easy_recv need it. -1: it has none. */
int multi_keep(struct shard *shard, void *easy);

#endif

/* outbox: what of an answer the kernel did not take at once. */
#ifndef HEDGEROW_IO_OUTBOX_H
#define HEDGEROW_IO_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "io/stream.h"

struct outbox;

/* Keeps count pieces, whose first `sent` bytes have been sent; at least one
 * byte has not. What is left of parts[0] is copied; the other pieces must stay
 * until on_sent(arg), which outbox_free calls; on_sent may be NULL. NULL: no
 * memory, and on_sent is not called. */
struct outbox *outbox_new(const struct iovec *parts, unsigned count,
                          size_t sent, void (*on_sent)(void *arg), void *arg)
    __attribute__((warn_unused_result));
/* Sends what it can: the bytes that the kernel took, or one of stream's
 * negative values. */
ssize_t outbox_send(struct outbox *outbox, struct stream *stream)
    __attribute__((warn_unused_result));
bool outbox_is_empty(const struct outbox *outbox);
/* The answer is sent, or lost. NULL is fine. */
void outbox_free(struct outbox *outbox);

#endif

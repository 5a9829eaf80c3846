/* dial: connections to upstreams, opened by libcurl: TCP with happy eyeballs,
 * TLS, verification. */
#ifndef HEDGEROW_IO_DIAL_H
#define HEDGEROW_IO_DIAL_H

#include <stdbool.h>
#include <stdint.h>

#include "core/config.h"
#include "core/step.h"
#include "io/loop.h"
#include "io/resolver.h"
#include "io/stream.h"

struct dialer; /* one loop's */
struct dial;

/* Called once, from the loop. Success: why is NULL and *stream the caller's.
 * Else stream is NULL, result is ATTEMPT_TRANSPORT or ATTEMPT_REFUSED (no
 * memory), and why says what went wrong, in words, valid during the call. */
typedef void dial_on_done(void *arg, const struct stream *stream,
                          enum attempt_result result, const char *why);

/* config is borrowed. NULL: no memory. */
struct dialer *dialer_new(struct loop *loop, const struct config *config);
/* No dial and no TLS stream may be open. NULL is fine. */
void dialer_free(struct dialer *dialer);

/* Connects to a target of the config, at one of the addresses; host is the
 * name's number at the resolver. The answer is used up before it returns.
 * Within --connect-timeout, TLS included. NULL: no memory. */
struct dial *dial_start(struct dialer *dialer, unsigned target, unsigned host,
                        const struct resolver_answer *answer,
                        dial_on_done *on_done, void *arg)
    __attribute__((warn_unused_result));
/* Ends it: what was connected closes, on_done is not called. */
void dial_cancel(struct dial *dial);

#endif

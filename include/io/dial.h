/* dial: connections to upstreams: TCP, and TLS where the target asks for it. */
#ifndef HEDGEROW_IO_DIAL_H
#define HEDGEROW_IO_DIAL_H

#include "io/dial_kind.h"
#include "io/loop.h"
#include "io/resolver.h"

struct dialer; /* one loop's */

/* NULL: no memory. */
struct dialer *dialer_new(struct loop *loop);
/* No dial and no TLS stream may be open. NULL is fine. */
void dialer_free(struct dialer *dialer);
/* See attempts_sweep. */
void dialer_sweep(struct dialer *dialer);

/* Connects at one of the addresses (RFC 8305). The addresses are used up before
 * it returns. NULL: no memory. */
struct dial *dial_start(struct dialer *dialer, const struct dial_to *to,
                        const struct resolver_answer *answer,
                        dial_on_done *on_done, void *arg)
    __attribute__((warn_unused_result));
/* Ends it: what was connected closes, on_done is not called. */
void dial_cancel(struct dial *dial);

#endif

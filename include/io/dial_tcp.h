/* dial_tcp: plain connections. See io/dial. */
#ifndef HEDGEROW_IO_DIAL_TCP_H
#define HEDGEROW_IO_DIAL_TCP_H

#include "io/dial_kind.h"
#include "io/loop.h"
#include "io/resolver.h"

/* NULL: no memory. */
struct dial *tcp_dial_start(struct loop *loop, const struct dial_to *to,
                            const struct resolver_answer *answer,
                            dial_on_done *on_done, void *arg)
    __attribute__((warn_unused_result));
void tcp_dial_cancel(struct dial *dial);

#endif

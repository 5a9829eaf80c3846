/* dial_tcp: plain connections. See io/dial. */
#ifndef HEDGEROW_IO_DIAL_TCP_H
#define HEDGEROW_IO_DIAL_TCP_H

#include <stdint.h>

#include "io/dial_kind.h"
#include "io/loop.h"
#include "io/resolver.h"

/* timeout_us bounds the whole of it. NULL: no memory. */
struct dial *tcp_dial_start(struct loop *loop, int64_t timeout_us,
                            uint16_t port, const struct resolver_answer *answer,
                            dial_on_done *on_done, void *arg)
    __attribute__((warn_unused_result));
void tcp_dial_cancel(struct dial *dial);

#endif

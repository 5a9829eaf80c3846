/* dial_tls: TLS connections, opened and verified by libcurl. See io/dial. */
#ifndef HEDGEROW_IO_DIAL_TLS_H
#define HEDGEROW_IO_DIAL_TLS_H

#include "io/dial_kind.h"
#include "io/multi.h"
#include "io/resolver.h"

/* What the multi is made with. */
multi_on_done tls_dial_on_connected;

struct dial *tls_dial_start(struct multi *multi, const struct dial_to *to,
                            const struct resolver_answer *answer,
                            dial_on_done *on_done, void *arg)
    __attribute__((warn_unused_result));
void tls_dial_cancel(struct dial *dial);

#endif

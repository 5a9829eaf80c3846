/* dial_tls: TLS connections, opened and verified by libcurl. See io/dial. */
#ifndef HEDGEROW_IO_DIAL_TLS_H
#define HEDGEROW_IO_DIAL_TLS_H

#include "io/dial_kind.h"
#include "io/loop.h"
#include "io/resolver.h"

struct tls_dialer;

struct tls_dialer *tls_dialer_new(struct loop *loop);
void tls_dialer_free(struct tls_dialer *dialer);
void tls_dialer_sweep(struct tls_dialer *dialer);

struct dial *tls_dial_start(struct tls_dialer *dialer, const struct dial_to *to,
                            const struct resolver_answer *answer,
                            dial_on_done *on_done, void *arg)
    __attribute__((warn_unused_result));
void tls_dial_cancel(struct dial *dial);

#endif

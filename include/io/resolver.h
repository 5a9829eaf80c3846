/* resolver: names become addresses off the request path.
 *
 * A few threads call getaddrinfo, since nothing else knows nsswitch, and every
 * name is asked again every 30 s (1 s after a failure while somebody wants it).
 * A failed refresh keeps the last good addresses. Numeric addresses are ready
 * at once and never asked for. */
#ifndef HEDGEROW_IO_RESOLVER_H
#define HEDGEROW_IO_RESOLVER_H

#include <stdbool.h>
#include <stdint.h>

#include "core/slice.h"
#include "io/loop.h"
#include "io/resolver_answer.h"

struct resolver;
struct resolver_view; /* one loop's eyes on the resolver */

struct resolver *resolver_new(void);
/* Detaches from lookups that hang rather than wait for them. All views have
 * been freed before. */
void resolver_free(struct resolver *resolver);
/* Names a host to look after, from now on and at any time, from one thread. The
 * same name gives the same number, as long as the resolver lives, and wants a
 * resolver_drop for each call. False: no memory, or no thread could be started.
 */
bool resolver_add(struct resolver *resolver, struct slice host,
                  unsigned *number) __attribute__((warn_unused_result));
/* The other end of an add: after the last one the name is no longer asked. */
void resolver_drop(struct resolver *resolver, unsigned number);

/* on_change(arg, number) is called on the loop whenever what resolver_get says
 * of a name has changed, and for a name that was added since. NULL: no memory
 * or descriptors. */
struct resolver_view *resolver_view_new(
    struct resolver *resolver, struct loop *loop,
    void (*on_change)(void *arg, unsigned number), void *arg);
void resolver_view_free(struct resolver_view *view);
/* The view's copy; changes only with an on_change of that number. The name has
 * been added, in whatever thread. */
const struct resolver_answer *resolver_get(struct resolver_view *view,
                                           unsigned number);
/* The name has failed, or its addresses do not answer: look it up now rather
 * than later, at most once a second. */
void resolver_want(struct resolver_view *view, unsigned number);

#endif

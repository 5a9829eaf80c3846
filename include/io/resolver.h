/* resolver: names become addresses off the request path.
 *
 * One thread calls getaddrinfo, since nothing else knows nsswitch, and every
 * name is asked again every 30 s (1 s after a failure while somebody wants it).
 * A failed refresh keeps the last good addresses. Numeric addresses are ready
 * at once and never asked for. */
#ifndef HEDGEROW_IO_RESOLVER_H
#define HEDGEROW_IO_RESOLVER_H

#include <stdbool.h>
#include <stdint.h>

#include "core/slice.h"
#include "io/loop.h"

struct resolver;
struct resolver_view; /* one loop's eyes on the resolver */

enum { RESOLVER_ADDRESSES_MAX = 8, RESOLVER_ADDRESS_TEXT = 48 };

enum resolver_state { RESOLVER_WAITING, RESOLVER_READY, RESOLVER_FAILED };

struct resolver_answer {
  enum resolver_state state;
  uint32_t generation; /* grows whenever the set of addresses changes */
  unsigned count;
  /* "192.0.2.1", "[2001:db8::1]", in the resolver's order */
  char addresses[RESOLVER_ADDRESSES_MAX][RESOLVER_ADDRESS_TEXT];
  char error[80]; /* with RESOLVER_FAILED: gai_strerror's words */
};

struct resolver *resolver_new(void);
/* Detaches from a lookup that hangs rather than wait for it. All views have
 * been freed before. */
void resolver_free(struct resolver *resolver);
/* Names a host to look after; index 0, 1, ... in the order of the calls. Only
 * before the first view is made. The same name gives the same index. */
bool resolver_add(struct resolver *resolver, struct slice host, unsigned *index)
    __attribute__((warn_unused_result));
/* Starts the thread if there is a name to resolve, once. */
bool resolver_start(struct resolver *resolver)
    __attribute__((warn_unused_result));

/* on_change(arg, index) is called on the loop whenever what resolver_get says
 * of a name has changed. */
struct resolver_view *resolver_view_new(
    struct resolver *resolver, struct loop *loop,
    void (*on_change)(void *arg, unsigned index), void *arg);
void resolver_view_free(struct resolver_view *view);
/* The view's copy; valid until the next on_change of that index. */
const struct resolver_answer *resolver_get(struct resolver_view *view,
                                           unsigned index);
/* The name has failed, or its addresses do not answer: look it up now rather
 * than later, at most once a second. */
void resolver_want(struct resolver_view *view, unsigned index);

#endif

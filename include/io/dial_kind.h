/* dial_kind: what the two kinds of dial, dial_tcp and dial_tls, share. */
#ifndef HEDGEROW_IO_DIAL_KIND_H
#define HEDGEROW_IO_DIAL_KIND_H

#include <stdbool.h>

#include "core/step.h"
#include "io/stream.h"

enum { DIAL_WHY_BYTES = 192 };

/* Called once, from the loop. Success: why is NULL and *stream the caller's.
 * Else stream is NULL, result is ATTEMPT_TRANSPORT or ATTEMPT_STARVED (no
 * memory), and why says what went wrong, in words, valid during the call. */
typedef void dial_on_done(void *arg, const struct stream *stream,
                          enum attempt_result result, const char *why);

/* The first member of either; nobody else's business. */
struct dial {
  bool tls;
  dial_on_done *on_done;
  void *arg;
};

#endif

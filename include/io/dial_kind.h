/* dial_kind: what the two kinds of dial, dial_tcp and dial_tls, share. */
#ifndef HEDGEROW_IO_DIAL_KIND_H
#define HEDGEROW_IO_DIAL_KIND_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "core/base_url.h"
#include "core/step.h"
#include "io/stream.h"
#include "io/trust.h"

enum { DIAL_WHY_BYTES = 192 };

/* Where to connect to; borrowed for the call that it is given to. */
struct dial_to {
  const struct base_url *url;
  unsigned name;              /* the number of its host at the resolver */
  unsigned first;             /* the place of the address to begin with */
  struct trust *trust;        /* whose CAs verify it, where it is TLS */
  int64_t connect_timeout_us; /* bounds the whole of it, TLS included */
};

/* What this machine lacks is no fault of the upstream's: descriptors, memory,
 * watches of epoll's, ports to connect from. */
static inline bool dial_error_is_ours(int error) {
  return error == EMFILE || error == ENFILE || error == ENOMEM ||
         error == ENOBUFS || error == ENOSPC || error == EADDRNOTAVAIL;
}

/* The error in words; valid until the next call. */
static inline const char *dial_error_words(int error) {
  return error == EADDRNOTAVAIL
             ? "this machine has no port free, or no address, to connect from"
             : strerror(error);
}

/* Called once, from the loop. Success: why is NULL and *stream the caller's.
 * Else stream is NULL, result is ATTEMPT_TRANSPORT, or ATTEMPT_STARVED where
 * this machine lacked something, and why says what went wrong, in words, valid
 * during the call. */
typedef void dial_on_done(void *arg, const struct stream *stream,
                          enum attempt_result result, const char *why);

/* Each kind of dial begins with this. Other modules do not look inside. */
struct dial {
  bool tls;
  dial_on_done *on_done;
  void *arg;
};

#endif

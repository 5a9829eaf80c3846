/* upstream: asks the targets. One attempt is one upstream request.
 *
 * The interface is narrow on purpose: an attempt is started or refused, ends
 * once or is cancelled, and its end says everything that a policy, an answer
 * or a log wants to know. How the bytes travel is nobody else's business. */
#ifndef HEDGEROW_IO_UPSTREAM_H
#define HEDGEROW_IO_UPSTREAM_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "core/step.h"
#include "io/buffer.h"
#include "io/credentials.h"
#include "io/loop.h"
#include "io/resolver.h"

struct upstream; /* one loop's */
struct attempt;

enum { ATTEMPT_ERROR_TEXT = 192 };

/* What all workers' upstreams share: caps are the process's, not a worker's. */
struct upstream_shared {
  unsigned host[CONFIG_TARGETS_MAX]; /* each target's name at the resolver */
  struct {
    _Atomic int64_t in_flight;
    char rest[64 - sizeof(int64_t)]; /* of its cache line */
  } attempts[CONFIG_TARGETS_MAX];
};

/* Names every target's host to the resolver. False: no memory. */
bool upstream_shared_init(struct upstream_shared *shared,
                          const struct config *config,
                          struct resolver *resolver)
    __attribute__((warn_unused_result));

/* What an attempt asks: GET, the target with rest and query (core/target.h),
 * the target's Host, the two blocks of field lines ("Name: value\r\n"...), and
 * Hedge-Attempt. */
struct attempt_request {
  unsigned target;        /* index into config->targets */
  bool hedge;             /* refused earlier than a primary when it gets full */
  unsigned hedge_attempt; /* the field's value, below 256 */
  struct slice rest, query;
  struct slice common, credentials;
};

/* How it ended. `bytes` are the receiver's to take (buffer_take); what is left
 * there is freed after the call. head and body point into them, and are filled
 * after a success and after a whole 4xx, else empty. */
struct attempt_reply {
  struct attempt_end end;
  struct buffer bytes;
  struct slice head; /* "HTTP/1.1 200 OK\r\n" and field lines with CRLFs, up to
                      * and without the empty line */
  struct slice body;
  int64_t first_byte_us; /* 0: none came */
  int64_t end_us;
  unsigned resends;  /* kept connections that had died and were replaced */
  const char *error; /* in words that say what to do, valid during the call; ""
                      * after a success. Holds no secret. */
};

typedef void attempt_on_done(void *arg, unsigned index,
                             struct attempt_reply *reply);

/* Everything is borrowed. NULL with one line in error. */
struct upstream *upstream_new(struct loop *loop, const struct config *config,
                              struct resolver *resolver,
                              struct upstream_shared *shared,
                              struct blocks *blocks, char *error,
                              size_t error_cap);
/* Whom it believes from now on; it holds the credentials. TLS connections that
 * others vouched for carry the request that they have, and no other. Call it
 * before the first attempt, and from nobody's callback. */
void upstream_trust(struct upstream *upstream, struct credentials *credentials);
/* No attempt may be in flight. */
void upstream_free(struct upstream *upstream);

/* Starts, and calls on_done(arg, index, reply) once, later, from the loop and
 * never from inside this call. The request is copied, but the bytes that its
 * slices point at must stay until the attempt has ended or was cancelled. NULL:
 * refused, and *why says in words (static text) by which cap. */
struct attempt *attempt_start(struct upstream *upstream,
                              const struct attempt_request *request,
                              attempt_on_done *on_done, void *arg,
                              unsigned index, const char **why)
    __attribute__((warn_unused_result));
/* Ends it now: on_done is not called, the connection closes. */
void attempt_cancel(struct attempt *attempt);

#endif

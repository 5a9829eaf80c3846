/* leg: what an exchange keeps of one of its attempts. */
#ifndef HEDGEROW_PROXY_LEG_H
#define HEDGEROW_PROXY_LEG_H

#include <stdint.h>

#include "core/step.h"
#include "io/buffer.h"
#include "io/upstream.h"

struct leg {
  struct attempt *attempt; /* NULL: not in flight */
  struct attempt_end end;
  int64_t started_us, ended_us;
  unsigned resends;
  struct buffer bytes;     /* of a success or a whole 4xx, else empty: */
  struct slice head, body; /* these point into them */
  const char *error;       /* never NULL once it was started */
  char *kept_error;        /* error's memory, or NULL where it is static */
};

/* Takes everything over from a reply; the leg is not in flight any more. */
void leg_take(struct leg *leg, struct attempt_reply *reply);
/* Ends without a reply: refused, cancelled or out of time. error is static. */
void leg_end(struct leg *leg, enum attempt_result result, const char *error,
             int64_t now_us);
void leg_clear(struct leg *leg);

#endif

/* exchange: the life of one raced or gathered client request. */
#ifndef HEDGEROW_PROXY_EXCHANGE_H
#define HEDGEROW_PROXY_EXCHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "io/connection.h"
#include "proxy/reply.h"
#include "proxy/service.h"

enum exchange_kind { EXCHANGE_RACE, EXCHANGE_GATHER };

/* What one attempt asks. */
struct exchange_item {
  unsigned target;        /* index into config->targets */
  struct slice rest;      /* appended to the target's path; "" or "/..." */
  struct slice query;     /* behind the target's own; without '?' */
  bool credentials;       /* carries the client's Authorization and Cookie */
  unsigned hedge_attempt; /* the Hedge-Attempt field's value */
};

/* An exchange as its router has made it ready. Every slice in it, those of the
 * items and of `asked` included, points into `bytes`, or is empty. */
struct exchange_order {
  enum exchange_kind kind;
  struct slice bytes;
  struct asked asked;
  struct slice common, credentials; /* field lines, see core/forward.h */
  const struct exchange_item *items;
  unsigned item_count; /* a race: 1 + hedges <= RACE_MAX_ATTEMPTS */
  int64_t timeout_us;
  bool detail; /* /all?detail=1 */
};

/* Copies the order and starts (asked.started_us is the race's t = 0). The
 * answer comes over the connection; the exchange frees itself. False: no
 * memory, nothing has happened. */
bool exchange_start(struct service *service, struct connection *connection,
                    const struct exchange_order *order)
    __attribute__((warn_unused_result));

/* The drain time is over: every open exchange is answered with a 503. */
void exchange_drain_all(struct service *service);

#endif

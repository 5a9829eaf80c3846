/* visit: one client request on its way from the router to an endpoint. */
#ifndef HEDGEROW_PROXY_VISIT_H
#define HEDGEROW_PROXY_VISIT_H

#include <stdbool.h>
#include <stdint.h>

#include "io/connection.h"
#include "proxy/exchange.h"
#include "proxy/reply.h"
#include "proxy/service.h"

/* Lives as long as the router's call; slices point into the request. */
struct visit {
  struct service *service;
  struct connection *connection;
  const struct http_request *request;
  struct slice body;
  struct slice rest; /* of the path, behind the route's own */
  struct asked asked;
};

/* Answers with a problem. */
void visit_reject(struct visit *visit, int status, const char *detail);

/* The timeout of the request, from its parameter or the default. False: it is
 * malformed, and has been answered. */
bool visit_timeout(struct visit *visit, struct slice value, unsigned count,
                   int64_t *timeout_us) __attribute__((warn_unused_result));

/* What a race may ask: primary and hedges over the --to targets, in turn.
 * items has room for RACE_MAX_ATTEMPTS; there is at least one --to. Returns how
 * many they are. */
unsigned visit_race_items(const struct visit *visit,
                          struct exchange_item *items, struct slice rest,
                          struct slice query);

/* The text that an order's slices point into, emptied. */
struct text *visit_text(struct visit *visit);

/* Adds to the order what every exchange needs of its request (who asked what,
 * the fields to forward), and starts it, or answers why not. The order's other
 * slices are in visit_text already. */
void visit_start(struct visit *visit, struct exchange_order *order);

#endif

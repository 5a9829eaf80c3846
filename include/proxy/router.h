/* router: which request goes where. */
#ifndef HEDGEROW_PROXY_ROUTER_H
#define HEDGEROW_PROXY_ROUTER_H

#include <stddef.h>

#include "io/connection.h"
#include "proxy/service.h"

/* For a front_handler; arg is the worker's service, and route one of ours. */
size_t router_on_head(void *arg, const struct http_request *request,
                      const void **route);
void router_on_request(void *arg, struct connection *connection,
                       const struct http_request *request, const void *route,
                       struct slice body);
void router_on_bad_request(void *arg, struct connection *connection,
                           const struct http_request *request,
                           const void *route, int status, const char *why);

#endif

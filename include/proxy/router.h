/* router: which request goes where. */
#ifndef HEDGEROW_PROXY_ROUTER_H
#define HEDGEROW_PROXY_ROUTER_H

#include <stddef.h>

#include "io/connection.h"
#include "proxy/service.h"

/* For a front_handler; arg is the worker's service. What is admitted is a route
 * of the snapshot that is in force then, with the worker's lease on it. */
struct admission router_on_head(void *arg, const struct http_request *request);
void router_on_hold(void *lease);
void router_on_release(void *lease);
void router_on_request(void *arg, struct connection *connection,
                       const struct http_request *request,
                       const struct admission *admission, struct slice body);
void router_on_bad_request(void *arg, struct connection *connection,
                           const struct http_request *request,
                           const struct admission *admission, int status,
                           const char *why);
void router_on_left(void *arg, struct connection *connection,
                    const struct http_request *request,
                    const struct admission *admission);

#endif

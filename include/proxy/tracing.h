/* tracing: which trace a client request is part of (core/trace_context). */
#ifndef HEDGEROW_PROXY_TRACING_H
#define HEDGEROW_PROXY_TRACING_H

#include <stdbool.h>

#include "core/http_request.h"
#include "core/trace_context.h"
#include "proxy/service.h"

struct tracing {
  struct trace_context context; /* the request's span included */
  bool keeps_state;             /* the client's tracestate may cross, */
  struct slice state; /* and that as one list; empty: it is none, or long */
  char storage[TRACE_STATE_BYTES]; /* of it */
};

const struct trace_context *tracing_look(struct service *service,
                                         const struct http_request *request,
                                         struct tracing *room);

/* The trace that the client names; else a new one, in a process that traces;
 * else NULL. It is written into `room`. */
static inline const struct trace_context *tracing_join(
    struct service *service, const struct http_request *request,
    struct tracing *room) {
  if (!request->traced && !service->process->traces) return NULL;
  return tracing_look(service, request, room);
}

#endif

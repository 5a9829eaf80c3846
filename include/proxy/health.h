/* health: GET /healthz. */
#ifndef HEDGEROW_PROXY_HEALTH_H
#define HEDGEROW_PROXY_HEALTH_H

#include "proxy/visit.h"

/* 200 while the process is alive; never touches an upstream. */
void health_visit(struct visit *visit);

#endif

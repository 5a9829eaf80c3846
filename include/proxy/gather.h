/* gather: GET of a route that gathers others. */
#ifndef HEDGEROW_PROXY_GATHER_H
#define HEDGEROW_PROXY_GATHER_H

#include "proxy/visit.h"

void gather_visit(struct visit *visit);

#endif

/* smart: GET /smart and /smart/REST, the race. */
#ifndef HEDGEROW_PROXY_SMART_H
#define HEDGEROW_PROXY_SMART_H

#include "proxy/visit.h"

void smart_visit(struct visit *visit);

#endif

/* all: GET /all and POST /all, the gather. */
#ifndef HEDGEROW_PROXY_ALL_H
#define HEDGEROW_PROXY_ALL_H

#include "proxy/visit.h"

void all_visit(struct visit *visit);

#endif

/* observe: what is learned from each attempt and each client request. */
#ifndef HEDGEROW_PROXY_OBSERVE_H
#define HEDGEROW_PROXY_OBSERVE_H

#include "core/record.h"
#include "proxy/service.h"

/* An attempt has ended, whichever way. Called from one place, proxy/fetch. */
void observe_attempt(struct service *service,
                     const struct attempt_record *attempt);

/* A client request has its answer, or nobody left to answer. Called from one
 * place, proxy/answering, before the answer goes out. */
void observe_race(struct service *service, const struct race_record *race);

#endif

/* observe: what is learned from each attempt and each client request. */
#ifndef HEDGEROW_PROXY_OBSERVE_H
#define HEDGEROW_PROXY_OBSERVE_H

#include "core/pilot.h"
#include "core/record.h"
#include "core/target.h"
#include "proxy/service.h"

/* An attempt has ended, whichever way. Called from one place, proxy/fetch. */
void observe_attempt(struct service *service,
                     const struct attempt_record *attempt);

/* What an attempt's end has made of its target; told by a notice. */
void observe_news(const struct pilot *pilot, unsigned place,
                  const struct target *target, enum pilot_news news);

/* A client request has its answer, or nobody left to answer. Called from one
 * place, proxy/answering, before the answer goes out. */
void observe_race(struct service *service, const struct race_record *race);

/* What workers have counted since they began. */
struct observe_sums {
  uint64_t attempts[ATTEMPT_RESULTS]; /* that have ended, by how they did */
  uint64_t races[OUTCOMES];           /* client requests, by their outcome */
};

/* Adds a worker's; from any thread. */
void observe_add(struct observe_sums *sums, const struct service *service);
/* By notices, one for the requests and one for the attempts. */
void observe_tell(const struct observe_sums *sums);

#endif

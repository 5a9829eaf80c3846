/* observe: what is learned from each attempt and each client request. */
#ifndef HEDGEROW_PROXY_OBSERVE_H
#define HEDGEROW_PROXY_OBSERVE_H

#include "core/pilot.h"
#include "core/record.h"
#include "core/target.h"
#include "io/connection.h"
#include "proxy/service.h"

/* An attempt at a target of the group has ended, whichever way; the tally is
 * its route's. Called from one place, proxy/fetch. */
void observe_attempt(struct service *service, const struct group *group,
                     struct route_tally *tally,
                     const struct attempt_record *attempt);

/* What an attempt's end has made of its target; told by a notice. */
void observe_news(const struct pilot *pilot, unsigned place,
                  const struct target *target, enum pilot_news news);

/* A client request has its answer, or nobody left to answer. Called from one
 * place, proxy/answering, before the answer goes out. Where the record does not
 * name the peer and somebody wants to know, the connection is asked, and its
 * text is in the record afterwards; NULL: it has gone. */
void observe_race(struct service *service, struct race_record *race,
                  const struct connection *connection);

/* Adds what one worker has counted. */
void observe_add(struct counters *sum, const struct counters *counters);
/* Tells by notices, one for the requests and one for the attempts. */
void observe_tell(const struct counters *sum);

#endif

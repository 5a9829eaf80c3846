/* balance: which target of a group a request's primary asks. */
#ifndef HEDGEROW_PROXY_BALANCE_H
#define HEDGEROW_PROXY_BALANCE_H

#include "core/pilot.h"
#include "core/target.h"
#include "proxy/service.h"

/* An index below group->count, which is 1 or more; see enum balance. Those that
 * are out by the group's pilot are neither drawn nor have a turn. */
unsigned balance_first(struct service *service, const struct group *group,
                       const struct pilot *pilot, int64_t now_us);

#endif

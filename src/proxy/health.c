/* health: alive, and no more than that.
 *
 * A load balancer or a supervisor asks this to learn whether hedgerow answers.
 * It says nothing of the upstream on purpose: a proxy that is taken out of
 * service because what it protects is down protects nothing. */
#include "proxy/health.h"

void health_visit(struct visit *visit) {
  visit_answer(visit, slice_of("{\"status\":\"ok\"}"));
}

/* smart: from a GET /smart to a race.
 *
 * Every attempt asks for the same path and query below its target: the target's
 * own, then REST, and the client's query without the parameter that is ours. */
#include "proxy/smart.h"

#include "core/query.h"

void smart_visit(struct visit *visit) {
  const struct route *route = visit->route;
  struct query_param timeout = {.name = "timeout"};
  struct slice query = visit->request->query;
  struct exchange_item item = {.group = route->group};
  struct exchange_setup setup = {.policy = &route->policy,
                                 .targets = route->group->count,
                                 .items = &item,
                                 .item_count = 1};
  if (item.group->count == 0) {
    visit_reject(visit, 404,
                 "hedgerow was started without --to, so there is "
                 "nothing to race");
    return;
  }
  if (!base_url_rest_is_safe(visit->rest)) {
    visit_reject(visit, 400,
                 "the path must stay below the target's: no . or "
                 ".. segments, and no malformed percent-encoding");
    return;
  }
  if (!visit_open(visit, visit->rest.len + query.len)) return;
  item.rest = visit_keep(visit, visit->rest);
  query_take(query, &timeout, 1, &visit->text);
  item.query = slice_from(text_slice_of(&visit->text), item.rest.len);
  if (visit_timeout(visit, timeout.value, timeout.count, &setup.timeout_us))
    visit_start(visit, &setup);
}

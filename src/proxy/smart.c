/* smart: from a GET /smart to a race.
 *
 * Attempt k asks target k mod n for the same path and query: the target's own,
 * then REST, and the client's query without the parameter that is ours. */
#include "proxy/smart.h"

#include "core/query.h"

void smart_visit(struct visit *visit) {
  const struct config *config = visit->service->config;
  struct query_param timeout = {.name = "timeout"};
  struct exchange_item items[RACE_MAX_ATTEMPTS];
  struct exchange_order order = {.kind = EXCHANGE_RACE, .items = items};
  struct text *text = visit_text(visit);
  struct slice rest, query;
  if (config->to_count == 0) {
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
  text_slice(text, visit->rest);
  rest = text_slice_of(text);
  query_take(visit->request->query, &timeout, 1, text);
  query = slice_from(text_slice_of(text), rest.len);
  if (!visit_timeout(visit, timeout.value, timeout.count, &order.timeout_us))
    return;
  order.item_count = visit_race_items(visit, items, rest, query);
  visit_start(visit, &order);
}

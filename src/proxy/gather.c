/* gather: from a client's GET to one fetch for each item of its route.
 *
 * What the items ask for stands in the snapshot; here they only get their
 * races, one for all items of the same rules: hedges and timeouts are those of
 * the item's own route, but none outlives the client's deadline. The answer is
 * made of JSON, so an item succeeds as JSON does, whatever success its route
 * says. */
#include "proxy/gather.h"

#include "core/query.h"
#include "proxy/balance.h"

static struct exchange_race race_of(struct visit *visit,
                                    const struct route *route,
                                    int64_t deadline_us) {
  const struct group *group = route->group;
  const struct pilot *pilot =
      route->pilots ? &route->pilots[visit->service->number] : NULL;
  return (struct exchange_race){
      .policy = &route->policy,
      .pilot = pilot,
      .targets = group->count > 0 ? group->count : 1,
      .first = group->count > 0 ? balance_first(visit->service, group, pilot,
                                                visit->record.start_us)
                                : 0,
      .timeout_us =
          route->timeout_us < deadline_us ? route->timeout_us : deadline_us,
      .fields = &route->fields,
      .json = route->rules};
}

/* Each item is asked once. */
static void make_plain(struct exchange_race *race, struct race_policy *plain) {
  *plain = *race->policy;
  plain->hedges = plain->retries = 0;
  race->policy = plain;
}

static struct exchange_item item_of(const struct visit *visit,
                                    const struct gather_item *from) {
  return (struct exchange_item){.group = from->group,
                                .pilot = &from->pilots[visit->service->number],
                                .only = from->only,
                                .rest = from->rest,
                                .query = from->query,
                                .race = from->rules};
}

static void gather_start(struct visit *visit, struct exchange_setup *setup,
                         int64_t deadline_us) {
  const struct gather *gather = setup->gather;
  struct exchange_race races[GATHER_ITEMS_MAX];
  struct exchange_item items[GATHER_ITEMS_MAX];
  struct race_policy plain[GATHER_ITEMS_MAX];
  const bool is_plain = visit_is_plain(visit);
  for (unsigned i = 0; i < gather->rule_count; i++) {
    races[i] = race_of(visit, gather->rules[i], deadline_us);
    if (is_plain) make_plain(&races[i], &plain[i]);
  }
  for (unsigned i = 0; i < gather->count; i++)
    items[i] = item_of(visit, &gather->items[i]);
  setup->races = races;
  setup->race_count = gather->rule_count;
  setup->items = items;
  setup->item_count = gather->count;
  visit_start(visit, setup);
}

void gather_visit(struct visit *visit) {
  const struct route *route = visit->route;
  struct query_param params[] = {{.name = "detail"},
                                 {.name = route->timeout_param}};
  struct exchange_setup setup = {
      .message = {.method = slice_of("GET"), .gzip = GZIP_UNDONE},
      .gather = &route->gather,
      .gathers = true};
  int64_t deadline_us;
  if (!visit_open(visit, 0)) return;
  query_take(visit->request->query, params, route->timeout_param ? 2 : 1, NULL);
  if (visit_switch(visit, &params[0], &setup.detail) &&
      visit_timeout(visit, params[1].value, params[1].count, &deadline_us))
    gather_start(visit, &setup, deadline_us);
}

/* snapshot_gathers.c: what each gather asks.
 *
 * A path is asked by the rules of the route that a client would find with it,
 * so the table of routes has to be there. A URL belongs to no route: it goes by
 * the defaults, to the one target that it lies below. Both are found when the
 * snapshot is made, and no request looks for them again. */
#include "config/snapshot_parts.h"
#include "core/text.h"

/* The defaults: a URL belongs to no route. NULL: no memory. */
static const struct route *plain_route(struct whole *whole) {
  struct config_route defaults = {.rules = whole->source->config->defaults};
  if (whole->plain) return whole->plain;
  whole->plain = snapshot_take(whole, 1, sizeof *whole->plain);
  if (whole->plain) snapshot_make_route(whole, whole->plain, &defaults);
  return whole->plain;
}

static const struct route *route_of_path(const struct whole *whole,
                                         struct slice path) {
  const struct route_table *table = &whole->snapshot.table;
  return route_table_method(table, route_table_find(table, path), HTTP_GET);
}

static unsigned rules_index(struct gather *gather, const struct route *rules) {
  unsigned i = 0;
  while (i < gather->rule_count && gather->rules[i] != rules) i++;
  if (i == gather->rule_count) gather->rules[gather->rule_count++] = rules;
  return i;
}

/* What the seam leaves of a path below its route, and whom it may ask. */
static void find_path(struct whole *whole, struct gather *gather,
                      struct gather_item *item) {
  const struct route *route = route_of_path(whole, item->shown);
  item->rules = rules_index(gather, route);
  item->group = route->group;
  item->pilots = route->pilots;
  item->rest =
      route->strip ? route_table_rest(route, item->shown) : item->shown;
}

static void find_url(struct whole *whole, struct gather *gather,
                     const struct config_item *from, struct gather_item *item) {
  struct base_url url;
  const struct route *plain = plain_route(whole);
  item->rules = rules_index(gather, plain);
  item->group = snapshot_group_of(whole, from->upstream);
  item->pilots = plain ? snapshot_pilots(whole, item->group, plain) : NULL;
  item->only = &item->group->targets[from->target];
  if (!base_url_parse(&url, item->shown))
    item->rest = base_url_below(&item->only->url, url.path);
}

/* "orders" becomes "\"orders\":". */
static struct slice make_label(struct whole *whole, struct slice name) {
  const size_t room = 6 * name.len + sizeof "\"\":";
  struct text label;
  char *at = name.len > 0 ? snapshot_take(whole, room, 1) : NULL;
  if (!at) return (struct slice){0};
  text_init(&label, at, room);
  text_json(&label, name);
  text_char(&label, ':');
  return text_slice_of(&label);
}

static void make_item(struct whole *whole, struct gather *gather,
                      const struct config_item *from,
                      struct gather_item *item) {
  *item = (struct gather_item){.required = from->required,
                               .query = snapshot_keep(whole, from->query),
                               .label = make_label(whole, from->name),
                               .shown = snapshot_keep(whole, from->shown)};
  if (whole->failed) return;
  if (from->path.len > 0) find_path(whole, gather, item);
  else find_url(whole, gather, from, item);
}

static void make_gather(struct whole *whole, struct gather *gather,
                        const struct config_route *from) {
  struct gather_item *items =
      snapshot_take(whole, from->item_count, sizeof *items);
  gather->rules =
      snapshot_take(whole, from->item_count, sizeof(const struct route *));
  if (whole->failed) return;
  gather->items = items;
  gather->count = from->item_count;
  for (unsigned i = 0; i < gather->count; i++)
    make_item(whole, gather, &from->items[i], &items[i]);
}

void snapshot_make_gathers(struct whole *whole) {
  for (unsigned i = 0; i < whole->source->config->route_count; i++)
    if (whole->routes[i].kind == ROUTE_GATHER)
      make_gather(whole, &whole->routes[i].gather, whole->origins[i]);
}

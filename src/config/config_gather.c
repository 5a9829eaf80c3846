/* config_gather.c: what the gather routes of a file ask for.
 *
 * An item is the path of another route, which is looked for by the table that
 * requests go by, or a URL that lies below a target. Both are settled here, and
 * for good: a request finds everything done. Items are read when all routes are
 * known, since a gather may name routes that stand behind it. */
#include <stdlib.h>

#include "config/config_file_parts.h"
#include "core/http_method.h"
#include "core/route_table.h"

/* ---- the route of a path ---- */

static bool takes(struct slice path, enum route_kind kind, struct slice asked) {
  const struct route route = {.path = path, .below = kind == ROUTE_SMART};
  struct route_cell cells[8] = {{0}}; /* route_table_cells(1) */
  struct route_table table;
  route_table_init(&table, &route, 1, cells);
  return route_table_find(&table, asked) != NULL;
}

/* Of the routes with the longest path, that for GET, else any of them. NULL:
 * there is none. */
static const struct config_route *route_for(const struct config *config,
                                            struct slice asked) {
  const struct config_route *best = NULL;
  for (unsigned i = 0; i < config->route_count; i++) {
    const struct config_route *route = &config->routes[i];
    if (route->path.len == 0 || !takes(route->path, route->kind, asked) ||
        (best && route->path.len < best->path.len))
      continue;
    if (!best || route->path.len > best->path.len ||
        !(best->rules.methods & 1u << HTTP_GET))
      best = route;
  }
  return best;
}

/* NULL, or why the path is none that a gather may name. */
static const char *route_fault(const struct config *config,
                               struct slice asked) {
  if (takes(slice_of("/healthz"), ROUTE_HEALTH, asked))
    return ": a gather cannot name /healthz";
  const struct config_route *route = route_for(config, asked);
  if (!route) return ": no route takes this path";
  if (route->kind == ROUTE_GATHER) return ": a gather cannot name a gather";
  if (route->kind == ROUTE_ALL) return ": a gather cannot name /all";
  if (!(route->rules.methods & 1u << HTTP_GET))
    return ": the route of this path does not take GET";
  return NULL;
}

/* ---- what an item asks ---- */

static const char *read_path(const struct config *config,
                             struct config_item *item) {
  if (!base_url_takes(item->path, item->query))
    return ": a path has no . or .. segments, no malformed percent-encoding, "
           "and no bytes but visible ASCII without '#'";
  return route_fault(config, item->path);
}

/* The first target that it lies below. */
static bool find_target(const struct config *config, const struct base_url *url,
                        struct config_item *item) {
  for (unsigned i = 0; i < config->upstream_count; i++) {
    const struct config_upstream *upstream = &config->upstreams[i];
    for (unsigned k = 0; k < upstream->target_count; k++) {
      const struct base_url *base = &upstream->targets[k].url;
      if (!base_url_same_origin(base, url) || !base_url_covers(base, url->path))
        continue;
      item->upstream = upstream;
      item->target = k;
      return true;
    }
  }
  return false;
}

static const char *read_url(const struct config *config, struct slice text,
                            struct config_item *item) {
  struct base_url url;
  if (base_url_parse(&url, text)) return ": expected a path or a URL";
  if (!find_target(config, &url, item))
    return ": this URL does not lie below a target of an upstream";
  return NULL;
}

static void read_what(struct config_file *file, const struct yaml_node *node,
                      struct config_item *item) {
  const char *why = "expected a path or a URL";
  if (node->kind == YAML_SCALAR && node->text.len > 0) {
    const bool is_path = node->text.at[0] == '/';
    base_url_split(node->text, &item->shown, &item->query);
    if (is_path) item->path = item->shown;
    why = is_path ? read_path(file->config, item)
                  : read_url(file->config, node->text, item);
  }
  if (why) config_file_complain(file, node->place, item->shown, why);
}

/* ---- an item ---- */

static bool is_taken(const struct config_route *route,
                     const struct config_item *item) {
  for (const struct config_item *other = route->items; other < item; other++)
    if (slice_equal(other->name, item->name)) return true;
  return false;
}

static void read_name(struct config_file *file, const struct yaml_node *node,
                      const struct config_route *route,
                      struct config_item *item) {
  if (node->kind == YAML_SCALAR) item->name = node->text;
  if (item->name.len == 0)
    config_file_complain(file, node->place, node->key, ": expected a name");
  else if (is_taken(route, item))
    config_file_complain(file, node->place, item->name,
                         ": an item before it has this name");
}

static void read_required(struct config_file *file,
                          const struct yaml_node *node,
                          struct config_item *item) {
  if (node->kind != YAML_SCALAR ||
      !config_parse_switch(node->text, &item->required))
    config_file_complain(file, node->place, node->key, ": expected off or on");
}

static void read_item(struct config_file *file, const struct yaml_node *node,
                      const struct config_route *route,
                      struct config_item *item) {
  if (node->kind != YAML_MAPPING) {
    read_what(file, node, item);
    return;
  }
  /* Tells of unknown keys; no option of an item is one of the rules. */
  config_file_read_mapping(file, node, SCOPE_ITEM, NULL);
  const struct yaml_node *path = yaml_get(node, "path");
  const struct yaml_node *url = yaml_get(node, "url");
  const struct yaml_node *name = yaml_get(node, "as");
  const struct yaml_node *required = yaml_get(node, "required");
  if (!path == !url)
    config_file_complain(file, node->place, (struct slice){0},
                         "an item has a path or a url");
  else read_what(file, path ? path : url, item);
  if (name) read_name(file, name, route, item);
  if (required) read_required(file, required, item);
}

/* ---- a gather ---- */

static void check_names(struct config_file *file, const struct yaml_node *list,
                        const struct config_route *route) {
  unsigned named = 0;
  for (unsigned i = 0; i < route->item_count; i++)
    named += route->items[i].name.len > 0;
  if (named > 0 && named < route->item_count)
    config_file_complain(file, list->place, list->key,
                         ": either every item has a name (as: NAME), or none");
}

static void read_gather(struct config_file *file, const struct yaml_node *list,
                        struct config_route *route) {
  if (list->kind != YAML_SEQUENCE || list->count == 0 ||
      list->count > GATHER_ITEMS_MAX) {
    config_file_complain(file, list->place, list->key,
                         ": expected a list of 1 to 64 paths or URLs");
    return;
  }
  route->items = config_file_take(file, list, sizeof *route->items);
  if (!route->items) return;
  for (const struct yaml_node *node = list->first; node; node = node->next)
    read_item(file, node, route, &route->items[route->item_count++]);
  check_names(file, list, route);
}
_Static_assert(GATHER_ITEMS_MAX == 64, "the error names the number");

void config_file_read_gathers(struct config_file *file,
                              const struct yaml_node *routes) {
  struct config_route *route = file->config->routes;
  for (const struct yaml_node *node = routes->first; node; node = node->next) {
    if (route->kind == ROUTE_GATHER)
      read_gather(file, yaml_get(node, "gather"), route);
    route++;
  }
}

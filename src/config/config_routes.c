/* config_routes.c: the routes of a file, and what only all of them tell: a
 * route that nothing reaches, an upstream that nobody asks. */
#include <stdlib.h>

#include "config/config_file_parts.h"
#include "core/http_method.h"
#include "core/record.h"

/* ---- its path ---- */

/* NULL, or what is wrong with it. */
static const char *path_fault(struct slice path) {
  if (path.len == 0 || path.at[0] != '/') return ": a path begins with '/'";
  for (size_t i = 0; i < path.len; i++)
    if (path.at[i] <= ' ' || path.at[i] > '~' || path.at[i] == '?' ||
        path.at[i] == '#' || path.at[i] == '%')
      return ": a route's path is visible ASCII without '?', '#' and '%'";
  if (path.len > 1 && path.at[path.len - 1] == '/')
    return ": leave the last '/' out: what lies below belongs to the route";
  if (path.len > RECORD_ROUTE_MAX) return ": a route's path is too long";
  if (!base_url_rest_is_safe(path)) return ": a path has no . or .. segments";
  if (slice_equal(path, slice_of("/healthz")))
    return ": hedgerow answers it itself, always";
  return NULL;
}

/* ---- whom it asks ---- */

static const struct config_upstream *upstream_named(const struct config *config,
                                                    struct slice name) {
  for (unsigned i = 0; i < config->upstream_count; i++)
    if (slice_equal(config->upstreams[i].name, name))
      return &config->upstreams[i];
  return NULL;
}

/* NULL: there is none; that was told, where it was wrong. */
static const struct config_upstream *read_name(struct config_file *file,
                                               const struct yaml_node *node,
                                               const char *key) {
  const struct yaml_node *name = yaml_get(node, key);
  if (!name) return NULL;
  const struct config_upstream *upstream = NULL;
  if (name->kind == YAML_SCALAR)
    upstream = upstream_named(file->config, name->text);
  if (!upstream)
    config_file_complain(file, name->place, name->text,
                         " is no name that stands under upstreams");
  return upstream;
}

/* A gather's items ask for it (config_gather.c, which reads them once all
 * routes are there). */
static void refuse_whom(struct config_file *file,
                        const struct yaml_node *node) {
  static const char *const keys[] = {"upstream", "list", "methods"};
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
    const struct yaml_node *child = yaml_get(node, keys[i]);
    if (child)
      config_file_complain(file, child->key_place, child->key,
                           " does not stand beside gather, which takes GET and "
                           "HEAD and asks what its items name");
  }
}

/* What /all asks is a GET, whatever it is asked by: so it takes no method that
 * would mean something else. */
static void check_all(struct config_file *file, const struct yaml_node *node,
                      struct config_route *route) {
  const unsigned taken = HTTP_METHODS_GET | 1u << HTTP_POST;
  const struct yaml_node *methods = yaml_get(node, "methods");
  if (route->kind != ROUTE_ALL || !methods) return;
  if (route->rules.methods & ~taken && route->rules.methods != HTTP_METHODS_ANY)
    config_file_complain(file, methods->place, methods->key,
                         ": /all takes GET, HEAD and POST");
  route->rules.methods &= taken;
}

static void read_whom(struct config_file *file, const struct yaml_node *node,
                      struct config_route *route) {
  if (route->kind == ROUTE_GATHER) {
    refuse_whom(file, node);
    return;
  }
  const struct yaml_node *list = yaml_get(node, "list");
  route->upstream = read_name(file, node, "upstream");
  route->listed = read_name(file, node, "list");
  if (list && route->kind != ROUTE_ALL)
    config_file_complain(file, list->key_place, list->key,
                         " belongs to the route /all");
  if (!yaml_get(node, "upstream") && !list)
    config_file_complain(file, node->place, (struct slice){0},
                         "a route needs an upstream");
}

/* ---- a route ---- */

/* Else it has them from the defaults, and those were checked. */
static bool says_what_is_checked(const struct yaml_node *node) {
  static const char *const keys[] = {"timeout", "max_timeout", "hedges",
                                     "retries", "success",     "success_if",
                                     "fail_if"};
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
    if (yaml_get(node, keys[i])) return true;
  return false;
}

static void read_route(struct config_file *file, const struct yaml_node *node,
                       struct config_route *route) {
  const struct yaml_node *path = yaml_get(node, "path");
  const char *why = "a route needs a path, such as /users";
  struct slice shown = {0};
  route->rules = file->config->defaults;
  if (!config_file_is_mapping(file, node)) return;
  if (path) {
    route->path = shown = path->text;
    why = path_fault(path->text);
  }
  if (why)
    config_file_complain(file, path ? path->place : node->place, shown, why);
  if (yaml_get(node, "gather")) route->kind = ROUTE_GATHER;
  config_route_begin(route);
  config_file_read_mapping(file, node, SCOPE_ROUTE, &route->rules);
  if (says_what_is_checked(node))
    config_file_check_rules(file, node->place, &route->rules);
  check_all(file, node, route);
  read_whom(file, node, route);
}

/* ---- all of them ---- */

/* What the routes before it at the same path leave to it. */
static bool is_reached(const struct config *config,
                       const struct config_route *route) {
  unsigned taken = 0;
  for (const struct config_route *r = config->routes; r < route; r++) {
    if (!slice_equal(r->path, route->path)) continue;
    taken |= r->rules.methods;
  }
  return route->rules.methods == 0 || (route->rules.methods & ~taken) != 0;
}

static void check_reached(struct config_file *file,
                          const struct yaml_node *all) {
  const struct config *config = file->config;
  const struct config_route *route = config->routes;
  for (const struct yaml_node *node = all->first; node; node = node->next) {
    if (route->path.len > 0 && !is_reached(config, route))
      config_file_complain(file, node->place, route->path,
                           ": this route can never match: routes above it take "
                           "all its methods at this path");
    route++;
  }
}

static bool is_gathered(const struct config_route *route,
                        const struct config_upstream *upstream) {
  for (unsigned i = 0; i < route->item_count; i++)
    if (route->items[i].upstream == upstream) return true;
  return false;
}

static bool is_asked(const struct config *config,
                     const struct config_upstream *upstream) {
  for (unsigned i = 0; i < config->route_count; i++)
    if (config->routes[i].upstream == upstream ||
        config->routes[i].listed == upstream ||
        is_gathered(&config->routes[i], upstream))
      return true;
  return false;
}

static void check_asked(struct config_file *file,
                        const struct yaml_node *upstreams) {
  const struct config *config = file->config;
  const struct yaml_node *node = upstreams->first;
  for (unsigned i = 0; i < config->upstream_count; i++, node = node->next)
    if (!is_asked(config, &config->upstreams[i]))
      config_file_complain(file, node->key_place, node->key,
                           ": no route asks this upstream");
}

void config_file_read_routes(struct config_file *file,
                             const struct yaml_node *root) {
  struct config *config = file->config;
  const struct yaml_node *all = yaml_get(root, "routes");
  if (!all || all->kind != YAML_SEQUENCE || all->count == 0 ||
      all->count > CONFIG_ROUTES_MAX) {
    config_file_complain(file, all ? all->place : root->place,
                         (struct slice){0},
                         "expected routes, a list of 1 to 1024");
    return;
  }
  config->routes = config_file_take(file, all, sizeof *config->routes);
  if (!config->routes) return;
  for (const struct yaml_node *node = all->first; node; node = node->next)
    read_route(file, node, &config->routes[config->route_count++]);
  config_file_read_gathers(file, all);
  check_reached(file, all);
  if (config->upstream_count > 0)
    check_asked(file, yaml_get(root, "upstreams"));
}
_Static_assert(CONFIG_ROUTES_MAX == 1024, "the error names the number");

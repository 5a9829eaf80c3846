/* config_build.c: the upstreams and routes that flags have always meant.
 *
 * Flags say one thing of each option, so what they make is small: an upstream
 * of the --to, another of the --all, and the routes /smart and /all. A file
 * (config/config_file) makes any number of both. What stands behind
 * (config/snapshot) does not know the one from the other. */
#include "config/config.h"

#include <stdlib.h>

#include "config/yaml.h"

enum { TO, ALL, UPSTREAMS };
enum { SMART, GATHER, ROUTES };

/* A target's own: what it does not have from its upstream. */
static void make_target(struct config_target *target,
                        const struct config_upstream *upstream,
                        const struct base_url *url) {
  target->url = *url;
  target->rules = upstream->rules;
  target->rules.header_count = target->rules.drop_header_count = 0;
}

static bool make_upstream(struct config *config, unsigned which,
                          const char *name, const struct base_url *urls,
                          unsigned count) {
  struct config_upstream *upstream = &config->upstreams[which];
  upstream->name = slice_of(name);
  upstream->rules = config->defaults;
  if (config->token_env && !upstream->rules.token_file.text)
    upstream->rules.token_env.text = "HEDGEROW_TOKEN";
  upstream->target_count = count;
  if (count == 0) return true;
  upstream->targets = calloc(count, sizeof *upstream->targets);
  if (!upstream->targets) return false;
  for (unsigned i = 0; i < count; i++)
    make_target(&upstream->targets[i], upstream, &urls[i]);
  return true;
}

void config_route_begin(struct config_route *route) {
  if (route->kind == ROUTE_GATHER) {
    route->rules.methods = HTTP_METHODS_GET;
    return;
  }
  const bool is_smart = slice_equal(route->path, slice_of("/smart"));
  const bool is_all = slice_equal(route->path, slice_of("/all"));
  route->kind = is_all ? ROUTE_ALL : ROUTE_SMART;
  if (!is_smart && !is_all) return;
  route->rules.strip_prefix = true;
  route->rules.methods = HTTP_METHODS_GET;
  if (is_all) route->rules.methods |= 1u << HTTP_POST;
}

static void make_route(struct config *config, unsigned which,
                       const char *path) {
  struct config_route *route = &config->routes[which];
  *route = (struct config_route){.path = slice_of(path),
                                 .upstream = &config->upstreams[TO],
                                 .rules = config->defaults};
  config_route_begin(route);
  if (route->kind == ROUTE_ALL) route->listed = &config->upstreams[ALL];
}

bool config_build(struct config *config) {
  config->upstreams = calloc(UPSTREAMS, sizeof *config->upstreams);
  config->routes = calloc(ROUTES, sizeof *config->routes);
  if (!config->upstreams || !config->routes) return false;
  config->upstream_count = UPSTREAMS;
  config->route_count = ROUTES;
  make_route(config, SMART, "/smart");
  make_route(config, GATHER, "/all");
  return make_upstream(config, TO, "to", config->targets, config->to_count) &&
         make_upstream(config, ALL, "all", config->targets + config->to_count,
                       config->all_count);
}

unsigned config_targets(const struct config *config) {
  unsigned count = 0;
  for (unsigned i = 0; i < config->upstream_count; i++)
    count += config->upstreams[i].target_count;
  return count;
}

struct config_string {
  struct config_string *next;
  char bytes[];
};

const char *config_join(struct config *config, struct slice a, struct slice b) {
  struct config_string *string = malloc(sizeof *string + a.len + b.len + 1);
  struct text text;
  if (!string) return NULL;
  string->next = config->strings;
  config->strings = string;
  text_init(&text, string->bytes, a.len + b.len + 1);
  text_put(&text, a, b);
  return text_end(&text);
}

static void free_strings(struct config *config) {
  struct config_string *string;
  while ((string = config->strings)) {
    config->strings = string->next;
    free(string);
  }
}

void config_clear(struct config *config) {
  for (unsigned i = 0; i < config->upstream_count; i++)
    free(config->upstreams[i].targets);
  free(config->upstreams);
  for (unsigned i = 0; i < config->route_count; i++)
    free(config->routes[i].items);
  free(config->routes);
  yaml_tree_free(config->yaml);
  free_strings(config);
  config->upstreams = NULL;
  config->routes = NULL;
  config->yaml = NULL;
  config->upstream_count = config->route_count = 0;
}

/* snapshot: from a configuration to what requests go by.
 *
 * Upstreams become groups of targets (snapshot_groups.c), routes become routes
 * and a table to find them by, and what a gather asks is looked up in that
 * (snapshot_gathers.c). All of it lies in one arena, since it is freed as a
 * whole. The texts are copied, because those of the configuration belong to
 * argv, or to a file that a reload reads anew.
 *
 * Threads share the count of references: main holds the snapshot in force, and
 * a worker holds each that its exchanges began under (proxy/lease). */
#include "config/snapshot.h"

#include <stdlib.h>
#include <string.h>

#include "config/snapshot_parts.h"
#include "core/http_method.h"

#define VERSION_LINE "User-Agent: hedgerow/" HEDGEROW_VERSION "\r\n"

static _Atomic int64_t living;

int64_t snapshot_count(void) { return atomic_load(&living); }

/* ---- memory ---- */

void *snapshot_take(struct whole *whole, size_t count, size_t size) {
  void *memory = arena_take(&whole->arena, count > 0 ? count * size : 1);
  if (!memory) whole->failed = true;
  else memset(memory, 0, count * size);
  return memory;
}

struct slice snapshot_keep(struct whole *whole, struct slice bytes) {
  if (!bytes.at) return bytes;
  char *copy = snapshot_take(whole, bytes.len, 1);
  if (!copy || bytes.len == 0) return (struct slice){copy, 0};
  memcpy(copy, bytes.at, bytes.len);
  return (struct slice){copy, bytes.len};
}

/* With a NUL behind it; NULL where it is empty. */
static const char *keep_name(struct whole *whole, struct slice name) {
  char *copy = name.len > 0 ? snapshot_take(whole, name.len + 1, 1) : NULL;
  return copy ? memcpy(copy, name.at, name.len) : NULL;
}

struct http_field *snapshot_keep_headers(struct whole *whole,
                                         const struct config_rules *rules) {
  struct http_field *headers =
      snapshot_take(whole, rules->header_count, sizeof *headers);
  for (unsigned i = 0; headers && i < rules->header_count; i++)
    headers[i] =
        (struct http_field){snapshot_keep(whole, rules->headers[i].name),
                            snapshot_keep(whole, rules->headers[i].value)};
  return headers;
}

struct slice *snapshot_keep_drop(struct whole *whole,
                                 const struct config_rules *rules) {
  struct slice *drop =
      snapshot_take(whole, rules->drop_header_count, sizeof *drop);
  for (unsigned i = 0; drop && i < rules->drop_header_count; i++)
    drop[i] = snapshot_keep(whole, rules->drop_headers[i]);
  return drop;
}

/* ---- routes ---- */

static struct slice *keep_origins(struct whole *whole,
                                  const struct config_rules *rules) {
  struct slice *origins =
      snapshot_take(whole, rules->cors_count, sizeof *origins);
  for (unsigned i = 0; origins && i < rules->cors_count; i++)
    origins[i] = snapshot_keep(whole, rules->cors[i]);
  return origins;
}

static struct cidr *keep_trusted(struct whole *whole,
                                 const struct config_rules *rules) {
  struct cidr *trusted =
      snapshot_take(whole, rules->trusted_count, sizeof *trusted);
  if (trusted)
    memcpy(trusted, rules->trusted, rules->trusted_count * sizeof *trusted);
  return trusted;
}

static void make_json_rule(struct whole *whole, struct json_rule *rule,
                           struct slice text) {
  char storage[JSON_RULE_WHY_BYTES];
  struct text why;
  text_init(&why, storage, sizeof storage);
  /* config_store has parsed it before. */
  (void)!json_rule_parse(rule, snapshot_keep(whole, text), &why);
}

/* NULL: there are none, or no memory. */
static struct json_rules *make_json_rules(struct whole *whole,
                                          const struct config_rules *from) {
  const unsigned needed = from->success_if_count;
  const unsigned count = needed + from->fail_if_count;
  if (count == 0) return NULL;
  struct json_rules *rules = snapshot_take(whole, 1, sizeof *rules);
  struct json_rule *list = snapshot_take(whole, count, sizeof *list);
  if (!rules || !list) return NULL;
  for (unsigned i = 0; i < count; i++)
    make_json_rule(whole, &list[i],
                   i < needed ? from->success_if[i]
                              : from->fail_if[i - needed]);
  *rules = (struct json_rules){list, count, needed};
  return rules;
}

static bool is_ruled(const struct config_rules *rules, const char *name) {
  for (unsigned i = 0; i < rules->header_count; i++)
    if (slice_equal_nocase(rules->headers[i].name, slice_of(name))) return true;
  for (unsigned i = 0; i < rules->drop_header_count; i++)
    if (slice_equal_nocase(rules->drop_headers[i], slice_of(name))) return true;
  return slice_equal_nocase(rules->timeout_header, slice_of(name));
}

/* Those that the route does not set or drop itself. */
static unsigned forwarded_fields(const struct config_rules *rules) {
  unsigned fields = 0;
  if (rules->forwarded == 0) return 0;
  if (!is_ruled(rules, "X-Forwarded-For")) fields |= FORWARDED_FOR;
  if (!is_ruled(rules, "X-Forwarded-Proto")) fields |= FORWARDED_PROTO;
  if (!is_ruled(rules, "X-Forwarded-Host")) fields |= FORWARDED_HOST;
  return fields;
}

/* What is forwarded as it is, and asked for once, is passed on as it comes. */
static bool streams(const struct config_rules *rules) {
  return rules->success == SUCCESS_ANY && rules->policy.hedges == 0 &&
         rules->policy.retries == 0;
}

/* What is streamed may have no end: nobody can hold it until it is inflated,
 * and client and upstream agree on its coding themselves. */
static bool asks_gzip(const struct config_rules *rules) {
  return rules->compression != 0 && !streams(rules);
}

static struct forward_rules make_fields(struct whole *whole,
                                        const struct config_rules *rules,
                                        enum route_kind kind) {
  return (struct forward_rules){
      .headers = snapshot_keep_headers(whole, rules),
      .header_count = rules->header_count,
      .drop = snapshot_keep_drop(whole, rules),
      .drop_count = rules->drop_header_count,
      .user_agent = snapshot_keep(whole, rules->user_agent),
      .timeout_header = snapshot_keep(whole, rules->timeout_header),
      .version_line = slice_of(VERSION_LINE),
      .via_lines = {snapshot_keep(whole, whole->source->via_lines[0]),
                    snapshot_keep(whole, whole->source->via_lines[1])},
      .success = (enum success)rules->success,
      .gzip = asks_gzip(rules),
      .with_body = kind == ROUTE_SMART,
      .traces = kind != ROUTE_HEALTH && rules->trace_context == 0,
  };
}

void snapshot_make_route(struct whole *whole, struct route *route,
                         const struct config_route *from) {
  const struct config_rules *rules = &from->rules;
  *route = (struct route){
      .path = snapshot_keep(whole, from->path),
      .below = from->kind == ROUTE_SMART,
      .strip = rules->strip_prefix,
      .methods = rules->methods,
      .kind = from->kind,
      .group = snapshot_group_of(whole, from->upstream),
      .listed = snapshot_group_of(whole, from->listed),
      .policy = rules->policy,
      .success = (enum success)rules->success,
      .rules = make_json_rules(whole, rules),
      .streams = streams(rules),
      .stream_idle_us = rules->stream_idle_us,
      .keep_errors = rules->errors != 0,
      .idempotent = rules->idempotent,
      .get_body = rules->get_body,
      .fields = make_fields(whole, rules, from->kind),
      .timeout_param = keep_name(whole, rules->timeout_param),
      .cors = {keep_origins(whole, rules), rules->cors_count},
      .forwards = rules->forwarded != 0,
      .forwarded = forwarded_fields(rules),
      .trusted = keep_trusted(whole, rules),
      .trusted_count = rules->trusted_count,
      .rewrite_links = rules->rewrite_links,
      .timeout_us = rules->timeout_us,
      .max_timeout_us = rules->max_timeout_us,
      .body_bytes = (size_t)rules->max_request_bytes,
      .max_items = (unsigned)rules->max_items,
      .max_depth = (unsigned)rules->max_depth,
      .learns_apart = rules->learn == CONFIG_LEARN_ROUTE,
  };
  route->tallies = snapshot_count_route(whole, route->path, &route->labels);
  route->waits = snapshot_keep_waits(whole, route->labels);
  route->pilots = snapshot_pilots(whole, route->group, route);
  route->listed_pilots = snapshot_pilots(whole, route->listed, route);
  if (rules->observe && route->kind != ROUTE_GATHER)
    route->policy.observed = snapshot_observe(whole, route);
}

/* Routes of one path stand together, in the order in which they were named. */
static bool comes_first(const struct config *config, unsigned i) {
  for (unsigned k = 0; k < i; k++)
    if (slice_equal(config->routes[k].path, config->routes[i].path))
      return false;
  return true;
}

static void make_routes_at(struct whole *whole, struct slice path,
                           unsigned from) {
  const struct config *config = whole->source->config;
  for (unsigned i = from; i < config->route_count; i++)
    if (slice_equal(config->routes[i].path, path)) {
      whole->origins[whole->snapshot.route_count] = &config->routes[i];
      snapshot_make_route(whole, &whole->routes[whole->snapshot.route_count++],
                          &config->routes[i]);
    }
}

static void make_health(struct whole *whole, struct route *health) {
  *health = (struct route){.path = slice_of("/healthz"),
                           .methods = HTTP_METHODS_GET,
                           .kind = ROUTE_HEALTH,
                           .group = &snapshot_nobody,
                           .listed = &snapshot_nobody};
  health->tallies = snapshot_count_route(whole, health->path, &health->labels);
  health->waits = snapshot_keep_waits(whole, health->labels);
}

static void make_routes(struct whole *whole) {
  const struct config *config = whole->source->config;
  struct snapshot *snapshot = &whole->snapshot;
  for (unsigned i = 0; i < config->route_count; i++)
    if (comes_first(config, i))
      make_routes_at(whole, config->routes[i].path, i);
  make_health(whole, &whole->routes[snapshot->route_count++]);
  struct route_cell *cells = snapshot_take(
      whole, route_table_cells(snapshot->route_count), sizeof *cells);
  if (cells)
    route_table_init(&snapshot->table, whole->routes, snapshot->route_count,
                     cells);
}

/* ---- what vouches for targets ---- */

static bool rests_on(const struct snapshot *snapshot,
                     const struct trust *trust) {
  for (unsigned i = 0; i < snapshot->target_count; i++)
    if (snapshot->targets[i].trust == trust) return true;
  return false;
}

void snapshot_retire(const struct snapshot *before,
                     const struct snapshot *next) {
  for (unsigned i = 0; i < before->target_count; i++) {
    struct trust *trust = before->targets[i].trust;
    if (!rests_on(next, trust)) trust_retire(trust);
  }
}

/* ---- life ---- */

static bool make(struct whole *whole) {
  const struct config *config = whole->source->config;
  struct snapshot *snapshot = &whole->snapshot;
  whole->targets =
      snapshot_take(whole, config_targets(config), sizeof *whole->targets);
  whole->tokens =
      snapshot_take(whole, config_targets(config), sizeof *whole->tokens);
  whole->groups =
      snapshot_take(whole, config->upstream_count, sizeof *whole->groups);
  whole->routes =
      snapshot_take(whole, config->route_count + 1, sizeof *whole->routes);
  whole->origins = snapshot_take(whole, config->route_count,
                                 sizeof(const struct config_route *));
  if (whole->failed) return false;
  snapshot->routes = whole->routes;
  snapshot->groups = whole->groups;
  snapshot->targets = whole->targets;
  snapshot_make_groups(whole);
  if (whole->failed) return false;
  snapshot->elsewhere = snapshot_count_route(whole, (struct slice){0},
                                             &snapshot->elsewhere_labels);
  make_routes(whole);
  if (!whole->failed) snapshot_make_gathers(whole);
  if (!whole->failed) snapshot_count_gone(whole);
  return !whole->failed;
}

static void wipe_tokens(struct whole *whole) {
  while (whole->token_count > 0) {
    struct slice token = whole->tokens[--whole->token_count];
    explicit_bzero((char *)(uintptr_t)token.at, token.len);
  }
}

static void whole_free(struct whole *whole) {
  while (whole->slots_taken > 0)
    slot_drop(whole->slots, whole->targets[--whole->slots_taken].slot);
  for (unsigned i = 0; i < whole->snapshot.target_count; i++)
    trust_drop(whole->targets[i].trust);
  wipe_tokens(whole);
  learned_list_clear(&whole->learned);
  learned_list_clear(&whole->of_routes.list);
  learned_list_clear(&whole->of_others.list);
  arena_clear(&whole->arena);
  free(whole);
}

struct snapshot *snapshot_new(const struct snapshot_source *source) {
  struct whole *whole = calloc(1, sizeof *whole);
  if (!whole) return NULL;
  arena_init(&whole->arena, NULL, 0);
  whole->slots = source->slots;
  whole->source = source;
  whole->snapshot.number = source->number;
  whole->workers = source->workers > 0 ? source->workers : 1;
  whole->snapshot.workers = whole->workers;
  if (!make(whole)) {
    whole_free(whole);
    return NULL;
  }
  whole->source = NULL;
  whole->origins = NULL;
  atomic_init(&whole->references, 1);
  atomic_fetch_add(&living, 1);
  return &whole->snapshot;
}

struct whole *snapshot_whole(const struct snapshot *snapshot) {
  return (struct whole *)(uintptr_t)snapshot;
}

const struct learned_list *snapshot_learned_before(const struct whole *whole) {
  const struct snapshot *before = whole->source->before;
  return before ? &snapshot_whole(before)->learned : NULL;
}

struct snapshot *snapshot_hold(struct snapshot *snapshot) {
  if (snapshot) atomic_fetch_add(&snapshot_whole(snapshot)->references, 1);
  return snapshot;
}

void snapshot_drop(struct snapshot *snapshot) {
  if (!snapshot) return;
  struct whole *whole = snapshot_whole(snapshot);
  if (atomic_fetch_sub(&whole->references, 1) > 1) return;
  whole_free(whole);
  atomic_fetch_sub(&living, 1);
}

/* snapshot: from a configuration to what requests go by.
 *
 * Upstreams become groups of targets, routes become routes and a table to find
 * them by. All of it lies in one arena, since it is freed as a whole. The texts
 * are copied, because those of the configuration belong to argv, or to a file
 * that a reload reads anew.
 *
 * Threads share the count of references: main holds the snapshot in force, and
 * a worker holds each that its exchanges began under (proxy/lease). */
#include "config/snapshot.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "core/http_method.h"
#include "core/text.h"
#include "io/arena.h"
#include "io/trust.h"

#define VERSION_FIELD "hedgerow/" HEDGEROW_VERSION
#define BEFORE_AUTHORITY " HTTP/1.1\r\nHost: "

struct whole {
  struct snapshot snapshot; /* the first member: what others see */
  atomic_uint references;
  struct slots *slots;
  unsigned slots_taken; /* targets below have theirs */
  struct arena arena;
  bool failed; /* no memory, while it was made */
  const struct snapshot_source *source;
  struct group *groups;
  struct route *routes;
  const struct config_route **origins; /* of routes, while it is made */
  struct route *plain; /* the rules of URLs in gathers; NULL: not needed yet */
  struct target *targets;
  struct slice *tokens; /* copies that are wiped at the end */
  unsigned token_count;
};

static _Atomic int64_t living;

int64_t snapshot_count(void) { return atomic_load(&living); }

/* ---- memory ---- */

/* Zeros; NULL, and `failed`, where there is none. */
static void *take(struct whole *whole, size_t count, size_t size) {
  void *memory = arena_take(&whole->arena, count > 0 ? count * size : 1);
  if (!memory) whole->failed = true;
  else memset(memory, 0, count * size);
  return memory;
}

static struct slice keep(struct whole *whole, struct slice bytes) {
  char *copy = take(whole, bytes.len, 1);
  if (!copy || bytes.len == 0) return (struct slice){copy, 0};
  memcpy(copy, bytes.at, bytes.len);
  return (struct slice){copy, bytes.len};
}

/* With a NUL behind it; NULL where it is empty. */
static const char *keep_name(struct whole *whole, struct slice name) {
  char *copy = name.len > 0 ? take(whole, name.len + 1, 1) : NULL;
  return copy ? memcpy(copy, name.at, name.len) : NULL;
}

static struct http_field *keep_headers(struct whole *whole,
                                       const struct config_rules *rules) {
  struct http_field *headers =
      take(whole, rules->header_count, sizeof *headers);
  for (unsigned i = 0; headers && i < rules->header_count; i++)
    headers[i] = (struct http_field){keep(whole, rules->headers[i].name),
                                     keep(whole, rules->headers[i].value)};
  return headers;
}

static struct slice *keep_drop(struct whole *whole,
                               const struct config_rules *rules) {
  struct slice *drop = take(whole, rules->drop_header_count, sizeof *drop);
  for (unsigned i = 0; drop && i < rules->drop_header_count; i++)
    drop[i] = keep(whole, rules->drop_headers[i]);
  return drop;
}

static struct snapshot_secret secret_of(const struct snapshot_source *source,
                                        unsigned number) {
  return source->secrets ? source->secrets[number]
                         : (struct snapshot_secret){0};
}

/* ---- targets ---- */

static struct slice host_line(struct whole *whole, const struct base_url *url) {
  const size_t room = sizeof BEFORE_AUTHORITY + url->authority.len + 2;
  char *at = take(whole, room, 1);
  struct text line;
  if (!at) return (struct slice){0};
  text_init(&line, at, room);
  text_str(&line, BEFORE_AUTHORITY);
  text_slice(&line, url->authority);
  text_str(&line, "\r\n");
  return text_slice_of(&line);
}

static void make_target(struct whole *whole, struct target *target,
                        const struct base_url *url, unsigned number) {
  target->url = *url;
  target->url.host = keep(whole, url->host);
  target->url.authority = keep(whole, url->authority);
  target->url.path = keep(whole, url->path);
  target->url.query = keep(whole, url->query);
  target->number = number;
  target->host_line = host_line(whole, url);
  target->trust = trust_hold(secret_of(whole->source, number).trust);
}

/* ---- variants: what the targets of a group are shown ---- */

static bool same_list(const struct config_rules *a,
                      const struct config_rules *b) {
  if (a->header_count != b->header_count ||
      a->drop_header_count != b->drop_header_count)
    return false;
  for (unsigned i = 0; i < a->header_count; i++)
    if (!slice_equal(a->headers[i].name, b->headers[i].name) ||
        !slice_equal(a->headers[i].value, b->headers[i].value))
      return false;
  for (unsigned i = 0; i < a->drop_header_count; i++)
    if (!slice_equal(a->drop_headers[i], b->drop_headers[i])) return false;
  return true;
}

/* The first target of the upstream that is shown the same. */
static unsigned first_alike(const struct snapshot_source *source,
                            const struct config_upstream *upstream,
                            unsigned first_number, unsigned i) {
  const struct slice token = secret_of(source, first_number + i).token;
  for (unsigned k = 0; k < i; k++)
    if (same_list(&upstream->targets[k].rules, &upstream->targets[i].rules) &&
        slice_equal(secret_of(source, first_number + k).token, token))
      return k;
  return i;
}

static struct slice keep_token(struct whole *whole, struct slice token) {
  struct slice copy = keep(whole, token);
  if (copy.len > 0) whole->tokens[whole->token_count++] = copy;
  return copy;
}

static void make_variant(struct whole *whole, struct target_fields *variant,
                         const struct config_rules *rules, struct slice token) {
  *variant = (struct target_fields){
      .headers = keep_headers(whole, rules),
      .header_count = rules->header_count,
      .drop = keep_drop(whole, rules),
      .drop_count = rules->drop_header_count,
      .token = keep_token(whole, token),
  };
}

/* ---- groups ---- */

static void make_targets(struct whole *whole, struct group *group,
                         struct target_fields *variants,
                         const struct config_upstream *upstream) {
  const unsigned from = whole->snapshot.target_count;
  for (unsigned i = 0; i < upstream->target_count; i++) {
    const struct config_target *origin = &upstream->targets[i];
    struct target *target = &whole->targets[from + i];
    unsigned alike = first_alike(whole->source, upstream, from, i);
    make_target(whole, target, &origin->url, from + i);
    whole->snapshot.target_count++;
    target->variant = whole->targets[from + alike].variant;
    if (alike < i) continue;
    target->variant = group->variant_count++;
    make_variant(whole, &variants[target->variant], &origin->rules,
                 secret_of(whole->source, from + i).token);
  }
}

static void make_group(struct whole *whole, struct group *group,
                       const struct config_upstream *upstream) {
  const struct config_rules *rules = &upstream->rules;
  struct target_fields *variants =
      take(whole, upstream->target_count, sizeof *variants);
  *group = (struct group){
      .name = keep(whole, upstream->name),
      .targets = whole->targets + whole->snapshot.target_count,
      .count = upstream->target_count,
      .variants = variants,
      .max_attempts = rules->max_attempts,
      .balance = (enum balance)rules->balance,
      .turn = take(whole, 1, sizeof *group->turn),
      .limits = {.head_bytes = (size_t)rules->max_upstream_head_bytes,
                 .body_bytes = (uint64_t)rules->max_body_bytes,
                 .depth = (unsigned)rules->max_depth,
                 .connect_timeout_us = rules->connect_timeout_us,
                 .read_losers = rules->losers == CONFIG_LOSERS_DRAIN},
  };
  if (variants) make_targets(whole, group, variants, upstream);
}

/* ---- whom clients' credentials may reach ---- */

static bool is_asked_by_route(const struct config *config,
                              const struct config_upstream *upstream) {
  for (unsigned i = 0; i < config->route_count; i++)
    if (config->routes[i].upstream == upstream) return true;
  return false;
}

static bool is_origin_of(const struct group *group,
                         const struct target *other) {
  for (unsigned i = 0; i < group->count; i++)
    if (base_url_same_origin(&group->targets[i].url, &other->url)) return true;
  return false;
}

/* What is only listed is the operator's, unless clients reach its origin by a
 * route. */
static void allow_credentials(struct whole *whole) {
  const struct config *config = whole->source->config;
  for (unsigned i = 0; i < config->upstream_count; i++) {
    if (!is_asked_by_route(config, &config->upstreams[i])) continue;
    for (unsigned k = 0; k < whole->snapshot.target_count; k++)
      whole->targets[k].client_credentials |=
          is_origin_of(&whole->groups[i], &whole->targets[k]);
  }
}

/* ---- routes ---- */

static struct slice *keep_origins(struct whole *whole,
                                  const struct config_rules *rules) {
  struct slice *origins = take(whole, rules->cors_count, sizeof *origins);
  for (unsigned i = 0; origins && i < rules->cors_count; i++)
    origins[i] = keep(whole, rules->cors[i]);
  return origins;
}

static struct cidr *keep_trusted(struct whole *whole,
                                 const struct config_rules *rules) {
  struct cidr *trusted = take(whole, rules->trusted_count, sizeof *trusted);
  if (trusted)
    memcpy(trusted, rules->trusted, rules->trusted_count * sizeof *trusted);
  return trusted;
}

static bool is_ruled(const struct config_rules *rules, const char *name) {
  for (unsigned i = 0; i < rules->header_count; i++)
    if (slice_equal_nocase(rules->headers[i].name, slice_of(name))) return true;
  for (unsigned i = 0; i < rules->drop_header_count; i++)
    if (slice_equal_nocase(rules->drop_headers[i], slice_of(name))) return true;
  return false;
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

static struct forward_rules make_fields(struct whole *whole,
                                        const struct config_rules *rules,
                                        enum route_kind kind) {
  return (struct forward_rules){
      .headers = keep_headers(whole, rules),
      .header_count = rules->header_count,
      .drop = keep_drop(whole, rules),
      .drop_count = rules->drop_header_count,
      .user_agent = keep(whole, rules->user_agent),
      .version = slice_of(VERSION_FIELD),
      .via = keep(whole, whole->source->via),
      .success = (enum success)rules->success,
      .with_body = kind == ROUTE_SMART,
  };
}

static const struct group nobody;

static const struct group *group_of(const struct whole *whole,
                                    const struct config_upstream *upstream) {
  if (!upstream) return &nobody;
  return &whole->groups[upstream - whole->source->config->upstreams];
}

static void make_route(struct whole *whole, struct route *route,
                       const struct config_route *from) {
  const struct config_rules *rules = &from->rules;
  *route = (struct route){
      .path = keep(whole, from->path),
      .below = from->kind == ROUTE_SMART,
      .strip = rules->strip_prefix,
      .methods = rules->methods,
      .kind = from->kind,
      .group = group_of(whole, from->upstream),
      .listed = group_of(whole, from->listed),
      .policy = rules->policy,
      .success = (enum success)rules->success,
      .streams = rules->success == SUCCESS_ANY && rules->policy.hedges == 0,
      .stream_idle_us = rules->stream_idle_us,
      .keep_errors = rules->errors != 0,
      .idempotent = rules->idempotent,
      .get_body = rules->get_body,
      .fields = make_fields(whole, rules, from->kind),
      .timeout_param = keep_name(whole, rules->timeout_param),
      .timeout_header = keep(whole, rules->timeout_header),
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
  };
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
      make_route(whole, &whole->routes[whole->snapshot.route_count++],
                 &config->routes[i]);
    }
}

static void make_health(struct route *health) {
  *health = (struct route){.path = slice_of("/healthz"),
                           .methods = HTTP_METHODS_GET,
                           .kind = ROUTE_HEALTH,
                           .group = &nobody,
                           .listed = &nobody};
}

static void make_routes(struct whole *whole) {
  const struct config *config = whole->source->config;
  struct snapshot *snapshot = &whole->snapshot;
  for (unsigned i = 0; i < config->route_count; i++)
    if (comes_first(config, i))
      make_routes_at(whole, config->routes[i].path, i);
  make_health(&whole->routes[snapshot->route_count++]);
  struct route_cell *cells =
      take(whole, route_table_cells(snapshot->route_count), sizeof *cells);
  if (cells)
    route_table_init(&snapshot->table, whole->routes, snapshot->route_count,
                     cells);
}

/* ---- gathers ---- */

/* The defaults: a URL belongs to no route. NULL: no memory. */
static const struct route *plain_route(struct whole *whole) {
  struct config_route defaults = {.rules = whole->source->config->defaults};
  if (whole->plain) return whole->plain;
  whole->plain = take(whole, 1, sizeof *whole->plain);
  if (whole->plain) make_route(whole, whole->plain, &defaults);
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
  item->rest =
      route->strip ? route_table_rest(route, item->shown) : item->shown;
}

static void find_url(struct whole *whole, struct gather *gather,
                     const struct config_item *from, struct gather_item *item) {
  struct base_url url;
  item->rules = rules_index(gather, plain_route(whole));
  item->group = group_of(whole, from->upstream);
  item->only = &item->group->targets[from->target];
  if (!base_url_parse(&url, item->shown))
    item->rest = base_url_below(&item->only->url, url.path);
}

/* "orders" becomes "\"orders\":". */
static struct slice make_label(struct whole *whole, struct slice name) {
  const size_t room = 6 * name.len + sizeof "\"\":";
  struct text label;
  char *at = name.len > 0 ? take(whole, room, 1) : NULL;
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
                               .query = keep(whole, from->query),
                               .label = make_label(whole, from->name),
                               .shown = keep(whole, from->shown)};
  if (whole->failed) return;
  if (from->path.len > 0) find_path(whole, gather, item);
  else find_url(whole, gather, from, item);
}

static void make_gather(struct whole *whole, struct gather *gather,
                        const struct config_route *from) {
  struct gather_item *items = take(whole, from->item_count, sizeof *items);
  gather->rules = take(whole, from->item_count, sizeof(const struct route *));
  if (whole->failed) return;
  gather->items = items;
  gather->count = from->item_count;
  for (unsigned i = 0; i < gather->count; i++)
    make_item(whole, gather, &from->items[i], &items[i]);
}

static void make_gathers(struct whole *whole) {
  for (unsigned i = 0; i < whole->source->config->route_count; i++)
    if (whole->routes[i].kind == ROUTE_GATHER)
      make_gather(whole, &whole->routes[i].gather, whole->origins[i]);
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

static bool take_slots(struct whole *whole) {
  for (; whole->slots_taken < whole->snapshot.target_count;
       whole->slots_taken++) {
    struct target *target = &whole->targets[whole->slots_taken];
    if (!slot_add(whole->slots, &target->url, &target->slot)) return false;
  }
  return true;
}

static bool make(struct whole *whole) {
  const struct config *config = whole->source->config;
  struct snapshot *snapshot = &whole->snapshot;
  whole->targets = take(whole, config_targets(config), sizeof *whole->targets);
  whole->tokens = take(whole, config_targets(config), sizeof *whole->tokens);
  whole->groups = take(whole, config->upstream_count, sizeof *whole->groups);
  whole->routes = take(whole, config->route_count + 1, sizeof *whole->routes);
  whole->origins =
      take(whole, config->route_count, sizeof(const struct config_route *));
  if (whole->failed) return false;
  snapshot->routes = whole->routes;
  snapshot->groups = whole->groups;
  snapshot->targets = whole->targets;
  while (snapshot->group_count < config->upstream_count) {
    unsigned i = snapshot->group_count++;
    make_group(whole, &whole->groups[i], &config->upstreams[i]);
  }
  allow_credentials(whole);
  make_routes(whole);
  if (!whole->failed) make_gathers(whole);
  return !whole->failed && take_slots(whole);
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

static struct whole *whole_of(struct snapshot *snapshot) {
  return (struct whole *)(void *)snapshot;
}

struct snapshot *snapshot_hold(struct snapshot *snapshot) {
  if (snapshot) atomic_fetch_add(&whole_of(snapshot)->references, 1);
  return snapshot;
}

void snapshot_drop(struct snapshot *snapshot) {
  if (!snapshot) return;
  struct whole *whole = whole_of(snapshot);
  if (atomic_fetch_sub(&whole->references, 1) > 1) return;
  whole_free(whole);
  atomic_fetch_sub(&living, 1);
}

/* snapshot: from options to what requests go by.
 *
 * Flags say one thing of each option, so they make the routes that there have
 * always been: /smart over the group of --to, /all over both, /healthz; and
 * each of them gets every option that its kind looks at.
 *
 * All of it lies in one block:
 *
 *   struct block | targets | headers | names to drop | the bytes of all texts
 *
 * so it is measured first, and a snapshot that was made cannot fail any more.
 * The texts are copied because those of the config belong to argv today, and
 * will belong to a file tomorrow, which a reload reads into the same place.
 *
 * Threads share the count of references: main holds the snapshot in force, and
 * a worker holds each that its exchanges began under (proxy/lease). */
#include "config/snapshot.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "core/http_request.h"
#include "core/text.h"

#define VERSION_FIELD "hedgerow/" HEDGEROW_VERSION
#define BEFORE_AUTHORITY " HTTP/1.1\r\nHost: "

enum { TO, ALL, GROUPS };
enum { ROUTES = 3 };
enum {
  TAKES_GET = 1 << HTTP_GET | 1 << HTTP_HEAD,
  TAKES_POST = 1 << HTTP_POST,
};

struct block {
  struct snapshot snapshot; /* the first member: what others see */
  atomic_uint references;
  size_t bytes; /* of the block */
  struct slots *slots;
  struct target_fields variant; /* flags say the same of every target */
  struct group groups[GROUPS];
  struct route routes[ROUTES];
  struct target targets[];
};

static _Atomic int64_t living;

int64_t snapshot_count(void) { return atomic_load(&living); }

/* ---- room ---- */

static unsigned target_count(const struct config *config) {
  return config->to_count + config->all_count;
}

static size_t text_bytes(const struct snapshot_source *source) {
  const struct config *config = source->config;
  size_t bytes = source->via.len + config->user_agent.len + source->token.len;
  for (unsigned i = 0; i < target_count(config); i++) {
    const struct base_url *url = &config->targets[i];
    bytes += url->host.len + url->authority.len + url->path.len +
             url->query.len + sizeof BEFORE_AUTHORITY + url->authority.len + 2;
  }
  for (unsigned i = 0; i < config->header_count; i++)
    bytes += config->headers[i].name.len + config->headers[i].value.len;
  for (unsigned i = 0; i < config->drop_header_count; i++)
    bytes += config->drop_headers[i].len;
  return bytes;
}

/* Before the texts, which need no alignment. */
static size_t struct_bytes(const struct config *config) {
  return sizeof(struct block) + target_count(config) * sizeof(struct target) +
         config->header_count * sizeof(struct http_field) +
         config->drop_header_count * sizeof(struct slice);
}

static struct slice keep(struct text *texts, struct slice bytes) {
  struct slice kept = {texts->at + texts->len, bytes.len};
  text_slice(texts, bytes);
  return kept;
}

/* ---- targets and groups ---- */

static bool takes_client_credentials(const struct config *config,
                                     const struct base_url *url) {
  for (unsigned i = 0; i < config->to_count; i++)
    if (base_url_same_origin(url, &config->targets[i])) return true;
  return false;
}

static void make_target(struct target *target, const struct config *config,
                        unsigned number, struct text *texts) {
  const struct base_url *url = &config->targets[number];
  target->url = *url;
  target->url.host = keep(texts, url->host);
  target->url.authority = keep(texts, url->authority);
  target->url.path = keep(texts, url->path);
  target->url.query = keep(texts, url->query);
  target->number = number;
  target->client_credentials = takes_client_credentials(config, url);
  const size_t from = texts->len;
  text_str(texts, BEFORE_AUTHORITY);
  text_slice(texts, url->authority);
  text_str(texts, "\r\n");
  target->host_line = (struct slice){texts->at + from, texts->len - from};
}

static struct group make_group(const char *name, const struct block *block,
                               const struct config *config,
                               const struct target *targets, unsigned count) {
  return (struct group){
      .name = slice_of(name),
      .targets = targets,
      .count = count,
      .variants = &block->variant,
      .variant_count = 1,
      .max_attempts = config->max_attempts,
      .limits = {.head_bytes = (size_t)config->max_upstream_head_bytes,
                 .body_bytes = (uint64_t)config->max_body_bytes,
                 .depth = (unsigned)config->max_depth,
                 .connect_timeout_us = config->connect_timeout_us,
                 .read_losers = config->losers == CONFIG_LOSERS_DRAIN},
  };
}

static void make_groups(struct block *block,
                        const struct snapshot_source *source,
                        struct text *texts) {
  const struct config *config = source->config;
  block->variant.token = keep(texts, source->token);
  for (unsigned i = 0; i < target_count(config); i++) {
    make_target(&block->targets[i], config, i, texts);
    block->targets[i].trust = trust_hold(source->trust);
  }
  block->groups[TO] =
      make_group("to", block, config, block->targets, config->to_count);
  block->groups[ALL] =
      make_group("all", block, config, block->targets + config->to_count,
                 config->all_count);
}

/* ---- routes ---- */

/* The arrays lie behind the targets. */
static struct forward_rules make_fields(struct block *block,
                                        const struct snapshot_source *source,
                                        struct text *texts) {
  const struct config *config = source->config;
  struct http_field *headers = (void *)(block->targets + target_count(config));
  struct slice *drop = (void *)(headers + config->header_count);
  for (unsigned i = 0; i < config->header_count; i++)
    headers[i] = (struct http_field){keep(texts, config->headers[i].name),
                                     keep(texts, config->headers[i].value)};
  for (unsigned i = 0; i < config->drop_header_count; i++)
    drop[i] = keep(texts, config->drop_headers[i]);
  return (struct forward_rules){
      .headers = headers,
      .header_count = config->header_count,
      .drop = drop,
      .drop_count = config->drop_header_count,
      .user_agent = keep(texts, config->user_agent),
      .version = slice_of(VERSION_FIELD),
      .via = keep(texts, source->via),
  };
}

static struct route make_route(const struct block *block,
                               const struct config *config,
                               const struct forward_rules *fields) {
  return (struct route){
      .methods = TAKES_GET,
      .allow = "GET, HEAD",
      .group = &block->groups[TO],
      .listed = &block->groups[ALL],
      .policy = config->policy,
      .fields = *fields,
      .timeout_us = config->timeout_us,
      .max_timeout_us = config->max_timeout_us,
      .max_items = (unsigned)config->max_items,
      .max_depth = (unsigned)config->max_depth,
  };
}

static void make_routes(struct block *block,
                        const struct snapshot_source *source,
                        struct text *texts) {
  const struct config *config = source->config;
  const struct forward_rules fields = make_fields(block, source, texts);
  const struct route common = make_route(block, config, &fields);
  struct route *smart = &block->routes[0], *all = &block->routes[1],
               *health = &block->routes[2];
  *smart = *all = *health = common;
  smart->path = slice_of("/smart");
  smart->below = true;
  smart->kind = ROUTE_SMART;
  all->path = slice_of("/all");
  all->methods |= TAKES_POST;
  all->allow = "GET, HEAD, POST";
  all->kind = ROUTE_ALL;
  all->body_bytes = (size_t)config->max_request_bytes;
  health->path = slice_of("/healthz");
  health->kind = ROUTE_HEALTH;
}

const struct route *snapshot_route(const struct snapshot *snapshot,
                                   struct slice path, struct slice *rest) {
  for (unsigned i = 0; i < snapshot->route_count; i++) {
    const struct route *route = &snapshot->routes[i];
    if (!slice_starts_with(path, route->path)) continue;
    *rest = slice_from(path, route->path.len);
    if (rest->len == 0 || (route->below && rest->at[0] == '/')) return route;
  }
  return NULL;
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

/* True: every target has its slot; else none has. */
static bool take_slots(struct block *block) {
  for (unsigned i = 0; i < block->snapshot.target_count; i++) {
    struct target *target = &block->targets[i];
    if (slot_add(block->slots, &target->url, &target->slot)) continue;
    while (i-- > 0) slot_drop(block->slots, block->targets[i].slot);
    return false;
  }
  return true;
}

static void make(struct block *block, const struct snapshot_source *source) {
  const struct config *config = source->config;
  size_t from = struct_bytes(config), bytes = text_bytes(source);
  struct text texts;
  text_init(&texts, (char *)block + from, bytes);
  block->slots = source->slots;
  make_groups(block, source, &texts);
  make_routes(block, source, &texts);
  assert(!texts.cut);
  block->snapshot = (struct snapshot){
      .number = source->number,
      .routes = block->routes,
      .route_count = ROUTES,
      .groups = block->groups,
      .group_count = GROUPS,
      .targets = block->targets,
      .target_count = target_count(config),
  };
}

/* Tokens lie in it, and fields that may be secrets, too. */
static void block_free(struct block *block) {
  for (unsigned i = 0; i < block->snapshot.target_count; i++)
    trust_drop(block->targets[i].trust);
  explicit_bzero(block, block->bytes);
  free(block);
}

struct snapshot *snapshot_new(const struct snapshot_source *source) {
  size_t bytes = struct_bytes(source->config) + text_bytes(source);
  struct block *block = calloc(1, bytes);
  if (!block) return NULL;
  block->bytes = bytes;
  make(block, source);
  if (!take_slots(block)) {
    block_free(block);
    return NULL;
  }
  atomic_init(&block->references, 1);
  atomic_fetch_add(&living, 1);
  return &block->snapshot;
}

static struct block *block_of(struct snapshot *snapshot) {
  return (struct block *)(void *)snapshot;
}

struct snapshot *snapshot_hold(struct snapshot *snapshot) {
  if (snapshot) atomic_fetch_add(&block_of(snapshot)->references, 1);
  return snapshot;
}

void snapshot_drop(struct snapshot *snapshot) {
  if (!snapshot) return;
  struct block *block = block_of(snapshot);
  if (atomic_fetch_sub(&block->references, 1) > 1) return;
  for (unsigned i = 0; i < snapshot->target_count; i++)
    slot_drop(block->slots, block->targets[i].slot);
  block_free(block);
  atomic_fetch_sub(&living, 1);
}

/* snapshot_groups.c: upstreams become groups of targets.
 *
 * Targets of a group that are shown the same (token, fields to add, fields to
 * drop) share one variant of it, since a request's fields are written once for
 * each variant. Tokens are copied here and nowhere else, and each copy is noted
 * so that the last to let go of the snapshot can wipe it.
 *
 * Whom clients' own credentials may reach is settled here as well: it is a
 * matter of all groups together. */
#include "config/snapshot_parts.h"
#include "core/text.h"

#define BEFORE_AUTHORITY " HTTP/1.1\r\nHost: "
#define CLOSE "Connection: close\r\n"

const struct group snapshot_nobody;

static struct snapshot_secret secret_of(const struct snapshot_source *source,
                                        unsigned number) {
  return source->secrets ? source->secrets[number]
                         : (struct snapshot_secret){0};
}

/* ---- targets ---- */

/* A server that knows that nothing follows need not wait for it (RFC 9112,
 * section 9.6). */
static struct slice host_line(struct whole *whole, const struct base_url *url,
                              bool keeps) {
  const size_t room =
      sizeof BEFORE_AUTHORITY + url->authority.len + 2 + sizeof CLOSE;
  char *at = snapshot_take(whole, room, 1);
  struct text line;
  if (!at) return (struct slice){0};
  text_init(&line, at, room);
  text_str(&line, BEFORE_AUTHORITY);
  text_slice(&line, url->authority);
  text_str(&line, "\r\n");
  if (!keeps) text_str(&line, CLOSE);
  return text_slice_of(&line);
}

static void make_target(struct whole *whole, struct target *target,
                        const struct base_url *url, bool keeps,
                        unsigned number) {
  target->url = *url;
  target->url.host = snapshot_keep(whole, url->host);
  target->url.authority = snapshot_keep(whole, url->authority);
  target->url.path = snapshot_keep(whole, url->path);
  target->url.query = snapshot_keep(whole, url->query);
  target->number = number;
  target->host_line = host_line(whole, url, keeps);
  target->trust = trust_hold(secret_of(whole->source, number).trust);
}

/* A number over the whole file says little to whoever reads a problem. NULL by
 * flags, where it is the place on the command line. */
static const char *make_name(struct whole *whole, struct slice upstream,
                             unsigned place) {
  const size_t room = upstream.len + sizeof "/4294967295";
  struct text name;
  if (!whole->source->config->file) return NULL;
  char *at = snapshot_take(whole, room, 1);
  if (!at) return NULL;
  text_init(&name, at, room);
  text_slice(&name, upstream);
  text_char(&name, '/');
  text_int(&name, place);
  return text_end(&name);
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
  struct slice copy = snapshot_keep(whole, token);
  if (copy.len > 0) whole->tokens[whole->token_count++] = copy;
  return copy;
}

static void make_variant(struct whole *whole, struct target_fields *variant,
                         const struct config_rules *rules, struct slice token) {
  *variant = (struct target_fields){
      .headers = snapshot_keep_headers(whole, rules),
      .header_count = rules->header_count,
      .drop = snapshot_keep_drop(whole, rules),
      .drop_count = rules->drop_header_count,
      .token = keep_token(whole, token),
  };
}

/* ---- groups ---- */

const struct group *snapshot_group_of(const struct whole *whole,
                                      const struct config_upstream *upstream) {
  if (!upstream) return &snapshot_nobody;
  return &whole->groups[upstream - whole->source->config->upstreams];
}

static void make_targets(struct whole *whole, struct group *group,
                         struct target_fields *variants,
                         const struct config_upstream *upstream) {
  const unsigned from = whole->snapshot.target_count;
  const bool keeps = upstream->rules.upstream_keepalive_us > 0;
  for (unsigned i = 0; i < upstream->target_count; i++) {
    const struct config_target *origin = &upstream->targets[i];
    struct target *target = &whole->targets[from + i];
    unsigned alike = first_alike(whole->source, upstream, from, i);
    make_target(whole, target, &origin->url, keeps, from + i);
    target->name = make_name(whole, upstream->name, i);
    whole->snapshot.target_count++;
    target->variant = whole->targets[from + alike].variant;
    if (alike < i) continue;
    target->variant = group->variant_count++;
    make_variant(whole, &variants[target->variant], &origin->rules,
                 secret_of(whole->source, from + i).token);
  }
}

static const struct base_url *const *make_bases(struct whole *whole,
                                                const struct target *targets,
                                                unsigned count) {
  const struct base_url **bases =
      snapshot_take(whole, count, sizeof(const struct base_url *));
  for (unsigned i = 0; bases && i < count; i++) bases[i] = &targets[i].url;
  return bases;
}

static void make_group(struct whole *whole, struct group *group,
                       const struct config_upstream *upstream) {
  const struct config_rules *rules = &upstream->rules;
  const unsigned from = whole->snapshot.target_count;
  struct target_fields *variants =
      snapshot_take(whole, upstream->target_count, sizeof *variants);
  *group = (struct group){
      .name = snapshot_keep(whole, upstream->name),
      .targets = whole->targets + whole->snapshot.target_count,
      .count = upstream->target_count,
      .bases = make_bases(whole, whole->targets + whole->snapshot.target_count,
                          upstream->target_count),
      .variants = variants,
      .max_attempts = rules->max_attempts,
      .balance = (enum balance)rules->balance,
      .budget = rules->budget,
      .gate = rules->gate,
      .rate = rules->rate,
      .queue = rules->queue,
      .limited = rules->rate.interval_ns > 0 || rules->queue.most > 0,
      .turn = snapshot_take(whole, 1, sizeof *group->turn),
      .limits = {.head_bytes = (size_t)rules->max_upstream_head_bytes,
                 .body_bytes = (uint64_t)rules->max_body_bytes,
                 .depth = (unsigned)rules->max_depth,
                 .connect_timeout_us = rules->connect_timeout_us,
                 .keep_us = rules->upstream_keepalive_us,
                 .read_losers = rules->losers == CONFIG_LOSERS_DRAIN},
  };
  if (variants) make_targets(whole, group, variants, upstream);
  if (whole->failed || upstream->target_count == 0) return;
  snapshot_keep_lines(whole, group, whole->targets + from);
  snapshot_count_group(whole, group, whole->targets + from);
}

/* ---- whom clients' credentials may reach ---- */

static bool is_asked_by_route(const struct config *config,
                              const struct config_upstream *upstream) {
  for (unsigned i = 0; i < config->route_count; i++)
    if (config->routes[i].upstream == upstream) return true;
  return false;
}

static void mark_origins(const struct group *group, bool *asked) {
  for (unsigned i = 0; i < group->count; i++)
    asked[group->targets[i].slot] = true;
}

/* What is only listed is the operator's, unless clients reach its origin by a
 * route. A slot stands for an origin. */
static void allow_credentials(struct whole *whole) {
  const struct config *config = whole->source->config;
  bool asked[SLOTS_MAX] = {false};
  for (unsigned i = 0; i < config->upstream_count; i++)
    if (is_asked_by_route(config, &config->upstreams[i]))
      mark_origins(&whole->groups[i], asked);
  for (unsigned k = 0; k < whole->snapshot.target_count; k++)
    whole->targets[k].client_credentials = asked[whole->targets[k].slot];
}

/* False: no memory, or no more slots. */
static bool take_slots(struct whole *whole) {
  for (; whole->slots_taken < whole->snapshot.target_count;
       whole->slots_taken++) {
    struct target *target = &whole->targets[whole->slots_taken];
    if (!slot_add(whole->slots, &target->url, &target->slot)) return false;
  }
  return true;
}

void snapshot_make_groups(struct whole *whole) {
  const struct config *config = whole->source->config;
  while (whole->snapshot.group_count < config->upstream_count) {
    unsigned i = whole->snapshot.group_count++;
    make_group(whole, &whole->groups[i], &config->upstreams[i]);
  }
  whole->failed = whole->failed || !take_slots(whole);
  if (!whole->failed) allow_credentials(whole);
}

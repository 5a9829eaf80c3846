/* config_dump.c: the configuration in force, as a file that --check accepts.
 *
 * Every option of the process and every default is written; an upstream, a
 * target or a route tells only where it differs from what it would inherit.
 * What came from flags is written as the file that means the same.
 *
 * Values of fields, and the queries of URLs, may be secrets: they are masked.
 * Tokens never stand in a configuration, only where they are read from. */
#include "config/config_file.h"

#include <stdlib.h>

#include "config/config_options.h"
#include "config/config_quote.h"
#include "config/config_value_write.h"
#include "core/text.h"

/* No line is longer: in what a file holds each byte may be escaped. Memory that
 * nobody writes to costs nothing. */
enum { LINE_BYTES = 6 * CONFIG_FILE_BYTES_MAX + 4096 };

struct dump {
  void (*put)(void *arg, const char *piece);
  void *arg;
  const struct config *config;
  const char *folder; /* of relative names of files */
  char *storage;      /* of two lines */
  struct text line;
};

/* False: no memory. */
static bool dump_begin(struct dump *dump) {
  dump->storage = malloc(2 * LINE_BYTES);
  if (dump->storage) text_init(&dump->line, dump->storage, LINE_BYTES);
  return dump->storage;
}

static void end_line(struct dump *dump) {
  text_char(&dump->line, '\n');
  dump->put(dump->arg, text_end(&dump->line));
  text_init(&dump->line, dump->storage, LINE_BYTES);
}

static void indent(struct dump *dump, unsigned depth) {
  for (unsigned i = 0; i < depth; i++) text_str(&dump->line, "  ");
}

static void begin_key(struct dump *dump, unsigned depth,
                      const struct config_option *option) {
  indent(dump, depth);
  config_option_key(&dump->line, option);
  text_str(&dump->line, ": ");
}

/* Pieces as text_put takes them. */
#define add_line(dump, depth, ...)                                             \
  (indent(dump, depth), text_put(&(dump)->line, __VA_ARGS__), end_line(dump))

/* ---- options ---- */

/* Its value in the n-th config or rules that are compared, as it would be
 * written; empty where it is absent. */
static struct slice value_of(const struct dump *dump, unsigned n,
                             const struct config_option *option,
                             const struct config *config,
                             const struct config_rules *rules) {
  const struct config_values of = {config, rules, ""};
  const char *base =
      option->scope & SCOPE_RULES ? (const char *)rules : (const char *)config;
  const char *member = base + option->offset;
  struct text value;
  text_init(&value, dump->storage + n * (size_t)LINE_BYTES, LINE_BYTES);
  if (!config_value_is_absent(option, member))
    config_value_write(&value, option, member, &of);
  return text_slice_of(&value);
}

/* Between two lines. Fields are masked alike: they are told wherever there are
 * some. */
static bool is_same(const struct dump *dump, const struct config_option *option,
                    const struct config_rules *a,
                    const struct config_rules *b) {
  if (option->kind == OPTION_HEADERS)
    return a->header_count + b->header_count == 0;
  return slice_equal(value_of(dump, 0, option, dump->config, a),
                     value_of(dump, 1, option, dump->config, b));
}

/* Those of one scope; `inherited`, where it is not NULL, is not told again. */
static void add_options(struct dump *dump, unsigned depth,
                        enum option_scope scope,
                        const struct config_rules *rules,
                        const struct config_rules *inherited) {
  const struct config_values of = {dump->config, rules, dump->folder};
  for (size_t i = 0; i < config_option_count; i++) {
    const struct config_option *option = &config_options[i];
    const char *base = option->scope & SCOPE_RULES ? (const char *)rules
                                                   : (const char *)dump->config;
    const char *member = base + option->offset;
    if (!(option->scope & scope) || option->size == 0 ||
        config_value_is_absent(option, member) ||
        (inherited && is_same(dump, option, rules, inherited)))
      continue;
    begin_key(dump, depth, option);
    config_value_write(&dump->line, option, member, &of);
    end_line(dump);
  }
}

/* ---- what a file is built of ---- */

/* It may hold a secret. An empty one does not, and is not none. */
static struct slice masked(struct slice query) {
  if (query.len > 0) return slice_of("?" CONFIG_MASK);
  return slice_of(query.at ? "?" : "");
}

static void add_url(struct text *out, const struct base_url *url) {
  const struct slice pieces[] = {slice_of(url->tls ? "https://" : "http://"),
                                 url->authority, url->path, masked(url->query)};
  config_quote_all(out, pieces, 4);
}

static void add_target(struct dump *dump,
                       const struct config_upstream *upstream,
                       const struct config_target *target) {
  struct config_rules inherited = upstream->rules;
  inherited.header_count = inherited.drop_header_count = 0;
  indent(dump, 3);
  text_str(&dump->line, "- url: ");
  add_url(&dump->line, &target->url);
  end_line(dump);
  add_options(dump, 4, SCOPE_TARGET, &target->rules, &inherited);
}

static void add_upstream(struct dump *dump,
                         const struct config_upstream *upstream) {
  struct config_rules inherited = dump->config->defaults; /* but no token */
  inherited.token_file = inherited.token_env = (struct config_name){0};
  add_line(dump, 1, as_quoted(upstream->name), ":");
  add_options(dump, 2, SCOPE_UPSTREAM, &upstream->rules, &inherited);
  add_line(dump, 2, "targets:");
  for (unsigned i = 0; i < upstream->target_count; i++)
    add_target(dump, upstream, &upstream->targets[i]);
}

static void add_named(struct dump *dump, const char *key,
                      const struct config_upstream *upstream) {
  if (upstream && upstream->target_count > 0)
    add_line(dump, 2, key, ": ", as_quoted(upstream->name));
}

static void add_shown(struct text *out, const struct config_item *item) {
  const struct slice pieces[] = {item->shown, masked(item->query)};
  config_quote_all(out, pieces, 2);
}

static void add_item(struct dump *dump, const struct config_item *item) {
  struct text *out = &dump->line;
  indent(dump, 3);
  text_str(out, item->path.len > 0 ? "- path: " : "- url: ");
  add_shown(out, item);
  end_line(dump);
  if (item->name.len > 0) add_line(dump, 4, "as: ", as_quoted(item->name));
  if (item->required) add_line(dump, 4, "required: on");
}

static void add_items(struct dump *dump, const struct config_route *route) {
  if (route->item_count == 0) return;
  add_line(dump, 2, "gather:");
  for (unsigned i = 0; i < route->item_count; i++)
    add_item(dump, &route->items[i]);
}

static void add_route(struct dump *dump, const struct config_route *route) {
  struct config_route plain = {.path = route->path,
                               .kind = route->kind,
                               .rules = dump->config->defaults};
  config_route_begin(&plain);
  add_line(dump, 1, "- path: ", as_quoted(route->path));
  add_named(dump, "upstream", route->upstream);
  add_named(dump, "list", route->listed);
  add_items(dump, route);
  add_options(dump, 2, SCOPE_ROUTE, &route->rules, &plain.rules);
}

/* Flags may leave a route without anybody to ask: a file does not have it. */
static bool asks_nobody(const struct config_route *route) {
  return route->item_count == 0 &&
         (!route->upstream || route->upstream->target_count == 0) &&
         (!route->listed || route->listed->target_count == 0);
}

void config_dump(const struct config *config, const char *folder,
                 void (*put)(void *arg, const char *piece), void *arg) {
  struct dump dump = {
      .put = put, .arg = arg, .config = config, .folder = folder};
  if (!dump_begin(&dump)) return;
  add_options(&dump, 0, SCOPE_FILE, &config->defaults, NULL);
  add_line(&dump, 0, "defaults:");
  add_options(&dump, 1, SCOPE_DEFAULTS, &config->defaults, NULL);
  add_line(&dump, 0, "upstreams:");
  for (unsigned i = 0; i < config->upstream_count; i++)
    if (config->upstreams[i].target_count > 0)
      add_upstream(&dump, &config->upstreams[i]);
  add_line(&dump, 0, "routes:");
  for (unsigned i = 0; i < config->route_count; i++)
    if (!asks_nobody(&config->routes[i])) add_route(&dump, &config->routes[i]);
  free(dump.storage);
}

/* ---- differences ---- */

/* The n-th, or NULL. Where the log goes is taken over by a reload. */
static const struct config_option *different(const struct dump *dump,
                                             const struct config *a,
                                             const struct config *b,
                                             unsigned n) {
  for (size_t i = 0; i < config_option_count; i++) {
    const struct config_option *option = &config_options[i];
    if (!(option->scope & SCOPE_FILE) || option->size == 0 ||
        option->offset == offsetof(struct config, log_file) ||
        slice_equal(value_of(dump, 0, option, a, &a->defaults),
                    value_of(dump, 1, option, b, &b->defaults)) ||
        n-- > 0)
      continue;
    return option;
  }
  return NULL;
}

bool config_differ(const struct config *a, const struct config *b, unsigned n,
                   char *key, size_t cap) {
  struct dump dump = {0};
  const struct config_option *option =
      dump_begin(&dump) ? different(&dump, a, b, n) : NULL;
  struct text out;
  free(dump.storage);
  if (!option) return false;
  text_init(&out, key, cap);
  config_option_key(&out, option);
  (void)text_end(&out);
  return true;
}

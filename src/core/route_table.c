/* route_table: one pass over a path, a look into a table at every '/'.
 *
 * The hash of what has gone by is looked up wherever a route's path may end: so
 * a path costs what it is long, however many routes there are. A hash that is
 * found is believed only after its bytes have been compared.
 *
 * A path "/" is special only in that what lies below it begins with its own
 * slash: it is the hash of nothing, and every path begins with it. */
#include "core/route_table.h"

#include "core/hash.h"
#include "core/percent.h"

static bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
}

/* The byte that "%XX" at the front of text spells, if it is an unreserved
 * character; else '%'. */
static char decoded(struct slice text, size_t *len) {
  char byte;
  *len = 1;
  if (!percent_next(&text, &byte) || !is_unreserved(byte)) return '%';
  *len = 3;
  return byte;
}

/* The next character, and how many bytes spell it. */
static inline char next_char(struct slice text, size_t *len) {
  *len = 1;
  return text.at[0] != '%' ? text.at[0] : decoded(text, len);
}

/* A route's path without the '/' that only "/" ends with. */
static struct slice stem(const struct route *route) {
  return route->path.len == 1 ? (struct slice){route->path.at, 0} : route->path;
}

static bool is_spelling_of(struct slice path, struct slice plain) {
  size_t i = 0, at = 0, len = 0;
  if (slice_equal(path, plain)) return true;
  while (i < path.len && at < plain.len &&
         next_char(slice_from(path, i), &len) == plain.at[at]) {
    i += len;
    at++;
  }
  return i == path.len && at == plain.len;
}

/* ---- making it ---- */

unsigned route_table_cells(unsigned routes) {
  unsigned cells = 8;
  while (cells < 2 * routes) cells *= 2;
  return cells;
}

static void add(struct route_table *table, unsigned i) {
  const uint32_t hash = hash_of(stem(&table->routes[i]));
  unsigned at = hash & table->mask;
  while (table->cells[at].route != 0) at = (at + 1) & table->mask;
  table->cells[at] = (struct route_cell){hash, i + 1};
}

void route_table_init(struct route_table *table, const struct route *routes,
                      unsigned count, struct route_cell *cells) {
  *table = (struct route_table){.routes = routes,
                                .count = count,
                                .cells = cells,
                                .mask = route_table_cells(count) - 1};
  for (unsigned i = 0; i < count; i++) {
    if (routes[i].path.len > table->longest)
      table->longest = routes[i].path.len;
    table->methods |= routes[i].methods;
    if (i == 0 || !slice_equal(routes[i].path, routes[i - 1].path))
      add(table, i);
  }
}

/* ---- looking ---- */

/* The first route whose path this is. */
static const struct route *route_table_at(const struct route_table *table,
                                          struct slice path, uint32_t hash) {
  for (unsigned at = hash & table->mask; table->cells[at].route != 0;
       at = (at + 1) & table->mask) {
    if (table->cells[at].hash != hash) continue;
    const struct route *route = &table->routes[table->cells[at].route - 1];
    if (is_spelling_of(path, stem(route))) return route;
  }
  return NULL;
}

const struct route *route_table_find(const struct route_table *table,
                                     struct slice path) {
  const struct route *best = NULL, *found;
  uint32_t hash = HASH_OF_NOTHING;
  size_t at = 0, plain = 0; /* plain: without the encoding */
  while (at < path.len && plain <= table->longest) {
    if (path.at[at] == '/' &&
        (found = route_table_at(table, (struct slice){path.at, at}, hash)) &&
        found->below)
      best = found;
    do { /* a segment with its slash */
      size_t len;
      hash = hash_on(hash, next_char(slice_from(path, at), &len));
      at += len;
      plain++;
    } while (at < path.len && path.at[at] != '/');
  }
  if (at < path.len) return best;
  found = route_table_at(table, path, hash);
  return found ? found : best;
}

struct slice route_table_rest(const struct route *route, struct slice path) {
  if (slice_starts_with(path, stem(route)))
    return slice_from(path, stem(route).len);
  for (size_t left = stem(route).len, len; left > 0; left--) {
    (void)next_char(path, &len);
    path = slice_from(path, len);
  }
  return path;
}

/* The one behind it, where it has the same path; else NULL. */
static const struct route *next_of_path(const struct route_table *table,
                                        const struct route *route) {
  const struct route *next = route + 1;
  bool same = next < table->routes + table->count &&
              slice_equal(next->path, route->path);
  return same ? next : NULL;
}

const struct route *route_table_method(const struct route_table *table,
                                       const struct route *first,
                                       unsigned method) {
  for (const struct route *r = first; r; r = next_of_path(table, r))
    if (r->methods & 1u << method) return r;
  return NULL;
}

unsigned route_table_methods(const struct route_table *table,
                             const struct route *first) {
  unsigned methods = 0;
  for (const struct route *r = first; r; r = next_of_path(table, r))
    methods |= r->methods;
  return methods;
}

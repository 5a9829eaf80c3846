/* fuzz_route_table: a path on the first line, then a route on each line, into
 * core/route_table.
 *
 * What is found is what a plain search over all routes finds. */
#include <stdlib.h>

#include "core/percent.h"
#include "core/route_table.h"
#include "fuzz/fuzz.h"

enum { ROUTES_MAX = 32 };

static bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9') || (c != '\0' && strchr("-._~", c));
}

/* How much of the path spells the whole route; false: it does not. */
static bool spells(struct slice path, struct slice route, size_t *used) {
  struct slice left = path;
  for (size_t i = 0; i < route.len; i++) {
    struct slice next = left;
    char byte;
    if (left.len == 0) return false;
    if (!percent_next(&next, &byte) || !is_unreserved(byte)) {
      byte = left.at[0];
      next = slice_from(left, 1);
    }
    if (byte != route.at[i]) return false;
    left = next;
  }
  *used = path.len - left.len;
  return true;
}

static const struct route *search(const struct route *routes, unsigned count,
                                  struct slice path, struct slice *rest) {
  const struct route *best = NULL;
  size_t used, most = 0;
  for (unsigned i = 0; i < count; i++) {
    struct slice stem = routes[i].path;
    if (stem.len == 1) stem.len = 0;
    if (!spells(path, stem, &used) || (used < path.len && path.at[used] != '/'))
      continue;
    if (used < path.len && !routes[i].below) continue;
    if (best && stem.len <= most) continue;
    best = &routes[i];
    most = stem.len;
    *rest = slice_from(path, used);
  }
  return best;
}

static bool is_there(const struct route *routes, unsigned count,
                     struct slice path) {
  for (unsigned i = 0; i < count; i++)
    if (slice_equal(routes[i].path, path)) return true;
  return false;
}

static unsigned read_routes(struct slice input, struct route *routes) {
  unsigned count = 0;
  while (input.len > 0 && count < ROUTES_MAX) {
    struct slice path = fuzz_line(&input);
    bool below = path.len > 0 && path.at[path.len - 1] != '!';
    if (!below && path.len > 0) path.len--;
    if (path.len == 0 || path.at[0] != '/' || memchr(path.at, '%', path.len) ||
        (path.len > 1 && path.at[path.len - 1] == '/') ||
        is_there(routes, count, path))
      continue;
    routes[count++] = (struct route){.path = path, .below = below};
  }
  return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct slice input = fuzz_input(data, size), path = fuzz_line(&input);
  struct slice rest = {0}, want_rest = {0};
  static struct route routes[ROUTES_MAX];
  static struct route_cell cells[4 * ROUTES_MAX];
  struct route_table table;
  unsigned count = read_routes(input, routes);
  memset(cells, 0, sizeof cells);
  route_table_init(&table, routes, count, cells);
  const struct route *got = route_table_find(&table, path);
  demand(got == search(routes, count, path, &want_rest), "the longest wins");
  if (got) rest = route_table_rest(got, path);
  demand(rest.at == want_rest.at && rest.len == want_rest.len,
         "what lies below is the same");
  return 0;
}

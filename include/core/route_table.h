/* route_table: which route a path belongs to.
 *
 * A route takes its own path and, with `below`, what lies below it at a '/'; of
 * several the longest path wins. An unreserved character counts the same
 * whether it stands for itself or percent-encoded (RFC 3986, section 6.2.2.2),
 * so that nobody gets round a route by spelling; a reserved one does not. */
#ifndef HEDGEROW_CORE_ROUTE_TABLE_H
#define HEDGEROW_CORE_ROUTE_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "core/route.h"
#include "core/slice.h"

struct route_cell {
  uint32_t hash;  /* of the path */
  uint32_t route; /* the first of that path, counted from 1; 0: empty */
};

struct route_table {
  const struct route *routes; /* those of one path stand together */
  unsigned count;
  struct route_cell *cells;
  unsigned mask;    /* the number of cells less one, a power of two */
  size_t longest;   /* bytes of the longest path */
  unsigned methods; /* that any route takes: a set */
};

/* How many cells so many routes need. */
unsigned route_table_cells(unsigned routes);
/* The cells, as many as that, are all zeros. Everything is borrowed. */
void route_table_init(struct route_table *table, const struct route *routes,
                      unsigned count, struct route_cell *cells);

/* The first route of the path that wins. NULL: there is none. */
const struct route *route_table_find(const struct route_table *table,
                                     struct slice path);
/* What of a path that belongs to the route lies below it: "", or from a '/' on.
 */
struct slice route_table_rest(const struct route *route, struct slice path);
/* The routes of one path, from the first on: the one that takes this method.
 * NULL: none does. */
const struct route *route_table_method(const struct route_table *table,
                                       const struct route *first,
                                       unsigned method);
/* All methods that they take: a set. */
unsigned route_table_methods(const struct route_table *table,
                             const struct route *first);

#endif

/* links: turns links of an upstream into links to us, in Link (RFC 8288,
 * section 3) and in Location (RFC 9110, section 10.2.2), so that a client that
 * follows them comes back. Content-Location is written as Location is. */
#ifndef HEDGEROW_CORE_LINKS_H
#define HEDGEROW_CORE_LINKS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base_url.h"
#include "core/slice.h"
#include "core/text.h"

struct links_rule {
  const struct base_url *base; /* of the target whose response it is */
  struct slice route;          /* our route's path: "/users", "/" */
  bool stripped; /* the target was asked for base + what is behind the route's
                  * path; else for base + the whole path */
  const struct base_url *const *others; /* of targets that stand for it: links
                                         * to these lead to us as well */
  unsigned other_count;
};

/* A link is rewritten when it is an http(s) URL of base's origin, the same
 * without its scheme ("//h/v1/users"), or an absolute path
 * ("/v1/users?page=2"), its path is one that base covers and that is safe to
 * append (base_url_covers), and the path at our side that leads there belongs
 * to the route: to that path, with the link's query and fragment. For base any
 * of the others may stand, base first; a path alone is one of base's origin.
 * base's own query is left out where the link's begins with it, since it comes
 * back with each request; it is often a key. Every other link stays as it is,
 * byte for byte: of another origin, relative to the request ("?page=2",
 * "next"), of another scheme, one that would lead out of the route, and one
 * that would begin with two slashes at our side, which is a host's name there.
 *
 *   base https://h/v1, route /users, stripped
 *     https://h/v1/7?a=1 -> /users/7?a=1    /v1 -> /users    /v2 -> /v2
 *   the same, not stripped
 *     https://h/v1/users/7 -> /users/7      /v1/orders -> /v1/orders */

/* The value of one Link field, several links with commas between them. What
 * stands between '<' and '>' at the front of each is rewritten, parameters
 * (also anchor) are not. A member that does not begin so is left as it is. */
void links_write_link(struct text *out, struct slice value,
                      const struct links_rule *rule);

/* The value of a Location field. */
void links_write_location(struct text *out, struct slice value,
                          const struct links_rule *rule);

/* Neither is cut with so much room: each link grows by no more than the
 * route's path, so that is the value's length, and rule->route.len for each '<'
 * in it and once more. */
size_t links_room(struct slice value, const struct links_rule *rule);

#endif

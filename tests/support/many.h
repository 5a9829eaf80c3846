/* many: a file with as many targets as there may be. */
#ifndef HEDGEROW_TESTS_SUPPORT_MANY_H
#define HEDGEROW_TESTS_SUPPORT_MANY_H

#include <stdbool.h>

#include "config/config_file.h"

enum { MANY_UPSTREAMS = CONFIG_UPSTREAMS_MAX, MANY_EACH = CONFIG_TARGETS_MAX };

/* Its text, valid until the next call. Upstream u0, u1, ... has the route /r0,
 * /r1, ...; the origins of the targets are nobody's. backwards: the upstreams
 * stand in the other order. */
const char *many_file(bool backwards);

#endif

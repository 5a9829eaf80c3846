/* stage: one origin, hedgerow in front of it, and one client. */
#ifndef HEDGEROW_TESTS_SUPPORT_STAGE_H
#define HEDGEROW_TESTS_SUPPORT_STAGE_H

#include <stddef.h>

#include "support/client.h"
#include "support/origin.h"
#include "support/program.h"

struct stage {
  struct origin *origin;
  struct program *program;
  struct client *client;
};

/* `hedgerow --to ORIGIN` with these flags behind it, at least one. */
#define stage_open(...)                                                        \
  stage_open_under("", (const char *const[]){__VA_ARGS__, NULL})
/* The same with a path (and query) behind the origin's URL. */
#define stage_open_at(base, ...)                                               \
  stage_open_under(base, (const char *const[]){__VA_ARGS__, NULL})
struct stage stage_open_under(const char *base, const char *const *flags);
/* Client first, so that the program has nothing to wait for; asserts that the
 * program ends with status 0. */
void stage_close(struct stage *stage);

#endif

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
/* hedgerow with exactly these flags: in front of this origin, which becomes the
 * stage's, of others, or (NULL) of nobody. */
#define stage_open_on(origin, ...)                                             \
  stage_open_with(origin, (const char *const[]){__VA_ARGS__, NULL})
struct stage stage_open_with(struct origin *origin, const char *const *flags);
struct stage stage_open_under(const char *base, const char *const *flags);
/* Client first, so that the program has nothing to wait for; asserts that the
 * program ends with status 0. */
void stage_close(struct stage *stage);

/* The client asks for this, and what it asks arrives. */
struct arrival *stage_ask(const struct stage *stage, const char *target);
/* The same where hedges may arrive before the primary. */
struct arrival *stage_ask_primary(const struct stage *stage,
                                  const char *target);
/* The arrival is answered with this JSON, and so is the client. */
const struct reply *stage_serve(const struct stage *stage,
                                struct arrival *arrival, int status,
                                const char *body);
/* One request for /smart: the first that arrives is answered with 200, and so
 * is the client. Returns who arrived. */
struct arrival *stage_exchange(const struct stage *stage);
/* One request for /smart: whoever arrives first is answered with this status,
 * and the client gets what it then gets. */
const struct reply *stage_round(const struct stage *stage, int status);
/* The client leaves, the program ends, and this is in its log. */
void stage_expect_log(struct stage *stage, const char *text);

#endif

/* What losers teach that are read to their end (--losers drain), by the built
 * program. The primary asks $A and loses to the hedge at $B; whatever $A says
 * comes after that.
 *
 * What is learned shows up to a quarter of a second later. A loser is read for
 * a second, so a test that was slow tries again. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "support/folder.h"
#include "support/operator.h"
#include "support/scene.h"

TestSuite(losers, .fini = folder_remove);

#define FILE_OF(upstream, losers)                                              \
  "admin: '127.0.0.1:0'\n"                                                     \
  "defaults: {hedges: 1, hedge_after: 1ms, gate: off, losers: " losers         \
  ", budget: '1000%:1000'}\n"                                                  \
  "upstreams:\n  x: {targets: " upstream ", balance: first}\n"                 \
  "routes:\n  - {path: /smart, upstream: x}\n"
#define BOTH "[$A, $B]"

enum { TRIES = 20, LOOKS = 2000 };

static struct arrival *lose(const struct scene *s) {
  client_get(s->client, "/smart");
  struct arrival *primary = origin_await_attempt(s->a, 0);
  arrival_answer_json(origin_await_attempt(s->b, 1), 200, OK);
  client_expect(s->client, 200, OK);
  return primary;
}

/* Whether target 0 is idle, and it is known how long it takes, sooner or later.
 */
static bool is_learned(struct client *looker) {
  for (unsigned i = 0; i < LOOKS; i++) {
    const struct reply *reply = operator_get(looker, "/api/v1/state");
    const char *at = strstr(reply->body, "{\"target\":0,");
    at = at ? strstr(at, "\"in_flight\":") : NULL;
    cr_assert(at, "%s", reply->body);
    double p50_ms;
    if (sscanf(at, "\"in_flight\":0,\"p50_ms\":%lf,", &p50_ms) == 1)
      return true;
  }
  return false;
}

/* Loses until what target 0 says after that is learned; before it says anything,
 * hedgerow is reloaded or not. */
static void expect_learned(bool reloads) {
  SCOPED(scene) s = scene_open(FILE_OF(BOTH, "drain"));
  OWNED(client) looker = operator_new(s.program);
  unsigned tries = 0;
  do {
    cr_assert(++tries < TRIES, "nothing is learned");
    struct arrival *primary = lose(&s);
    if (reloads) program_reload(s.program, "hedgerow: reloaded");
    arrival_answer_json(primary, 200, OK);
  } while (!is_learned(looker));
}

Test(losers, one_that_is_read_tells_how_long_its_target_takes) {
  expect_learned(false);
}

Test(losers, what_one_tells_after_a_reload_is_learned) { expect_learned(true); }

Test(losers, one_that_breaks_or_says_nothing_ends_as_any_other) {
  SCOPED(scene) s = scene_open(FILE_OF(BOTH, "drain"));
  arrival_reset(lose(&s));
  (void)lose(&s);
}

Test(losers, one_whose_target_is_gone_teaches_nobody) {
  SCOPED(scene) s = scene_open(FILE_OF(BOTH, "drain"));
  struct arrival *primary = lose(&s);
  scene_reload(&s, FILE_OF("[$B]", "cancel"), "hedgerow: reloaded");
  arrival_answer_json(primary, 200, OK);
  scene_expect(&s, s.b, "/smart", "GET / HTTP/1.1");
}

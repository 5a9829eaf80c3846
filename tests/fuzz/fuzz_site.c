/* fuzz_site: a Host, an Origin and an Authorization, a line each, and the token
 * behind them, into core/site.
 *
 * Nothing outside them is read. An Origin is its own Host's only if it ends in
 * it, and a token is shown only where it stands at the end. */
#include <stdlib.h>

#include "core/site.h"
#include "fuzz/fuzz.h"

static bool ends_in(struct slice text, struct slice end) {
  return text.len >= end.len &&
         slice_equal_nocase(slice_from(text, text.len - end.len), end);
}

/* The next line in a block of its own. */
static struct slice own_line(struct slice *input) {
  struct slice line = fuzz_line(input);
  return (struct slice){fuzz_copy(line), line.len};
}

static void let_go(struct slice line) { free((char *)(uintptr_t)line.at); }

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct slice input = fuzz_input(data, size);
  struct slice host = own_line(&input), origin = own_line(&input);
  struct slice authorization = own_line(&input), token = own_line(&input);
  (void)site_is_safe(host);
  if (site_is_own(origin, host, true))
    demand(ends_in(origin, host), "an Origin is its own Host's");
  demand(!site_is_own(origin, host, false) || site_is_own(origin, host, true),
         "what is its own is so behind TLS");
  if (site_token_is(authorization, token))
    demand(ends_in(authorization, token), "a token is shown whole");
  let_go(host);
  let_go(origin);
  let_go(authorization);
  let_go(token);
  return 0;
}

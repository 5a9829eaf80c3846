/* many: some targets have a host, a port or a path in common, none has all. */
#include "support/many.h"

#include "support/words.h"

static void write_upstream(struct text *out, unsigned u) {
  text_str(out, words_of("  u%u: {targets: [", u));
  for (unsigned i = 0; i < MANY_EACH; i++)
    text_str(out, words_of("'http://192.0.2.%u:80%02u/%u-%u', ", u % 16, i % 16,
                           u, i));
  text_str(out, "]}\n");
}

const char *many_file(bool backwards) {
  static char bytes[MANY_UPSTREAMS * MANY_EACH * 64];
  struct text text;
  text_init(&text, bytes, sizeof bytes);
  text_str(&text, "upstreams:\n");
  for (unsigned u = 0; u < MANY_UPSTREAMS; u++)
    write_upstream(&text, backwards ? MANY_UPSTREAMS - 1 - u : u);
  text_str(&text, "routes:\n");
  for (unsigned u = 0; u < MANY_UPSTREAMS; u++)
    text_str(&text, words_of("  - {path: /r%u, upstream: u%u}\n", u, u));
  return text_end(&text);
}

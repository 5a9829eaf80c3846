/* explain: what a status that is no success means for whoever runs hedgerow.
 *
 * A failed race answers with one sentence per attempt. "403" alone sends people
 * to a search engine; the flag to change sends them on their way. */
#include "core/explain.h"

#include <stdio.h>
#include <string.h>

enum { LOCATION_SHOWN = 100 };

static const struct advice {
  int status;
  const char *words;
} advices[] = {
    {206, "the upstream sent a part (206) though no Range was asked for"},
    {304, "the upstream answered 304 though nothing conditional was asked"},
    {400, "the upstream found the request malformed (400)"},
    {401, "the upstream wants credentials; see --token-file"},
    {403,
     "the upstream refused the request; see --user-agent and --token-file"},
    {404, "the upstream knows no such resource; check the path of the target, "
          "or see --final"},
    {407, "a proxy in front of the upstream wants credentials"},
    {408, "the upstream gave up waiting for the request (408)"},
    {429, "the upstream limits the rate (429); fewer --hedges ask less of it"},
    {500, "the upstream failed (500)"},
    {502, "the upstream's own upstream failed (502)"},
    {503, "the upstream is overloaded or down (503)"},
    {504, "the upstream's own upstream was too slow (504)"},
};

static const char *words_for(int status) {
  for (size_t i = 0; i < sizeof advices / sizeof *advices; i++)
    if (advices[i].status == status) return advices[i].words;
  return NULL;
}

static struct slice without_query(struct slice location) {
  size_t len = 0;
  while (len < location.len && len < LOCATION_SHOWN &&
         location.at[len] != '?' && location.at[len] != '#')
    len++;
  return (struct slice){location.at, len};
}

/* A Location without a scheme and a host stays on the host that was asked (RFC
 * 9110, section 10.2.2): there is another path to ask for, not another --to. */
static bool is_relative(struct slice location) {
  const char *colon = memchr(location.at, ':', location.len);
  const char *slash = memchr(location.at, '/', location.len);
  if (slice_starts_with(location, slice_of("//"))) return false;
  return !colon || (slash && slash < colon);
}

void explain_status(int status, struct slice location, char *buf, size_t cap) {
  const char *words = words_for(status);
  location = without_query(location);
  if (status >= 300 && status <= 399 && location.len > 0) {
    snprintf(buf, cap, "the upstream redirects (%d) to %.*s; %s", status,
             SLICE_ARG(location),
             is_relative(location) ? "ask for that path"
                                   : "point the target there");
  } else if (words) {
    snprintf(buf, cap, "%s", words);
  } else {
    snprintf(buf, cap, "the upstream answered %d", status);
  }
}

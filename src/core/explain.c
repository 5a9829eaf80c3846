/* explain: what a status that is no success means for whoever runs hedgerow.
 *
 * A failed race answers with one sentence per attempt. "403" alone sends people
 * to a search engine; the flag to change sends them on their way. */
#include "core/explain.h"

#include <stdio.h>
#include <string.h>

enum { SCHEME_SHOWN = 16, LOCATION_SHOWN = 100 };

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

/* The first of it that holds none of these bytes. */
static struct slice until(struct slice s, const char *bytes) {
  size_t len = 0;
  while (len < s.len && !strchr(bytes, s.at[len])) len++;
  return (struct slice){s.at, len};
}

/* The scheme with its "//" goes into *scheme, what is behind the userinfo is
 * returned (RFC 3986, section 3.2). */
static struct slice without_userinfo(struct slice location,
                                     struct slice *scheme) {
  size_t before = until(location, "/").len;
  struct slice rest = slice_from(location, before);
  *scheme = (struct slice){location.at, 0};
  if (before > SCHEME_SHOWN || !slice_starts_with(rest, slice_of("//")))
    return location;
  scheme->len = before + 2;
  rest = slice_from(rest, 2);
  struct slice authority = until(rest, "/");
  const char *at =
      authority.len > 0 ? memrchr(authority.at, '@', authority.len) : NULL;
  return at ? slice_from(rest, (size_t)(at + 1 - rest.at)) : rest;
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
  location = until(location, "?#");
  if (status >= 300 && status <= 399 && location.len > 0) {
    struct slice scheme, rest = without_userinfo(location, &scheme);
    if (rest.len > LOCATION_SHOWN) rest.len = LOCATION_SHOWN;
    snprintf(buf, cap, "the upstream redirects (%d) to %.*s%.*s; %s", status,
             SLICE_ARG(scheme), SLICE_ARG(rest),
             is_relative(location) ? "ask for that path"
                                   : "point the target there");
  } else if (words) {
    snprintf(buf, cap, "%s", words);
  } else {
    snprintf(buf, cap, "the upstream answered %d", status);
  }
}

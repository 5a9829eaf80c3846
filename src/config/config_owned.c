/* config_owned.c: the fields that are hedgerow's to write, or that it cannot
 * race with, and what to do instead.
 *
 * A field that frames the request (Content-Length, Transfer-Encoding) would
 * make the upstream see another one than hedgerow sent (RFC 9112, section
 * 11.2), so these are no matter of taste. */
#include "config/config_owned.h"

#include "core/http_head.h"

static const struct {
  const char *name, *why;
  const char *in_file; /* NULL: the same */
} owned[] = {
    {"Host", "comes from the target's URL", NULL},
    {"Content-Length", "is hedgerow's to write", NULL},
    {"Authorization",
     "is not set by a flag, which every user of this machine can read: use "
     "--token-file or HEDGEROW_TOKEN",
     "is a target's token: write token_file or token_env beside its URL"},
    {"User-Agent", "has a flag of its own: use --user-agent",
     "has a key of its own: write user_agent"},
    {"Hedge-Attempt", "is hedgerow's to write", NULL},
    {"Via", "is hedgerow's to write", NULL},
    {"X-Request-ID", "is hedgerow's to write", NULL},
    {"Expect", "is never sent upstream: there is no body to wait with", NULL},
    {"Range", "asks for a part, and only whole JSON can win", NULL},
    {"Accept-Encoding", "has an option of its own: use --compression gzip",
     "has a key of its own: write compression: gzip"},
};

const char *config_owned(struct slice name, bool in_file) {
  for (size_t i = 0; i < sizeof owned / sizeof *owned; i++)
    if (slice_equal_nocase(name, slice_of(owned[i].name)))
      return in_file && owned[i].in_file ? owned[i].in_file : owned[i].why;
  if (http_is_hop_by_hop(name))
    return "speaks of one connection and never crosses a proxy";
  if (slice_starts_with_nocase(name, "If-"))
    return "asks for a 304, and only whole JSON can win";
  return NULL;
}

const char *config_owned_by_meaning(struct slice name, bool in_file) {
  static const char *const others[] = {"Accept", "Cookie", "Idempotency-Key"};
  for (size_t i = 0; i < sizeof others / sizeof *others; i++)
    if (slice_equal_nocase(name, slice_of(others[i])))
      return "has a meaning of its own";
  if (slice_starts_with_nocase(name, "Content-")) return "tells of a body";
  return config_owned(name, in_file);
}

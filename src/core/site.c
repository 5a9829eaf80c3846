/* site: Host and Origin, for a listener that trusts whoever reaches it. */
#include "core/site.h"

#include "core/address.h"

#define HTTP "http://"

/* Without a port. Colons stand in brackets, or before the port. */
static struct slice without_port(struct slice host) {
  const char *close = memrchr(host.at, ']', host.len);
  const char *colon = memrchr(host.at, ':', host.len);
  if (colon && (!close || colon > close)) host.len = (size_t)(colon - host.at);
  return host;
}

static bool is_bracketed(struct slice host) {
  return host.len > 2 && host.at[0] == '[' && host.at[host.len - 1] == ']';
}

bool site_is_safe(struct slice host) {
  if (host.len == 0) return true;
  host = without_port(host);
  if (is_bracketed(host))
    return address_is_ipv6((struct slice){host.at + 1, host.len - 2});
  return address_is_ipv4(host) ||
         slice_equal_nocase(host, slice_of("localhost"));
}

bool site_is_own(struct slice origin, struct slice host) {
  const struct slice http = slice_of(HTTP);
  return slice_starts_with(origin, http) &&
         slice_equal_nocase(slice_from(origin, http.len), host);
}

/* site: Host and Origin, for a listener that trusts whoever reaches it. */
#include "core/site.h"

#include "core/address.h"

#define BEARER "Bearer "

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

static bool is_at(struct slice origin, const char *scheme, struct slice host) {
  const struct slice prefix = slice_of(scheme);
  return slice_starts_with(origin, prefix) &&
         slice_equal_nocase(slice_from(origin, prefix.len), host);
}

bool site_is_own(struct slice origin, struct slice host, bool behind_tls) {
  return is_at(origin, "http://", host) ||
         (behind_tls && is_at(origin, "https://", host));
}

/* The name of the scheme counts without case (RFC 9110, section 11.1), and
 * several spaces may stand behind it. */
static bool take_scheme(struct slice *value) {
  if (!slice_starts_with_nocase(*value, BEARER)) return false;
  *value = slice_from(*value, sizeof BEARER - 1);
  while (value->len > 0 && value->at[0] == ' ') *value = slice_from(*value, 1);
  return true;
}

bool site_token_is(struct slice authorization, struct slice token) {
  unsigned char differs = 0;
  if (!take_scheme(&authorization) || authorization.len != token.len)
    return false;
  for (size_t i = 0; i < token.len; i++)
    differs |= (unsigned char)(authorization.at[i] ^ token.at[i]);
  return differs == 0;
}

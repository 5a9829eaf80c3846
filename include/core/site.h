/* site: whether a browser's page may ask what is for this machine alone.
 *
 * A page from anywhere can send requests to 127.0.0.1. Two things tell them
 * apart: by DNS rebinding the page's own name leads here, and then the Host
 * field holds that name; a page of another site says so by Origin (the Fetch
 * standard, section 3.2). */
#ifndef HEDGEROW_CORE_SITE_H
#define HEDGEROW_CORE_SITE_H

#include <stdbool.h>

#include "core/slice.h"

/* Whether a Host (host[:port]) names an address, which no name server can have
 * made up, or "localhost". Empty is fine: HTTP/1.0 has none, and no browser
 * speaks that. */
bool site_is_safe(struct slice host);
/* Whether an Origin is that Host's own, over http; behind_tls: or over https,
 * which who stands in front has taken off. */
bool site_is_own(struct slice origin, struct slice host, bool behind_tls);

/* Whether the value of an Authorization field is that bearer token (RFC 6750,
 * section 2.1). How long it takes tells nothing of the token but its length. */
bool site_token_is(struct slice authorization, struct slice token);

#endif

/* conditional: whether a client has the answer already (RFC 9110, section
 * 13.1.2), and what a 304 then carries (section 15.4.5).
 *
 * Upstreams are asked without conditions, and the winner's ETag is compared
 * here. If-Modified-Since and the other conditions are not looked at. */
#ifndef HEDGEROW_CORE_CONDITIONAL_H
#define HEDGEROW_CORE_CONDITIONAL_H

#include <stdbool.h>

#include "core/http_request.h"
#include "core/slice.h"

/* Whether the value of one If-None-Match field names the entity tag, by weak
 * comparison (section 8.8.3.2): W/"a" is "a". The value "*" names any, also
 * none (an empty etag). What is no entity tag, an unquoted one among them,
 * names nothing, and is none: tags behind it still count. */
bool conditional_matches(struct slice if_none_match, struct slice etag);

/* Whether the request is answered 304 instead of a 200 with this ETag (empty:
 * it has none): a GET or HEAD of whose If-None-Match fields, which make up one
 * list, one matches. That the answer is a 200 the caller sees to. */
bool conditional_is_unchanged(const struct http_request *request,
                              struct slice etag);

/* Whether a field of the 200 crosses into the 304. Content-* stays, since there
 * is no content: Content-Type, -Length, -Encoding, -Language, -Range, -Digest
 * and such. Content-Location crosses, which a 304 must have, and so do
 * Content-Security-Policy and -Report-Only, which speak of no content. So do
 * all others: Date, ETag, Vary, Cache-Control and Expires must, Last-Modified
 * may, and the rest is no representation metadata. */
bool conditional_crosses(struct slice name);

#endif

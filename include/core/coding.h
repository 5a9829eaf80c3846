/* coding: the gzip content coding between a client and an upstream (RFC 9110,
 * sections 8.4 and 12.5.3). */
#ifndef HEDGEROW_CORE_CODING_H
#define HEDGEROW_CORE_CODING_H

#include <stdbool.h>
#include <stddef.h>

#include "core/http_request.h"
#include "core/slice.h"
#include "core/text.h"

/* Whether the client's Accept-Encoding fields, which make up one list, admit
 * gzip, and it is no worse to the client than identity is. gzip and x-gzip are
 * the same; "*" speaks for them where neither is named; of several weights of
 * one coding the least counts; one that is no qvalue (section 12.4.2) is 0.
 * Without such a field any coding is acceptable by the letter, and clients that
 * understand none exist: false. */
bool coding_takes_gzip(const struct http_request *request);

/* Whether the client wants the bytes as they are sent: Cache-Control:
 * no-transform (RFC 9111, section 5.2.1.6). */
bool coding_is_kept(const struct http_request *request);

/* From the field lines of a gzip response to those of the same without the
 * coding. Left out are Content-Encoding, and the digests of the coded bytes
 * (Content-MD5, Digest, and of RFC 9530 Content-Digest and Repr-Digest). A
 * strong ETag becomes a weak one, since it names the coded bytes (RFC 9110,
 * section 8.8.3); one that is no entity tag is left out. All others stay, byte
 * for byte. `lines` are good for http_field_next. */
void coding_plain_fields(struct text *out, struct slice lines);

/* Not cut with so much room. */
static inline size_t coding_plain_room(struct slice lines) {
  return lines.len + lines.len / 4 + 1;
}

#endif

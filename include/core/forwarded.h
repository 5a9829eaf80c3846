/* forwarded: tells an upstream whom a request comes from, by X-Forwarded-For,
 * -Proto and -Host, as nginx and Envoy write them. There is no RFC for these
 * three; RFC 7239 (Forwarded) describes the same trade. */
#ifndef HEDGEROW_CORE_FORWARDED_H
#define HEDGEROW_CORE_FORWARDED_H

#include <stdbool.h>
#include <stddef.h>

#include "core/address.h"
#include "core/http_request.h"
#include "core/slice.h"
#include "core/text.h"

enum {
  FORWARDED_FOR = 1,
  FORWARDED_PROTO = 2,
  FORWARDED_HOST = 4,
  FORWARDED_ALL = 7,
  /* X-Forwarded-For has at most so many members, in at most so many bytes. */
  FORWARDED_MEMBERS_MAX = 64,
  FORWARDED_BYTES_MAX = 4096,
};

struct forwarded_from {
  unsigned char peer[ADDRESS_BYTES]; /* who opened the connection */
  bool trusted;                      /* what it says of others is believed */
  bool tls;                          /* it came to us by TLS */
  unsigned fields; /* of FORWARDED_*, which to write: without those that
                    * --header sets or --drop-header names */
};

/* Whether a field of the client does not cross as it is, letters without case,
 * and '_' as '-', since CGI reads both as one: of a trusted client those three,
 * which are written anew; of any other whatever speaks of others, X-Forwarded-*
 * (all), Forwarded and X-Real-IP. */
bool forwarded_drops(struct slice name, bool trusted);

/* Writes "Name: value\r\n" lines:
 *   X-Forwarded-For    a trusted client's members, ", ", then the peer's
 *                      address, IPv6 without brackets. Of a list that is too
 *                      long the last ones stay: they are nearest to us.
 *   X-Forwarded-Proto  a trusted client's, else "http" or "https"
 *   X-Forwarded-Host   a trusted client's, else the request's host; no field
 *                      where that is empty (HTTP/1.0)
 * Of Proto and Host the first that is not empty counts. A field that the
 * client's Connection names is as good as not sent. */
void forwarded_write(struct text *out, const struct http_request *request,
                     const struct forwarded_from *from);

/* forwarded_write is never cut with so much room. */
size_t forwarded_room(const struct http_request *request,
                      const struct forwarded_from *from);

#endif

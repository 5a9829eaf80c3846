/* http_request: one request head, read in place, strictly (RFC 9112).
 *
 * Every slice points into the bytes that were parsed: the request lives as
 * long as they do, unmoved. */
#ifndef HEDGEROW_CORE_HTTP_REQUEST_H
#define HEDGEROW_CORE_HTTP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/http_head.h"
#include "core/http_method.h"
#include "core/slice.h"

enum { HTTP_FIELDS_MAX = 256 };

struct http_request_limits {
  size_t target_bytes; /* longer: 414 */
  unsigned fields;     /* more: 431; <= HTTP_FIELDS_MAX */
};

struct http_request {
  enum http_method method;
  struct slice method_name;
  struct slice target; /* as it was sent */
  struct slice path;   /* "/..." ; of an absolute-form its path, "/" if none */
  struct slice query;  /* behind the first '?', without it; at NULL: none */
  struct slice host;   /* host[:port] of an absolute-form or authority-form
                        * target, whatever Host says (RFC 9112, section 3.3);
                        * else the Host field; empty in HTTP/1.0 without one */
  bool http_1_0;
  bool keep_alive;       /* RFC 9112, section 9.3 */
  bool expects_continue; /* Expect: 100-continue, HTTP/1.1 only */
  bool is_chunked;       /* Transfer-Encoding: chunked; no Content-Length */
  bool names_fields;     /* Connection holds more than close and keep-alive */
  bool traced;           /* traceparent or tracestate: it is part of a trace */
  bool has_wishes; /* Prefer, Hedge or If-None-Match: how it is to be treated */
  uint64_t content_length; /* 0 without a Content-Length */
  unsigned field_count;
  struct http_field fields[HTTP_FIELDS_MAX];
};

/* Parses a head that http_head_scan found whole, empty lines in front of it
 * included. Returns 0, or the status to answer and *why, a static text in
 * words:
 *   400 anything malformed: request line, token, field, Host missing (1.1),
 *       twice, empty or not host[:port], Transfer-Encoding in HTTP/1.0,
 *       Content-Length not digits or twice (even when equal), Content-
 *       Length beside Transfer-Encoding, a target with a byte outside visible
 *       ASCII or with '#', a target in no form of RFC 9112, section 3.2
 *   414 the target is too long   431 too many fields
 *   501 any other Transfer-Encoding
 *   505 a version other than HTTP/1.0 and HTTP/1.1
 * Methods are tokens of any name: which are answered is the router's. CONNECT
 * and OPTIONS * come with an empty path and query.
 * After an error the connection's framing is lost: answer and close. After an
 * error only method_name and target may be read (empty if not reached). */
int http_request_parse(struct http_request *request, struct slice head,
                       const struct http_request_limits *limits,
                       const char **why) __attribute__((warn_unused_result));

/* Whether a body follows the head. One in chunks may turn out to be empty. */
static inline bool http_request_has_body(const struct http_request *request) {
  return request->content_length > 0 || request->is_chunked;
}

/* The first field of that name (letters without case), or NULL. */
const struct http_field *http_request_find(const struct http_request *request,
                                           struct slice name);
/* Inline, so that the compiler knows the name's length. */
static inline const struct http_field *http_request_field(
    const struct http_request *request, const char *name) {
  return http_request_find(request, slice_of(name));
}

/* Whether a field of that name, each of which is a list, has `token`. */
bool http_request_lists(const struct http_request *request, const char *name,
                        struct slice token);

/* Whether a Connection field of the request names this field; close and
 * keep-alive may or may not count as names. */
bool http_request_connection_names(const struct http_request *request,
                                   struct slice name);

#endif

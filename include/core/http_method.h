/* http_method: the methods that hedgerow tells apart (RFC 9110, section 9;
 * PATCH is RFC 5789's, QUERY the HTTP working group's). */
#ifndef HEDGEROW_CORE_HTTP_METHOD_H
#define HEDGEROW_CORE_HTTP_METHOD_H

#include <stdbool.h>

#include "core/slice.h"
#include "core/text.h"

enum http_method {
  HTTP_GET,
  HTTP_HEAD,
  HTTP_POST,
  HTTP_PUT,
  HTTP_PATCH,
  HTTP_DELETE,
  HTTP_OPTIONS,
  HTTP_QUERY,
  HTTP_CONNECT,
  HTTP_TRACE,
  HTTP_OTHER, /* any other token */
};

enum { HTTP_METHODS = HTTP_OTHER + 1 };

/* Sets of 1 << enum http_method. Those that a proxy passes on: a CONNECT is a
 * tunnel, and a TRACE would tell the client what only the upstream is to see.
 */
enum {
  HTTP_METHODS_ANY =
      (1 << HTTP_METHODS) - 1 - (1 << HTTP_CONNECT) - (1 << HTTP_TRACE),
  HTTP_METHODS_GET = 1 << HTTP_GET | 1 << HTTP_HEAD,
};

/* By its name, whose letters count with their case. */
enum http_method http_method_of(struct slice name);
/* "GET"; of HTTP_OTHER "". */
struct slice http_method_name(enum http_method method);

/* Whether it asks for nothing to be changed (RFC 9110, section 9.2.1), so that
 * several of it may be on their way at a time. */
static inline bool http_method_is_safe(enum http_method method) {
  return method == HTTP_GET || method == HTTP_HEAD || method == HTTP_OPTIONS ||
         method == HTTP_QUERY;
}

/* Whether doing it again changes nothing more (section 9.2.2), so that it may
 * be repeated where the connection was lost. */
static inline bool http_method_is_idempotent(enum http_method method) {
  return http_method_is_safe(method) || method == HTTP_PUT ||
         method == HTTP_DELETE || method == HTTP_TRACE;
}

/* A set of 1 << enum http_method as an Allow field says it: "GET, HEAD". */
void http_methods_write(struct text *out, unsigned methods);

#endif

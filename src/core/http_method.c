/* http_method: from a name to a number, and back.
 *
 * A number is what a route's set of methods is made of. Names are compared in
 * the order in which they are likely. */
#include "core/http_method.h"

static const struct slice names[HTTP_METHODS] = {
    [HTTP_GET] = SLICE("GET"),         [HTTP_HEAD] = SLICE("HEAD"),
    [HTTP_POST] = SLICE("POST"),       [HTTP_PUT] = SLICE("PUT"),
    [HTTP_PATCH] = SLICE("PATCH"),     [HTTP_DELETE] = SLICE("DELETE"),
    [HTTP_OPTIONS] = SLICE("OPTIONS"), [HTTP_QUERY] = SLICE("QUERY"),
    [HTTP_CONNECT] = SLICE("CONNECT"), [HTTP_TRACE] = SLICE("TRACE"),
    [HTTP_OTHER] = SLICE(""),
};

enum http_method http_method_of(struct slice name) {
  for (unsigned i = 0; i < HTTP_OTHER; i++)
    if (slice_equal(name, names[i])) return (enum http_method)i;
  return HTTP_OTHER;
}

struct slice http_method_name(enum http_method method) {
  return names[method];
}

void http_methods_write(struct text *out, unsigned methods) {
  const char *comma = "";
  for (unsigned i = 0; i < HTTP_OTHER; i++) {
    if (!(methods & 1u << i)) continue;
    text_put(out, comma, names[i]);
    comma = ", ";
  }
}

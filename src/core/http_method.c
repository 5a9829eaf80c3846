/* http_method: from a name to a number, and back.
 *
 * A number is what a route's set of methods is made of. Names are compared in
 * the order in which they are likely. */
#include "core/http_method.h"

static const char *const names[HTTP_METHODS] = {
    [HTTP_GET] = "GET",         [HTTP_HEAD] = "HEAD",
    [HTTP_POST] = "POST",       [HTTP_PUT] = "PUT",
    [HTTP_PATCH] = "PATCH",     [HTTP_DELETE] = "DELETE",
    [HTTP_OPTIONS] = "OPTIONS", [HTTP_QUERY] = "QUERY",
    [HTTP_CONNECT] = "CONNECT", [HTTP_TRACE] = "TRACE",
    [HTTP_OTHER] = "",
};

enum http_method http_method_of(struct slice name) {
  for (unsigned i = 0; i < HTTP_OTHER; i++)
    if (slice_equal(name, slice_of(names[i]))) return (enum http_method)i;
  return HTTP_OTHER;
}

const char *http_method_name(enum http_method method) { return names[method]; }

void http_methods_write(struct text *out, unsigned methods) {
  const char *comma = "";
  for (unsigned i = 0; i < HTTP_OTHER; i++) {
    if (!(methods & 1u << i)) continue;
    text_str(out, comma);
    text_str(out, names[i]);
    comma = ", ";
  }
}

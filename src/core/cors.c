/* cors: which origins may read, and the fields that tell a browser so.
 *
 * A browser compares bytes: the origin of the page with what it is told. So an
 * origin is configured as browsers write it, and one that they never write
 * ("https://App.example/", "https://app.example:443") is refused with words
 * that say how to write it, or it would match nothing and nobody knew why. So
 * is "null", which is the origin of every file and of every sandboxed frame.
 *
 * What varies by the origin must say so to caches also when there is no origin
 * or a wrong one, or a cache hands one page's answer to another.
 *
 * When there are Access-Control fields of an upstream they are of another
 * policy than the route's, and two of them are an error to browsers; cors_owns
 * is for whoever passes fields on. Only which fields of its own a page may read
 * (X-Total-Count) the upstream knows best, and browsers add two such lists up.
 */
#include "core/cors.h"

#include "core/address.h"
#include "core/base_url.h"

#define ALLOW "Access-Control-Allow-"

static const char exposed[] =
    "Access-Control-Expose-Headers: Hedge-Attempts, Hedge-Winner, "
    "Hedge-Completed, Server-Timing, X-Request-ID, Preference-Applied, Link, "
    "Location, ETag, Retry-After\r\n";

static bool is_lower_visible(struct slice text) {
  for (size_t i = 0; i < text.len; i++) {
    char c = text.at[i];
    if (c <= ' ' || c >= 0x7f || (c >= 'A' && c <= 'Z')) return false;
  }
  return true;
}

/* RFC 3986, section 3.1. */
static bool is_scheme(struct slice text) {
  if (text.len == 0 || text.at[0] < 'a' || text.at[0] > 'z') return false;
  for (size_t i = 1; i < text.len; i++) {
    char c = text.at[i];
    bool alphanumeric = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (!alphanumeric && c != '+' && c != '-' && c != '.') return false;
  }
  return true;
}

/* Of an http or https origin, whose host and port are known to be one. */
static const char *check_web(struct slice origin) {
  struct base_url url;
  const char *why = base_url_parse(&url, origin);
  if (why) return why;
  const char *end = url.authority.at + url.authority.len;
  if (end != origin.at + origin.len)
    return "leave out the port: browsers do where it is the scheme's own";
  return NULL;
}

const char *cors_parse(struct slice origin) {
  static const char shape[] = "write scheme://host[:port], or * for any";
  if (slice_equal(origin, slice_of("*"))) return NULL;
  if (slice_equal_nocase(origin, slice_of("null")))
    return "null is the origin of every file and sandboxed frame: name those "
           "that may, or write * for any";
  if (!is_lower_visible(origin))
    return "write it in lower case and ASCII, as browsers do";
  const char *mark =
      origin.len > 0 ? memmem(origin.at, origin.len, "://", 3) : NULL;
  if (!mark) return shape;
  struct slice scheme = {origin.at, (size_t)(mark - origin.at)};
  struct slice host = slice_from(origin, scheme.len + 3);
  if (!is_scheme(scheme) || host.len == 0) return shape;
  for (size_t i = 0; i < host.len; i++)
    if (strchr("/\\?#@,*\"", host.at[i]))
      return "an origin ends behind its host and port, also without a slash, "
             "and has no user or pattern";
  bool web = slice_equal(scheme, slice_of("http")) ||
             slice_equal(scheme, slice_of("https"));
  return web ? check_web(origin) : NULL;
}

bool cors_is_local(struct slice origin) {
  struct base_url url;
  return !cors_parse(origin) && !base_url_parse(&url, origin) && !url.tls &&
         address_is_loopback(url.host);
}

enum cors_match cors_match(const struct cors_rule *rule, struct slice origin) {
  enum cors_match match = CORS_NONE;
  for (unsigned i = 0; i < rule->count; i++) {
    if (slice_equal(rule->origins[i], slice_of("*"))) return CORS_ANY;
    if (slice_equal(rule->origins[i], origin)) match = CORS_NAMED;
  }
  return match;
}

static struct slice value_of(const struct http_request *request,
                             const char *name) {
  const struct http_field *field = http_request_field(request, name);
  return field ? field->value : (struct slice){0};
}

bool cors_is_preflight(const struct http_request *request) {
  return slice_equal(request->method_name, slice_of("OPTIONS")) &&
         http_request_field(request, "Origin") &&
         http_request_field(request, "Access-Control-Request-Method");
}

enum http_method cors_asked_method(const struct http_request *request) {
  return http_method_of(value_of(request, "Access-Control-Request-Method"));
}

static void add_origin(struct text *out, enum cors_match match,
                       struct slice origin) {
  if (match == CORS_ANY) text_str(out, ALLOW "Origin: *\r\n");
  if (match != CORS_NAMED) return;
  text_put(out, ALLOW "Origin: ", origin, "\r\n" ALLOW "Credentials: true\r\n");
}

void cors_write(struct text *out, const struct cors_rule *rule,
                const struct http_request *request) {
  struct slice origin = value_of(request, "Origin");
  enum cors_match match = cors_match(rule, origin);
  add_origin(out, match, origin);
  if (match != CORS_NONE) text_str(out, exposed);
  if (match != CORS_ANY) text_str(out, "Vary: Origin\r\n");
}

static bool is_tokens(struct slice list) {
  struct slice member;
  bool any = false;
  while (http_list_next(&list, &member)) {
    if (!http_is_token(member)) return false;
    any = true;
  }
  return any;
}

void cors_write_preflight(struct text *out, const struct cors_rule *rule,
                          const struct http_request *request,
                          struct slice methods) {
  struct slice origin = value_of(request, "Origin");
  struct slice asked = value_of(request, "Access-Control-Request-Headers");
  enum cors_match match = cors_match(rule, origin);
  add_origin(out, match, origin);
  if (match != CORS_NONE) {
    text_put(out, ALLOW "Methods: ", methods, "\r\n");
    if (is_tokens(asked)) text_put(out, ALLOW "Headers: ", asked, "\r\n");
    text_str(out, "Access-Control-Max-Age: 600\r\n");
  }
  text_str(out, "Vary: Origin, Access-Control-Request-Method, "
                "Access-Control-Request-Headers\r\n");
}

size_t cors_room(const struct http_request *request, struct slice methods) {
  enum { OWN_BYTES = 512 };
  return OWN_BYTES + value_of(request, "Origin").len + methods.len +
         value_of(request, "Access-Control-Request-Headers").len;
}

bool cors_owns(struct slice name) {
  return slice_starts_with_nocase(name, "Access-Control-") &&
         !slice_equal_nocase(name, slice_of("Access-Control-Expose-Headers"));
}

/* cors: lets pages of other origins read answers (the CORS protocol of the
 * Fetch Standard, https://fetch.spec.whatwg.org/#http-cors-protocol).
 *
 * A route names the origins that may. A named one may send what its user is
 * known by (Access-Control-Allow-Credentials: true), since whoever named it
 * trusts its pages. With "*" nobody may: any page that a user opens could act
 * in the user's name. */
#ifndef HEDGEROW_CORE_CORS_H
#define HEDGEROW_CORE_CORS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/http_request.h"
#include "core/slice.h"
#include "core/text.h"

/* A configured origin: "*", or scheme://host[:port] as a browser writes it (RFC
 * 6454, section 6.2): lower case, without the scheme's own port, without a
 * path. Any scheme will do ("capacitor://localhost"). NULL, or why not, in
 * words, static. */
const char *cors_parse(struct slice origin) __attribute__((warn_unused_result));

/* Whether it is one of this machine, by http: http://127.0.0.1:9001,
 * http://localhost, http://[::1]:80; with whatever port. */
bool cors_is_local(struct slice origin);

struct cors_rule {
  const struct slice *origins; /* each good for cors_parse; borrowed */
  unsigned count;              /* >= 1 */
};

enum cors_match { CORS_NONE, CORS_NAMED, CORS_ANY };

/* ANY when "*" is among the origins: then no other of them plays a part. Else
 * NAMED when this one is, to the byte. `origin` is that of the request, empty
 * without one, which matches nothing but "*". */
enum cors_match cors_match(const struct cors_rule *rule, struct slice origin);

/* OPTIONS with Origin and Access-Control-Request-Method: a browser asks whether
 * it may ask. */
bool cors_is_preflight(const struct http_request *request);

/* Which method it is to be, of a preflight. */
enum http_method cors_asked_method(const struct http_request *request);

/* Writes the "Name: value\r\n" lines of an answer to this request, problems
 * among them:
 *   Access-Control-Allow-Origin       where the origin may: it, or "*"
 *   Access-Control-Allow-Credentials  true, where it is named
 *   Access-Control-Expose-Headers     ours, and Link, Location, ETag and
 *                                     Retry-After
 *   Vary: Origin                      always, but where "*" is configured */
void cors_write(struct text *out, const struct cors_rule *rule,
                const struct http_request *request);

/* The same of a 204 to a preflight; where the origin may not, there is nothing
 * but Vary. methods: a list ("GET, POST"). The list that was asked for in
 * Access-Control-Request-Headers is allowed as it is, when it is one of
 * tokens; else none is. */
void cors_write_preflight(struct text *out, const struct cors_rule *rule,
                          const struct http_request *request,
                          struct slice methods);

/* Neither is cut with so much room. */
size_t cors_room(const struct http_request *request, struct slice methods);

/* Whether a field of an upstream's response stays here, since it is ours to
 * say: Access-Control-*, but for Access-Control-Expose-Headers, which adds to
 * ours. */
bool cors_owns(struct slice name);

#endif

/* base_url: one upstream base URL, and the request targets made from it. */
#ifndef HEDGEROW_CORE_BASE_URL_H
#define HEDGEROW_CORE_BASE_URL_H

#include <stdbool.h>
#include <stdint.h>

#include "core/slice.h"
#include "core/text.h"

/* Slices point into the URL that was parsed. */
struct base_url {
  bool tls;               /* https */
  struct slice host;      /* a name or an address; IPv6 without brackets */
  struct slice authority; /* as a Host field says it: host[:port], the port
                           * left out where it is the scheme's own, brackets
                           * kept. Lower case is not forced. */
  uint16_t port;          /* 1 .. 65535 */
  struct slice path;      /* base path as spelled, "" or "/...": "/" is "/" */
  struct slice query;     /* without '?', NULL: none; often a key: never print
                           * it */
};

extern const char base_url_names_a_user[];

/* Parses http(s)://host[:port][/path][?query], where host is a name of
 * letters, digits, '-', '_' and '.', an IPv4 address, or [IPv6]. NULL on
 * success; else why not, in words, static ("it needs http:// or https://
 * in front", "a fragment (#...) never reaches a server", "the port must be
 * 1 to 65535", "a space or control byte stands in it", ...): of user names and
 * passwords base_url_names_a_user. */
const char *base_url_parse(struct base_url *target, struct slice url)
    __attribute__((warn_unused_result));

/* Scheme, host (letters without case) and port are equal (RFC 6454, sec. 5).*/
bool base_url_same_origin(const struct base_url *a, const struct base_url *b);

/* Whether `path` of an absolute URL lies at or under base's path: equal, or
 * continued at a '/' boundary. */
bool base_url_covers(const struct base_url *base, struct slice path);

/* What of a path that base's path covers lies below it, its slash in front: the
 * seam is base_url_pieces' to make. */
struct slice base_url_below(const struct base_url *base, struct slice path);

/* Whether REST may be appended to a base path: no segment is "." or "..",
 * also not when '.', '/' or '\' are percent-encoded (once), or stand raw as
 * '\'; every '%' is followed by two hex digits. "" and "/a//b/" are fine. */
bool base_url_rest_is_safe(struct slice rest);

/* Splits "/path?query"; without a '?' the query is of no bytes, and NULL. */
void base_url_split(struct slice text, struct slice *path, struct slice *query);
/* Whether they may be asked for below a base: the path is safe, the query
 * visible ASCII without '#'. */
bool base_url_takes(struct slice path, struct slice query);

enum { BASE_URL_PIECES = 6 };

/* The origin-form to ask (RFC 9112, section 3.2.1), as pieces to be written one
 * behind the other, some of them empty: base path, then rest ("" or "/..."),
 * then the target's own query first and `query` behind it. A query that is
 * empty is a bare '?' (RFC 3986, section 6.2.3); at NULL there is none. At the
 * seam there is exactly one slash where rest is not empty; bare "" asks exactly
 * the target's path ("/" if that is empty); "/" as rest asks for the path with
 * a slash behind it. The pieces point into target, rest, query, and static
 * bytes. */
void base_url_pieces(const struct base_url *target, struct slice rest,
                     struct slice query, struct slice pieces[BASE_URL_PIECES]);

/* The same, written out. */
void base_url_write(struct text *out, const struct base_url *target,
                    struct slice rest, struct slice query);

/* scheme://authority/path, and "?[redacted]" in place of a query. */
void base_url_write_redacted(struct text *out, const struct base_url *target);

#endif

/* links: what base_url_pieces does to a path, the other way.
 *
 * A target is asked for base + rest, where rest is the client's path, with or
 * without the route's in front. So a link to base + rest is one to our path
 * with rest behind it; it is left alone where that would be a path of another
 * route. Nothing is decoded, resolved or normalized: a link is
 * recognized as it is spelled, or left alone, as a link is that leads around
 * the prefix by "..".
 *
 * What is written must not lead elsewhere than to us. A rest that begins with
 * two slashes ("https://h/v1//evil.example/") would, if it stood alone: a
 * browser takes what follows for a host, and '\' for '/'. */
#include "core/links.h"

#include "core/http_head.h"

enum { SCHEMED_BYTES = 2048 }; /* of a URL that had no scheme */

/* A link as it will be written. */
struct link {
  struct slice front, rest; /* together "", or they begin with '/' */
  bool has_query;
  struct slice query;    /* behind its '?' */
  struct slice fragment; /* with its '#', or empty */
};

/* Cuts *text in front of the first `c`, and returns what begins with it. */
static struct slice cut_off(struct slice *text, char c) {
  const struct slice whole = *text;
  *text = slice_until(whole, c);
  return slice_from(whole, text->len);
}

static bool is_slash(char c) { return c == '/' || c == '\\'; }

static bool names_host(struct slice path) {
  return path.len >= 2 && is_slash(path.at[0]) && is_slash(path.at[1]);
}

/* A URL without its scheme is of base's (RFC 3986, section 4.2). */
static bool parse_url(struct base_url *url, struct slice uri,
                      const struct base_url *base, char room[SCHEMED_BYTES]) {
  struct text schemed;
  if (!slice_starts_with(uri, slice_of("//"))) return !base_url_parse(url, uri);
  text_init(&schemed, room, SCHEMED_BYTES);
  text_put(&schemed, base->tls ? "https:" : "http:", uri);
  return !schemed.cut && !base_url_parse(url, text_slice_of(&schemed));
}

/* The path of a URL of base's origin, or the reference if it is a path. */
static bool links_path_of(struct slice uri, const struct links_rule *rule,
                          const struct base_url *base, struct slice *path) {
  char room[SCHEMED_BYTES];
  struct base_url url;
  *path = uri;
  if (uri.len > 0 && uri.at[0] == '/' && !names_host(uri))
    return base_url_same_origin(rule->base, base);
  if (!parse_url(&url, uri, base, room) || !base_url_same_origin(&url, base))
    return false;
  *path = slice_from(uri, uri.len - url.path.len);
  return true;
}

static struct slice without_last_slash(struct slice path) {
  if (path.len > 0 && path.at[path.len - 1] == '/') path.len--;
  return path;
}

/* What stands behind base in a path that it covers: "" for base itself. */
static struct slice rest_of(struct slice path, const struct base_url *base) {
  bool is_base = path.len <= 1 || path.len == base->path.len;
  return slice_from(path,
                    is_base ? path.len : without_last_slash(base->path).len);
}

/* Leaves `own` out where the query is it, or begins with it and '&'. */
static void drop_own(struct link *link, struct slice own) {
  if (own.len == 0 || !slice_starts_with(link->query, own)) return;
  struct slice behind = slice_from(link->query, own.len);
  if (behind.len > 0 && behind.at[0] != '&') return;
  link->has_query = behind.len > 0;
  link->query = behind.len > 0 ? slice_from(behind, 1) : behind;
}

/* Whether a path at our side is the route's, which it is where the route's own
 * path was put in front. */
static bool is_of_route(const struct link *link,
                        const struct links_rule *rule) {
  struct slice route = without_last_slash(rule->route), rest = link->rest;
  if (rule->stripped || route.len == 0) return true;
  return slice_starts_with(rest, route) &&
         (rest.len == route.len || rest.at[route.len] == '/');
}

static bool links_lead_to(struct link *link, struct slice uri,
                          const struct links_rule *rule,
                          const struct base_url *base) {
  struct slice path;
  if (!links_path_of(uri, rule, base, &path) || !base_url_covers(base, path))
    return false;
  link->rest = rest_of(path, base);
  link->front = (struct slice){0};
  if (rule->stripped) link->front = without_last_slash(rule->route);
  if (!is_of_route(link, rule) ||
      (link->front.len == 0 && names_host(link->rest)))
    return false;
  drop_own(link, base->query);
  return true;
}

static bool links_read(struct link *link, struct slice uri,
                       const struct links_rule *rule) {
  link->fragment = cut_off(&uri, '#');
  link->query = cut_off(&uri, '?');
  link->has_query = link->query.len > 0;
  if (link->has_query) link->query = slice_from(link->query, 1);
  if (links_lead_to(link, uri, rule, rule->base)) return true;
  for (unsigned i = 0; i < rule->other_count; i++)
    if (links_lead_to(link, uri, rule, rule->others[i])) return true;
  return false;
}

void links_write_location(struct text *out, struct slice value,
                          const struct links_rule *rule) {
  struct link link;
  if (!links_read(&link, value, rule)) {
    text_slice(out, value);
    return;
  }
  text_put(out, link.front, link.rest);
  if (link.front.len + link.rest.len == 0) text_char(out, '/');
  if (link.has_query) text_char(out, '?');
  text_put(out, link.query, link.fragment);
}

static size_t blanks_len(struct slice text) {
  size_t at = 0;
  while (at < text.len && (text.at[at] == ' ' || text.at[at] == '\t')) at++;
  return at;
}

static void pass(struct text *out, struct slice *value, size_t len) {
  text_add(out, value->at, len);
  *value = slice_from(*value, len);
}

/* Each turn takes one link, and the comma behind it. A URI may hold commas and
 * quotes, so what is behind '>' alone is read as a member of a list. */
void links_write_link(struct text *out, struct slice value,
                      const struct links_rule *rule) {
  while (value.len > 0) {
    pass(out, &value, blanks_len(value));
    const char *end = value.len > 0 && value.at[0] == '<'
                          ? memchr(value.at, '>', value.len)
                          : NULL;
    if (end) {
      pass(out, &value, 1);
      size_t len = (size_t)(end - value.at);
      links_write_location(out, (struct slice){value.at, len}, rule);
      value = slice_from(value, len);
    }
    size_t len = http_member_len(value);
    pass(out, &value, len < value.len ? len + 1 : len);
  }
}

size_t links_room(struct slice value, const struct links_rule *rule) {
  size_t links = 1;
  for (size_t i = 0; i < value.len; i++) links += value.at[i] == '<';
  return value.len + links * rule->route.len;
}

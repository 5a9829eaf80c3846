/* base_url: one upstream base URL, and the request targets made from it.
 *
 * A URL on the command line is an operator's, so what looks like a mistake is
 * refused with a reason instead of being repaired: a password in front of the
 * host, a fragment, a port out of range. The host is checked by hand, since a
 * resolver takes more for an address than a reader does ("127.1"): a name that
 * ends in a number must be a whole IPv4 address.
 *
 * REST comes from a client, and a client may not leave the base path. Upstreams
 * differ in what they take for a way up: some decode before they resolve dot
 * segments, some take '\' for '/', some cut ";parameters" off a segment first
 * (so that "..;x" is ".."). base_url_rest_is_safe refuses what any of them
 * could read so. It decodes once: a server that decodes twice has other
 * troubles.
 *
 * Resolving names is io/resolver's; which URLs a client may ask for is decided
 * by whoever reads its list, with base_url_same_origin and base_url_covers. */
#include "core/base_url.h"

#include "core/address.h"
#include "core/http_head.h"
#include "core/percent.h"

const char base_url_names_a_user[] =
    "user names and passwords do not belong in a URL";
static const char bad_host[] = "the host must be a name, an IPv4 address or "
                               "[an IPv6 address]";

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static bool is_visible(char c) { return c > ' ' && c < 0x7f; }

static bool is_word_char(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         c == '-' || c == '_';
}

/* A name as DNS can carry it (one dot may end it), or an IPv4 address. */
static bool is_name(struct slice host) {
  size_t label = 0, digits = 0;
  if (host.len == 0 || host.len > 254) return false;
  for (size_t i = 0; i < host.len; i++) {
    if (host.at[i] == '.') {
      if (label == 0) return false;
      if (i + 1 < host.len) label = digits = 0;
      continue;
    }
    if (!is_word_char(host.at[i]) || ++label > 63) return false;
    digits += is_digit(host.at[i]);
  }
  return digits < label || address_is_ipv4(host);
}

/* 1 to 65535, without a leading zero: it goes into Host as it is spelled. */
static bool parse_port(struct slice text, uint16_t *port) {
  uint64_t number = 0;
  if (!http_parse_length(text, &number) || text.at[0] == '0') return false;
  *port = (uint16_t)number;
  return number <= UINT16_MAX;
}

/* Takes the host, brackets included, off *text. */
static const char *take_host(struct slice *text, struct slice *host) {
  size_t end = slice_until(*text, ':').len;
  bool bracketed = text->len > 0 && text->at[0] == '[';
  if (bracketed) {
    end = slice_until(*text, ']').len;
    if (end == text->len) return bad_host;
    *host = (struct slice){text->at + 1, end - 1};
    end++;
  } else {
    *host = slice_until(*text, ':');
  }
  *text = slice_from(*text, end);
  if (end == 0) return "the host is missing";
  if (bracketed && !address_is_ipv6(*host))
    return "it holds no valid IPv6 address between the brackets";
  return bracketed || is_name(*host) ? NULL : bad_host;
}

static const char *parse_authority(struct base_url *target, struct slice text) {
  struct slice port = text;
  uint16_t own_port = target->tls ? 443 : 80;
  if (slice_until(text, '@').len < text.len) return base_url_names_a_user;
  const char *why = take_host(&port, &target->host);
  if (why) return why;
  target->port = own_port;
  if (port.len > 0 && port.at[0] != ':') return bad_host;
  if (port.len > 0 && !parse_port(slice_from(port, 1), &target->port))
    return "the port must be 1 to 65535";
  target->authority = text;
  if (target->port == own_port) target->authority.len -= port.len;
  return NULL;
}

/* Takes "http://" or "https://", letters without case, off *url. */
static bool take_scheme(struct slice *url, bool *tls) {
  static const char *const schemes[] = {"http://", "https://"};
  for (int i = 0; i < 2; i++) {
    if (!slice_starts_with_nocase(*url, schemes[i])) continue;
    *url = slice_from(*url, strlen(schemes[i]));
    *tls = i == 1;
    return true;
  }
  return false;
}

const char *base_url_parse(struct base_url *target, struct slice url) {
  *target = (struct base_url){0};
  for (size_t i = 0; i < url.len; i++) {
    if ((unsigned char)url.at[i] >= 0x80)
      return "a byte outside ASCII stands in it: percent-encode it";
    if (!is_visible(url.at[i])) return "a space or control byte stands in it";
  }
  if (!take_scheme(&url, &target->tls))
    return "it needs http:// or https:// in front";
  if (slice_until(url, '#').len < url.len)
    return "a fragment (#...) never reaches a server";
  const struct slice rest = slice_until(url, '?');
  if (rest.len < url.len) target->query = slice_from(url, rest.len + 1);
  const struct slice authority = slice_until(rest, '/');
  target->path = slice_from(rest, authority.len);
  const char *why = parse_authority(target, authority);
  if (!why && !base_url_rest_is_safe(target->path))
    why = "its path holds a '.' or '..' segment, or a '%' without two hex "
          "digits";
  return why;
}

bool base_url_same_origin(const struct base_url *a, const struct base_url *b) {
  return a->tls == b->tls && a->port == b->port &&
         slice_equal_nocase(a->host, b->host);
}

bool base_url_covers(const struct base_url *base, struct slice path) {
  struct slice root = base->path.len > 0 ? base->path : slice_of("/");
  if (path.len == 0) /* the same as "/" (RFC 3986, section 6.2.3) */
    path = slice_of("/");
  if (!base_url_rest_is_safe(path) || !slice_starts_with(path, root))
    return false;
  return path.len == root.len || root.at[root.len - 1] == '/' ||
         path.at[root.len] == '/';
}

struct slice base_url_below(const struct base_url *base, struct slice path) {
  size_t len = base->path.len;
  if (path.len <= len) return (struct slice){path.at, 0};
  if (len > 0 && base->path.at[len - 1] == '/') len--;
  return slice_from(path, len);
}

static bool is_separator(char c) { return c == '/' || c == '\\'; }

bool base_url_rest_is_safe(struct slice rest) {
  unsigned dots = 0; /* of a segment that is nothing else so far; else 3 */
  while (rest.len > 0) {
    char raw = rest.at[0], c;
    if (is_word_char(raw)) { /* as nearly all, and so no dot segment */
      dots = 3;
      rest = slice_from(rest, 1);
      continue;
    }
    if (!is_visible(raw) || raw == '?' || raw == '#') return false;
    if (!percent_next(&rest, &c) || c == '\0') return false;
    if (is_separator(c) || c == ';') {
      if (dots == 1 || dots == 2) return false;
      dots = c == ';' ? 3 : 0;
    } else {
      dots = c == '.' && dots < 3 ? dots + 1 : 3;
    }
  }
  return dots == 0 || dots == 3;
}

void base_url_split(struct slice text, struct slice *path,
                    struct slice *query) {
  *path = slice_until(text, '?');
  *query = (struct slice){0};
  if (path->len < text.len) *query = slice_from(text, path->len + 1);
}

bool base_url_takes(struct slice path, struct slice query) {
  for (size_t i = 0; i < query.len; i++)
    if (!is_visible(query.at[i]) || query.at[i] == '#') return false;
  return base_url_rest_is_safe(path);
}

void base_url_pieces(const struct base_url *target, struct slice rest,
                     struct slice query, struct slice pieces[BASE_URL_PIECES]) {
  struct slice path = target->path;
  const struct slice own = target->query;
  if (rest.len > 0 && path.len > 0 && path.at[path.len - 1] == '/')
    path.len--; /* rest brings the slash of the seam */
  if (path.len == 0 && rest.len == 0) path = slice_of("/");
  pieces[0] = path;
  pieces[1] = rest;
  pieces[2] = (struct slice){"?", own.at || query.at};
  pieces[3] = own;
  pieces[4] = (struct slice){"&", own.len > 0 && query.len > 0};
  pieces[5] = query;
}

void base_url_write(struct text *out, const struct base_url *target,
                    struct slice rest, struct slice query) {
  struct slice pieces[BASE_URL_PIECES];
  base_url_pieces(target, rest, query, pieces);
  for (unsigned i = 0; i < BASE_URL_PIECES; i++) text_slice(out, pieces[i]);
}

void base_url_write_redacted(struct text *out, const struct base_url *target) {
  text_put(out, target->tls ? "https://" : "http://", target->authority,
           target->path);
  if (target->query.len > 0) text_str(out, "?[redacted]");
}

/* fuzz_base_url: a URL, a REST, a query and a path, one per line, into
 * core/base_url.
 *
 * A URL that is taken is put together again from its parts and read as the same.
 * Whether a REST is safe is decided a second time, segment by segment; what is
 * made of a safe one is a request target that our own reader takes, and that
 * does not leave the base path, whichever way a server decodes and resolves it.
 * The redacted form never shows the query. */
#include <stdlib.h>

#include "core/base_url.h"
#include "core/http_request.h"
#include "core/percent.h"
#include "fuzz/fuzz.h"

/* ---- what a server may take for a way up ---- */

static bool is_dots(struct slice segment) {
  return slice_equal(segment, slice_of(".")) ||
         slice_equal(segment, slice_of(".."));
}

/* Decodes into out; false where a '%' has no two digits behind it. */
static bool decode(struct text *out, struct slice path) {
  while (path.len > 0) {
    char c;
    if (!percent_next(&path, &c) || c == '\0') return false;
    text_char(out, c);
  }
  return true;
}

static bool has_dots(struct slice decoded) {
  while (decoded.len > 0) {
    size_t end = 0, segment = 0;
    while (end < decoded.len && !strchr("/\\", decoded.at[end])) end++;
    while (segment < end && decoded.at[segment] != ';') segment++;
    if (is_dots((struct slice){decoded.at, segment})) return true;
    decoded = slice_from(decoded, end < decoded.len ? end + 1 : end);
  }
  return false;
}

static bool is_safe(struct slice path) {
  struct text decoded = fuzz_text(path.len + 1);
  bool safe = fuzz_is_visible(path) && !fuzz_contains(path, slice_of("?")) &&
              !fuzz_contains(path, slice_of("#")) && decode(&decoded, path) &&
              !has_dots(text_slice_of(&decoded));
  free(decoded.at);
  return safe;
}

/* ---- the URL ---- */

static void write_url(struct text *out, const struct base_url *target,
                      const char *scheme) {
  text_str(out, scheme);
  text_slice(out, target->authority);
  text_slice(out, target->path);
}

static void check_url(const struct base_url *target, struct slice url) {
  demand(fuzz_inside(target->host, url) && fuzz_inside(target->path, url) &&
             fuzz_inside(target->authority, url) &&
             fuzz_inside(target->query, url),
         "the parts lie in the URL");
  demand(target->host.len > 0 && target->port > 0, "a host and a port");
  demand(fuzz_is_visible(target->authority) &&
             !fuzz_contains(target->authority, slice_of("@")),
         "the authority is clean");
  demand(fuzz_contains(target->authority, target->host),
         "the host is the authority's");
  demand(target->path.len == 0 || target->path.at[0] == '/', "a path");
  demand(is_safe(target->path), "the base path is safe");
}

static void check_again(const struct base_url *target, size_t len) {
  struct text text = fuzz_text(len + 16);
  struct base_url again;
  write_url(&text, target, target->tls ? "hTTps://" : "HTTP://");
  text_str(&text, target->query.len > 0 ? "?" : "");
  text_slice(&text, target->query);
  demand(!base_url_parse(&again, text_slice_of(&text)), "it is a URL again");
  demand(base_url_same_origin(target, &again), "of the same origin");
  demand(slice_equal(target->path, again.path) &&
             slice_equal(target->query, again.query) &&
             slice_equal(target->authority, again.authority),
         "with the same parts");
  demand(base_url_covers(target, again.path), "it covers itself");
  free(text.at);
}

static void check_redacted(const struct base_url *target, size_t len) {
  struct text shown = fuzz_text(len + 32), expected = fuzz_text(len + 32);
  base_url_write_redacted(&shown, target);
  write_url(&expected, target, target->tls ? "https://" : "http://");
  text_str(&expected, target->query.len > 0 ? "?[redacted]" : "");
  demand(slice_equal(text_slice_of(&shown), text_slice_of(&expected)),
         "the query is not shown");
  free(shown.at);
  free(expected.at);
}

/* ---- what is asked ---- */

/* Our own reader takes it for the same path. */
static void check_request(struct slice asked, struct slice authority) {
  static const struct http_request_limits limits = {1 << 16, 8};
  struct text head = fuzz_text(asked.len + authority.len + 64);
  struct http_request request;
  const char *why;
  size_t scanned = 0, head_len = 0;
  text_str(&head, "GET ");
  text_slice(&head, asked);
  text_str(&head, " HTTP/1.1\r\nHost: ");
  text_slice(&head, authority);
  text_str(&head, "\r\n\r\n");
  demand(http_head_scan(head.at, head.len, &scanned, &head_len) ==
                 HTTP_SCAN_WHOLE &&
             head_len == head.len,
         "what is asked makes one head");
  demand(!http_request_parse(&request, text_slice_of(&head), &limits, &why),
         "what is asked makes a request");
  demand(slice_equal(request.target, asked), "for what was asked");
  demand(slice_equal(request.host, authority), "of the host");
  free(head.at);
}

static struct slice path_of(struct slice asked) {
  const char *mark = memchr(asked.at, '?', asked.len);
  return (struct slice){asked.at, mark ? (size_t)(mark - asked.at) : asked.len};
}

static void check_asked(const struct base_url *target, struct slice rest,
                        struct slice query) {
  struct text asked = fuzz_text(target->path.len + target->query.len +
                                rest.len + query.len + 8);
  base_url_write(&asked, target, rest, query);
  struct slice path = path_of(text_slice_of(&asked));
  demand(asked.len > 0 && asked.at[0] == '/' && !asked.cut, "a path is asked");
  demand(is_safe(path), "what is asked climbs nowhere");
  demand(base_url_covers(target, path) || rest.len == 0,
         "what is asked lies below the base");
  demand(fuzz_contains(text_slice_of(&asked), query),
         "with the client's query");
  demand(fuzz_contains(text_slice_of(&asked), target->query), "and its own");
  check_request(text_slice_of(&asked), target->authority);
  free(asked.at);
}

/* A base covers a path only if the path begins as the base does and goes on at
 * a boundary. */
static void check_covers(const struct base_url *base, struct slice path) {
  struct slice root = base->path.len > 0 ? base->path : slice_of("/");
  if (!base_url_covers(base, path)) return;
  if (path.len == 0) path = slice_of("/");
  demand(is_safe(path), "what is covered climbs nowhere");
  demand(slice_starts_with(path, root), "what is covered lies below");
  demand(path.len == root.len || root.at[root.len - 1] == '/' ||
             path.at[root.len] == '/',
         "what is covered is no neighbour whose name begins alike");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct slice input = fuzz_input(data, size);
  struct slice url = fuzz_line(&input), rest = fuzz_line(&input);
  struct slice query = fuzz_line(&input), path = fuzz_line(&input);
  bool rest_is_safe = base_url_rest_is_safe(rest);
  struct base_url target;
  demand(rest_is_safe == is_safe(rest), "a REST is safe, or it is not");
  const char *why = base_url_parse(&target, url);
  demand(!why || *why, "an error has words");
  if (why) return 0;
  check_url(&target, url);
  check_again(&target, url.len);
  check_redacted(&target, url.len);
  check_covers(&target, path);
  bool may_be_asked = rest_is_safe && (rest.len == 0 || rest.at[0] == '/') &&
                      fuzz_is_visible(query) &&
                      !fuzz_contains(query, slice_of("#"));
  if (may_be_asked) check_asked(&target, rest, query);
  return 0;
}

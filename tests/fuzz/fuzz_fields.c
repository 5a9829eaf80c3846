/* fuzz_fields: small readers and writers of field values, one by the first
 * letter: (a)ddresses into core/cidr, (e)ntity tags into core/conditional,
 * (f)orwarded, (g)zip into core/coding, core/(k)eep_alive, (l)inks, c(o)rs, (p)refer, (r) for
 * core/retry_after, (w)eights into core/accept. What they take stands in the
 * lines behind, and then a request's head where they take one.
 *
 * What is written are field lines in the room that was promised, without one
 * that nobody wrote. A block reads as it was written. Tags match only what was
 * sent. A stranger has no say in X-Forwarded-*. A link that was rewritten leads
 * to where it led. Who gets gzip named it, and so it is with a media type. An
 * origin is allowed only when it was named. A connection is kept for less than
 * the number that stands there. A wait has its bounds, and a date
 * reads as it is written. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/accept.h"
#include "core/cidr.h"
#include "core/coding.h"
#include "core/conditional.h"
#include "core/cors.h"
#include "core/forwarded.h"
#include "core/http_date.h"
#include "core/keep_alive.h"
#include "core/links.h"
#include "core/prefer.h"
#include "core/retry_after.h"
#include "fuzz/fuzz.h"

static bool is(struct slice name, const char *other) {
  return slice_equal_nocase(name, slice_of(other));
}

/* ---- heads and lines ---- */

/* False when `head` is none. */
static bool read_head(struct http_request *request, struct slice head) {
  static const struct http_request_limits limits = {1024, HTTP_FIELDS_MAX};
  size_t scanned = 0, len = 0;
  const char *why;
  if (head.len == 0 ||
      http_head_scan(head.at, head.len, &scanned, &len) != HTTP_SCAN_WHOLE)
    return false;
  head.len = len;
  return http_request_parse(request, head, &limits, &why) == 0;
}

/* The value of the only line of that name; the lines are all fields. */
static struct slice value_in(struct slice lines, const char *name) {
  struct slice value = {0};
  unsigned count = 0;
  while (lines.len > 0) {
    struct http_field field;
    demand(http_field_next(&lines, &field), "a line is a field");
    if (!is(field.name, name)) continue;
    value = field.value;
    count++;
  }
  demand(count <= 1, "no line comes twice");
  return value;
}

static unsigned lines_in(struct slice text) {
  unsigned count = 0;
  for (size_t i = 0; i < text.len; i++) count += text.at[i] == '\n';
  return count;
}

/* ---- addresses ---- */

static void check_block(const struct cidr *cidr) {
  struct text written = fuzz_text(CIDR_TEXT_MAX);
  struct text why = fuzz_text(CIDR_WHY_BYTES);
  struct cidr again;
  cidr_write(&written, cidr);
  demand(!written.cut, "a block fits in its room");
  demand(cidr_parse(&again, text_slice_of(&written), &why) &&
             again.bits == cidr->bits &&
             memcmp(again.bytes, cidr->bytes, ADDRESS_BYTES) == 0,
         "a block reads as it was written");
  free(written.at);
  free(why.at);
}

/* Bit by bit. */
static bool is_below(const struct cidr *cidr, const unsigned char *address) {
  for (unsigned bit = 0; bit < cidr->bits; bit++) {
    unsigned mask = 0x80U >> bit % 8;
    if ((cidr->bytes[bit / 8] ^ address[bit / 8]) & mask) return false;
  }
  return true;
}

static void fuzz_cidr(struct slice rest) {
  struct slice block = fuzz_line(&rest), address = fuzz_line(&rest);
  struct text why = fuzz_text(CIDR_WHY_BYTES);
  unsigned char bytes[ADDRESS_BYTES];
  struct cidr cidr;
  bool taken = cidr_parse(&cidr, block, &why);
  demand(taken == (why.len == 0) && !why.cut, "a refusal has its reason");
  demand(!fuzz_has_control(text_slice_of(&why)), "a reason can be printed");
  if (taken) {
    check_block(&cidr);
    demand(cidr_has(&cidr, 1, cidr.bytes), "a block has its first address");
  }
  if (taken && address_parse(address, bytes))
    demand(cidr_has(&cidr, 1, bytes) == is_below(&cidr, bytes),
           "a block has what its prefix says");
  free(why.at);
}

/* ---- entity tags ---- */

static struct slice opaque(struct slice etag) {
  bool weak = slice_starts_with(etag, slice_of("W/"));
  return weak ? slice_from(etag, 2) : etag;
}

static void fuzz_conditional(struct slice rest) {
  struct slice list = fuzz_line(&rest), etag = fuzz_line(&rest);
  struct text longer = fuzz_text(list.len + etag.len + 2);
  bool star = slice_equal(http_trimmed(list), slice_of("*"));
  bool matches = conditional_matches(list, etag);
  demand(!matches || star ||
             (opaque(etag).len >= 2 && fuzz_contains(list, opaque(etag))),
         "a tag that matches was sent");
  text_slice(&longer, etag);
  text_str(&longer, ", ");
  text_slice(&longer, list);
  if (conditional_matches(etag, etag) && !is(http_trimmed(etag), "*"))
    demand(conditional_matches(text_slice_of(&longer), etag),
           "the first tag of a list matches");
  free(longer.at);
}

/* ---- preferences ---- */

static void fuzz_prefer(struct slice head) {
  static struct http_request request;
  int64_t us = 0;
  if (!read_head(&request, head)) return;
  if (prefer_wait(&request, &us)) {
    demand(us >= 1000000 && us <= PREFER_WAIT_MAX_S * 1000000 &&
               us % 1000000 == 0,
           "a wait is whole seconds in range");
    demand(http_request_field(&request, "Prefer"), "a wait was sent");
  }
  demand(!prefer_hedge_off(&request) || http_request_field(&request, "Hedge"),
         "hedging is turned off by its field");
}

/* ---- gzip ---- */

/* The field lines of a request, which has some. */
static struct slice lines_of(const struct http_request *request,
                             struct slice head) {
  const struct http_field *last = &request->fields[request->field_count - 1];
  const char *at = request->fields[0].name.at;
  struct slice rest = slice_from(head, (size_t)(last->value.at - head.at));
  const char *end = memmem(rest.at, rest.len, "\r\n", 2);
  return (struct slice){at, (size_t)(end + 2 - at)};
}

static void check_plain_fields(struct slice lines) {
  struct text out = fuzz_text(coding_plain_room(lines));
  struct http_field field;
  coding_plain_fields(&out, lines);
  demand(!out.cut, "the fields fit in their room");
  struct slice plain = text_slice_of(&out);
  demand(lines_in(plain) <= lines_in(lines), "no line was injected");
  while (plain.len > 0) {
    demand(http_field_next(&plain, &field), "a line is a field");
    demand(!is(field.name, "Content-Encoding"), "the coding is gone");
    demand(!is(field.name, "ETag") ||
               slice_starts_with(field.value, slice_of("W/\"")),
           "a tag is weak");
  }
  free(out.at);
}

static void fuzz_coding(struct slice head) {
  static struct http_request request;
  bool named = false;
  if (!read_head(&request, head)) return;
  for (unsigned i = 0; i < request.field_count; i++) {
    struct slice value = request.fields[i].value;
    if (is(request.fields[i].name, "Accept-Encoding"))
      named |= http_list_has(value, slice_of("gzip")) ||
               http_list_has(value, slice_of("x-gzip")) ||
               http_list_has(value, slice_of("*"));
  }
  demand(named || !coding_takes_gzip(&request), "who takes gzip names it");
  if (request.field_count > 0) check_plain_fields(lines_of(&request, head));
}

static void fuzz_accept(struct slice rest) {
  struct slice type = fuzz_line(&rest), accept = fuzz_line(&rest);
  int weight = accept_weight(accept, type);
  demand(weight >= 0 && weight <= ACCEPT_ONE, "a weight has its bounds");
  demand(weight == 0 || http_list_has(accept, type), "who wants it names it");
}

/* ---- X-Forwarded-* ---- */

static unsigned members_in(struct slice list) {
  unsigned count = 1;
  for (size_t i = 0; i < list.len; i++) count += list.at[i] == ',';
  return count;
}

static bool ends_with(struct slice text, const char *end) {
  size_t len = strlen(end);
  return text.len >= len &&
         slice_equal(slice_from(text, text.len - len), slice_of(end));
}

static void check_forwarded(struct slice lines,
                            const struct http_request *request,
                            const struct forwarded_from *from) {
  struct slice list = value_in(lines, "X-Forwarded-For");
  struct slice proto = value_in(lines, "X-Forwarded-Proto");
  struct slice host = value_in(lines, "X-Forwarded-Host");
  demand(lines_in(lines) == 2U + (host.len > 0), "no line was injected");
  demand(ends_with(list, "2001:db8::9"), "the peer stands last");
  demand(list.len <= FORWARDED_BYTES_MAX &&
             members_in(list) <= FORWARDED_MEMBERS_MAX,
         "a list has its bounds");
  demand(proto.len > 0, "there is a scheme");
  if (from->trusted) return;
  demand(members_in(list) == 1, "a stranger has no list");
  demand(is(proto, "http"), "a stranger has no scheme");
  demand(slice_equal(host, request->host), "a stranger has no host");
}

static void fuzz_forwarded(struct slice letters, struct slice head) {
  static struct http_request request;
  struct forwarded_from from = {.fields = FORWARDED_ALL};
  from.trusted = fuzz_contains(letters, slice_of("t"));
  demand(address_parse(slice_of("2001:db8::9"), from.peer), "an address");
  if (!read_head(&request, head)) return;
  struct text out = fuzz_text(forwarded_room(&request, &from));
  forwarded_write(&out, &request, &from);
  demand(!out.cut, "the fields fit in their room");
  check_forwarded(text_slice_of(&out), &request, &from);
  free(out.at);
}

/* ---- links ---- */

static struct slice until(struct slice text, const char *stops) {
  size_t len = 0;
  while (len < text.len && !memchr(stops, text.at[len], strlen(stops))) len++;
  return (struct slice){text.at, len};
}

/* The path of a URL or of an absolute path. */
static struct slice path_of(struct slice uri) {
  struct base_url url;
  uri = until(uri, "?#");
  if (slice_starts_with(uri, slice_of("//"))) {
    const struct slice host = slice_from(uri, 2), path = until(host, "/");
    uri = slice_from(host, path.len);
    return uri.len > 0 ? uri : slice_of("/");
  }
  if (uri.len > 0 && uri.at[0] == '/') return uri;
  demand(!base_url_parse(&url, uri), "only a URL or a path is rewritten");
  return url.path.len > 0 ? url.path : slice_of("/");
}

/* What the router would take `written` for leads to the path of `uri`. */
static void check_way_back(struct slice written, struct slice uri,
                           const struct links_rule *rule) {
  struct slice path = until(written, "?#"), route = rule->route;
  struct slice wanted = path_of(uri);
  struct text asked =
      fuzz_text(path.len + rule->base->path.len + rule->base->query.len + 2);
  if (route.at[route.len - 1] == '/') route.len--;
  demand(path.len > 0 && path.at[0] == '/', "a link is a path at our side");
  demand(path.len < 2 || !strchr("/\\", path.at[1]), "a link names no host");
  if (rule->stripped)
    demand(slice_starts_with(path, route), "it has the route");
  if (rule->stripped) path = slice_from(path, route.len);
  /* Where the route has no path of its own "/" stands for base itself, too. */
  bool bare = is(path, "/") && path.len == until(written, "?#").len;
  base_url_write(&asked, rule->base, path, (struct slice){0});
  if (!bare)
    demand(slice_equal(until(text_slice_of(&asked), "?"), wanted),
           "a link leads to where it led");
  demand(!asked.cut, "there was room");
  free(asked.at);
}

static void check_location(struct slice uri, const struct links_rule *rule) {
  struct text out = fuzz_text(links_room(uri, rule) + 1);
  struct text link = fuzz_text(links_room(uri, rule) + rule->route.len + 3);
  struct text value = fuzz_text(uri.len + 2);
  out.cap--;
  links_write_location(&out, uri, rule);
  struct slice written = text_slice_of(&out);
  demand(!out.cut, "a Location fits in its room");
  if (!slice_equal(written, uri)) check_way_back(written, uri, rule);
  text_char(&value, '<');
  text_slice(&value, uri);
  text_char(&value, '>');
  links_write_link(&link, text_slice_of(&value), rule);
  struct slice inner = {link.at + 1, link.len - 2};
  demand(fuzz_contains(uri, slice_of(">")) || slice_equal(inner, written),
         "a link is rewritten as a Location is");
  free(value.at);
  free(link.at);
  free(out.at);
}

static void fuzz_links(struct slice letters, struct slice rest) {
  struct slice url = fuzz_line(&rest), route = fuzz_line(&rest);
  struct slice value = fuzz_line(&rest);
  struct base_url base;
  struct links_rule rule = {.base = &base, .route = route};
  rule.stripped = fuzz_contains(letters, slice_of("s"));
  if (base_url_parse(&base, url)) return;
  if (route.len == 0 || route.at[0] != '/' || !base_url_rest_is_safe(route) ||
      (route.len > 1 && strchr("/\\", route.at[1])))
    return;
  struct text out = fuzz_text(links_room(value, &rule) + 1);
  out.cap--;
  links_write_link(&out, value, &rule);
  demand(!out.cut, "a Link fits in its room");
  demand(fuzz_contains(value, slice_of("<")) ||
             slice_equal(text_slice_of(&out), value),
         "what holds no link stays");
  check_location(value, &rule);
  free(out.at);
}

/* ---- CORS ---- */

static void check_cors(struct slice lines, enum cors_match match,
                       struct slice origin) {
  struct slice told = value_in(lines, "Access-Control-Allow-Origin");
  struct slice trust = value_in(lines, "Access-Control-Allow-Credentials");
  demand(lines_in(lines) <= 6, "no line was injected");
  demand(match != CORS_NONE || told.len == 0, "nobody else is allowed");
  demand(match != CORS_ANY || is(told, "*"), "anybody is allowed");
  demand(match != CORS_NAMED || slice_equal(told, origin), "it is allowed");
  demand((match == CORS_NAMED) == is(trust, "true"),
         "who is named is trusted, and nobody else");
  demand(match == CORS_ANY || value_in(lines, "Vary").len > 0, "it varies");
}

static void fuzz_cors(struct slice rest) {
  static struct http_request request;
  struct slice origin = fuzz_line(&rest), methods = slice_of("GET, POST");
  const struct cors_rule rule = {&origin, 1};
  if (cors_parse(origin)) return;
  demand(fuzz_is_visible(origin), "an origin is visible");
  demand(cors_match(&rule, origin) != CORS_NONE, "an origin is itself");
  if (!read_head(&request, rest)) return;
  const struct http_field *field = http_request_field(&request, "Origin");
  struct slice sent = field ? field->value : (struct slice){0};
  enum cors_match match = cors_match(&rule, sent);
  demand((match == CORS_NAMED) ==
             (!is(origin, "*") && slice_equal(sent, origin)),
         "an origin matches to the byte");
  struct text plain = fuzz_text(cors_room(&request, methods));
  struct text preflight = fuzz_text(cors_room(&request, methods));
  cors_write(&plain, &rule, &request);
  cors_write_preflight(&preflight, &rule, &request, methods);
  demand(!plain.cut && !preflight.cut, "the fields fit in their room");
  check_cors(text_slice_of(&plain), match, sent);
  check_cors(text_slice_of(&preflight), match, sent);
  free(plain.at);
  free(preflight.at);
}

/* ---- kept connections ---- */

/* As long as it may be kept stands there, with a second more. */
static void fuzz_keep_alive(struct slice rest) {
  struct slice value = fuzz_line(&rest);
  int64_t us = keep_alive_us(value);
  char digits[24];
  demand(us >= 0, "no time is negative");
  if (us == KEEP_ALIVE_UNSAID || us == 0) return;
  demand(us % 1000000 == 0 && us / 1000000 < UINT32_MAX, "it is in seconds");
  int len = snprintf(digits, sizeof digits, "%" PRId64, us / 1000000 + 1);
  demand(memmem(value.at, value.len, digits, (size_t)len), "it was said");
}

/* ---- waits and dates ---- */

/* The same moment, written anew and read. */
static void check_date(int64_t us) {
  struct text written = fuzz_text(29);
  int64_t again_us = -1;
  http_date_write(&written, us);
  demand(!written.cut && written.len == 29, "a date has its length");
  demand(http_date_read(text_slice_of(&written), 0, &again_us) &&
             again_us == us,
         "a date reads as it was written");
  free(written.at);
}

static bool is_number(struct slice value) {
  for (size_t i = 0; i < value.len; i++)
    if (value.at[i] < '0' || value.at[i] > '9') return false;
  return value.len > 0;
}

static void fuzz_retry_after(struct slice rest) {
  struct slice value = fuzz_line(&rest), wall = fuzz_line(&rest);
  uint64_t wall_s = 0;
  int64_t at_us = 0;
  if (!http_parse_length(wall, &wall_s) || wall_s > UINT32_MAX) return;
  int64_t wall_us = (int64_t)wall_s * 1000000;
  int64_t us = retry_after_us(value, wall_us);
  bool is_date = http_date_read(value, wall_us, &at_us);
  demand(us >= -1 && us <= RETRY_AFTER_MAX_US, "a wait has its bounds");
  demand((us >= 0) == (is_date || is_number(value)),
         "a wait is a number or a date");
  if (!is_date) return;
  check_date(at_us);
  demand(us == 0 || us == RETRY_AFTER_MAX_US || wall_us + us == at_us,
         "a wait ends at its date");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct slice rest = fuzz_input(data, size), letters = fuzz_line(&rest);
  switch (letters.len > 0 ? letters.at[0] : '\0') {
    case 'a': fuzz_cidr(rest); break;
    case 'e': fuzz_conditional(rest); break;
    case 'f': fuzz_forwarded(letters, rest); break;
    case 'g': fuzz_coding(rest); break;
    case 'k': fuzz_keep_alive(rest); break;
    case 'l': fuzz_links(letters, rest); break;
    case 'o': fuzz_cors(rest); break;
    case 'p': fuzz_prefer(rest); break;
    case 'r': fuzz_retry_after(rest); break;
    case 'w': fuzz_accept(rest); break;
    default: break;
  }
  return 0;
}

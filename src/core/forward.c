/* forward: from a client's fields to an upstream's.
 *
 * Never forwarded:
 * - Host: the target's own is sent;
 * - what speaks of this connection: the hop-by-hop fields, and those that the
 *   client's Connection names (RFC 9110, section 7.6.1);
 * - Accept-Encoding, Range and the If-* of a request that reads, unless any
 *   answer is one: a compressed body, a 206 or a 304 holds no whole JSON text
 *   to judge. Accept-Encoding is ours where hedgerow inflates (rules->gzip).
 *   The If-* of one that writes says whether it is to be carried out (RFC 9110,
 *   section 13.1.1), and always crosses;
 * - Content-*, unless a body goes with it; Content-Length is written anew;
 * - Expect: the body is there when the request goes out;
 * - Hedge: it is for us (core/prefer);
 * - Max-Forwards of an OPTIONS: it is sent anew, less one;
 * - Hedge-Attempt, X-Request-ID: these are ours to set, and so is traceparent
 *   where the route traces. tracestate crosses with it if it is good;
 * - User-Agent, Authorization and the field that tells the time left where a
 *   configured one takes their place, and whatever the route or the target sets
 *   or drops.
 *
 * A target's own fields take the place of the route's, too. What it drops is
 * the client's: what the route sets stays.
 *
 * Authorization and Cookie are kept apart, because /all may ask origins that
 * the client has no credentials for. */
#include "core/forward.h"

#include "core/coding.h"

enum {
  /* Names, colons and line ends of the fields that are hedgerow's own, and the
   * request's ID. */
  OWN_BYTES = 160 + 128,
};

static void add_line(struct text *out, struct slice name, struct slice value) {
  text_slice(out, name);
  text_line(out, ": ", value);
}

static bool sends_body(const struct http_request *request) {
  bool reads = request->method == HTTP_GET || request->method == HTTP_HEAD;
  return !reads || http_request_has_body(request);
}

bool forward_asks_gzip(const struct http_request *request,
                       const struct forward_rules *rules) {
  return rules->gzip && !coding_is_kept(request) &&
         (rules->success != SUCCESS_ANY ||
          !http_request_field(request, "Range"));
}

/* The first letter decides for nearly all that they cross, before any name is
 * compared. Where any answer will do, fields may ask for one that is no whole
 * JSON. */
static bool may_cross(const struct http_request *request,
                      const struct forward_rules *rules, struct slice name) {
  bool any = rules->success == SUCCESS_ANY;
  switch (name.at[0] | 0x20) { /* lower case, where it is a letter */
    case 'a':
      return !slice_is(name, "Accept-Encoding") ||
             (any && !forward_asks_gzip(request, rules));
    case 'c':
      if (slice_is(name, "Connection") || slice_is(name, "Content-Length"))
        return false;
      return !slice_starts_with_nocase(name, "Content-") ||
             (rules->with_body && sends_body(request));
    case 'e': return !slice_is(name, "Expect");
    case 'h':
      return !slice_is(name, "Host") && !slice_is(name, "Hedge") &&
             !slice_is(name, "Hedge-Attempt");
    case 'i':
      return any || rules->writes || !slice_starts_with_nocase(name, "If-");
    case 'm':
      return request->method != HTTP_OPTIONS || !slice_is(name, "Max-Forwards");
    case 'r': return any || !slice_is(name, "Range");
    case 't':
      if (rules->traces && slice_is(name, "traceparent")) return false;
      if (rules->traces && slice_is(name, "tracestate"))
        return rules->keeps_state;
      return !http_is_hop_by_hop(name);
    case 'x': return !slice_is(name, "X-Request-ID");
    default: return !http_is_hop_by_hop(name);
  }
}

static bool is_set(const struct http_field *headers, unsigned count,
                   struct slice name) {
  for (unsigned i = 0; i < count; i++)
    if (slice_equal_nocase(name, headers[i].name)) return true;
  return false;
}

static bool is_dropped(const struct slice *drop, unsigned count,
                       struct slice name) {
  for (unsigned i = 0; i < count; i++)
    if (slice_equal_nocase(name, drop[i])) return true;
  return false;
}

static bool tells_time(const struct forward_rules *rules, struct slice name) {
  return slice_equal_nocase(rules->timeout_header, name);
}

static bool target_sets(const struct target_fields *target, struct slice name) {
  return is_set(target->headers, target->header_count, name) ||
         (target->token.len > 0 && slice_is(name, "Authorization"));
}

static bool route_sets(const struct forward_rules *rules, struct slice name) {
  return is_set(rules->headers, rules->header_count, name) ||
         (rules->user_agent.len > 0 && slice_is(name, "User-Agent"));
}

/* Most often nothing is configured that a client's field could meet. */
static bool is_plain(const struct forward_rules *rules,
                     const struct target_fields *target) {
  return rules->header_count + rules->drop_count + rules->user_agent.len +
             rules->timeout_header.len + target->header_count +
             target->drop_count + target->token.len ==
         0;
}

static bool is_configured_away(const struct forward_rules *rules,
                               const struct target_fields *target,
                               struct slice name) {
  if (is_plain(rules, target)) return false;
  return is_dropped(rules->drop, rules->drop_count, name) ||
         is_dropped(target->drop, target->drop_count, name) ||
         route_sets(rules, name) || target_sets(target, name) ||
         tells_time(rules, name);
}

static bool is_credential(struct slice name) {
  return slice_is(name, "Authorization") || slice_is(name, "Cookie");
}

static bool crosses(const struct http_request *request,
                    const struct forward_rules *rules,
                    const struct target_fields *target, struct slice name) {
  return may_cross(request, rules, name) &&
         !is_configured_away(rules, target, name) &&
         !http_request_connection_names(request, name);
}

bool forward_carries(const struct http_request *request,
                     const struct forward_rules *rules,
                     const struct target_fields *target,
                     const struct http_field *field) {
  return crosses(request, rules, target, field->name);
}

bool forward_tells_trace(const struct forward_rules *rules,
                         const struct target_fields *target) {
  return rules->traces &&
         (is_plain(rules, target) ||
          !is_configured_away(rules, target, slice_of("traceparent")));
}

/* Every request says what it accepts and who sends it. */
static void add_defaults(struct text *common,
                         const struct http_request *request,
                         const struct forward_rules *rules,
                         const struct target_fields *target) {
  const struct slice accept = slice_of("Accept"),
                     agent = slice_of("User-Agent");
  if (rules->success == SUCCESS_JSON &&
      !http_request_field(request, "Accept") && !route_sets(rules, accept) &&
      !target_sets(target, accept))
    text_str(common, "Accept: application/json\r\n");
  if (forward_asks_gzip(request, rules))
    text_str(common, "Accept-Encoding: gzip\r\n");
  if (target_sets(target, agent)) return;
  if (rules->user_agent.len > 0) add_line(common, agent, rules->user_agent);
  else if (!http_request_field(request, "User-Agent"))
    text_slice(common, rules->version_line);
}

static void add_configured(struct text *common,
                           const struct forward_rules *rules,
                           const struct target_fields *target) {
  for (unsigned i = 0; i < rules->header_count; i++)
    if (!target_sets(target, rules->headers[i].name) &&
        !tells_time(rules, rules->headers[i].name))
      add_line(common, rules->headers[i].name, rules->headers[i].value);
  for (unsigned i = 0; i < target->header_count; i++)
    if (!tells_time(rules, target->headers[i].name))
      add_line(common, target->headers[i].name, target->headers[i].value);
  if (target->token.len == 0) return;
  text_line(common, "Authorization: Bearer ", target->token);
}

/* Of an OPTIONS (RFC 9110, section 7.6.2). NULL: there is no limit, and what is
 * no number is none. */
static const struct http_field *max_forwards(const struct http_request *request,
                                             uint64_t *left) {
  const struct http_field *field =
      request->method == HTTP_OPTIONS
          ? http_request_field(request, "Max-Forwards")
          : NULL;
  return field && http_parse_length(field->value, left) ? field : NULL;
}

/* Not inline: OPTIONS are few. */
static __attribute__((noinline)) void add_max_forwards(
    struct text *out, const struct http_request *request,
    const struct forward_rules *rules, const struct target_fields *target) {
  uint64_t left = 0;
  const struct http_field *field = max_forwards(request, &left);
  if (!field || left == 0 || left > INT64_MAX ||
      is_configured_away(rules, target, field->name))
    return;
  text_put(out, "Max-Forwards: ", (int64_t)left - 1, "\r\n");
}

bool forward_is_last_hop(const struct http_request *request) {
  uint64_t left;
  return max_forwards(request, &left) && left == 0;
}

bool forward_fields(struct text *out, const struct http_request *request,
                    const struct forward_rules *rules,
                    const struct target_fields *target,
                    const struct forwarded_from *from,
                    struct slice request_id) {
  bool has_credentials = false;
  for (unsigned i = 0; i < request->field_count; i++) {
    const struct http_field *field = &request->fields[i];
    if (!crosses(request, rules, target, field->name) ||
        (from && forwarded_drops(field->name, from->trusted)))
      continue;
    if (is_credential(field->name)) has_credentials = true;
    else add_line(out, field->name, field->value);
  }
  if (request->method == HTTP_OPTIONS)
    add_max_forwards(out, request, rules, target);
  add_defaults(out, request, rules, target);
  add_configured(out, rules, target);
  if (from) forwarded_write(out, request, from);
  text_slice(out, rules->via_lines[request->http_1_0]);
  text_line(out, "X-Request-ID: ", request_id);
  return has_credentials;
}

void forward_credentials(struct text *out, const struct http_request *request,
                         const struct forward_rules *rules,
                         const struct target_fields *target) {
  for (unsigned i = 0; i < request->field_count; i++) {
    const struct http_field *field = &request->fields[i];
    if (is_credential(field->name) &&
        crosses(request, rules, target, field->name))
      add_line(out, field->name, field->value);
  }
}

static size_t lines_room(const struct http_field *headers, unsigned count) {
  size_t room = 0;
  for (unsigned i = 0; i < count; i++)
    room += headers[i].name.len + headers[i].value.len + 4;
  return room;
}

size_t forward_room(const struct forward_rules *rules,
                    const struct target_fields *target) {
  return OWN_BYTES + rules->user_agent.len + rules->version_line.len +
         rules->via_lines[0].len + target->token.len +
         lines_room(rules->headers, rules->header_count) +
         lines_room(target->headers, target->header_count);
}

bool forward_is_loop(const struct http_request *request,
                     struct slice pseudonym) {
  for (unsigned i = 0; i < request->field_count; i++) {
    struct slice name = request->fields[i].name;
    struct slice value = request->fields[i].value;
    if (slice_is(name, "Via") &&
        memmem(value.at, value.len, pseudonym.at, pseudonym.len))
      return true;
  }
  return false;
}

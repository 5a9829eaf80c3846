/* forward: from a client's fields to an upstream's.
 *
 * Never forwarded:
 * - Host: the target's own is sent;
 * - what speaks of this connection: the hop-by-hop fields, and those that the
 *   client's Connection names (RFC 9110, section 7.6.1);
 * - Accept-Encoding, Range and every If-*: a compressed body, a 206 or a 304
 *   holds no whole JSON text to judge;
 * - Expect and Content-*: a body is never passed on;
 * - Hedge: it is for us (core/prefer);
 * - Hedge-Attempt, X-Request-ID: these are ours to set;
 * - User-Agent and Authorization where a configured one takes their place, and
 *   whatever --header sets or --drop-header names.
 *
 * Authorization and Cookie are kept apart, because /all may ask origins that
 * the client has no credentials for. */
#include "core/forward.h"

enum {
  /* Names, colons and line ends of the fields that are hedgerow's own, and the
   * request's ID. */
  OWN_BYTES = 160 + 128,
};

static void add_line(struct text *out, struct slice name, struct slice value) {
  text_slice(out, name);
  text_str(out, ": ");
  text_slice(out, value);
  text_str(out, "\r\n");
}

static bool is(struct slice name, const char *other) {
  return slice_equal_nocase(name, slice_of(other));
}

static bool begins(struct slice name, const char *prefix, size_t len) {
  return name.len >= len && slice_equal_nocase((struct slice){name.at, len},
                                               (struct slice){prefix, len});
}

static bool never_crosses(struct slice name) {
  static const char *const names[] = {
      "Host",  "Accept-Encoding", "Expect",      "Range",
      "Hedge", "Hedge-Attempt",   "X-Request-ID"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (is(name, names[i])) return true;
  return begins(name, "If-", 3) || begins(name, "Content-", 8) ||
         http_is_hop_by_hop(name);
}

static bool is_set(const struct forward_rules *rules, struct slice name) {
  for (unsigned i = 0; i < rules->header_count; i++)
    if (slice_equal_nocase(name, rules->headers[i].name)) return true;
  return false;
}

static bool is_configured_away(const struct forward_rules *rules,
                               struct slice name) {
  for (unsigned i = 0; i < rules->drop_count; i++)
    if (slice_equal_nocase(name, rules->drop[i])) return true;
  return is_set(rules, name) ||
         (rules->user_agent.len > 0 && is(name, "User-Agent")) ||
         (rules->token.len > 0 && is(name, "Authorization"));
}

static bool is_credential(struct slice name) {
  return is(name, "Authorization") || is(name, "Cookie");
}

/* Whether the client's Connection names more than how it wants to end. */
static bool has_connection_options(const struct http_request *request) {
  for (unsigned i = 0; i < request->field_count; i++) {
    struct slice value = request->fields[i].value;
    if (is(request->fields[i].name, "Connection") && !is(value, "keep-alive") &&
        !is(value, "close"))
      return true;
  }
  return false;
}

static bool crosses(const struct http_request *request,
                    const struct forward_rules *rules, bool options,
                    struct slice name) {
  return !never_crosses(name) && !is_configured_away(rules, name) &&
         !(options && http_request_connection_names(request, name));
}

static void add_own(struct text *common, const struct http_request *request,
                    const struct forward_rules *rules,
                    struct slice request_id) {
  const struct slice accept = slice_of("Accept");
  if (!http_request_field(request, "Accept") && !is_set(rules, accept))
    add_line(common, accept, slice_of("application/json"));
  if (rules->user_agent.len > 0)
    add_line(common, slice_of("User-Agent"), rules->user_agent);
  else if (!http_request_field(request, "User-Agent"))
    add_line(common, slice_of("User-Agent"), rules->version);
  for (unsigned i = 0; i < rules->header_count; i++)
    add_line(common, rules->headers[i].name, rules->headers[i].value);
  if (rules->token.len > 0) {
    text_str(common, "Authorization: Bearer ");
    text_slice(common, rules->token);
    text_str(common, "\r\n");
  }
  add_line(common, slice_of("Via"), rules->via);
  add_line(common, slice_of("X-Request-ID"), request_id);
}

bool forward_fields(struct text *out, const struct http_request *request,
                    const struct forward_rules *rules,
                    struct slice request_id) {
  bool options = has_connection_options(request), has_credentials = false;
  for (unsigned i = 0; i < request->field_count; i++) {
    const struct http_field *field = &request->fields[i];
    if (!crosses(request, rules, options, field->name)) continue;
    if (is_credential(field->name)) has_credentials = true;
    else add_line(out, field->name, field->value);
  }
  add_own(out, request, rules, request_id);
  return has_credentials;
}

void forward_credentials(struct text *out, const struct http_request *request,
                         const struct forward_rules *rules) {
  bool options = has_connection_options(request);
  for (unsigned i = 0; i < request->field_count; i++) {
    const struct http_field *field = &request->fields[i];
    if (is_credential(field->name) &&
        crosses(request, rules, options, field->name))
      add_line(out, field->name, field->value);
  }
}

size_t forward_room(const struct forward_rules *rules) {
  size_t room = OWN_BYTES + rules->user_agent.len + rules->version.len +
                rules->token.len + rules->via.len;
  for (unsigned i = 0; i < rules->header_count; i++)
    room += rules->headers[i].name.len + rules->headers[i].value.len + 4;
  return room;
}

bool forward_is_loop(const struct http_request *request,
                     struct slice pseudonym) {
  for (unsigned i = 0; i < request->field_count; i++) {
    struct slice name = request->fields[i].name;
    struct slice value = request->fields[i].value;
    if (is(name, "Via") &&
        memmem(value.at, value.len, pseudonym.at, pseudonym.len))
      return true;
  }
  return false;
}

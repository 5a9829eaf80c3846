/* fuzz_forward: a client's head, behind a line of letters that choose the
 * rules of the route (small letters) and of the target (capitals), into
 * core/forward.
 *
 * The fields that come out are put into a request as io/h1 does, and the
 * request is read again: it is one head, without a line that nobody wrote. Each
 * field in it is hedgerow's own or one of the client's, in the client's order,
 * and none of those that may not cross; the route's give way to the target's. They have the room that proxy/visit
 * makes for them, and not a byte more. */
#include <stdlib.h>

#include "core/forward.h"
#include "fuzz/fuzz.h"

/* The longest that proxy/router takes. */
#define ID                                                                     \
  "id-4567890123456789012345678901234567890123456789012345678901234567890123"  \
  "4567890123456789012345678901234567890123456789012345678"
_Static_assert(sizeof ID == 128 + 1, "the longest ID has 128 bytes");

#define VERSION "hedgerow/0"
#define VIA "1.1 hedgerow-1234"
#define VIA_1_0 "1.0 hedgerow-1234"

static const struct http_request_limits limits = {1 << 16, HTTP_FIELDS_MAX};

static bool is(struct slice name, const char *other) {
  return slice_equal_nocase(name, slice_of(other));
}

static bool begins(struct slice name, const char *prefix) {
  size_t len = strlen(prefix);
  return name.len >= len && is((struct slice){name.at, len}, prefix);
}

static struct forward_rules rules_of(struct slice letters) {
  static const struct http_field headers[] = {
      {{"X-Key", 5}, {"k", 1}}, {{"Accept", 6}, {"text/json", 9}}};
  static const struct slice drop[] = {{"Cookie", 6}, {"X-Drop", 6}};
  struct forward_rules rules = {.headers = headers, .drop = drop};
  rules.version_line = slice_of("User-Agent: " VERSION "\r\n");
  rules.via_lines[0] = slice_of("Via: " VIA "\r\n");
  rules.via_lines[1] = slice_of("Via: " VIA_1_0 "\r\n");
  if (fuzz_contains(letters, slice_of("h"))) rules.header_count = 2;
  if (fuzz_contains(letters, slice_of("d"))) rules.drop_count = 2;
  if (fuzz_contains(letters, slice_of("u"))) rules.user_agent = slice_of("u/1");
  return rules;
}

static struct target_fields target_of(struct slice letters) {
  static const struct http_field headers[] = {{{"x-key", 5}, {"own", 3}},
                                              {{"Cookie", 6}, {"own=1", 5}}};
  static const struct slice drop[] = {{"X-Own", 5}};
  struct target_fields target = {.headers = headers, .drop = drop};
  if (fuzz_contains(letters, slice_of("H"))) target.header_count = 2;
  if (fuzz_contains(letters, slice_of("D"))) target.drop_count = 1;
  if (fuzz_contains(letters, slice_of("T"))) target.token = slice_of("t0k3n");
  return target;
}

/* What one upstream request is made of. */
struct scene {
  struct http_request client;
  struct forward_rules rules;
  struct target_fields target;
};

/* ---- what may cross ---- */

static bool sets(const struct http_field *headers, unsigned count,
                 struct slice name) {
  for (unsigned i = 0; i < count; i++)
    if (slice_equal_nocase(name, headers[i].name)) return true;
  return false;
}

static bool target_sets(const struct target_fields *target, struct slice name) {
  return sets(target->headers, target->header_count, name) ||
         (target->token.len > 0 && is(name, "Authorization"));
}

static bool may_cross(const struct scene *scene, struct slice name) {
  static const char *const never[] = {"Host",  "Accept-Encoding", "Expect",
                                      "Range", "Hedge-Attempt",   "Hedge"};
  for (size_t i = 0; i < sizeof never / sizeof *never; i++)
    if (is(name, never[i])) return false;
  if (begins(name, "If-") || begins(name, "Content-")) return false;
  if (http_is_hop_by_hop(name)) return false;
  if (scene->rules.drop_count > 0 && (is(name, "Cookie") || is(name, "X-Drop")))
    return false;
  if (scene->target.drop_count > 0 && is(name, "X-Own")) return false;
  if (target_sets(&scene->target, name) ||
      sets(scene->rules.headers, scene->rules.header_count, name))
    return false;
  /* `close` says how a connection ends, and names no field. */
  return is(name, "close") ||
         !http_request_connection_names(&scene->client, name);
}

static bool is_among(const struct http_field *field,
                     const struct http_field *headers, unsigned count) {
  for (unsigned i = 0; i < count; i++)
    if (slice_equal(field->name, headers[i].name) &&
        slice_equal(field->value, headers[i].value))
      return true;
  return false;
}

static bool is_own(const struct http_field *field, const struct scene *scene) {
  const struct forward_rules *rules = &scene->rules;
  const struct target_fields *target = &scene->target;
  struct slice name = field->name, value = field->value;
  if (is(name, "Host") || is(name, "Hedge-Attempt")) return true;
  if (is(name, "X-Request-ID")) return slice_equal(value, slice_of(ID));
  if (is(name, "Via"))
    return slice_equal(value, slice_of(scene->client.http_1_0 ? VIA_1_0 : VIA));
  if (is(name, "User-Agent"))
    return slice_equal(value, rules->user_agent.len > 0 ? rules->user_agent
                                                        : slice_of(VERSION));
  if (is(name, "Authorization"))
    return target->token.len > 0 &&
           slice_equal(value, slice_of("Bearer t0k3n"));
  if (is(name, "Accept") && slice_equal(value, slice_of("application/json")))
    return true;
  return is_among(field, target->headers, target->header_count) ||
         (!target_sets(target, name) &&
          is_among(field, rules->headers, rules->header_count));
}

/* The field's place among the client's, from `from` on; -1: not there. */
static int find(const struct http_request *client,
                const struct http_field *field, unsigned from) {
  for (unsigned i = from; i < client->field_count; i++)
    if (slice_equal(client->fields[i].name, field->name) &&
        slice_equal(client->fields[i].value, field->value))
      return (int)i;
  return -1;
}

static void check_fields(const struct scene *scene, struct slice lines) {
  unsigned from = 0;
  while (lines.len > 0) {
    struct http_field field;
    demand(http_field_next(&lines, &field), "a line is a field");
    int at = find(&scene->client, &field, from);
    bool crossed = at >= 0 && may_cross(scene, field.name);
    demand(crossed || is_own(&field, scene),
           "a field is ours, or one that may cross");
    if (crossed && !is_own(&field, scene)) from = (unsigned)at + 1;
  }
}

static void check_credentials(struct slice common, struct slice credentials,
                              const struct target_fields *target) {
  struct http_field field;
  while (credentials.len > 0) {
    demand(http_field_next(&credentials, &field), "a line is a field");
    demand(is(field.name, "Authorization") || is(field.name, "Cookie"),
           "nothing else is a credential");
    demand(!target_sets(target, field.name),
           "the target's own stand in place of the client's");
  }
  while (common.len > 0) {
    demand(http_field_next(&common, &field), "a line is a field");
    demand((!is(field.name, "Cookie") && !is(field.name, "Authorization")) ||
               target_sets(target, field.name),
           "Cookie and Authorization are credentials");
  }
}

/* ---- the request, read again ---- */

static unsigned count(const struct http_request *request, const char *name) {
  unsigned n = 0;
  for (unsigned i = 0; i < request->field_count; i++)
    n += is(request->fields[i].name, name);
  return n;
}

static unsigned lines_of(struct slice text) {
  unsigned n = 0;
  for (size_t i = 0; i < text.len; i++) n += text.at[i] == '\n';
  return n;
}

static void check_read(struct slice head, unsigned fields) {
  struct http_request request;
  size_t scanned = 0, head_len = 0;
  const char *why;
  demand(http_head_scan(head.at, head.len, &scanned, &head_len) ==
                 HTTP_SCAN_WHOLE &&
             head_len == head.len,
         "the request is one head");
  demand(!http_request_parse(&request, head, &limits, &why),
         "the request is a request");
  demand(request.field_count == fields, "no line was injected");
  demand(request.content_length == 0 && request.keep_alive,
         "the request has no body, and keeps the connection");
  demand(count(&request, "X-Request-ID") == 1 &&
             count(&request, "Hedge-Attempt") == 1 &&
             count(&request, "Accept") >= 1 && count(&request, "Host") == 1,
         "ours are there");
  demand(forward_is_loop(&request, slice_of("hedgerow-1234")),
         "a loop would be noticed");
}

/* ---- the room ---- */

/* As proxy/visit counts the bytes of the client's fields: they lie in one
 * piece, and each line may gain the space behind its colon. */
static size_t fields_room(const struct http_request *client) {
  unsigned fields = client->field_count;
  if (fields == 0) return 0;
  const struct slice *last = &client->fields[fields - 1].value;
  return (size_t)(last->at + last->len - client->fields[0].name.at) + fields +
         2;
}

/* ---- the way there and back ---- */

static void check_request(struct slice common, struct slice credentials) {
  struct text head = fuzz_text(common.len + credentials.len + 128);
  text_str(&head, "GET / HTTP/1.1\r\nHost: a.example\r\n");
  text_slice(&head, common);
  text_slice(&head, credentials);
  text_str(&head, "Hedge-Attempt: 0\r\n\r\n");
  check_read(text_slice_of(&head), lines_of(text_slice_of(&head)) - 2);
  free(head.at);
}

static void forward(const struct scene *scene) {
  const struct http_request *client = &scene->client;
  const struct forward_rules *rules = &scene->rules;
  const struct target_fields *target = &scene->target;
  struct text text =
      fuzz_text(fields_room(client) + forward_room(rules, target));
  bool has = forward_fields(&text, client, rules, target, NULL, slice_of(ID));
  struct slice common = text_slice_of(&text);
  forward_credentials(&text, client, rules, target);
  struct slice credentials = slice_from(text_slice_of(&text), common.len);
  demand(!text.cut, "a client's fields fit in the room that is made for them");
  demand(has == (credentials.len > 0), "it is told that there are credentials");
  check_fields(scene, common);
  check_fields(scene, credentials);
  check_credentials(common, credentials, target);
  check_request(common, credentials);
  free(text.at);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  enum { CLIENT_FIELDS_MAX = 100 };
  static const struct http_request_limits client_limits = {1024,
                                                           CLIENT_FIELDS_MAX};
  static struct scene scene;
  struct slice head = fuzz_input(data, size), letters = fuzz_line(&head);
  size_t scanned = 0, head_len = 0;
  const char *why;
  scene.rules = rules_of(letters);
  scene.target = target_of(letters);
  if (head.len == 0 ||
      http_head_scan(head.at, head.len, &scanned, &head_len) != HTTP_SCAN_WHOLE)
    return 0;
  head.len = head_len;
  if (http_request_parse(&scene.client, head, &client_limits, &why)) return 0;
  forward(&scene);
  return 0;
}

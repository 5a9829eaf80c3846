/* smart: from a client's request to a race.
 *
 * Every attempt asks for the same below its target: the target's own path, then
 * REST (what the route leaves of the path), and the client's query without the
 * parameter that is ours.
 *
 * How often the request may be sent is decided here (RFC 9110, section 9.2.2):
 * more than once where its method is safe, where the route says that it does no
 * harm, or where the client has given it a key by which the upstream knows it
 * again, whichever target it is; else once. A PUT or a DELETE is raced by
 * nobody, since the later of two may undo what came between them; but it is
 * repeated where its kept connection was lost, as everything idempotent is. */
#include "proxy/smart.h"

#include "core/coding.h"
#include "core/http_method.h"
#include "core/query.h"
#include "proxy/balance.h"

/* The same for all attempts, and of this request alone: one that the route sets
 * is neither. */
static bool carries_key(const struct visit *visit) {
  const struct route *route = visit->route;
  const struct http_field *key =
      http_request_field(visit->request, "Idempotency-Key");
  if (!key || key->value.len == 0) return false;
  for (unsigned i = 0; i < route->group->variant_count; i++)
    if (!forward_carries(visit->request, &route->fields,
                         &route->group->variants[i], key))
      return false;
  return true;
}

static bool may_be_sent_again(const struct visit *visit) {
  return http_method_is_safe(visit->request->method) ||
         visit->route->idempotent || carries_key(visit);
}

/* RFC 9110, section 8.6: of these a server expects a length, were it 0. */
static bool has_body(const struct visit *visit) {
  enum http_method method = visit->request->method;
  return visit->body.len > 0 || method == HTTP_POST || method == HTTP_PUT ||
         method == HTTP_PATCH;
}

/* Not inlined: it would make every other request's path longer. */
static __attribute__((noinline)) enum gzip_use gzip_of(
    const struct visit *visit) {
  const struct route *route = visit->route;
  bool passes = route->success == SUCCESS_ANY;
  if (!forward_asks_gzip(visit->request, &route->fields)) return GZIP_KEPT;
  /* Rules want the text as a whole, so it is what is kept. */
  if (route->rules || !coding_takes_gzip(visit->request)) return GZIP_UNDONE;
  return passes ? GZIP_KEPT : GZIP_JUDGED;
}

static struct ask_message message_of(const struct visit *visit) {
  const struct route *route = visit->route;
  enum http_method method = visit->request->method;
  /* A verdict on JSON wants to see some. */
  if (method == HTTP_HEAD && route->success == SUCCESS_JSON) method = HTTP_GET;
  return (struct ask_message){.method = http_method_name(method),
                              .has_body = has_body(visit),
                              .keep_errors = route->keep_errors,
                              .streams = route->streams,
                              .success = route->success};
}

/* Several fields of that name are one list. */
static size_t if_none_match_room(const struct visit *visit) {
  size_t room = 0;
  for (unsigned i = 0; i < visit->request->field_count; i++)
    room += visit->request->fields[i].value.len + 2;
  return room;
}

/* Where the answer is judged here, so is whether the client has it already. */
static bool compares_tags(const struct visit *visit) {
  enum http_method method = visit->request->method;
  return visit->request->has_wishes &&
         (method == HTTP_GET || method == HTTP_HEAD) &&
         visit->route->success != SUCCESS_ANY &&
         http_request_field(visit->request, "If-None-Match");
}

static struct slice keep_if_none_match(struct visit *visit) {
  size_t from = visit->text.len;
  for (unsigned i = 0; i < visit->request->field_count; i++) {
    const struct http_field *field = &visit->request->fields[i];
    if (!slice_is(field->name, "If-None-Match")) continue;
    if (visit->text.len > from) text_str(&visit->text, ", ");
    text_slice(&visit->text, field->value);
  }
  return slice_from(text_slice_of(&visit->text), from);
}

static void start(struct visit *visit, struct exchange_setup *setup,
                  struct exchange_item *item, struct exchange_race *race,
                  bool tags) {
  const struct route *route = visit->route;
  struct query_param timeout = {.name = route->timeout_param};
  item->rest = visit_keep(visit, visit->rest);
  item->query = query_take(visit->request->query, &timeout,
                           route->timeout_param ? 1 : 0, &visit->text);
  if (tags) setup->if_none_match = keep_if_none_match(visit);
  if (visit_timeout(visit, timeout.value, timeout.count, &race->timeout_us))
    visit_start(visit, setup);
}

void smart_visit(struct visit *visit) {
  const struct route *route = visit->route;
  const struct group *group = route->group;
  struct race_policy policy = route->policy;
  struct exchange_item item = {.group = group};
  struct exchange_race race = {.policy = &policy,
                               .targets = group->count,
                               .fields = &route->fields,
                               .json = route->rules};
  struct exchange_setup setup = {.races = &race,
                                 .race_count = 1,
                                 .message = message_of(visit),
                                 .items = &item,
                                 .item_count = 1};
  if (group->count == 0) {
    visit_reject(visit, 404,
                 "hedgerow was started without --to, so there is "
                 "nothing to race");
    return;
  }
  if (!base_url_rest_is_safe(visit->rest)) {
    visit_reject(visit, 400,
                 "the path must stay below the target's: no . or "
                 ".. segments, and no malformed percent-encoding");
    return;
  }
  bool tags = compares_tags(visit);
  if (!visit_open(visit, visit->rest.len + visit->request->query.len +
                             (tags ? if_none_match_room(visit) : 0)))
    return;
  if (visit_is_plain(visit)) policy.hedges = policy.retries = 0;
  if (route->fields.gzip) {
    setup.message.gzip = gzip_of(visit);
    text_str(&visit->lines, "Vary: Accept-Encoding\r\n");
  }
  policy.once = !may_be_sent_again(visit);
  setup.message.once =
      policy.once && !http_method_is_idempotent(visit->request->method);
  race.pilot = item.pilot = &route->pilots[visit->service->number];
  race.first =
      balance_first(visit->service, group, race.pilot, visit->record.start_us);
  start(visit, &setup, &item, &race, tags);
}

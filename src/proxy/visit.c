/* visit: what the endpoints that ask an upstream have in common.
 *
 * An endpoint opens the visit, and so has the memory in which the exchange will
 * live. What it writes there stays: the query, the items, and then, by
 * visit_start, what the log tells and the fields to forward. So nothing is
 * copied twice, and the room that is needed is known before: no part of a
 * request grows by more than a byte a line on its way.
 *
 * The fields are written once for each variant of the targets that items may
 * ask, which is once where all targets are shown the same. */
#include "proxy/visit.h"

#include <stdio.h>

#include "core/gate.h"
#include "core/prefer.h"
#include "io/clock.h"
#include "proxy/answering.h"
#include "proxy/lease.h"

enum { PEER_BYTES = 64 };

/* ---- answers without an exchange ---- */

/* That of a path without a route is everybody's. */
static struct route_tally *tally_of(const struct visit *visit) {
  const struct service *service = visit->service;
  struct route_tally *tallies = visit->route
                                    ? visit->route->tallies
                                    : service->lease->snapshot->elsewhere;
  return &tallies[service->number];
}

static struct answering answering_of(struct visit *visit,
                                     enum outcome outcome) {
  if (visit->exchange) exchange_discard(visit->exchange);
  visit->exchange = NULL;
  visit->record.outcome = outcome;
  visit->record.tally = tally_of(visit);
  visit->record.winner = -1;
  visit->record.end_us = visit->service->log || visit->record.trace
                             ? clock_now_us()
                             : visit->record.start_us;
  return (struct answering){.service = visit->service,
                            .connection = visit->connection,
                            .race = &visit->record,
                            .head_only = visit->head_only,
                            .more.fields = text_slice_of(&visit->lines)};
}

/* A 503 is no fault of the request. */
static enum outcome visit_outcome(const struct visit *visit, int status) {
  if (status != 503) return OUTCOME_REJECTED;
  return visit->service->drained ? OUTCOME_DRAINED : OUTCOME_REFUSED;
}

void visit_reject(struct visit *visit, int status, const char *detail) {
  struct answering to = answering_of(visit, visit_outcome(visit, status));
  answering_problem(&to, status, slice_of(detail), NULL);
}

void visit_reject_method(struct visit *visit, const char *allow,
                         const char *detail) {
  struct answering to = answering_of(visit, OUTCOME_REJECTED);
  answering_problem(&to, 405, slice_of(detail), allow);
}

void visit_answer_nothing(struct visit *visit) {
  struct answering to = answering_of(visit, OUTCOME_OWN);
  answering_nothing(&to);
}

void visit_answer(struct visit *visit, struct slice json) {
  struct answering to = answering_of(visit, OUTCOME_OWN);
  answering_json(&to, json);
}

void visit_gone(struct visit *visit) {
  struct answering to = answering_of(visit, OUTCOME_GONE);
  answering_nobody(&to);
}

/* ---- the exchange's memory ---- */

static size_t visit_room_for(const struct visit *visit) {
  return visit->record.method.len + visit->record.path.len +
         visit->record.id.len + visit->record.trace_state.len +
         visit->lines.len + PEER_BYTES + VISIT_LINES_BYTES;
}

/* Why it may not start; NULL: it may. */
static const char *visit_refusal(const struct service *service) {
  struct gate gate = {
      .in_flight = relaxed_load(&service->process->requests),
      .cap = service->config->max_requests,
  };
  enum gate_verdict verdict = gate_try(&gate);
  if (service->drained) return "hedgerow is stopping (--drain)";
  return verdict == GATE_OPEN ? NULL : gate_request_error(verdict);
}

bool visit_open(struct visit *visit, size_t bytes) {
  const char *refusal = visit_refusal(visit->service);
  if (refusal) {
    visit_reject(visit, 503, refusal);
    return false;
  }
  visit->exchange = exchange_new(visit->service);
  if (visit->exchange &&
      arena_open_text(exchange_arena(visit->exchange),
                      visit_room_for(visit) + bytes, &visit->text))
    return true;
  visit_reject(visit, 503, gate_request_error(GATE_MEMORY));
  return false;
}

struct slice visit_keep(struct visit *visit, struct slice bytes) {
  size_t from = visit->text.len;
  text_slice(&visit->text, bytes);
  return slice_from(text_slice_of(&visit->text), from);
}

/* ---- parameters ---- */

static void reject_timeout(struct visit *visit, unsigned count) {
  const char *name = visit->route->timeout_param;
  char detail[160];
  if (count > 1)
    snprintf(detail, sizeof detail, "%.40s is given more than once", name);
  else
    snprintf(detail, sizeof detail,
             "%.40s must be a whole number of milliseconds, 1 or more, such as "
             "%.40s=1500",
             name, name);
  visit_reject(visit, 400, detail);
}

/* Prefer: wait=SECONDS is what timeout=MS is, where that is not given. */
static void take_preference(struct visit *visit, int64_t *timeout_us) {
  int64_t wait_us;
  if (!visit->request->has_wishes || !prefer_wait(visit->request, &wait_us))
    return;
  if (wait_us > visit->route->max_timeout_us)
    wait_us = visit->route->max_timeout_us;
  *timeout_us = wait_us;
  text_put(&visit->lines, "Preference-Applied: wait=", wait_us / 1000000,
           "\r\n");
}

static bool read_timeout(const struct route *route, struct slice value,
                         unsigned count, int64_t *ms) {
  return count == 1 &&
         query_parse_timeout(value, route->max_timeout_us / 1000, ms);
}

bool visit_timeout_is_good(const struct route *route, struct slice query) {
  struct query_param param = {.name = route->timeout_param};
  int64_t ms;
  query_take(query, &param, param.name ? 1 : 0, NULL);
  return param.count == 0 || read_timeout(route, param.value, param.count, &ms);
}

bool visit_timeout(struct visit *visit, struct slice value, unsigned count,
                   int64_t *timeout_us) {
  const struct route *route = visit->route;
  int64_t ms;
  *timeout_us = route->timeout_us;
  if (count == 0) {
    take_preference(visit, timeout_us);
    return true;
  }
  if (read_timeout(route, value, count, &ms)) {
    *timeout_us = ms * 1000;
    return true;
  }
  reject_timeout(visit, count);
  return false;
}

bool visit_switch(struct visit *visit, const struct query_param *param,
                  bool *on) {
  char detail[64];
  *on = slice_equal(param->value, slice_of("1"));
  if (param->count == 0) return true;
  if (param->count == 1 && (*on || slice_equal(param->value, slice_of("0"))))
    return true;
  snprintf(detail, sizeof detail, "%s must be 1 or 0, and given once",
           param->name);
  visit_reject(visit, 400, detail);
  return false;
}

bool visit_is_plain(const struct visit *visit) {
  return visit->request->has_wishes && prefer_hedge_off(visit->request);
}

/* ---- the start ---- */

/* The target without its query, which may hold secrets and is not logged. */
static struct slice without_query(const struct http_request *request) {
  struct slice target = request->target;
  const char *query = request->query.at;
  if (query) target.len = (size_t)(query - target.at) - 1; /* and the '?' */
  return target;
}

/* False: it found no room, which room_for should have seen to. */
static bool visit_write_setup(struct visit *visit,
                              struct exchange_setup *setup) {
  struct race_record *record = exchange_record(visit->exchange);
  record->method = visit_keep(visit, visit->record.method);
  record->path = visit_keep(visit, without_query(visit->request));
  record->id = visit_keep(visit, visit->record.id);
  record->start_us = visit->record.start_us;
  setup->answer_fields = visit_keep(visit, text_slice_of(&visit->lines));
  setup->lease = visit->lease;
  setup->route = visit->route;
  setup->head_only = visit->head_only;
  if (visit->record.trace) {
    record->trace = exchange_keep_trace(visit->exchange, visit->record.trace);
    record->trace_state = visit_keep(visit, visit->record.trace_state);
  }
  if (visit->service->log)
    record->peer =
        visit_keep(visit, slice_of(connection_peer(visit->connection)));
  arena_keep_text(exchange_arena(visit->exchange), &visit->text);
  return !visit->text.cut;
}

/* ---- what targets are told ---- */

/* The client's fields as they may cross: they lie in one piece, and each line
 * may gain the space behind its colon. */
static size_t fields_room(const struct http_request *request) {
  unsigned count = request->field_count;
  if (count == 0) return 0;
  const struct slice *last = &request->fields[count - 1].value;
  return (size_t)(last->at + last->len - request->fields[0].name.at) + count +
         2;
}

/* Who asks, as the upstream is told; NULL: it is not. */
static const struct forwarded_from *visit_forwarded(
    const struct visit *visit, struct forwarded_from *from) {
  const struct route *route = visit->route;
  if (!route->forwards) return NULL;
  *from = (struct forwarded_from){.fields = route->forwarded};
  connection_peer_bytes(visit->connection, from->peer);
  from->trusted = cidr_has(route->trusted, route->trusted_count, from->peer);
  return from;
}

static bool visit_write_fields(struct visit *visit,
                               const struct forward_rules *rules,
                               const struct target_fields *target,
                               struct ask_fields *fields) {
  struct arena *arena = exchange_arena(visit->exchange);
  size_t room = fields_room(visit->request) + forward_room(rules, target);
  struct forwarded_from storage;
  const struct forwarded_from *from = visit_forwarded(visit, &storage);
  struct text text;
  if (from) room += forwarded_room(visit->request, from);
  if (!arena_open_text(arena, room, &text)) return false;
  bool has_credentials = forward_fields(&text, visit->request, rules, target,
                                        from, visit->record.id);
  fields->common = text_slice_of(&text);
  if (has_credentials)
    forward_credentials(&text, visit->request, rules, target);
  fields->credentials = slice_from(text_slice_of(&text), fields->common.len);
  arena_keep_text(arena, &text);
  return !text.cut;
}

/* For every variant of the group, so that each of its targets finds its own,
 * and nothing of another's. NULL: no memory. */
static const struct ask_message *visit_write_message(
    struct visit *visit, const struct exchange_setup *setup,
    const struct forward_rules *rules, const struct group *group) {
  const struct ask_message *common = &setup->message;
  const struct trace_context *trace = exchange_record(visit->exchange)->trace;
  struct forward_rules own = *rules;
  own.with_body = common->has_body;
  own.success = common->success;
  own.keeps_state = visit->keeps_state;
  own.writes = visit->route->kind == ROUTE_SMART &&
               !http_method_is_safe(visit->request->method);
  size_t bytes = sizeof(struct ask_message) +
                 group->variant_count * sizeof(struct ask_fields);
  struct ask_message *message =
      arena_take(exchange_arena(visit->exchange), bytes);
  if (!message) return NULL;
  struct ask_fields *fields = (void *)(message + 1);
  *message = *common;
  message->fields = fields;
  message->timeout_header = rules->timeout_header;
  if (!rules->gzip) message->gzip = GZIP_KEPT;
  for (unsigned i = 0; i < group->variant_count; i++) {
    const struct target_fields *variant = &group->variants[i];
    if (!visit_write_fields(visit, &own, variant, &fields[i])) return NULL;
    bool tells = trace && forward_tells_trace(rules, variant);
    fields[i].trace = tells ? trace : NULL;
  }
  return message;
}

static const struct forward_rules *rules_of(const struct exchange_setup *setup,
                                            unsigned item) {
  return setup->races[setup->items[item].race].fields;
}

/* That of an item before this one with the same rules, whose targets are of the
 * same variants, the nearest first; NULL: there is none. */
static const struct ask_message *message_before(
    const struct exchange_setup *setup, unsigned i) {
  const struct target_fields *variants = setup->items[i].group->variants;
  const struct forward_rules *rules = rules_of(setup, i);
  while (i-- > 0)
    if (setup->items[i].group->variants == variants &&
        rules_of(setup, i) == rules)
      return setup->items[i].message;
  return NULL;
}

static bool visit_write_messages(struct visit *visit,
                                 struct exchange_setup *setup) {
  const struct race_record *record = exchange_record(visit->exchange);
  struct ask_message *common = &setup->message;
  if (common->method.len == 0) common->method = record->method;
  if (visit->body.len > 0 && common->has_body &&
      !exchange_keep_body(visit->exchange, visit->body, &common->body))
    return false;
  for (unsigned i = 0; i < setup->item_count; i++) {
    struct exchange_item *item = &setup->items[i];
    const struct exchange_race *race = &setup->races[item->race];
    common->deadline_us = record->start_us + race->timeout_us;
    common->rules = race->json;
    item->message = message_before(setup, i);
    if (!item->message)
      item->message =
          visit_write_message(visit, setup, rules_of(setup, i), item->group);
    if (!item->message) return false;
  }
  return true;
}

void visit_start(struct visit *visit, struct exchange_setup *setup) {
  if (!visit_write_setup(visit, setup))
    visit_reject(visit, 431, "the request's fields are too large");
  else if (!visit_write_messages(visit, setup) ||
           !exchange_start(visit->exchange, visit->connection, setup))
    visit_reject(visit, 503, gate_request_error(GATE_MEMORY));
}

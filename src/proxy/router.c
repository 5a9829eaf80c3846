/* router: a request's path and method decide who answers it.
 *
 * Which routes there are, and what each takes, says the snapshot in force
 * (config/snapshot); a kind of route has its endpoint here. What is checked
 * before an endpoint is asked concerns every request alike: its ID, and whether
 * it has come round in a loop (a racer that asks itself multiplies by three at
 * each turn). */
#include "proxy/router.h"

#include "io/clock.h"
#include "proxy/all.h"
#include "proxy/gather.h"
#include "proxy/lease.h"
#include "proxy/smart.h"
#include "proxy/tracing.h"
#include "proxy/visit.h"

enum {
  ID_BYTES_MAX = 128,
  LINES_BYTES = 1024, /* of answer fields that a route has */
};

/* A load balancer or a supervisor asks whether hedgerow answers. The upstream
 * is left out on purpose: a proxy that is taken out of service because what it
 * protects is down protects nothing. */
static void answer_health(struct visit *visit) {
  visit_answer(visit, slice_of("{\"status\":\"ok\"}"));
}

static void (*const endpoints[])(struct visit *visit) = {
    [ROUTE_SMART] = smart_visit,
    [ROUTE_ALL] = all_visit,
    [ROUTE_GATHER] = gather_visit,
    [ROUTE_HEALTH] = answer_health,
};

/* A body means nothing in a GET or HEAD (RFC 9110, section 9.3.1), but some
 * APIs read it. */
static bool takes_body(const struct route *route, enum http_method method) {
  return (method != HTTP_GET && method != HTTP_HEAD) || route->get_body;
}

static struct slice rest_of(const struct route *route,
                            const struct http_request *request) {
  return route && route->strip ? route_table_rest(route, request->path)
                               : request->path;
}

/* A 400 whatever its body holds: a client that asks first need not send it (RFC
 * 9110, section 10.1.1). */
static bool is_hopeless(const struct route *route,
                        const struct http_request *request) {
  return !visit_timeout_is_good(route, request->query) ||
         (route->kind == ROUTE_SMART &&
          !base_url_rest_is_safe(rest_of(route, request)));
}

static bool asks_for_body(const struct route *route,
                          const struct http_request *request) {
  return takes_body(route, request->method) &&
         (!request->expects_continue || !is_hopeless(route, request));
}

struct admission router_on_head(void *arg, const struct http_request *request) {
  struct lease *lease = ((const struct service *)arg)->lease;
  const struct route_table *table = &lease->snapshot->table;
  const struct route *first = NULL, *found = NULL;
  if (request->path.len > 0) first = route_table_find(table, request->path);
  if (first) found = route_table_method(table, first, request->method);
  const bool takes = found && asks_for_body(found, request);
  return (struct admission){.route = found ? found : first,
                            .lease = lease,
                            .body_bytes = takes ? found->body_bytes : 0};
}

void router_on_hold(void *lease) { (void)lease_take(lease); }

void router_on_release(void *lease) { lease_give(lease); }

/* ---- X-Request-ID ---- */

static bool is_sane_id(struct slice id) {
  static const char more[] = "-_.:=+/@,;~";
  if (id.len == 0 || id.len > ID_BYTES_MAX) return false;
  for (size_t i = 0; i < id.len; i++) {
    char c = id.at[i];
    bool alnum = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                 (c >= 'A' && c <= 'Z');
    if (!alnum && !memchr(more, c, sizeof more - 1)) return false;
  }
  return true;
}

static struct slice own_id(struct service *service, char *own) {
  service_make_id(service, own);
  return (struct slice){own, SERVICE_REQUEST_ID_BYTES};
}

/* The client's where it is sane, else one of ours in `own`. */
static struct slice request_id(struct service *service,
                               const struct http_request *request, char *own) {
  const struct http_field *field = http_request_field(request, "X-Request-ID");
  bool is_sane = field && is_sane_id(field->value);
  return is_sane ? field->value : own_id(service, own);
}

/* ---- the door ---- */

/* Of its path. */
static unsigned allowed_methods(const struct visit *visit) {
  return route_table_methods(&visit->lease->snapshot->table, visit->route);
}

static void reject_method(struct visit *visit) {
  char storage[128];
  struct text allow = TEXT_ON(storage);
  http_methods_write(&allow, allowed_methods(visit));
  visit_reject_method(visit, text_end(&allow),
                      "this path does not answer this method");
}

/* The route that the method of a preflight would go to, or any of that path
 * where none takes it. NULL: this is no preflight. */
static const struct route *route_of_preflight(const struct visit *visit) {
  const struct route_table *table = &visit->lease->snapshot->table;
  const struct http_request *request = visit->request;
  if (request->method != HTTP_OPTIONS || !cors_is_preflight(request))
    return NULL;
  const struct route *first = route_table_find(table, request->path);
  const struct route *asked =
      route_table_method(table, first, cors_asked_method(request));
  return asked ? asked : visit->route;
}

/* A browser asks whether a page may ask (core/cors). What it is told of one
 * route it keeps for all methods that it is told of, so these are the route's.
 */
static void answer_preflight(struct visit *visit, const struct route *asked) {
  char storage[128];
  struct text methods = TEXT_ON(storage);
  http_methods_write(&methods, asked->methods);
  if (cors_room(visit->request, text_slice_of(&methods)) > LINES_BYTES) {
    visit_reject(visit, 431, "Access-Control-Request-Headers is too long");
    return;
  }
  visit->lines.len = 0;
  cors_write_preflight(&visit->lines, &asked->cors, visit->request,
                       text_slice_of(&methods));
  visit_answer_nothing(visit);
}

/* Whole, or not at all. */
static void allow_origin(struct visit *visit) {
  const struct cors_rule *rule = &visit->route->cors;
  if (cors_room(visit->request, (struct slice){0}) <=
      LINES_BYTES - VISIT_LINES_BYTES)
    cors_write(&visit->lines, rule, visit->request);
}

/* OPTIONS of "*", which asks this server what it takes, and no upstream: only
 * one that is the path's own is passed on (RFC 9110, section 9.3.7). */
static bool asks_server(const struct visit *visit) {
  return visit->request->method == HTTP_OPTIONS &&
         slice_equal(visit->request->target, slice_of("*"));
}

static void answer_options(struct visit *visit, unsigned methods) {
  text_str(&visit->lines, "Allow: ");
  http_methods_write(&visit->lines, methods | 1u << HTTP_OPTIONS);
  text_str(&visit->lines, "\r\n");
  visit_answer_nothing(visit);
}

static const char *why_no_route(const struct visit *visit) {
  return visit->service->config->file
             ? "no route takes this path"
             : "hedgerow answers /smart, /smart/REST, /all and /healthz";
}

static void router_dispatch(struct visit *visit) {
  const struct route *route = visit->route, *asked;
  const struct http_request *request = visit->request;
  if (forward_is_loop(request, visit->service->process->pseudonym))
    visit_reject(visit, 508,
                 "the request came through this hedgerow before: "
                 "a target leads back here");
  else if (request->method == HTTP_CONNECT)
    visit_reject_method(visit, "GET, HEAD, POST", "hedgerow opens no tunnels");
  else if (!route && asks_server(visit))
    answer_options(visit, visit->service->lease->snapshot->table.methods);
  else if (!route) visit_reject(visit, 404, why_no_route(visit));
  else if ((asked = route_of_preflight(visit)) && asked->cors.count > 0)
    answer_preflight(visit, asked);
  else if (!(route->methods & 1u << request->method)) reject_method(visit);
  else if (forward_is_last_hop(request))
    answer_options(visit, allowed_methods(visit));
  else if (http_request_has_body(request) &&
           !takes_body(route, request->method))
    visit_reject(visit, 413, "a GET or HEAD takes no body here");
  else endpoints[route->kind](visit);
}

/* What a visit points to as long as the router's call. */
struct scratch {
  char id[SERVICE_REQUEST_ID_BYTES], lines[LINES_BYTES];
  struct tracing tracing;
};

/* All but the ID. Of a request without a route not even fields may have been
 * read. */
static void make_visit(struct visit *visit, struct service *service,
                       struct connection *connection,
                       const struct http_request *request,
                       const struct admission *admission,
                       struct scratch *scratch) {
  const struct route *route = admission ? admission->route : NULL;
  memset(visit, 0, sizeof *visit);
  visit->service = service;
  visit->connection = connection;
  visit->request = request;
  visit->route = route;
  visit->lease = admission ? admission->lease : NULL;
  visit->head_only = slice_equal(request->method_name, slice_of("HEAD"));
  visit->record.method = request->method_name;
  visit->record.path = request->target;
  if (route) visit->record.route = route->path;
  visit->record.start_us = clock_now_us();
  text_init(&visit->lines, scratch->lines, sizeof scratch->lines);
  if (route && route->cors.count > 0) allow_origin(visit);
}

/* One that no route takes is part of none. */
static void join_trace(struct visit *visit, struct tracing *tracing) {
  if (!visit->route || !visit->route->fields.traces) return;
  visit->record.trace = tracing_join(visit->service, visit->request, tracing);
  if (!visit->record.trace) return;
  visit->keeps_state = tracing->keeps_state;
  if (visit->service->spans) visit->record.trace_state = tracing->state;
}

void router_on_request(void *arg, struct connection *connection,
                       const struct http_request *request,
                       const struct admission *admission, struct slice body) {
  struct scratch scratch;
  struct visit visit;
  make_visit(&visit, arg, connection, request, admission, &scratch);
  visit.record.id = request_id(arg, request, scratch.id);
  visit.body = body;
  visit.rest = rest_of(visit.route, request);
  join_trace(&visit, &scratch.tracing);
  router_dispatch(&visit);
}

void router_on_bad_request(void *arg, struct connection *connection,
                           const struct http_request *request,
                           const struct admission *admission, int status,
                           const char *why) {
  struct scratch scratch;
  struct visit visit;
  make_visit(&visit, arg, connection, request, admission, &scratch);
  visit.record.id = admission ? request_id(arg, request, scratch.id)
                              : own_id(arg, scratch.id);
  visit_reject(&visit, status, why);
}

void router_on_left(void *arg, struct connection *connection,
                    const struct http_request *request,
                    const struct admission *admission) {
  struct scratch scratch;
  struct visit visit;
  make_visit(&visit, arg, connection, request, admission, &scratch);
  visit.record.id = request_id(arg, request, scratch.id);
  join_trace(&visit, &scratch.tracing);
  visit_gone(&visit);
}

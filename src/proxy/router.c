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
#include "proxy/health.h"
#include "proxy/lease.h"
#include "proxy/smart.h"
#include "proxy/visit.h"

enum { ID_BYTES_MAX = 128 };

static void (*const endpoints[])(struct visit *visit) = {
    [ROUTE_SMART] = smart_visit,
    [ROUTE_ALL] = all_visit,
    [ROUTE_HEALTH] = health_visit,
};

size_t router_on_head(void *arg, const struct http_request *request,
                      const void **route) {
  const struct service *service = arg;
  struct slice rest;
  const struct route *found =
      snapshot_route(service->lease->snapshot, request->path, &rest);
  *route = found;
  return found && request->method == HTTP_POST ? found->body_bytes : 0;
}

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

/* The client's where it is sane, else one of ours in `own`. */
static struct slice request_id(struct service *service,
                               const struct http_request *request, char *own) {
  const struct http_field *field = http_request_field(request, "X-Request-ID");
  if (field && is_sane_id(field->value)) return field->value;
  service_make_id(service, own);
  return (struct slice){own, SERVICE_REQUEST_ID_BYTES};
}

/* ---- the door ---- */

static void router_dispatch(struct visit *visit) {
  const struct route *route = visit->route;
  const struct http_request *request = visit->request;
  if (forward_is_loop(request, slice_of(visit->service->process->pseudonym)))
    visit_reject(visit, 508,
                 "the request came through this hedgerow before: "
                 "a target leads back here");
  else if (request->method == HTTP_CONNECT)
    visit_reject_method(visit, "GET, HEAD, POST", "hedgerow opens no tunnels");
  else if (!route)
    visit_reject(visit, 404,
                 "hedgerow answers /smart, /smart/REST, /all and "
                 "/healthz");
  else if (!(route->methods & 1u << request->method))
    visit_reject_method(visit, route->allow,
                        "this path does not answer this method");
  else if (http_request_has_body(request) && request->method != HTTP_POST)
    visit_reject(visit, 413, "a GET or HEAD takes no body here");
  else endpoints[route->kind](visit);
}

void router_on_request(void *arg, struct connection *connection,
                       const struct http_request *request, const void *route,
                       struct slice body) {
  struct service *service = arg;
  char own_id[SERVICE_REQUEST_ID_BYTES];
  struct visit visit = {
      .service = service,
      .connection = connection,
      .request = request,
      .body = body,
      .route = route,
      .record = {.method = request->method_name,
                 .path = request->target,
                 .id = request_id(service, request, own_id),
                 .start_us = clock_now_us()},
      .head_only = request->method == HTTP_HEAD,
  };
  if (visit.route)
    visit.rest = slice_from(request->path, visit.route->path.len);
  router_dispatch(&visit);
}

void router_on_bad_request(void *arg, struct connection *connection,
                           const struct http_request *request, int status,
                           const char *why) {
  struct service *service = arg;
  char own_id[SERVICE_REQUEST_ID_BYTES];
  struct visit visit = {
      .service = service,
      .connection = connection,
      .record = {.method = request->method_name,
                 .path = request->target,
                 .id = {own_id, sizeof own_id},
                 .start_us = clock_now_us()},
      .head_only = slice_equal(request->method_name, slice_of("HEAD")),
  };
  service_make_id(service, own_id);
  visit_reject(&visit, status, why);
}

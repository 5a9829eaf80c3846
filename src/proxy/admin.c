/* admin: a small server of its own, behind the same strict front as clients'.
 *
 *   on_request -> may they ask? -> what for -> a reply -> its bytes
 *                  (here)           (a row)   admin_pages, admin_state,
 *                                             admin_races, admin_events,
 *                                             admin_acts     -> admin_reply
 *
 * Its caps are its own: a few connections, more for those who listen to events,
 * a few requests' fields, and memory that --max-buffered does not count. So
 * clients who fill hedgerow up do not keep an operator from seeing it, nor the
 * other way round.
 *
 * Who may ask. A socket of this machine is as safe as its file. On loopback
 * whoever can open a connection may; but a page in a browser of this machine
 * can, too, and may not: neither under a name that was made to lead here, nor
 * as another site's (core/site), nor change anything without a field that no
 * page can send to another site unasked (X-Hedgerow-Admin). Where there is a
 * token, that is asked for, and on any other address there must be one. The
 * page itself is shown to anybody, since a browser could not show it the token
 * before. */
#include "proxy/admin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/site.h"
#include "io/clock.h"
#include "proxy/admin_parts.h"

enum {
  ADMIN_BUFFERED = 32 * 1024 * 1024,
  TARGET_BUFFERED = 8 * 1024, /* or so much for each target, if that is more */
  ADMIN_BODY_BYTES = 4 * 1024,
  ADMIN_SECOND_US = 1000 * 1000,
  ADMIN_KERNEL_BYTES = 128 * 1024, /* that a connection may leave unread */
  WATCHED_US = 100 * 1000,         /* how often tapes are taken from: while */
  UNWATCHED_US = 500 * 1000,       /* somebody listens, and else */
};

/* ---- the door ---- */

#define GETS (1u << HTTP_GET | 1u << HTTP_HEAD)
#define POSTS (1u << HTTP_POST)

enum door_kind {
  DOOR_GUARDED,
  DOOR_OPEN,   /* to who shows no token, too */
  DOOR_TAKING, /* guarded, and the reply becomes the page's */
};

struct door {
  const char *path; /* that ends in '/' but the first: and all below it */
  unsigned methods;
  enum door_kind kind;
  admin_page *page;
};

static const struct door doors[] = {
    {"/", GETS, DOOR_OPEN, admin_front_page},
    {"/healthz", GETS, DOOR_OPEN, admin_health},
    {"/readyz", GETS, DOOR_OPEN, admin_readiness},
    {"/metrics", GETS, DOOR_GUARDED, admin_metrics},
    {"/api/v1/state", GETS, DOOR_GUARDED, admin_state},
    {"/api/v1/races", GETS, DOOR_GUARDED, admin_races},
    {"/api/v1/races/", GETS, DOOR_GUARDED, admin_race},
    {"/api/v1/events", GETS, DOOR_TAKING, admin_events},
    {"/api/v1/config", GETS, DOOR_GUARDED, admin_config},
    {"/api/v1/reload", POSTS, DOOR_TAKING, admin_reload},
    {"/api/v1/drain", POSTS, DOOR_GUARDED, admin_drain},
};

enum { DOORS = sizeof doors / sizeof *doors };

static const char paths[] =
    "the admin listener answers /, /metrics, /healthz, /readyz, and of "
    "/api/v1/: state, races, races/ID, events, config; and by POST reload and "
    "drain";

static bool leads_to(const struct door *door, struct slice path) {
  const struct slice own = slice_of(door->path);
  if (own.len == 1 || own.at[own.len - 1] != '/') return slice_equal(path, own);
  return path.len > own.len && slice_starts_with(path, own);
}

static const struct door *door_of(struct slice path) {
  for (unsigned i = 0; i < DOORS; i++)
    if (leads_to(&doors[i], path)) return &doors[i];
  return NULL;
}

/* ---- who may ask ---- */

static bool has_token(const struct admin *admin) {
  return admin->view.reload->secrets.own.admin_token.len > 0;
}

static bool shows_token(const struct admin *admin,
                        const struct http_request *request) {
  const struct http_field *field = http_request_field(request, "Authorization");
  return field && site_token_is(field->value,
                                admin->view.reload->secrets.own.admin_token);
}

/* A name may be anybody's, but not that of a token's holder. */
static bool is_safe_name(const struct admin *admin,
                         const struct http_request *request) {
  return admin->is_socket || has_token(admin) || site_is_safe(request->host);
}

/* Where there is a token TLS may stand in front. */
static bool is_of_own_site(const struct admin *admin,
                           const struct http_request *request) {
  const struct http_field *origin = http_request_field(request, "Origin");
  return !origin || site_is_own(origin->value, request->host, has_token(admin));
}

static bool is_meant(const struct http_request *request) {
  const struct http_field *field =
      http_request_field(request, "X-Hedgerow-Admin");
  return field && slice_equal(field->value, slice_of("1"));
}

/* Fields by which it is decided who asks. Of two one might have been seen by
 * whoever stands in front, and the other here. */
static bool comes_twice(const struct http_request *request, const char *name) {
  unsigned count = 0;
  for (unsigned i = 0; i < request->field_count; i++)
    count += slice_equal_nocase(request->fields[i].name, slice_of(name));
  return count > 1;
}

static bool is_ambiguous(const struct http_request *request) {
  return comes_twice(request, "Origin") ||
         comes_twice(request, "Authorization") ||
         comes_twice(request, "X-Hedgerow-Admin");
}

static void ask_for_token(struct reply *reply) {
  reply_problem(reply, 401,
                "show the token of --admin-token-file: Authorization: Bearer "
                "TOKEN");
  reply->fields = "WWW-Authenticate: Bearer realm=\"hedgerow\"\r\n";
}

/* True: the reply is a problem. */
static bool refuse_use(const struct door *door, struct reply *reply) {
  const struct http_request *request = reply->request;
  if (!door) {
    reply_problem(reply, 404, paths);
  } else if (!(door->methods & 1u << request->method)) {
    reply->allow = door->methods == POSTS ? "POST" : "GET, HEAD";
    reply_problem(reply, 405, "this path does not answer this method");
  } else if (door->methods == POSTS && !is_meant(request)) {
    reply_problem(reply, 403,
                  "what changes something needs the field X-Hedgerow-Admin: 1");
  } else {
    return false;
  }
  return true;
}

static bool refuse_asker(const struct door *door, struct reply *reply) {
  const struct admin *admin = reply->admin;
  const struct http_request *request = reply->request;
  const bool is_open = door && door->kind == DOOR_OPEN;
  if (is_ambiguous(request))
    reply_problem(reply, 400,
                  "Origin, Authorization and X-Hedgerow-Admin may come once");
  else if (!is_safe_name(admin, request))
    reply_problem(reply, 421,
                  "Host must be an address of this machine, or localhost");
  else if (!is_of_own_site(admin, request))
    reply_problem(reply, 403, "a page of another site may not ask this");
  else if (has_token(admin) && !is_open && !shows_token(admin, request))
    ask_for_token(reply);
  else return false;
  return true;
}

static void dispatch(struct reply *reply) {
  const struct slice path = reply->request->path;
  const struct door *door = door_of(path);
  const bool refused = refuse_asker(door, reply) || refuse_use(door, reply);
  if (!refused) {
    reply->rest = slice_from(path, strlen(door->path));
    door->page(reply);
  }
  if (refused || door->kind != DOOR_TAKING) reply_send(reply);
}

/* ---- from the front ---- */

/* A body says nothing here. But what is not whole is no request yet, and is not
 * acted on. */
static struct admission on_head(void *arg, const struct http_request *request) {
  (void)arg, (void)request;
  return (struct admission){.body_bytes = ADMIN_BODY_BYTES};
}

/* The metrics of thousands of targets are tens of megabytes. */
static void make_room(struct admin *admin) {
  const int64_t targets = admin->view.reload->snapshot->target_count;
  const int64_t wanted = targets * TARGET_BUFFERED;
  admin->booth.budget.max = wanted > ADMIN_BUFFERED ? wanted : ADMIN_BUFFERED;
}

static void on_request(void *arg, struct connection *connection,
                       const struct http_request *request,
                       const struct admission *admission, struct slice body) {
  struct reply *reply = reply_new(arg, connection);
  (void)admission, (void)body;
  if (!reply) return;
  make_room(arg);
  reply->request = request;
  reply->head_only = request->method == HTTP_HEAD;
  dispatch(reply);
}

static void on_bad_request(void *arg, struct connection *connection,
                           const struct http_request *request,
                           const struct admission *admission, int status,
                           const char *why) {
  struct reply *reply = reply_new(arg, connection);
  (void)request, (void)admission;
  if (!reply) return;
  reply_problem(reply, status,
                status == 413 ? "a request body is at most 4 KiB here" : why);
  reply_send(reply);
}

/* ---- life ---- */

static void on_collecting(void *arg) {
  struct admin *admin = arg;
  const int64_t now_us = clock_now_us();
  admin_collect(admin);
  admin_events_send(admin, now_us);
  timer_set(&admin->collecting,
            now_us + (admin->reader_count > 0 ? WATCHED_US : UNWATCHED_US));
}

/* Readers of events have the same places as all others, since who asks for them
 * is none yet; but some places are left when as many listen as may. So who
 * comes when all are taken has the place of one that asks for nothing. */
static bool open_booth(struct admin *admin, const struct listen_at *listen,
                       char *error, size_t error_cap) {
  const struct booth_setup setup = {
      .listen = *listen,
      .handler = {.arg = admin,
                  .on_head = on_head,
                  .on_request = on_request,
                  .on_bad_request = on_bad_request},
      .limits = {.head_bytes = 16 * 1024,
                 .request = {.target_bytes = ADMIN_TARGET_BYTES, .fields = 64},
                 .header_timeout_us = 5 * ADMIN_SECOND_US,
                 .keepalive_timeout_us = 15 * ADMIN_SECOND_US,
                 .write_timeout_us = 10 * ADMIN_SECOND_US},
      .connections_max = CONFIG_ADMIN_CONNECTIONS + admin->view.readers_max,
      .buffered_max = ADMIN_BUFFERED,
      .kernel_bytes = ADMIN_KERNEL_BYTES,
  };
  return booth_open(&admin->booth, admin->loop, &setup, error, error_cap);
}

struct admin *admin_new(struct loop *loop, const struct listen_at *listen,
                        const struct admin_view *view, char *error,
                        size_t error_cap) {
  struct admin *admin = calloc(1, sizeof *admin);
  char why[256] = "no memory";
  if (!admin) goto fail;
  admin->view = *view;
  admin->loop = loop;
  admin->started_us = clock_now_us();
  admin->started_wall_us = clock_wall_us();
  admin->tokens = view->reload->secrets.admin_tokens;
  admin->is_socket = listen->path.len > 0;
  timer_init(&admin->collecting, loop, on_collecting, admin);
  if (!open_booth(admin, listen, why, sizeof why)) goto fail;
  timer_set(&admin->collecting, admin->started_us + UNWATCHED_US);
  return admin;
fail:
  snprintf(error, error_cap, "--admin %s", why);
  admin_free(admin);
  return NULL;
}

uint16_t admin_port(const struct admin *admin) {
  return booth_port(&admin->booth);
}

/* The booth tells everybody who waits that it is over. */
void admin_free(struct admin *admin) {
  if (!admin) return;
  admin_events_finish(admin);
  booth_close(&admin->booth);
  timer_clear(&admin->collecting);
  free(admin);
}

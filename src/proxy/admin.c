/* admin: a small server of its own, behind the same strict front as clients'.
 *
 *   on_request -> may they ask? -> which page -> a body -> answer
 *
 * Its caps are its own: a few connections, a few requests' fields, and memory
 * that --max-buffered does not count. So clients who fill hedgerow up do not
 * keep an operator from seeing it, nor the other way round.
 *
 * Whoever can open a connection may read here, so it listens on this machine
 * alone; and a page in a browser of this machine may not (core/site). */
#include "proxy/admin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/answer.h"
#include "core/http_date.h"
#include "core/site.h"
#include "io/buffer.h"
#include "io/clock.h"
#include "io/front.h"
#include "io/listener.h"
#include "proxy/metrics.h"

enum {
  ADMIN_BUFFERED = 32 * 1024 * 1024,
  ADMIN_SECOND_US = 1000 * 1000,
  PROBLEM_BYTES = 1024,
};

struct admin {
  struct admin_view view;
  struct front *front;
  struct listener *listener;
  struct blocks blocks;
  struct budget budget;
  int64_t started_wall_us;
};

/* One answer, until it is sent. */
struct reply {
  struct buffer body;
  int status;
  const char *type, *allow;
  bool failed; /* no memory for the body */
};

/* ---- answers ---- */

static void write_head(struct text *head, const struct reply *reply,
                       struct connection *connection) {
  char storage[64];
  struct text date;
  text_init(&date, storage, sizeof storage);
  text_str(&date, "Date: ");
  http_date_write(&date, clock_wall_us());
  text_str(&date, "\r\n");
  const struct answer_own own = {.status = reply->status,
                                 .content_type = reply->type,
                                 .length = reply->body.len,
                                 .allow = reply->allow};
  const struct answer_ours ours = {
      .date_line = text_slice_of(&date),
      .framing = {.close = connection_closes(connection),
                  .keep_alive_1_0 = connection_keeps_1_0(connection)}};
  answer_own_head(head, &own, &ours,
                  reply->status < 400 ? slice_of("Cache-Control: no-store\r\n")
                                      : (struct slice){0});
}

static void on_sent(void *arg) {
  struct reply *reply = arg;
  buffer_clear(&reply->body);
  free(reply);
}

static void send_reply(struct connection *connection, struct reply *reply,
                       bool head_only) {
  char storage[ANSWER_HEAD_BYTES + 256];
  struct text head;
  text_init(&head, storage, sizeof storage);
  write_head(&head, reply, connection);
  struct iovec parts[] = {{head.at, head.len},
                          {reply->body.at, reply->body.len}};
  connection_answer(connection, parts, head_only ? 1 : 2, on_sent, reply);
}

static void reply_put(void *arg, struct slice bytes) {
  struct reply *reply = arg;
  reply->failed |= !buffer_add(&reply->body, bytes.at, bytes.len);
}

static void reply_problem(struct reply *reply, int status, const char *detail) {
  char storage[PROBLEM_BYTES];
  struct text text;
  text_init(&text, storage, sizeof storage);
  answer_problem(&text, status, slice_of(detail), NULL);
  buffer_clear(&reply->body);
  reply->status = status;
  reply->type = ANSWER_PROBLEM_TYPE;
  reply_put(reply, text_slice_of(&text));
}

/* ---- pages ---- */

static void health(struct admin *admin, const struct http_request *request,
                   struct reply *reply) {
  (void)admin, (void)request;
  reply->type = "application/json";
  reply_put(reply, slice_of("{\"status\":\"ok\"}"));
}

static bool wants_open(const struct http_request *request) {
  const struct http_field *accept = http_request_field(request, "Accept");
  const struct slice open = slice_of("application/openmetrics-text");
  return accept &&
         memmem(accept->value.at, accept->value.len, open.at, open.len);
}

static void metrics(struct admin *admin, const struct http_request *request,
                    struct reply *reply) {
  const struct reload *reload = admin->view.reload;
  struct exposition to = {
      .open = wants_open(request), .put = reply_put, .arg = reply};
  const struct metrics_source source = {
      .process = admin->view.process,
      .snapshot = reload->snapshot,
      .log = reload->log,
      .reloads_taken = reload->taken,
      .reloads_refused = reload->refused,
      .started_wall_us = admin->started_wall_us,
  };
  reply->type = to.open ? EXPOSITION_OPEN : EXPOSITION_TEXT;
  metrics_write(&to, &source, clock_now_us());
}

static bool has_target(const struct snapshot *snapshot,
                       const struct group *group, int64_t now_us) {
  for (unsigned i = 0; i < group->count; i++)
    if (snapshot_target_is_up(snapshot, group, i, now_us)) return true;
  return group->count == 0;
}

/* An upstream of which every target is ejected; NULL: there is none. */
static const struct group *lost_upstream(const struct snapshot *snapshot) {
  const int64_t now_us = clock_now_us();
  for (unsigned i = 0; i < snapshot->group_count; i++)
    if (!has_target(snapshot, &snapshot->groups[i], now_us))
      return &snapshot->groups[i];
  return NULL;
}

static void readiness(struct admin *admin, const struct http_request *request,
                      struct reply *reply) {
  const struct group *lost = lost_upstream(admin->view.reload->snapshot);
  char detail[160];
  (void)request;
  if (*admin->view.stopping) {
    reply_problem(reply, 503, "hedgerow is draining");
  } else if (lost) {
    snprintf(detail, sizeof detail,
             "every target of upstream %.*s is ejected: they have failed",
             SLICE_ARG(lost->name));
    reply_problem(reply, 503, detail);
  } else {
    reply->type = "application/json";
    reply_put(reply, slice_of("{\"status\":\"ready\"}"));
  }
}

/* ---- the door ---- */

typedef void page(struct admin *admin, const struct http_request *request,
                  struct reply *reply);

static page *page_of(struct slice path) {
  static const struct {
    const char *path;
    page *page;
  } pages[] = {
      {"/metrics", metrics}, {"/healthz", health}, {"/readyz", readiness}};
  for (size_t i = 0; i < sizeof pages / sizeof *pages; i++)
    if (slice_equal(path, slice_of(pages[i].path))) return pages[i].page;
  return NULL;
}

static bool is_of_own_site(const struct http_request *request) {
  const struct http_field *origin = http_request_field(request, "Origin");
  return !origin || site_is_own(origin->value, request->host);
}

static void dispatch(struct admin *admin, const struct http_request *request,
                     struct reply *reply) {
  page *found = page_of(request->path);
  if (!site_is_safe(request->host))
    reply_problem(reply, 421,
                  "Host must be an address of this machine, or localhost");
  else if (!is_of_own_site(request))
    reply_problem(reply, 403, "a page of another site may not ask this");
  else if (!found)
    reply_problem(reply, 404,
                  "the admin listener answers /metrics, /healthz and /readyz");
  else if (request->method != HTTP_GET && request->method != HTTP_HEAD) {
    reply->allow = "GET, HEAD";
    reply_problem(reply, 405, "this path does not answer this method");
  } else found(admin, request, reply);
  if (reply->failed)
    reply_problem(reply, 503, "no memory was free for the answer");
}

static struct reply *reply_new(struct admin *admin) {
  struct reply *reply = calloc(1, sizeof *reply);
  if (!reply) return NULL;
  reply->status = 200;
  reply->body.blocks = &admin->blocks;
  return reply;
}

static struct admission on_head(void *arg, const struct http_request *request) {
  (void)arg, (void)request;
  return (struct admission){0};
}

static void on_request(void *arg, struct connection *connection,
                       const struct http_request *request,
                       const struct admission *admission, struct slice body) {
  struct reply *reply = reply_new(arg);
  (void)admission, (void)body;
  if (!reply) {
    connection_reset(connection);
    return;
  }
  dispatch(arg, request, reply);
  send_reply(connection, reply, request->method == HTTP_HEAD);
}

static void on_bad_request(void *arg, struct connection *connection,
                           const struct http_request *request,
                           const struct admission *admission, int status,
                           const char *why) {
  struct reply *reply = reply_new(arg);
  (void)request, (void)admission;
  if (!reply) {
    connection_reset(connection);
    return;
  }
  reply_problem(reply, status, why);
  send_reply(connection, reply, false);
}

/* ---- life ---- */

static void on_closed(void *owner) { (void)owner; }

/* Who comes when all places are taken is sent away. */
static void on_accept(void *arg, int fd, const struct sockaddr *peer) {
  struct admin *admin = arg;
  if (front_count(admin->front) >= CONFIG_ADMIN_CONNECTIONS) close(fd);
  else (void)front_accept(admin->front, fd, peer); /* no memory: it is closed */
}

static struct front *make_front(struct admin *admin, struct loop *loop) {
  const struct front_handler handler = {.arg = admin,
                                        .on_head = on_head,
                                        .on_request = on_request,
                                        .on_bad_request = on_bad_request,
                                        .on_closed = on_closed};
  const struct front_limits limits = {
      .head_bytes = 8 * 1024,
      .request = {.target_bytes = 1024, .fields = 64},
      .header_timeout_us = 5 * ADMIN_SECOND_US,
      .keepalive_timeout_us = 60 * ADMIN_SECOND_US,
      .write_timeout_us = 10 * ADMIN_SECOND_US,
  };
  return front_new(loop, &handler, &limits, &admin->blocks);
}

struct admin *admin_new(struct loop *loop, const struct listen_at *listen,
                        const struct admin_view *view, char *error,
                        size_t error_cap) {
  struct admin *admin = calloc(1, sizeof *admin);
  char why[128] = "no memory";
  if (!admin) goto fail;
  admin->view = *view;
  admin->started_wall_us = clock_wall_us();
  admin->budget.max = ADMIN_BUFFERED;
  blocks_init(&admin->blocks, &admin->budget);
  admin->front = make_front(admin, loop);
  if (!admin->front) goto fail;
  admin->listener =
      listener_new(loop, listen, false, on_accept, admin, why, sizeof why);
  if (admin->listener) return admin;
fail:
  snprintf(error, error_cap, "--admin %s", why);
  admin_free(admin);
  return NULL;
}

uint16_t admin_port(const struct admin *admin) {
  return listener_port(admin->listener);
}

void admin_free(struct admin *admin) {
  if (!admin) return;
  listener_free(admin->listener);
  if (admin->front) front_free(admin->front);
  blocks_clear(&admin->blocks);
  free(admin);
}

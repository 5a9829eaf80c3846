/* mock_admin: GET and PUT /faults, for a page with sliders and for scripts.
 *
 * It is for pages, and such a page is another server's (hedgerow's admin), so
 * it speaks CORS. But a page from anywhere can try to reach this machine:
 *
 *   Host    a name that leads here by DNS rebinding is a 421 (core/site)
 *   Origin  any but one of this machine is a 403, a preflight too
 *
 * Whatever else runs here may move the faults. That is what a mock is for; and
 * so it listens on this machine alone.
 *
 * Answers are small, and written in one piece. What the draw makes of the moved
 * plan is tools/faults', how it is moved tools/shares'. */
#include "tools/mock_admin.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/answer.h"
#include "core/cors.h"
#include "core/site.h"
#include "io/booth.h"
#include "tools/shares.h"

enum {
  ADMIN_BODY_MAX = 4096,
  ADMIN_ANSWER_MAX = 1024,
  ADMIN_FIELDS_MAX = 512,
  ADMIN_WHY_MAX = 256,
  ADMIN_SECOND_US = 1000 * 1000,
};

struct mock_admin {
  struct booth booth;
  struct faults plan; /* as the mock began */
  struct shares shares;
  struct faults *faults; /* what it plays: plan, with these shares */
};

/* What is to be answered. */
struct reply {
  int status;
  const char *type, *allow;
  struct text fields, body;
  char fields_text[ADMIN_FIELDS_MAX], body_text[ADMIN_ANSWER_MAX];
};

static void reply_problem(struct reply *reply, int status, const char *detail) {
  reply->status = status;
  reply->type = ANSWER_PROBLEM_TYPE;
  answer_problem(&reply->body, status, slice_of(detail), NULL);
}

static void reply_send(const struct reply *reply, struct connection *connection,
                       bool head_only) {
  char storage[ANSWER_HEAD_BYTES + ADMIN_FIELDS_MAX + ADMIN_ANSWER_MAX];
  struct text out = TEXT_ON(storage);
  const struct answer_own own = {.status = reply->status,
                                 .content_type = reply->type,
                                 .length = reply->body.len,
                                 .allow = reply->allow};
  const struct answer_ours ours = {
      .framing = {.close = connection_closes(connection),
                  .keep_alive_1_0 = connection_keeps_1_0(connection)}};
  answer_own_head(&out, &own, &ours, text_slice_of(&reply->fields));
  if (!head_only) text_slice(&out, text_slice_of(&reply->body));
  connection_answer(connection, &(struct iovec){out.at, out.len}, 1, NULL,
                    NULL);
}

/* ---- /faults ---- */

static void show(const struct mock_admin *admin, struct reply *reply) {
  reply->type = "application/json";
  text_str(&reply->fields, "Cache-Control: no-store\r\n");
  shares_write(&reply->body, &admin->shares);
}

static void move(struct mock_admin *admin, struct slice json,
                 struct reply *reply) {
  char storage[ADMIN_WHY_MAX];
  struct text why = TEXT_ON(storage);
  if (!shares_read(&admin->shares, &admin->plan, json, &why)) {
    reply_problem(reply, 400, text_end(&why));
    return;
  }
  *admin->faults = shares_put(&admin->plan, &admin->shares);
  show(admin, reply);
}

static void allow_asking(struct reply *reply) {
  text_str(&reply->fields, "Access-Control-Allow-Methods: GET, PUT\r\n"
                           "Access-Control-Allow-Headers: Content-Type\r\n"
                           "Access-Control-Max-Age: 600\r\n");
}

/* ---- the door ---- */

/* No Origin is fine: it is no page of another server that asks. */
static bool admit_origin(const struct http_request *request,
                         struct reply *reply) {
  const struct http_field *origin = http_request_field(request, "Origin");
  text_str(&reply->fields, "Vary: Origin\r\n");
  if (!origin) return true;
  if (!cors_is_local(origin->value)) return false;
  text_put(&reply->fields, "Access-Control-Allow-Origin: ", origin->value,
           "\r\n");
  return true;
}

static void dispatch(struct mock_admin *admin,
                     const struct http_request *request, struct slice body,
                     struct reply *reply) {
  if (!site_is_safe(request->host))
    reply_problem(reply, 421,
                  "Host must be an address of this machine, or localhost");
  else if (!admit_origin(request, reply))
    reply_problem(reply, 403, "a page of another machine may not ask this");
  else if (!slice_equal(request->path, slice_of("/faults")))
    reply_problem(reply, 404, "the mock's admin answers /faults");
  else if (cors_is_preflight(request)) allow_asking(reply);
  else if (request->method == HTTP_PUT) move(admin, body, reply);
  else if (request->method == HTTP_GET || request->method == HTTP_HEAD)
    show(admin, reply);
  else {
    reply->allow = "GET, HEAD, PUT";
    reply_problem(reply, 405, "/faults does not answer this method");
  }
}

static void reply_init(struct reply *reply) {
  *reply = (struct reply){.status = 200};
  text_init(&reply->fields, reply->fields_text, sizeof reply->fields_text);
  text_init(&reply->body, reply->body_text, sizeof reply->body_text);
}

static struct admission on_head(void *arg, const struct http_request *request) {
  (void)arg;
  bool puts = request->method == HTTP_PUT;
  return (struct admission){.body_bytes = puts ? ADMIN_BODY_MAX : 0};
}

static void on_request(void *arg, struct connection *connection,
                       const struct http_request *request,
                       const struct admission *admission, struct slice body) {
  struct reply reply;
  (void)admission;
  reply_init(&reply);
  dispatch(arg, request, body, &reply);
  reply_send(&reply, connection, request->method == HTTP_HEAD);
}

static void on_bad_request(void *arg, struct connection *connection,
                           const struct http_request *request,
                           const struct admission *admission, int status,
                           const char *why) {
  struct reply reply;
  (void)arg, (void)request, (void)admission;
  reply_init(&reply);
  reply_problem(&reply, status, why);
  reply_send(&reply, connection, false);
}

/* ---- life ---- */

static bool open_booth(struct mock_admin *admin, struct loop *loop,
                       const struct listen_at *listen, char *error,
                       size_t error_cap) {
  const struct booth_setup setup = {
      .listen = *listen,
      .handler = {.arg = admin,
                  .on_head = on_head,
                  .on_request = on_request,
                  .on_bad_request = on_bad_request},
      .limits = {.head_bytes = 8 * 1024,
                 .request = {.target_bytes = 1024, .fields = 64},
                 .header_timeout_us = 5 * ADMIN_SECOND_US,
                 .keepalive_timeout_us = 60 * ADMIN_SECOND_US,
                 .write_timeout_us = 10 * ADMIN_SECOND_US},
  };
  return booth_open(&admin->booth, loop, &setup, error, error_cap);
}

struct mock_admin *mock_admin_new(struct loop *loop,
                                  const struct listen_at *listen,
                                  struct faults *faults, char *error,
                                  size_t error_cap) {
  struct mock_admin *admin = calloc(1, sizeof *admin);
  snprintf(error, error_cap, "out of memory");
  if (!admin) return NULL;
  admin->plan = *faults;
  admin->shares = shares_of(faults);
  admin->faults = faults;
  if (open_booth(admin, loop, listen, error, error_cap)) return admin;
  mock_admin_free(admin);
  return NULL;
}

uint16_t mock_admin_port(const struct mock_admin *admin) {
  return booth_port(&admin->booth);
}

void mock_admin_free(struct mock_admin *admin) {
  if (!admin) return;
  booth_close(&admin->booth);
  free(admin);
}

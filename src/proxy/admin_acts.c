/* admin_acts.c: what operators want done.
 *
 * A reload is over when every worker has heard of it, so its answer waits: who
 * has it may count on the new configuration. A drain is only begun, and asking
 * again does not hurry it: a client that repeats a request, or two operators,
 * would else cut off whom the first one meant to spare. */
#include "io/log.h"
#include "proxy/admin_parts.h"

static void reply_wait_end(struct reply *reply) {
  list_remove(&reply->admin->waiting, &reply->link);
}

static void on_gone(void *arg) {
  reply_wait_end(arg);
  reply_free(arg);
}

void admin_reload(struct reply *reply) {
  struct admin *admin = reply->admin;
  if (*admin->view.stopping) {
    reply_problem(reply, 409, "not reloaded: hedgerow is draining");
    reply_send(reply);
    return;
  }
  connection_await(reply->connection, on_gone, reply);
  list_append(&admin->waiting, &reply->link);
  log_notice("a reload was asked for at the admin listener");
  admin->view.on_reload(admin->view.arg);
}

static void tell(struct reply *reply, struct text *errors) {
  if (errors->len == 0) reply_str(reply, "{\"reload\":\"reloaded\"}");
  else reply_problem(reply, 409, text_end(errors));
  reply_send(reply);
}

static void answer_waiting(struct admin *admin, struct text *errors) {
  struct list_link *first;
  while ((first = admin->waiting.first)) {
    struct reply *reply = list_item(first, struct reply, link);
    reply_wait_end(reply);
    tell(reply, errors);
  }
}

/* Who listens has shown a token once, which may not be the one any more. */
static void end_of_old_token(struct admin *admin) {
  const unsigned tokens = admin->view.reload->secrets.admin_tokens;
  if (tokens != admin->tokens) admin_events_end(admin);
  admin->tokens = tokens;
}

void admin_reloaded(struct admin *admin, struct text *errors) {
  if (!admin) return;
  end_of_old_token(admin);
  answer_waiting(admin, errors);
}

void admin_drain(struct reply *reply) {
  const struct admin *admin = reply->admin;
  reply->status = 202;
  if (*admin->view.stopping) {
    reply_str(reply, "{\"drain\":\"under way\",\"hint\":\"nothing was changed; "
                     "a second signal ends hedgerow at once\"}");
    return;
  }
  reply_str(reply, "{\"drain\":\"begun\"}");
  log_notice("a drain was asked for at the admin listener");
  admin->view.on_drain(admin->view.arg);
}

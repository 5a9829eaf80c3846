/* reply: the answers that no upstream gave.
 *
 * Head and body are written into the worker's scratch text, one behind the
 * other, and handed to the connection as one piece: it copies what the kernel
 * does not take at once, so nothing has to outlive the call. The body goes
 * first, in the text's upper half, because the head must tell its length. */
#include "proxy/reply.h"

#include <sys/uio.h>

#include "core/log_line.h"
#include "io/clock.h"

struct answer_framing reply_framing(const struct connection *connection) {
  return (struct answer_framing){
      .close = connection_closes(connection),
      .keep_alive_1_0 = connection_keeps_1_0(connection),
  };
}

void reply_log(struct service *service, const struct asked *asked,
               const char *peer, int status, const char *outcome,
               uint64_t body_bytes, const struct answer_race *race) {
  char storage[LOG_LINE_BYTES];
  struct text text;
  struct log_line line = {
      .wall_us = clock_wall_us(),
      .client = slice_of(peer),
      .request_id = asked->request_id,
      .method = asked->method,
      .target = asked->target,
      .status = status,
      .outcome = outcome,
      .duration_us = clock_now_us() - asked->started_us,
      .body_bytes = body_bytes,
      .race = race,
  };
  if (!service->log) return;
  text_init(&text, storage, sizeof storage);
  if (service->process->log_text) log_line_text(&text, &line);
  else log_line_json(&text, &line);
  log_write(service->log, text_slice_of(&text));
}

/* The peer's text costs more than the rest of a line: only where it is wanted.
 */
static void log_answer(struct service *service,
                       const struct connection *connection,
                       const struct asked *asked, int status,
                       const char *outcome, uint64_t body_bytes,
                       const struct answer_race *race) {
  if (service->log)
    reply_log(service, asked, connection_peer(connection), status, outcome,
              body_bytes, race);
}

/* The two halves of the scratch text. */
static void split(struct text *scratch, struct text *head, struct text *body) {
  size_t half = scratch->cap / 2;
  text_init(head, scratch->at, half);
  text_init(body, scratch->at + half, scratch->cap - half);
}

/* The head for a body of that length. */
static void write_head(struct service *service,
                       const struct connection *connection,
                       const struct asked *asked, struct answer_own *own,
                       const struct answer_race *race, struct text *head,
                       size_t length) {
  own->length = length;
  answer_own_head(head, own, race, asked->request_id,
                  slice_of(service->process->via), service_date(service),
                  reply_framing(connection));
}

void reply_problem(struct service *service, struct connection *connection,
                   const struct asked *asked, const struct problem *problem) {
  struct answer_own own = {
      .status = problem->status,
      .content_type = ANSWER_PROBLEM_TYPE,
      .allow = problem->allow,
      .retry_after_s = problem->status == 503 ? RETRY_AFTER_S : 0,
  };
  struct text head, body;
  struct iovec part;
  split(&service->answer_text, &head, &body);
  body.cap -= ANSWER_HEAD_BYTES * 2; /* so that it fits behind the head */
  answer_problem(&body, problem->status, problem->detail, problem->race);
  log_answer(service, connection, asked, problem->status, problem->outcome,
             body.len, problem->race);
  write_head(service, connection, asked, &own, problem->race, &head, body.len);
  if (!asked->head_only) text_slice(&head, text_slice_of(&body));
  part = (struct iovec){head.at, head.len};
  connection_answer(connection, &part, 1, problem->on_sent, problem->arg);
}

void reply_json(struct service *service, struct connection *connection,
                const struct asked *asked, struct slice json) {
  struct answer_own own = {.status = 200, .content_type = "application/json"};
  struct text head = service->answer_text;
  struct iovec part;
  head.len = 0;
  head.cut = false;
  log_answer(service, connection, asked, 200, "own", json.len, NULL);
  write_head(service, connection, asked, &own, NULL, &head, json.len);
  if (!asked->head_only) text_slice(&head, json);
  part = (struct iovec){head.at, head.len};
  connection_answer(connection, &part, 1, NULL, NULL);
}

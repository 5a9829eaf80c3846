/* admin_reply.c: an answer of the admin listener, from its parts to its bytes.
 *
 * A reply is its own storage until the last byte has been sent. What it says is
 * of this moment, so nobody may keep it. */
#include <stdlib.h>

#include "core/answer.h"
#include "core/http_date.h"
#include "io/clock.h"
#include "proxy/admin_parts.h"

enum { PROBLEM_BYTES = ANSWER_PROBLEM_BYTES + 6 * ADMIN_TARGET_BYTES };

struct reply *reply_new(struct admin *admin, struct connection *connection) {
  struct reply *reply = calloc(1, sizeof *reply);
  if (!reply) {
    connection_reset(connection);
    return NULL;
  }
  reply->admin = admin;
  reply->connection = connection;
  reply->status = 200;
  reply->type = "application/json";
  reply->body.blocks = &admin->booth.blocks;
  return reply;
}

void reply_free(void *arg) {
  struct reply *reply = arg;
  buffer_clear(&reply->body);
  free(reply);
}

void reply_put(void *arg, struct slice bytes) {
  struct reply *reply = arg;
  reply->failed |= !buffer_add(&reply->body, bytes.at, bytes.len);
}

void reply_str(struct reply *reply, const char *text) {
  reply_put(reply, slice_of(text));
}

void reply_flush(struct reply *reply, struct text *text) {
  reply_put(reply, text_slice_of(text));
  reply->failed |= text->cut;
  text->len = 0;
}

void reply_problem(struct reply *reply, int status, const char *detail) {
  char storage[PROBLEM_BYTES];
  struct text text = TEXT_ON(storage);
  text.for_page = true;
  answer_problem(&text, status, slice_of(detail), NULL);
  buffer_clear(&reply->body);
  reply->status = status;
  reply->type = ANSWER_PROBLEM_TYPE;
  reply_put(reply, text_slice_of(&text));
}

static void add_fields(struct text *fields, const struct reply *reply) {
  if (reply->status < 400) text_str(fields, "Cache-Control: no-store\r\n");
  text_str(fields, "X-Content-Type-Options: nosniff\r\n");
  if (reply->fields) text_str(fields, reply->fields);
}

void reply_head(struct text *head, const struct reply *reply, uint64_t length) {
  char line[64], lines[1024];
  struct text date = TEXT_ON(line), fields = TEXT_ON(lines);
  text_str(&date, "Date: ");
  http_date_write(&date, clock_wall_us());
  text_str(&date, "\r\n");
  add_fields(&fields, reply);
  const struct answer_own own = {.status = reply->status,
                                 .content_type = reply->type,
                                 .length = length,
                                 .allow = reply->allow};
  const struct answer_ours ours = {
      .date_line = text_slice_of(&date),
      .framing = {.close = connection_closes(reply->connection),
                  .keep_alive_1_0 = connection_keeps_1_0(reply->connection)}};
  answer_own_head(head, &own, &ours, text_slice_of(&fields));
}

void reply_send(struct reply *reply) {
  char storage[REPLY_HEAD_BYTES];
  struct text head = TEXT_ON(storage);
  if (reply->failed)
    reply_problem(reply, 503, "no memory was free for the answer");
  reply_head(&head, reply, reply->body.len);
  struct iovec parts[] = {{head.at, head.len},
                          {reply->body.at, reply->body.len}};
  connection_answer(reply->connection, parts, reply->head_only ? 1 : 2,
                    reply_free, reply);
}

/* answering: the last step of every client request.
 *
 * Each answer is a head of ours and a body: an upstream's, as it was received;
 * the pieces of an /all; or a few words of our own. The head is written into
 * the worker's scratch text, which the connection copies from where the kernel
 * does not take it at once. So nothing of it has to outlive the call.
 *
 * Whatever the answer, and also where there is nobody left to answer, the
 * request's record is completed here and observed once (answering_tell). Of an
 * answer that is passed on while it comes, that is when it is over; only its
 * head is written here, and proxy/passing does the rest. */
#include "proxy/answering.h"

#include <sys/uio.h>

#include "core/answer.h"
#include "io/clock.h"
#include "proxy/observe.h"

static void answering_tell(const struct answering *to, int status,
                           uint64_t bytes) {
  to->race->status = status;
  to->race->bytes = to->head_only ? 0 : bytes;
  observe_race(to->service, to->race, to->connection);
}

static struct text *scratch(const struct answering *to) {
  struct text *text = &to->service->answer_text;
  text->len = 0;
  text->cut = false;
  return text;
}

static const struct race_record *told_race(const struct answering *to) {
  return to->raced ? to->race : NULL;
}

/* Of an answer that came in HTTP/1.0, or not. */
static struct answer_ours ours_of(const struct answering *to, bool of_1_0) {
  return (struct answer_ours){
      .race = told_race(to),
      .request_id = to->race->id,
      .via_line = to->service->process->via_lines[of_1_0],
      .date_line = service_date_line(to->service),
      .framing = {.close = connection_closes(to->connection),
                  .keep_alive_1_0 = connection_keeps_1_0(to->connection)},
  };
}

static void answering_write_own_head(const struct answering *to,
                                     struct text *head,
                                     const struct answer_own *own) {
  struct answer_ours ours = ours_of(to, false);
  answer_own_head(head, own, &ours, to->more.fields);
}

static void answering_send_parts(const struct answering *to,
                                 const struct iovec *parts, unsigned count) {
  connection_answer(to->connection, parts, to->head_only ? 1 : count,
                    to->on_sent, to->arg);
}

/* ---- an upstream's answer, and an /all's ---- */

/* Links may have become longer than there is room for. Then all of them cross
 * as they are, and the head fits (proxy/lease). */
static __attribute__((noinline)) void answering_write_again(
    const struct answering *to, int status, const struct response *response,
    uint64_t length) {
  struct answer_ours ours = ours_of(to, response->http_1_0);
  struct answer_more more = to->more;
  more.links = NULL;
  answer_passed_head(scratch(to), status, response->fields, length, &ours,
                     &more);
}

static inline struct text *answering_write_head(const struct answering *to,
                                                int status,
                                                const struct response *response,
                                                uint64_t length) {
  struct text *head = scratch(to);
  struct answer_ours ours = ours_of(to, response->http_1_0);
  answer_passed_head(head, status, response->fields, length, &ours, &to->more);
  if (head->cut) answering_write_again(to, status, response, length);
  return head;
}

static void answering_pass_as(const struct answering *to, int status,
                              const struct response *response,
                              struct slice body, uint64_t length) {
  struct text *head = answering_write_head(to, status, response, length);
  struct iovec parts[2];
  answering_tell(to, status, body.len);
  parts[0] = (struct iovec){head->at, head->len};
  parts[1] = (struct iovec){(char *)(uintptr_t)body.at, body.len};
  answering_send_parts(to, parts, 2);
}

void answering_pass(const struct answering *to,
                    const struct response *response) {
  answering_pass_as(to, response->status, response, response->body,
                    response->length);
}

struct slice answering_head(const struct answering *to,
                            const struct response *response, uint64_t length) {
  return text_slice_of(
      answering_write_head(to, response->status, response, length));
}

void answering_passed(const struct answering *to, int status, uint64_t bytes) {
  answering_tell(to, status, bytes);
  to->on_sent(to->arg);
}

/* RFC 9110, section 15.4.5. */
void answering_unchanged(const struct answering *to,
                         const struct response *response) {
  answering_pass_as(to, 304, response, (struct slice){0}, UINT64_MAX);
}

void answering_gather(const struct answering *to, struct gathered *gathered,
                      unsigned completed, unsigned items) {
  struct text *head = scratch(to);
  struct answer_own own = {
      .status = 200,
      .content_type = "application/json",
      .length = gathered->bytes,
      .gathered = true,
      .completed = completed,
      .items = items,
  };
  answering_write_own_head(to, head, &own);
  answering_tell(to, 200, gathered->bytes);
  gathered->parts[0] = (struct iovec){head->at, head->len};
  answering_send_parts(to, gathered->parts, gathered->part_count);
}

/* ---- words of our own ---- */

/* Head and body are one piece. The body was written into the text's upper half,
 * because the head, in front of it, must tell its length. */
static void answering_send_own(const struct answering *to, struct text *head,
                               struct slice body) {
  if (!to->head_only) text_slice(head, body);
  struct iovec part = {head->at, head->len};
  answering_send_parts(to, &part, 1);
}

static void answering_split(struct text *text, struct text *head,
                            struct text *body) {
  size_t half = text->cap / 2;
  text_init(head, text->at, half);
  text_init(body, text->at + half, text->cap - half);
}

static unsigned answering_retry_after_s(const struct answering *to,
                                        int status) {
  if (status == 503) return RETRY_AFTER_S;
  return to->raced ? race_record_retry_after_s(to->race) : 0;
}

void answering_problem(const struct answering *to, int status,
                       struct slice detail, const char *allow) {
  struct text head, body;
  answering_split(&to->service->answer_text, &head, &body);
  body.cap -= ANSWER_HEAD_BYTES * 2; /* so that it fits behind the head */
  answer_problem(&body, status, detail, told_race(to));
  struct answer_own own = {
      .status = status,
      .content_type = ANSWER_PROBLEM_TYPE,
      .length = body.len,
      .allow = allow,
      .retry_after_s = answering_retry_after_s(to, status),
  };
  answering_write_own_head(to, &head, &own);
  answering_tell(to, status, body.len);
  answering_send_own(to, &head, text_slice_of(&body));
}

void answering_json(const struct answering *to, struct slice json) {
  struct text *head = scratch(to);
  struct answer_own own = {
      .status = 200, .content_type = "application/json", .length = json.len};
  answering_write_own_head(to, head, &own);
  answering_tell(to, 200, json.len);
  answering_send_own(to, head, json);
}

void answering_nothing(const struct answering *to) {
  struct text *head = scratch(to);
  struct answer_own own = {.status = 204, .length = UINT64_MAX};
  answering_write_own_head(to, head, &own);
  answering_tell(to, 204, 0);
  answering_send_own(to, head, (struct slice){0});
}

void answering_nobody(const struct answering *to) {
  answering_tell(to, 0, 0);
  if (to->on_sent) to->on_sent(to->arg);
}

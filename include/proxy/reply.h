/* reply: answers in hedgerow's own words, and the log line behind every answer.
 */
#ifndef HEDGEROW_PROXY_REPLY_H
#define HEDGEROW_PROXY_REPLY_H

#include <stdbool.h>
#include <stdint.h>

#include "core/answer.h"
#include "io/connection.h"
#include "proxy/service.h"

/* What answers and log lines want to know of a client's request. */
struct asked {
  struct slice method, target, request_id;
  bool head_only; /* HEAD: no body is sent */
  int64_t started_us;
};

enum { RETRY_AFTER_S = 1 };

/* What went wrong, for the client and for the log. A 503 gets a Retry-After. */
struct problem {
  int status;
  const char *outcome; /* for the log */
  struct slice detail;
  const char *allow;              /* for 405, else NULL */
  const struct answer_race *race; /* NULL: no attempts */
  void (*on_sent)(void *arg);     /* as connection_answer's; may be NULL */
  void *arg;
};

/* Answers with it (RFC 9457). */
void reply_problem(struct service *service, struct connection *connection,
                   const struct asked *asked, const struct problem *problem);

/* 200 with this JSON. */
void reply_json(struct service *service, struct connection *connection,
                const struct asked *asked, struct slice json);

/* What the connection wants the head to say. */
struct answer_framing reply_framing(const struct connection *connection);

/* One log line. peer: connection_peer's text, since the connection may have
 * gone. status 0: nothing was sent. */
void reply_log(struct service *service, const struct asked *asked,
               const char *peer, int status, const char *outcome,
               uint64_t body_bytes, const struct answer_race *race);

#endif

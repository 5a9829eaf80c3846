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

/* A problem (RFC 9457) of that status. allow: for 405, else NULL. A 503 gets a
 * Retry-After. race may be NULL. Logs it under `outcome`. */
void reply_problem(struct service *service, struct connection *connection,
                   const struct asked *asked, int status, const char *outcome,
                   struct slice detail, const char *allow,
                   const struct answer_race *race);

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

/* answering: hands answers to connections, and has them observed. */
#ifndef HEDGEROW_PROXY_ANSWERING_H
#define HEDGEROW_PROXY_ANSWERING_H

#include <stdbool.h>
#include <stdint.h>

#include "core/answer.h"
#include "core/record.h"
#include "io/connection.h"
#include "io/response.h"
#include "proxy/gathered.h"
#include "proxy/service.h"

/* Whom to answer, and how its request went. The record's peer may be empty: it
 * is the connection's then. */
struct answering {
  struct service *service;
  struct connection *connection; /* NULL where it may be gone */
  struct race_record *race;
  bool head_only; /* HEAD: no body is sent */
  struct answer_more more;
  bool raced;                 /* attempts are told of, were there any or not */
  void (*on_sent)(void *arg); /* as connection_answer's; may be NULL where all
                               * that is sent is hedgerow's own text */
  void *arg;
};

enum { RETRY_AFTER_S = 1 };

/* Passes an upstream's response on; its bytes go out from where they are. */
void answering_pass(const struct answering *to,
                    const struct response *response);
/* The same for one that is passed on while it comes: its head, which is valid
 * until the worker's next answer is written. Nothing is sent. length as
 * answer_passed_head's. */
struct slice answering_head(const struct answering *to,
                            const struct response *response, uint64_t length);
/* That one is over: so many bytes of its body have passed. Calls on_sent. */
void answering_passed(const struct answering *to, int status, uint64_t bytes);
/* 304 (Not Modified) in place of that response. */
void answering_unchanged(const struct answering *to,
                         const struct response *response);
/* 204 with no field but to->more's. */
void answering_nothing(const struct answering *to);
/* 200 with the array of an /all, whose pieces go out from where they are. */
void answering_gather(const struct answering *to, struct gathered *gathered,
                      unsigned completed, unsigned items);
/* A problem (RFC 9457). A 503 gets a Retry-After of ours, another that of the
 * upstreams where all asked for one; allow (for a 405) may be NULL. */
void answering_problem(const struct answering *to, int status,
                       struct slice detail, const char *allow);
/* 200 with this JSON. */
void answering_json(const struct answering *to, struct slice json);
/* The client has left: nobody is answered. Calls on_sent, if there is
 * one. */
void answering_nobody(const struct answering *to);

#endif

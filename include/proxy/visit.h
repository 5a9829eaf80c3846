/* visit: one client request on its way from the router to an endpoint. */
#ifndef HEDGEROW_PROXY_VISIT_H
#define HEDGEROW_PROXY_VISIT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/query.h"
#include "core/record.h"
#include "core/route.h"
#include "io/connection.h"
#include "proxy/exchange.h"
#include "proxy/service.h"

/* Preference-Applied and Vary come to the lines when there is an exchange. */
enum { VISIT_LINES_BYTES = 64 };

/* Lives as long as the router's call; slices point into the request. */
struct visit {
  struct service *service;
  struct connection *connection;
  const struct http_request *request;
  struct slice body;
  const struct route *route; /* of the lease's snapshot; NULL: none takes it */
  struct lease *lease;       /* that its head came under */
  struct slice rest; /* the path, without the route's own where that is cut */
  struct race_record record; /* id, method, path, route, trace, trace_state and
                              * start_us, so far */
  bool keeps_state;          /* of its trace: the client's tracestate is good */
  bool head_only;            /* HEAD: no body is sent */
  struct text lines;         /* fields of ours for its answer, whatever it is */
  struct exchange *exchange; /* once visit_open has made one, */
  struct text text;          /* and what is written for it */
};

/* The request is answered with a problem. The exchange, if there is one, is
 * gone. A 503 counts as refused, or drained, like that of a race. */
void visit_reject(struct visit *visit, int status, const char *detail);
/* 405; allow is the Allow field's value. */
void visit_reject_method(struct visit *visit, const char *allow,
                         const char *detail);
/* 204, to a preflight (core/cors) or OPTIONS of "*". */
void visit_answer_nothing(struct visit *visit);
/* The client has left before its request was whole: nobody is answered. */
void visit_gone(struct visit *visit);
/* 200 with this JSON. */
void visit_answer(struct visit *visit, struct slice json);

/* Asks the gate, makes an exchange, and opens visit->text in its arena, with
 * room for so many bytes of the endpoint's own. False: it may not start, or
 * there is no memory, and it has been answered. */
bool visit_open(struct visit *visit, size_t bytes)
    __attribute__((warn_unused_result));
/* Copies bytes into the text. */
struct slice visit_keep(struct visit *visit, struct slice bytes);

/* The timeout of the request: from its parameter, else from a preference, which
 * the answer will tell, else the default. False: the parameter is malformed,
 * and the request has been answered. */
bool visit_timeout(struct visit *visit, struct slice value, unsigned count,
                   int64_t *timeout_us) __attribute__((warn_unused_result));

/* Whether the query's parameter, if there is one, would do for that. */
bool visit_timeout_is_good(const struct route *route, struct slice query);

/* Whether a parameter is 1, or else 0 or not given. False: it is malformed, and
 * has been answered. */
bool visit_switch(struct visit *visit, const struct query_param *param,
                  bool *on) __attribute__((warn_unused_result));

/* Whether the client wants each thing to be asked once: Hedge: off. */
bool visit_is_plain(const struct visit *visit);

/* Adds to the setup what every exchange needs of its request (who asked what,
 * and for each item the message to its targets), and starts it, or answers why
 * not. The setup's other slices are in the text already, which ends here. */
void visit_start(struct visit *visit, struct exchange_setup *setup);

#endif

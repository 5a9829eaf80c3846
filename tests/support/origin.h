/* origin: an upstream that does nothing by itself.
 *
 * It holds every request that arrives until the script answers, cuts or resets
 * it, so a test says in which order things happen and never how long they
 * take. One arrival is one connection with the request that came on it last.
 */
#ifndef HEDGEROW_TESTS_SUPPORT_ORIGIN_H
#define HEDGEROW_TESTS_SUPPORT_ORIGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "support/scoped.h"

enum { ORIGIN_REQUEST_MAX = 32 * 1024 };

struct origin {
  uint16_t port;
  char url[64];     /* "http://127.0.0.1:PORT" */
  const char *host; /* of it: "127.0.0.1:PORT" */
  int listening;
  struct arrival *arrivals; /* in the order of their connections */
};

enum arrival_state {
  ARRIVAL_READING,  /* its next request has not come whole */
  ARRIVAL_WAITING,  /* it has, and the script has not asked for it */
  ARRIVAL_HELD,     /* the script has it */
  ARRIVAL_ANSWERED, /* a whole answer was given; another request may come */
  ARRIVAL_CLOSED,
};

struct arrival {
  struct arrival *next;
  enum arrival_state state;
  int fd;
  char request[ORIGIN_REQUEST_MAX]; /* its head as text */
  size_t len;
};

struct origin *origin_new(void);
/* On another address of this machine. */
struct origin *origin_new_at(const char *host, uint16_t port);
/* Connections to it are refused. */
struct origin *origin_new_deaf(void);
/* Connections to it neither succeed nor fail. */
struct origin *origin_new_stuck(void);
/* Closes what is left. */
void origin_free(struct origin *origin);
OWNABLE(origin)

/* The next request, in the order of arrival. Valid until origin_free. */
struct arrival *origin_await(struct origin *origin);
/* The request with `Hedge-Attempt: attempt`; others keep waiting. */
struct arrival *origin_await_attempt(struct origin *origin, unsigned attempt);
/* Fails if a request or a new connection is there that the script has not
 * taken. Only where something else has happened that it would precede. */
void origin_expect_no_arrival(struct origin *origin);

/* Asserts on the request line, "GET /v1/work HTTP/1.1". */
void arrival_expect_line(const struct arrival *arrival, const char *line);
/* Asserts on a field's value; NULL: there is no such field. */
void arrival_expect_field(const struct arrival *arrival, const char *name,
                          const char *value);
/* There is none of these fields. */
#define arrival_expect_none(arrival, ...)                                      \
  arrival_expect_none_of(arrival, (const char *const[]){__VA_ARGS__, NULL})
void arrival_expect_none_of(const struct arrival *arrival,
                            const char *const *names);
/* Reads the body, as long as its Content-Length says, and asserts on it. */
void arrival_expect_body(struct arrival *arrival, const char *body, size_t len);

/* A whole answer: Content-Length is added. fields: lines with CRLFs, or "". */
void arrival_answer(struct arrival *arrival, int status, const char *fields,
                    const char *body);
/* The same with any bytes. */
void arrival_answer_bytes(struct arrival *arrival, int status,
                          const char *fields, const char *body, size_t len);
void arrival_answer_json(struct arrival *arrival, int status, const char *body);
/* The last answer on its connection; returns when hedgerow has read it whole,
 * so that what the script does next comes second. */
void arrival_answer_first(struct arrival *arrival, int status,
                          const char *body);
/* Bytes as they are; the arrival stays held. */
void arrival_send(struct arrival *arrival, const char *text);
void arrival_send_bytes(struct arrival *arrival, const char *bytes, size_t len);
/* The same where the peer may go away meanwhile. */
void arrival_send_until_closed(struct arrival *arrival, const char *bytes,
                               size_t len);
/* The next request on this very connection. */
void arrival_await_next(struct arrival *arrival);
void arrival_close(struct arrival *arrival);
void arrival_reset(struct arrival *arrival);
/* Waits until hedgerow has closed this connection, and fails if it sends. */
void arrival_await_closed(struct arrival *arrival);

#endif

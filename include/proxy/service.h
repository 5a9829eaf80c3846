/* service: what the requests of one worker share, and what all workers do. */
#ifndef HEDGEROW_PROXY_SERVICE_H
#define HEDGEROW_PROXY_SERVICE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "core/forward.h"
#include "core/text.h"
#include "io/buffer.h"
#include "io/log.h"
#include "io/loop.h"
#include "io/slab.h"
#include "io/upstream.h"

struct exchange;
struct lease;

enum {
  CACHE_LINE = 64,
  SERVICE_PSEUDONYM_BYTES = 32,
  SERVICE_VIA_BYTES = 40,
  SERVICE_ROOM_BYTES = 2048,
};

/* The process's: immutable after start, but for relaxed counters. What each
 * request counts has cache lines of its own, so that a worker that counts does
 * not take from the others what they only read. */
struct process {
  _Alignas(CACHE_LINE) struct upstream_shared upstream; /* --max-attempts */
  _Alignas(CACHE_LINE) _Atomic int64_t requests; /* in flight; --max-requests */
  _Alignas(CACHE_LINE) struct budget budget;     /* --max-buffered */
  _Atomic int64_t connections;                   /* --max-connections */
  _Alignas(CACHE_LINE) const struct config *config;
  struct wake *room[CONFIG_WORKERS_MAX]; /* told when there are fewer again */
  unsigned worker_count;
  char pseudonym[SERVICE_PSEUDONYM_BYTES]; /* "hedgerow-ID", with its NUL */
  char via[SERVICE_VIA_BYTES];             /* "1.1 hedgerow-ID" */
  bool log_text;                           /* short text rather than JSON */
};

/* One worker's. Only its thread touches it. */
struct service {
  struct process *process; /* borrowed */
  const struct config *config;
  struct loop *loop;
  struct upstream *upstream;
  struct blocks blocks; /* every buffer of this worker */
  struct slab room;     /* of SERVICE_ROOM_BYTES: most exchanges fit in one */
  struct log_channel *log; /* NULL: off */
  struct lease *lease;     /* on the snapshot in force; see proxy/lease */
  struct forward_rules forward;
  struct exchange *exchanges;   /* those that are not settled */
  void *owner;                  /* its worker */
  bool drained;                 /* --drain is over: nothing new is started */
  uint64_t id_state[2];         /* for X-Request-ID */
  struct text request_text;     /* scratch: while a request is made ready */
  struct text credentials_text; /* scratch: the client's credentials */
  struct text answer_text;      /* scratch: while an answer is written */
  int64_t date_second;
  char date[32]; /* IMF-fixdate of date_second */
};

/* Starts a worker's service; loop, upstream, log and the token in `forward` are
 * set by its owner. False: no memory. */
bool service_init(struct service *service, struct process *process)
    __attribute__((warn_unused_result));
void service_clear(struct service *service);

/* The Date field's value for now. */
struct slice service_date(struct service *service);

enum { SERVICE_REQUEST_ID_BYTES = 32 };
/* Writes a new X-Request-ID: 32 hex digits. Unique, not secret. */
void service_make_id(struct service *service,
                     char id[SERVICE_REQUEST_ID_BYTES]);

#endif

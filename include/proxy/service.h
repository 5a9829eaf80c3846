/* service: what the requests of one worker share, and what all workers do. */
#ifndef HEDGEROW_PROXY_SERVICE_H
#define HEDGEROW_PROXY_SERVICE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "core/list.h"
#include "core/step.h"
#include "core/text.h"
#include "io/attempt.h"
#include "io/buffer.h"
#include "io/log.h"
#include "io/loop.h"
#include "io/slab.h"

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
  _Alignas(CACHE_LINE) _Atomic int64_t requests; /* in flight; --max-requests */
  _Alignas(CACHE_LINE) struct budget budget;     /* --max-buffered */
  _Atomic int64_t connections;                   /* --max-connections */
  _Alignas(CACHE_LINE) const struct config *config;
  struct slots *slots; /* of all targets */
  /* Woken when connections drop below --max-connections. */
  struct wake *accept_again[CONFIG_WORKERS_MAX];
  unsigned worker_count;
  char pseudonym[SERVICE_PSEUDONYM_BYTES]; /* "hedgerow-ID", with its NUL */
  char via[SERVICE_VIA_BYTES];             /* "1.1 hedgerow-ID" */
  bool log_text;                           /* short text rather than JSON */
};

/* What one worker has seen begin and end. */
struct counters {
  uint64_t begun;                     /* attempts, refused ones included */
  uint64_t attempts[ATTEMPT_RESULTS]; /* that have ended, by how they did */
  uint64_t races[OUTCOMES];           /* client requests, by their outcome */
};

/* One worker's. Only its thread touches it. */
struct service {
  struct process *process; /* borrowed */
  const struct config *config;
  struct loop *loop;
  struct attempts *attempts;
  struct blocks blocks; /* every buffer of this worker */
  struct slab rooms;    /* of SERVICE_ROOM_BYTES: most exchanges fit in one */
  struct log_channel *log; /* NULL: off */
  struct lease *lease;     /* on the snapshot in force; see proxy/lease */
  struct list exchanges;   /* those that are not settled */
  bool drained;            /* --drain is over: nothing new is started */
  uint64_t id_state[2];    /* for X-Request-ID */
  struct text answer_text; /* scratch: while an answer is written */
  struct counters counters;
  int64_t date_second;
  char date[32]; /* IMF-fixdate of date_second */
};

/* Starts a worker's service; loop, attempts, log and lease are set by its
 * owner. False: no memory. */
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

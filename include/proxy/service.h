/* service: what the requests of one worker share. */
#ifndef HEDGEROW_PROXY_SERVICE_H
#define HEDGEROW_PROXY_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/list.h"
#include "core/step.h"
#include "core/text.h"
#include "io/attempt.h"
#include "io/buffer.h"
#include "io/log.h"
#include "io/loop.h"
#include "io/slab.h"
#include "proxy/common.h"
#include "proxy/line.h"
#include "proxy/spans.h"
#include "proxy/tape.h"

struct exchange;
struct lease;

enum { SERVICE_ROOM_BYTES = 2048 };

/* What one worker has seen begin and end. */
struct counters {
  uint64_t begun;                     /* attempts, refused ones included */
  uint64_t attempts[ATTEMPT_RESULTS]; /* that have ended, by how they did */
  uint64_t races[OUTCOMES];           /* client requests, by their outcome */
};

/* One worker's. Only its thread touches it. */
struct service {
  struct process *process; /* borrowed */
  unsigned number;         /* of the worker, from 0 */
  const struct config *config;
  struct loop *loop;
  struct attempts *attempts;
  struct line line;       /* primaries that wait for room */
  struct blocks blocks;   /* every buffer of this worker */
  struct slab rooms;      /* of SERVICE_ROOM_BYTES: most exchanges fit in one */
  struct slab aftermaths; /* see proxy/aftermath */
  struct log_channel *log;  /* NULL: off */
  struct tape *tape;        /* NULL: nobody keeps races */
  struct spans_feed *spans; /* NULL: --otlp off */
  struct lease *lease;      /* on the snapshot in force; see proxy/lease */
  struct list exchanges;    /* those that are not settled */
  bool drained;             /* --drain is over: nothing new is started */
  uint64_t id_state[2];     /* for X-Request-ID */
  struct text answer_text;  /* scratch: while an answer is written */
  struct counters counters;
  struct worker_tally *tally; /* the process's, of this worker */
  int64_t date_second;
  char date_bytes[48];
  struct text date_line; /* of date_second */
};

/* Starts a worker's service; loop, attempts, line, log, tape, tally and lease
 * are set by its owner. False: no memory. */
bool service_init(struct service *service, struct process *process)
    __attribute__((warn_unused_result));
void service_clear(struct service *service);

/* "Date: ...\r\n", of now. */
struct slice service_date_line(struct service *service);

/* Any number; nothing is protected by it. */
uint64_t service_random(struct service *service);
/* The ID of a span: any number but 0. */
uint64_t service_span(struct service *service);

enum { SERVICE_REQUEST_ID_BYTES = 32 };
/* Writes a new X-Request-ID: 32 hex digits. Unique, not secret. */
void service_make_id(struct service *service,
                     char id[SERVICE_REQUEST_ID_BYTES]);

#endif

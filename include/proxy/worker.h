/* worker: one of N threads that serve clients, each with all it needs. */
#ifndef HEDGEROW_PROXY_WORKER_H
#define HEDGEROW_PROXY_WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io/log.h"
#include "io/resolver.h"
#include "proxy/history.h"
#include "proxy/lease.h"
#include "proxy/service.h"

struct worker;

struct worker_setup {
  struct process *process;
  unsigned number; /* from 0, below the snapshots' workers */
  struct resolver *resolver;
  struct log_channel *log;    /* NULL: no log */
  struct history *history;    /* keeps races; NULL: nobody does */
  struct snapshot *snapshot;  /* it holds it */
  const struct worker *first; /* has opened the addresses, and this one joins
                               * it; NULL: it is the first itself */
  struct wake *on_news; /* sent from its thread when it has carried out what
                         * it was told, and when it has ended */
};

/* Listens at each address of the process's config. NULL with one line in error.
 */
struct worker *worker_new(const struct worker_setup *setup, char *error,
                          size_t error_cap);
/* The port that it got for config->listen[number]. */
uint16_t worker_port(const struct worker *worker, unsigned number);
/* What wakes it when there are fewer connections than --max-connections again:
 * for struct process, before any worker starts. */
struct wake *worker_accept_again(const struct worker *worker);
/* Starts its thread. */
bool worker_start(struct worker *worker) __attribute__((warn_unused_result));

/* What a worker is told, by one thread; these return at once. */
/* To stop: no new connections, what is in flight is finished within --drain. */
void worker_stop(struct worker *worker);
/* To begin requests under this snapshot from now on; the lease becomes its own.
 * What is in flight goes on under the one that it began under. */
void worker_renew(struct worker *worker, struct lease *lease);
/* To show that its loop turns. */
void worker_ping(struct worker *worker);
/* Whether it has carried out all that it was told before this call, or has
 * ended. */
bool worker_has_heard(const struct worker *worker);

/* What it had counted when it last carried out what it was told, or when it
 * ended. Once it has heard, until it is told again. */
const struct counters *worker_counted(const struct worker *worker);

/* Whether its thread has ended by itself. From any thread. */
bool worker_is_done(const struct worker *worker);
/* Waits for the end of its thread, if it has one, and closes what is left. */
void worker_join(struct worker *worker);
/* Frees it. All workers have been joined before, since they wake each other.
 * NULL is fine. */
void worker_free(struct worker *worker);

#endif

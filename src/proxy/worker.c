/* worker: a loop, listeners, connections, attempts, and one thread.
 *
 * Workers share nothing on the path of a request but relaxed counters and what
 * is immutable (struct process); the kernel spreads connections over their
 * listeners (SO_REUSEPORT). So a worker is written as if it were alone.
 *
 * Its end, after worker_stop:
 *
 *   stop ----> listeners: new SYNs are dropped, backlogs are accepted, closed
 *         |--> connections: answers say close; idle ones get a short grace
 *         +--> --drain runs
 *   all connections have ended,  or  --drain is over: open exchanges are
 *         |                          answered with 503, and a moment later
 *         v                          v
 *       loop_stop, and the thread ends; on_news wakes main, which joins it
 *
 * What main tells it lies in the worker, and one wake says that something does.
 * It counts what it was told, and the worker says up to where it has come: so
 * main knows when a new snapshot is in force everywhere, and that every loop
 * turns, without anything on the path of a request. */
#include "proxy/worker.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "io/clock.h"
#include "io/front.h"
#include "io/listeners.h"
#include "io/thread.h"
#include "proxy/exchange.h"
#include "proxy/pulse.h"
#include "proxy/router.h"

enum {
  IDLE_GRACE_US = 500 * 1000, /* for one more request on a kept connection */
  LAST_WORDS_US = 200 * 1000, /* for the 503s at the end of --drain */
};

struct worker {
  struct worker_setup setup;
  struct service service;
  struct loop *loop;
  struct front *front;
  struct listeners *listeners; /* NULL once all have closed */
  struct wake *orders, *accept_again;
  struct timer drain;
  struct pulse pulse; /* with --admin, who asks how late loops turn */
  bool stopping, paused;
  bool started;
  /* What main tells: */
  atomic_bool must_stop;
  _Atomic(struct lease *) renewed; /* not in force yet, or NULL */
  atomic_uint told, heard;
  struct counters counted; /* when it last heard */
  atomic_bool done;
  pthread_t thread;
};

/* ---- stopping ---- */

static void end_if_empty(struct worker *worker) {
  if (worker->stopping && !worker->listeners && front_count(worker->front) == 0)
    loop_stop(worker->loop);
}

static void worker_on_listeners_closed(void *arg) {
  struct worker *worker = arg;
  listeners_free(worker->listeners);
  worker->listeners = NULL;
  end_if_empty(worker);
}

static void worker_on_drain_timer(void *arg) {
  struct worker *worker = arg;
  if (worker->service.drained) {
    loop_stop(worker->loop);
    return;
  }
  worker->service.drained = true;
  exchange_drain_all(&worker->service);
  timer_set(&worker->drain, clock_now_us() + LAST_WORDS_US);
}

static void stop(struct worker *worker) {
  int64_t drain_us = worker->service.config->drain_us;
  if (worker->stopping) return;
  worker->stopping = true;
  listeners_resume(worker->listeners);
  listeners_stop(worker->listeners, worker_on_listeners_closed);
  front_drain(worker->front,
              drain_us < IDLE_GRACE_US ? drain_us : IDLE_GRACE_US);
  timer_set(&worker->drain, clock_now_us() + drain_us);
}

/* ---- orders ---- */

/* The lease becomes the worker's. What is in flight has copied the token into
 * its request, and its connections hold their CAs (io/multi). */
static void worker_adopt(struct worker *worker, struct lease *lease) {
  struct service *service = &worker->service;
  struct lease *before = service->lease;
  if (!lease) return;
  service->lease = lease;
  lease_take_room(lease, &service->answer_text);
  attempts_sweep(service->attempts);
  lease_give(before);
}

static void worker_on_orders(void *arg) {
  struct worker *worker = arg;
  unsigned told = atomic_load(&worker->told);
  worker_adopt(worker, atomic_exchange(&worker->renewed, NULL));
  if (atomic_load(&worker->must_stop)) stop(worker);
  worker->counted = worker->service.counters;
  atomic_store(&worker->heard, told);
  wake_send(worker->setup.on_news);
}

void worker_ping(struct worker *worker) {
  atomic_fetch_add(&worker->told, 1);
  wake_send(worker->orders);
}

void worker_stop(struct worker *worker) {
  atomic_store(&worker->must_stop, true);
  worker_ping(worker);
}

/* One that the worker has not taken over yet was nobody else's. */
void worker_renew(struct worker *worker, struct lease *lease) {
  lease_give(atomic_exchange(&worker->renewed, lease));
  worker_ping(worker);
}

bool worker_has_heard(const struct worker *worker) {
  return worker_is_done(worker) ||
         atomic_load(&worker->heard) == atomic_load(&worker->told);
}

/* Nothing that is counted on the path of a request is shared. */
const struct counters *worker_counted(const struct worker *worker) {
  return worker_is_done(worker) ? &worker->service.counters : &worker->counted;
}

/* ---- accepting ---- */

/* The cap is the process's, since the kernel does not spread evenly: a worker
 * that meets it pauses, and whoever brings the count below it wakes all. */
static bool is_full(const struct worker *worker) {
  const struct process *process = worker->setup.process;
  return relaxed_load(&process->connections) >=
         process->config->max_connections;
}

static void worker_on_fewer_connections(void *arg) {
  struct worker *worker = arg;
  if (!worker->paused || !worker->listeners || is_full(worker)) return;
  listeners_resume(worker->listeners);
  worker->paused = false;
}

static void count_closed(struct process *process) {
  if (relaxed_sub(&process->connections, 1) != process->config->max_connections)
    return;
  for (unsigned i = 0; i < process->worker_count; i++)
    wake_send(process->accept_again[i]);
}

static void worker_on_accept(void *arg, int fd, const struct sockaddr *peer) {
  struct worker *worker = arg;
  if (!front_accept(worker->front, fd, peer)) return;
  relaxed_add(&worker->setup.process->connections, 1);
  if (worker->stopping || !is_full(worker)) return;
  listeners_pause(worker->listeners);
  worker->paused = true;
}

/* The front's callbacks get the service, as the router wants it. */
static void worker_on_connection_closed(void *arg) {
  struct worker *worker = list_item(arg, struct worker, service);
  count_closed(worker->setup.process);
  end_if_empty(worker);
}

/* ---- life ---- */

static struct front *make_front(struct worker *worker) {
  const struct config *config = worker->service.config;
  struct front_handler handler = {
      .arg = &worker->service,
      .on_head = router_on_head,
      .on_hold = router_on_hold,
      .on_release = router_on_release,
      .on_request = router_on_request,
      .on_bad_request = router_on_bad_request,
      .on_left = router_on_left,
      .on_closed = worker_on_connection_closed,
  };
  struct front_limits limits = {
      .head_bytes = (size_t)config->max_head_bytes,
      .request = {.target_bytes = (size_t)config->max_target_bytes,
                  .fields = (unsigned)config->max_fields},
      .header_timeout_us = config->header_timeout_us,
      .keepalive_timeout_us = config->keepalive_timeout_us,
      .write_timeout_us = config->write_timeout_us,
  };
  return front_new(worker->loop, &handler, &limits, &worker->service.blocks);
}

static bool make_service(struct worker *worker, char *error, size_t error_cap) {
  struct service *service = &worker->service;
  struct process *process = worker->setup.process;
  snprintf(error, error_cap, "no memory for a worker");
  if (!service_init(service, process)) return false;
  service->number = worker->setup.number;
  service->loop = worker->loop;
  service->log = worker->setup.log;
  service->spans = spans_feed(process->spans, service->number);
  if (worker->setup.history)
    service->tape = history_tape(worker->setup.history, service->number);
  service->tally = &process->tallies[service->number];
  service->attempts =
      attempts_new(worker->loop, worker->setup.resolver, process->slots,
                   &service->blocks, service->tally);
  return service->attempts != NULL &&
         line_init(&service->line, process, service->number, worker->loop,
                   service->attempts);
}

/* At the ports that the first worker got, if there is one before this. */
static bool make_listeners(struct worker *worker, char *error,
                           size_t error_cap) {
  const struct config *config = worker->service.config;
  const struct worker *first = worker->setup.first;
  struct listen_at addresses[CONFIG_LISTEN_MAX];
  char why[128];
  for (unsigned i = 0; i < config->listen_count; i++) {
    addresses[i] = config->listen[i];
    if (first) addresses[i].port = worker_port(first, i);
  }
  worker->listeners =
      listeners_new(worker->loop, addresses, config->listen_count,
                    first != NULL, worker_on_accept, worker, why, sizeof why);
  if (!worker->listeners) snprintf(error, error_cap, "--listen %s", why);
  return worker->listeners != NULL;
}

struct worker *worker_new(const struct worker_setup *setup, char *error,
                          size_t error_cap) {
  struct worker *worker = calloc(1, sizeof *worker);
  snprintf(error, error_cap, "no memory or descriptors for a worker");
  if (!worker) return NULL;
  worker->setup = *setup;
  worker->loop = loop_new();
  if (!worker->loop) goto fail;
  timer_init(&worker->drain, worker->loop, worker_on_drain_timer, worker);
  worker->orders = wake_new(worker->loop, worker_on_orders, worker);
  worker->accept_again =
      wake_new(worker->loop, worker_on_fewer_connections, worker);
  if (!worker->orders || !worker->accept_again ||
      !make_service(worker, error, error_cap))
    goto fail;
  worker_adopt(worker, lease_new(setup->snapshot));
  if (!worker->service.lease) goto fail;
  worker->front = make_front(worker);
  if (!worker->front || !make_listeners(worker, error, error_cap)) goto fail;
  return worker;
fail:
  worker_free(worker);
  return NULL;
}

struct wake *worker_accept_again(const struct worker *worker) {
  return worker->accept_again;
}

uint16_t worker_port(const struct worker *worker, unsigned number) {
  return listeners_port(worker->listeners, number);
}

static void *worker_run(void *arg) {
  struct worker *worker = arg;
  if (listen_at_is_set(&worker->service.config->admin))
    pulse_start(&worker->pulse, worker->loop, worker->service.tally);
  loop_run(worker->loop);
  pulse_stop(&worker->pulse);
  atomic_store(&worker->done, true);
  wake_send(worker->setup.on_news);
  return NULL;
}

bool worker_start(struct worker *worker) {
  worker->started = thread_start(&worker->thread, worker_run, worker);
  return worker->started;
}

bool worker_is_done(const struct worker *worker) {
  return atomic_load(&worker->done);
}

/* What closes here may wake other workers. */
static void close_all(struct worker *worker) {
  listeners_free(worker->listeners);
  worker->listeners = NULL;
  if (worker->front) front_free(worker->front);
  worker->front = NULL;
}

void worker_join(struct worker *worker) {
  if (worker->started) pthread_join(worker->thread, NULL);
  worker->started = false;
  close_all(worker);
}

void worker_free(struct worker *worker) {
  if (!worker) return;
  close_all(worker);
  attempts_free(worker->service.attempts);
  line_clear(&worker->service.line);
  service_clear(&worker->service);
  if (worker->loop) timer_clear(&worker->drain);
  lease_give(worker->service.lease);
  lease_give(worker->renewed);
  wake_free(worker->orders);
  wake_free(worker->accept_again);
  loop_free(worker->loop);
  free(worker);
}

/* crew: what is done to every worker, or to none.
 *
 * Workers wake each other when connections become fewer (struct process,
 * accept_again). So all of them exist before the first one runs, and none is
 * freed before the last one has stopped and closed what it had. */
#include "proxy/crew.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/text.h"
#include "proxy/observe.h"

static bool fail(char *error, size_t error_cap) {
  snprintf(error, error_cap, "no memory, descriptors or threads to start with");
  return false;
}

static bool make_one(struct crew *crew, const struct worker_setup *common,
                     struct log *log, char *error, size_t error_cap) {
  struct worker_setup setup = *common;
  setup.number = crew->count;
  setup.first = crew->count > 0 ? crew->workers[0] : NULL;
  if (log && !(setup.log = log_open(log))) return fail(error, error_cap);
  struct worker *worker = worker_new(&setup, error, error_cap);
  if (!worker) return false;
  setup.process->accept_again[crew->count] = worker_accept_again(worker);
  crew->workers[crew->count++] = worker;
  return true;
}

bool crew_start(struct crew *crew, const struct worker_setup *setup,
                struct log *log, unsigned count, char *error,
                size_t error_cap) {
  *crew = (struct crew){.workers = calloc(count, sizeof *crew->workers)};
  if (!crew->workers) return fail(error, error_cap);
  while (crew->count < count)
    if (!make_one(crew, setup, log, error, error_cap)) return false;
  setup->process->worker_count = count; /* the process is immutable from here */
  for (unsigned i = 0; i < count; i++)
    if (!worker_start(crew->workers[i])) return fail(error, error_cap);
  return true;
}

void crew_urls(const struct crew *crew, const struct config *config,
               char urls[CREW_URLS_BYTES]) {
  struct text text;
  text_init(&text, urls, CREW_URLS_BYTES);
  for (unsigned i = 0; i < config->listen_count; i++) {
    text_str(&text, i > 0 ? ", http://" : "http://");
    address_write_place(&text, &config->listen[i],
                        worker_port(crew->workers[0], i));
  }
  text_end(&text);
}

void crew_stop(struct crew *crew) {
  for (unsigned i = 0; i < crew->count; i++) worker_stop(crew->workers[i]);
}

void crew_ping(struct crew *crew) {
  for (unsigned i = 0; i < crew->count; i++) worker_ping(crew->workers[i]);
}

bool crew_renew(struct crew *crew, const struct snapshot *before,
                struct snapshot *next) {
  struct lease *leases[CONFIG_WORKERS_MAX];
  unsigned count = 0;
  while (count < crew->count && (leases[count] = lease_new(next))) count++;
  if (count < crew->count) {
    while (count > 0) lease_give(leases[--count]);
    return false;
  }
  snapshot_retire(before, next);
  for (unsigned i = 0; i < count; i++)
    worker_renew(crew->workers[i], leases[i]);
  return true;
}

void crew_sum(const struct crew *crew, struct counters *sum) {
  for (unsigned i = 0; i < crew->count; i++)
    observe_add(sum, worker_counted(crew->workers[i]));
}

static bool every(const struct crew *crew, bool (*is)(const struct worker *)) {
  for (unsigned i = 0; i < crew->count; i++)
    if (!is(crew->workers[i])) return false;
  return true;
}

bool crew_has_heard(const struct crew *crew) {
  return every(crew, worker_has_heard);
}

bool crew_is_done(const struct crew *crew) {
  return every(crew, worker_is_done);
}

void crew_free(struct crew *crew) {
  for (unsigned i = 0; i < crew->count; i++) worker_join(crew->workers[i]);
  for (unsigned i = 0; i < crew->count; i++) worker_free(crew->workers[i]);
  free(crew->workers);
  *crew = (struct crew){0};
}

/* inside: what proxy/process does, as far as one worker needs it. The test's
 * own thread is main's. */
#include "support/inside.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "io/libraries.h"
#include "proxy/worker.h"

enum { FLAGS_MAX = 256 };

struct inside {
  char *words; /* the config borrows them */
  struct config config;
  struct process process;
  struct resolver *resolver;
  struct loop *loop;
  struct wake *news;
  struct snapshot *snapshot; /* in force; NULL: none yet */
  struct worker *worker;
};

static const char *no_variable(const char *name) {
  (void)name;
  return NULL;
}

static void configure(struct inside *inside, const char *flags) {
  char *argv[FLAGS_MAX] = {"hedgerow", "--listen", "127.0.0.1:0"}, error[256];
  int argc = 3;
  inside->words = strdup(flags);
  for (char *w = strtok(inside->words, " "); w; w = strtok(NULL, " "))
    argv[argc++] = w;
  cr_assert_eq(config_parse(&inside->config, argc, argv, no_variable, error,
                            sizeof error),
               CONFIG_RUN, "%s: %s", flags, error);
  cr_assert(config_build(&inside->config));
}

static void on_news(void *arg) {
  struct inside *inside = arg;
  loop_stop(inside->loop);
}

struct inside *inside_new(const char *flags) {
  static struct inside inside; /* struct process is aligned */
  cr_assert(libraries_init());
  inside = (struct inside){0};
  configure(&inside, flags);
  inside.resolver = resolver_new();
  inside.loop = loop_new();
  cr_assert(inside.resolver && inside.loop);
  inside.news = wake_new(inside.loop, on_news, &inside);
  inside.process.config = &inside.config;
  inside.process.budget.max = inside.config.max_buffered_bytes;
  inside.process.slots = slots_new(inside.resolver);
  inside.process.via_lines[0] = slice_of("Via: 1.1 hedgerow-inside\r\n");
  inside.process.via_lines[1] = slice_of("Via: 1.0 hedgerow-inside\r\n");
  inside.process.pseudonym = slice_of("hedgerow-inside");
  cr_assert(inside.news && inside.process.slots);
  return &inside;
}

/* ---- snapshots ---- */

struct snapshot *inside_snapshot(struct inside *inside) {
  struct snapshot *snapshot = snapshot_new(&(struct snapshot_source){
      .config = &inside->config,
      .slots = inside->process.slots,
      .via_lines = {inside->process.via_lines[0], inside->process.via_lines[1]},
      .number = inside->snapshot ? inside->snapshot->number + 1 : 1});
  cr_assert_not_null(snapshot);
  return snapshot;
}

struct target *inside_target(const struct snapshot *snapshot, unsigned number) {
  cr_assert(number < snapshot->target_count);
  return (struct target *)(uintptr_t)&snapshot->targets[number];
}

struct group *inside_group(const struct snapshot *snapshot, unsigned number) {
  cr_assert(number < snapshot->group_count);
  return (struct group *)(uintptr_t)&snapshot->groups[number];
}

void inside_trust(const struct snapshot *snapshot, unsigned target,
                  struct trust *trust) {
  struct trust **at = &inside_target(snapshot, target)->trust;
  trust_drop(*at);
  *at = trust_hold(trust);
}

/* ---- the worker ---- */

static void start(struct inside *inside) {
  const struct worker_setup setup = {.process = &inside->process,
                                     .resolver = inside->resolver,
                                     .snapshot = inside->snapshot,
                                     .on_news = inside->news};
  char error[256];
  inside->worker = worker_new(&setup, error, sizeof error);
  cr_assert(inside->worker, "%s", error);
  inside->process.accept_again[0] = worker_accept_again(inside->worker);
  inside->process.worker_count = 1;
  cr_assert(worker_start(inside->worker));
}

void inside_run(struct inside *inside, struct snapshot *snapshot) {
  struct snapshot *before = inside->snapshot;
  inside->snapshot = snapshot;
  if (!before) {
    start(inside);
    return;
  }
  snapshot_retire(before, snapshot);
  worker_renew(inside->worker, lease_new(snapshot));
  while (!worker_has_heard(inside->worker)) loop_run(inside->loop);
  snapshot_drop(before);
}

struct client *inside_client(const struct inside *inside) {
  return client_new(worker_port(inside->worker, 0));
}

void inside_free(struct inside *inside) {
  worker_stop(inside->worker);
  while (!worker_is_done(inside->worker)) loop_run(inside->loop);
  worker_join(inside->worker);
  worker_free(inside->worker);
  snapshot_drop(inside->snapshot);
  cr_expect(snapshot_count() == 0, "%d snapshots are left",
            (int)snapshot_count());
  slots_free(inside->process.slots);
  resolver_free(inside->resolver);
  wake_free(inside->news);
  loop_free(inside->loop);
  config_clear(&inside->config);
  free(inside->words);
  libraries_clear();
}

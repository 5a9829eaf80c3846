/* asker: see asker.h.
 *
 * Whatever touches the loop's things runs on its thread: the script leaves an
 * errand (post), wakes the loop, and waits until it has been run. What came of
 * an attempt is copied there, since a response's buffer is the loop's. */
#include "support/asker.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/attempt.h"
#include "io/clock.h"
#include "io/libraries.h"
#include "io/thread.h"
#include "io/trust.h"
#include "support/guard.h"

struct asker {
  pthread_t thread;
  pthread_mutex_t mutex;
  pthread_cond_t changed;
  struct loop *loop;
  struct wake *wake;
  void (*errand)(struct asker *asker); /* NULL: it has been run */
  bool ended;                          /* the attempt has */

  struct resolver *resolver;
  struct slots *slots;
  struct blocks blocks;
  struct worker_tally tally;
  struct trust *trust;
  struct attempts *attempts;
  struct target target;
  struct target_limits limits;
  char url[128], host_line[160];

  void (*first)(void *arg);
  void *first_arg;
  struct ask_message *message;
  struct ask_fields fields;
  struct ask ask;
  struct attempt_record record;
  struct attempt *attempt;
  struct asked asked;
  bool cancels; /* at the next piece */
};

/* ---- errands ---- */

static void await(struct asker *asker, const bool *done, const char *what) {
  int64_t until_us = clock_now_us() + GUARD_US;
  bool in_time = true;
  while (!*done && in_time)
    in_time = thread_cond_wait(&asker->changed, &asker->mutex, until_us);
  cr_assert(in_time, "waited in vain for %s; %u pieces of it came, %zu bytes",
            what, asker->asked.pieces, asker->asked.passed);
}

static void run_errand(void *arg) {
  struct asker *asker = arg;
  pthread_mutex_lock(&asker->mutex);
  if (asker->errand) asker->errand(asker);
  asker->errand = NULL;
  pthread_cond_broadcast(&asker->changed);
  pthread_mutex_unlock(&asker->mutex);
}

static void post(struct asker *asker, void (*errand)(struct asker *asker)) {
  int64_t until_us = clock_now_us() + GUARD_US;
  pthread_mutex_lock(&asker->mutex);
  asker->errand = errand;
  wake_send(asker->wake);
  while (asker->errand)
    cr_assert(thread_cond_wait(&asker->changed, &asker->mutex, until_us),
              "the loop is stuck");
  pthread_mutex_unlock(&asker->mutex);
}

/* ---- asking ---- */

static void copy(char *to, struct slice from) {
  snprintf(to, ASKED_BYTES, "%.*s", SLICE_ARG(from));
}

static void on_end(void *arg, struct attempt_record *record,
                   struct response *response) {
  struct asker *asker = arg;
  struct asked *asked = &asker->asked;
  pthread_mutex_lock(&asker->mutex);
  asked->end = record->end;
  asked->resends = record->resends;
  copy(asked->error, slice_of(record->error));
  asked->has_response = response->bytes.cap > 0;
  asked->status = response->status;
  asked->length = response->length;
  copy(asked->fields, response->fields);
  copy(asked->body, response->body);
  asked->passed += response->body.len;
  asker->attempt = NULL;
  asker->ended = true;
  pthread_cond_broadcast(&asker->changed);
  pthread_mutex_unlock(&asker->mutex);
}

static void on_body(void *arg, struct slice body) {
  struct asker *asker = arg;
  struct asked *asked = &asker->asked;
  pthread_mutex_lock(&asker->mutex);
  copy(asked->body, body);
  asked->pieces++;
  asked->passed += body.len;
  if (asker->cancels) attempt_cancel(asker->attempt);
  else if (asked->pieces == 1) attempt_pause(asker->attempt);
  pthread_cond_broadcast(&asker->changed);
  pthread_mutex_unlock(&asker->mutex);
}

static void on_head(void *arg, struct attempt_record *record,
                    const struct response *response) {
  struct asker *asker = arg;
  (void)record;
  asker->asked.status = response->status;
  asker->asked.length = response->length;
  copy(asker->asked.fields, response->fields);
  on_body(asker, response->body);
}

static void start(struct asker *asker) {
  static const struct attempt_owner owner = {on_end, on_head, on_body};
  if (asker->first) asker->first(asker->first_arg);
  asker->record = (struct attempt_record){.start_us = clock_now_us()};
  atomic_fetch_add(&slot_at(asker->slots, asker->target.slot)->in_flight, 1);
  asker->attempt = attempt_start(asker->attempts, &asker->ask, &asker->target,
                                 &asker->limits, &asker->record, &owner, asker);
}

void asker_start_after(struct asker *asker, struct ask_message *message,
                       void (*first)(void *arg), void *arg) {
  message->fields = &asker->fields;
  asker->message = message;
  asker->ask = (struct ask){.rest = slice_of("/x"), .message = message};
  asker->first = first;
  asker->first_arg = arg;
  asker->asked = (struct asked){0};
  asker->ended = asker->cancels = false;
  post(asker, start);
}

void asker_start(struct asker *asker, struct ask_message *message) {
  asker_start_after(asker, message, NULL, NULL);
}

const struct asked *asker_await(struct asker *asker) {
  pthread_mutex_lock(&asker->mutex);
  await(asker, &asker->ended, "the end of an attempt");
  pthread_mutex_unlock(&asker->mutex);
  return &asker->asked;
}

static void cancel(struct asker *asker) { attempt_cancel(asker->attempt); }

static void nothing(struct asker *asker) { (void)asker; }

/* What has come is reported in the turn of the first errand at the latest. */
void asker_cancel(struct asker *asker) {
  post(asker, nothing);
  post(asker, cancel);
}

const struct asked *asker_await_pieces(struct asker *asker, unsigned pieces) {
  int64_t until_us = clock_now_us() + GUARD_US;
  bool in_time = true;
  pthread_mutex_lock(&asker->mutex);
  while (asker->asked.pieces < pieces && in_time)
    in_time = thread_cond_wait(&asker->changed, &asker->mutex, until_us);
  pthread_mutex_unlock(&asker->mutex);
  cr_assert(in_time && asker->asked.pieces == pieces, "%u pieces came, not %u",
            asker->asked.pieces, pieces);
  return &asker->asked;
}

static void resume(struct asker *asker) {
  cr_assert(attempt_resume(asker->attempt));
}

void asker_resume(struct asker *asker) { post(asker, resume); }

void asker_cancel_at_piece(struct asker *asker) { asker->cancels = true; }

struct target_limits *asker_limits(struct asker *asker) {
  return &asker->limits;
}

/* ---- life ---- */

static void make_target(struct asker *asker) {
  struct target *target = &asker->target;
  const char *why = base_url_parse(&target->url, slice_of(asker->url));
  cr_assert(!why, "%s: %s", asker->url, why);
  cr_assert(slot_add(asker->slots, &target->url, &target->slot));
  snprintf(asker->host_line, sizeof asker->host_line,
           " HTTP/1.1\r\nHost: %.*s\r\n", SLICE_ARG(target->url.authority));
  target->host_line = slice_of(asker->host_line);
}

static void trust(struct asker *asker, const char *ca_file) {
  char error[256];
  asker->trust = trust_read(ca_file, error, sizeof error);
  cr_assert(asker->trust, "%s", error);
  asker->target.trust = asker->trust;
}

static void *run(void *arg) {
  struct asker *asker = arg;
  loop_run(asker->loop);
  return NULL;
}

struct asker *asker_new(const char *url, const char *ca_file) {
  struct asker *asker = calloc(1, sizeof *asker);
  cr_assert(asker && libraries_init());
  snprintf(asker->url, sizeof asker->url, "%s", url);
  asker->fields.common = slice_of("Accept: */*\r\n");
  asker->limits = (struct target_limits){.head_bytes = 8192,
                                         .body_bytes = 1 << 20,
                                         .depth = 64,
                                         .keep_us = GUARD_US,
                                         .connect_timeout_us = GUARD_US};
  cr_assert(thread_cond_init(&asker->changed));
  pthread_mutex_init(&asker->mutex, NULL);
  asker->loop = loop_new();
  asker->wake = wake_new(asker->loop, run_errand, asker);
  asker->resolver = resolver_new();
  asker->slots = slots_new(asker->resolver);
  blocks_init(&asker->blocks, NULL);
  make_target(asker);
  asker->attempts = attempts_new(asker->loop, asker->resolver, asker->slots,
                                 &asker->blocks, &asker->tally);
  cr_assert(asker->wake && asker->attempts);
  if (ca_file) trust(asker, ca_file);
  cr_assert(thread_start(&asker->thread, run, asker));
  return asker;
}

static void stop(struct asker *asker) { loop_stop(asker->loop); }

void asker_free(struct asker *asker) {
  post(asker, stop);
  pthread_join(asker->thread, NULL);
  int64_t in_flight = slot_at(asker->slots, asker->target.slot)->in_flight;
  cr_expect_eq(in_flight, 0, "%ld are still in flight", (long)in_flight);
  attempts_free(asker->attempts);
  blocks_clear(&asker->blocks);
  wake_free(asker->wake);
  loop_free(asker->loop);
  slot_drop(asker->slots, asker->target.slot);
  slots_free(asker->slots);
  resolver_free(asker->resolver);
  trust_drop(asker->trust);
  pthread_cond_destroy(&asker->changed);
  pthread_mutex_destroy(&asker->mutex);
  libraries_clear();
  free(asker);
}

/* demo_load: the client of the demo.
 *
 *            number --> X-Request-ID --> the mock's draw
 *   pair  -- straight: Hedge-Attempt: 0     asks the mock
 *         \- hedged                         asks the proxy, which counts itself
 *
 * Both ways of a pair meet the same luck: the mock draws by id and attempt, and
 * the straight request says of itself what the race's primary does.
 *
 * The loop is open: a request is due at its time whether or not earlier ones
 * have been answered, and its latency counts from then. A client that waits for
 * one answer before it asks again would ask less while things are slow, and see
 * little of it.
 *
 * The client is io/upstream's attempts with a config of its own, so success
 * means the same both ways: a 2xx with a whole JSON text, within the patience.
 * A race that failed has cost all its attempts: a 502 says by definition that
 * each has ended, and the deadline is long after the hedges' time. */
#include "tools/demo_load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "core/http_head.h"
#include "io/clock.h"
#include "io/upstream.h"

enum { URL_BYTES = 64, FIELDS_BYTES = 160, GRACE_US = 500 * 1000 };

static const int64_t patience_us = DEMO_PATIENCE_MS * INT64_C(1000);

/* What it takes to make one request, one way, until it is done. */
struct ask {
  struct demo_load *load;
  struct demo_result *result;
  struct attempt *attempt; /* NULL: not in flight */
  struct timer patience;
  int64_t due_us;
  char fields[FIELDS_BYTES];
};

struct demo_load {
  struct loop *loop;
  struct demo_load_options options;
  void (*on_done)(void *arg);
  void *arg;
  struct config config;
  char urls[DEMO_WAYS][URL_BYTES];
  struct blocks blocks;
  struct resolver *resolver;
  struct upstream_shared shared;
  struct upstream *upstream;
  struct timer due;
  int64_t start_us;
  size_t count; /* pairs of the run; there is room for one more */
  size_t asked; /* pairs */
  size_t open;  /* asks */
  struct demo_pair *pairs;
  struct ask *asks; /* pair p, way w: p * DEMO_WAYS + w */
};

const char *demo_load_id(char id[DEMO_ID_BYTES], uint64_t seed,
                         uint64_t number) {
  (void)snprintf(id, DEMO_ID_BYTES, "demo-%llu-%llu", (unsigned long long)seed,
                 (unsigned long long)number);
  return id;
}

/* ---- how one ends ---- */

/* The value of a field that hedgerow added, or an empty slice. */
static struct slice field_of(struct slice head, const char *name) {
  struct slice value = {NULL, 0};
  const char *end = head.len ? memchr(head.at, '\n', head.len) : NULL;
  if (end == NULL) return value;
  struct slice lines = slice_from(head, (size_t)(end - head.at) + 1);
  struct http_field field;
  while (lines.len > 0 && http_field_next(&lines, &field))
    if (slice_equal_nocase(field.name, slice_of(name))) value = field.value;
  return value;
}

static void read_race(struct demo_result *result, struct slice head) {
  uint64_t number;
  if (http_parse_length(field_of(head, "Hedge-Attempts"), &number))
    result->attempts = (unsigned)number;
  if (http_parse_length(field_of(head, "Hedge-Winner"), &number))
    result->winner = (int)number;
  if (result->winner <= 0) return;
  struct slice timing = field_of(head, "Server-Timing");
  result->timing = strndup(timing.len ? timing.at : "", timing.len);
}

/* The owner may ask once more from inside on_done: so it is called last. */
static void finish(struct ask *ask, int64_t now_us) {
  struct demo_load *load = ask->load;
  ask->attempt = NULL;
  timer_clear(&ask->patience);
  ask->result->done = true;
  ask->result->took_us = now_us - ask->due_us;
  load->open--;
  if (load->open == 0 && load->asked >= load->count) load->on_done(load->arg);
}

static void on_attempt_done(void *arg, unsigned index,
                            struct attempt_reply *reply) {
  struct ask *ask = arg;
  struct demo_result *result = ask->result;
  result->end = reply->end;
  result->good = reply->end.result == ATTEMPT_SUCCESS;
  if (result->good && reply->end_us - ask->due_us > patience_us) {
    result->good = false;
    result->end.result = ATTEMPT_TIMEOUT;
  }
  if (index == DEMO_HEDGED) read_race(result, reply->head);
  finish(ask, reply->end_us);
}

static void on_patience(void *arg) {
  struct ask *ask = arg;
  if (ask->attempt) attempt_cancel(ask->attempt);
  ask->result->end.result = ATTEMPT_TIMEOUT;
  finish(ask, clock_now_us());
}

/* ---- how one starts ---- */

/* What each way asks, behind http://127.0.0.1:PORT. */
static const char *const paths[DEMO_WAYS] = {"/", "/smart?timeout=2000"};
_Static_assert(DEMO_PATIENCE_MS == 2000, "the path says so");

static void start(struct ask *ask, enum demo_way way, const char *id) {
  const char *why = NULL;
  (void)snprintf(ask->fields, sizeof ask->fields,
                 "X-Request-ID: %s\r\nUser-Agent: hedgerow-demo\r\n", id);
  const struct attempt_request request = {.target = way,
                                          .common = slice_of(ask->fields)};
  ask->attempt = attempt_start(ask->load->upstream, &request, on_attempt_done,
                               ask, way, &why);
  /* hedgerow keeps the deadline itself; so it gets a moment to say so. One that
   * was refused waits for this too: a failure, told later. */
  int64_t grace_us = way == DEMO_HEDGED ? GRACE_US : 0;
  timer_set(&ask->patience, ask->due_us + patience_us + grace_us);
}

static void start_pair(struct demo_load *load, size_t at, uint64_t number,
                       int64_t due_us) {
  char id[DEMO_ID_BYTES];
  struct demo_pair *pair = &load->pairs[at];
  pair->number = number;
  demo_load_id(id, load->options.seed, number);
  load->asked++;
  load->open += DEMO_WAYS;
  for (unsigned way = 0; way < DEMO_WAYS; way++) {
    struct ask *ask = &load->asks[at * DEMO_WAYS + way];
    struct demo_result *result = &pair->results[way];
    *result = (struct demo_result){
        .winner = -1, .attempts = way == DEMO_HEDGED ? 1 + DEMO_HEDGES : 1};
    *ask = (struct ask){.load = load, .result = result, .due_us = due_us};
    timer_init(&ask->patience, load->loop, on_patience, ask);
    start(ask, way, id);
  }
}

static int64_t due_of(const struct demo_load *load, size_t at) {
  return load->start_us + (int64_t)at * 1000000 / load->options.rate;
}

static void on_due(void *arg) {
  struct demo_load *load = arg;
  int64_t now_us = clock_now_us();
  while (load->asked < load->count && due_of(load, load->asked) <= now_us)
    start_pair(load, load->asked, load->asked, due_of(load, load->asked));
  if (load->asked < load->count)
    timer_set(&load->due, due_of(load, load->asked));
}

void demo_load_run(struct demo_load *load) {
  load->start_us = clock_now_us();
  timer_set(&load->due, load->start_us);
}

void demo_load_ask(struct demo_load *load, uint64_t number) {
  start_pair(load, load->count, number, clock_now_us());
}

/* ---- the load as a whole ---- */

static const char *no_variable(const char *name) {
  (void)name;
  return NULL;
}

static bool make_config(struct demo_load *load, char *error, size_t cap) {
  char to[] = "--to", program[] = "hedgerow";
  for (unsigned way = 0; way < DEMO_WAYS; way++)
    (void)snprintf(load->urls[way], URL_BYTES, "http://127.0.0.1:%u%s",
                   load->options.ports[way], paths[way]);
  char *argv[] = {
      program, to, load->urls[DEMO_STRAIGHT], to, load->urls[DEMO_HEDGED],
      NULL};
  return config_parse(&load->config, 5, argv, no_variable, error, cap) ==
         CONFIG_RUN;
}

static bool make_client(struct demo_load *load, char *error, size_t cap) {
  blocks_init(&load->blocks, NULL);
  load->resolver = resolver_new();
  if (load->resolver == NULL ||
      !upstream_shared_init(&load->shared, &load->config, load->resolver) ||
      !resolver_start(load->resolver))
    return false;
  load->upstream = upstream_new(load->loop, &load->config, load->resolver,
                                &load->shared, &load->blocks, error, cap);
  return load->upstream != NULL;
}

struct demo_load *demo_load_new(struct loop *loop,
                                const struct demo_load_options *options,
                                void (*on_done)(void *arg), void *arg,
                                char *error, size_t error_cap) {
  struct demo_load *load = calloc(1, sizeof *load);
  (void)snprintf(error, error_cap, "out of memory or threads");
  if (load == NULL) return NULL;
  load->loop = loop;
  load->options = *options;
  load->on_done = on_done;
  load->arg = arg;
  timer_init(&load->due, loop, on_due, load);
  load->count = (size_t)(options->rate * options->duration_us / 1000000);
  load->pairs = calloc(load->count + 1, sizeof *load->pairs);
  load->asks = calloc((load->count + 1) * DEMO_WAYS, sizeof *load->asks);
  if (load->pairs && load->asks && make_config(load, error, error_cap) &&
      make_client(load, error, error_cap))
    return load;
  demo_load_free(load);
  return NULL;
}

static void cancel(struct ask *ask) {
  if (ask->load == NULL) return; /* it was never due */
  timer_clear(&ask->patience);
  if (ask->attempt) attempt_cancel(ask->attempt);
}

void demo_load_free(struct demo_load *load) {
  if (load == NULL) return;
  timer_clear(&load->due);
  for (size_t i = 0; load->asks && i < (load->count + 1) * DEMO_WAYS; i++)
    cancel(&load->asks[i]);
  for (size_t i = 0; load->pairs && i <= load->count; i++)
    free(load->pairs[i].results[DEMO_HEDGED].timing);
  if (load->upstream) upstream_free(load->upstream);
  blocks_clear(&load->blocks);
  if (load->resolver) resolver_free(load->resolver);
  free(load->pairs);
  free(load->asks);
  free(load);
}

size_t demo_load_count(const struct demo_load *load) { return load->count; }

const struct demo_pair *demo_load_pair(const struct demo_load *load,
                                       size_t at) {
  return &load->pairs[at];
}

struct demo_tally demo_load_tally(const struct demo_load *load) {
  struct demo_tally tally = {{0}, {0}};
  for (size_t i = 0; i < load->count * DEMO_WAYS; i++) {
    const struct demo_result *result = load->asks[i].result;
    if (result == NULL || !result->done) continue;
    tally.ended[i % DEMO_WAYS]++;
    if (!result->good) tally.failed[i % DEMO_WAYS]++;
  }
  return tally;
}

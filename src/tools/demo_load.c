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
 * The client is io/attempt with a config of its own, so success
 * means the same both ways: a 2xx with a whole JSON text, within the patience.
 * A race that failed has cost all its attempts: a 502 says by definition that
 * each has ended, and the deadline is long after the hedges' time. */
#include "tools/demo_load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "config/snapshot.h"
#include "core/http_head.h"
#include "io/attempt.h"
#include "io/clock.h"
#include "io/slot.h"

enum {
  URL_BYTES = 64,
  FIELDS_BYTES = 160,
  GRACE_US = 500 * 1000,
  LONGEST_S = 3, /* more than patience and grace */
};

static const int64_t patience_us = DEMO_PATIENCE_MS * INT64_C(1000);

/* What it takes to make one request, one way, until it is done. */
struct errand {
  struct demo_load *load;
  struct demo_result *result;
  struct attempt *attempt; /* NULL: not in flight */
  struct timer patience;
  int64_t due_us;
  struct ask ask;
  struct ask_message message;
  struct ask_fields shown;
  struct attempt_record record;
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
  struct worker_tally tally;
  struct resolver *resolver;
  struct attempts *attempts;
  struct slots *slots;
  struct snapshot *snapshot; /* its targets are the ways */
  struct timer due;
  int64_t start_us;
  size_t count; /* pairs of the run, */
  size_t spare; /* places behind them, which whatever comes later takes in turn:
                 * more than can be open */
  size_t limit; /* how many are asked in all */
  enum demo_way from; /* by this way, and those behind it */
  size_t asked;       /* pairs */
  size_t open;        /* errands */
  struct demo_pair *pairs;
  struct errand *errands; /* pair p, way w: p * DEMO_WAYS + w */
};

const char *demo_load_id(char id[DEMO_ID_BYTES], uint64_t seed,
                         uint64_t number) {
  snprintf(id, DEMO_ID_BYTES, "demo-%llu-%llu", (unsigned long long)seed,
           (unsigned long long)number);
  return id;
}

/* ---- how one ends ---- */

/* The value of a field that hedgerow added, or an empty slice. */
static struct slice field_of(struct slice lines, const char *name) {
  struct slice value = {NULL, 0};
  struct http_field field;
  while (lines.len > 0 && http_field_next(&lines, &field))
    if (slice_equal_nocase(field.name, slice_of(name))) value = field.value;
  return value;
}

static void read_race(struct demo_result *result, struct slice fields) {
  uint64_t number;
  if (http_parse_length(field_of(fields, "Hedge-Attempts"), &number))
    result->attempts = (unsigned)number;
  if (http_parse_length(field_of(fields, "Hedge-Winner"), &number))
    result->winner = (int)number;
  if (result->winner <= 0) return;
  struct slice timing = field_of(fields, "Server-Timing");
  result->timing = strndup(timing.len ? timing.at : "", timing.len);
}

/* The owner may ask once more from inside on_done: so it is called last. */
static void finish(struct errand *errand, int64_t now_us) {
  struct demo_load *load = errand->load;
  errand->attempt = NULL;
  timer_clear(&errand->patience);
  errand->result->done = true;
  errand->result->took_us = now_us - errand->due_us;
  load->open--;
  if (load->open == 0 && load->asked >= load->limit) load->on_done(load->arg);
}

static void on_attempt_end(void *arg, struct attempt_record *record,
                           struct response *response) {
  struct errand *errand = arg;
  struct demo_result *result = errand->result;
  result->end = record->end;
  result->good = record->end.result == ATTEMPT_SUCCESS;
  if (result->good && record->end_us - errand->due_us > patience_us) {
    result->good = false;
    result->end.result = ATTEMPT_TIMEOUT;
  }
  if (record->target == DEMO_HEDGED) read_race(result, response->fields);
  finish(errand, record->end_us);
}

static void on_patience(void *arg) {
  struct errand *errand = arg;
  if (errand->attempt) attempt_cancel(errand->attempt);
  errand->result->end.result = ATTEMPT_TIMEOUT;
  finish(errand, clock_now_us());
}

/* ---- how one starts ---- */

/* What each way asks, behind http://127.0.0.1:PORT. */
static const char *const paths[DEMO_WAYS] = {"/", "/smart?timeout=2000"};
_Static_assert(DEMO_PATIENCE_MS == 2000, "the path says so");

static void start(struct errand *errand, enum demo_way way, const char *id) {
  struct demo_load *load = errand->load;
  static const struct attempt_owner owner = {.on_end = on_attempt_end};
  const struct target *target = &load->snapshot->targets[way];
  const struct target_limits *limits = &load->snapshot->groups[0].limits;
  _Atomic int64_t *in_flight = &slot_at(load->slots, target->slot)->in_flight;
  snprintf(errand->fields, sizeof errand->fields,
           "X-Request-ID: %s\r\nUser-Agent: hedgerow-demo\r\n", id);
  errand->shown = (struct ask_fields){.common = slice_of(errand->fields)};
  errand->message =
      (struct ask_message){.method = slice_of("GET"), .fields = &errand->shown};
  errand->ask = (struct ask){.message = &errand->message};
  errand->record =
      (struct attempt_record){.target = way, .start_us = clock_now_us()};
  atomic_fetch_add(in_flight, 1);
  errand->attempt = attempt_start(load->attempts, &errand->ask, target, limits,
                                  &errand->record, &owner, errand);
  if (!errand->attempt) atomic_fetch_sub(in_flight, 1);
  /* hedgerow keeps the deadline itself; so it gets a moment to say so. One that
   * could not start waits for this too: a failure, told later. */
  int64_t grace_us = way == DEMO_HEDGED ? GRACE_US : 0;
  timer_set(&errand->patience, errand->due_us + patience_us + grace_us);
}

static size_t place_of(const struct demo_load *load, size_t nth) {
  return nth < load->count ? nth
                           : load->count + (nth - load->count) % load->spare;
}

static bool is_open(const struct errand *errand) {
  return errand->load && !errand->result->done;
}

/* A place that is still taken is passed over: this process has stood still. */
static void start_way(struct demo_load *load, size_t at, enum demo_way way,
                      uint64_t number, int64_t due_us) {
  char id[DEMO_ID_BYTES];
  struct demo_result *result = &load->pairs[at].results[way];
  struct errand *errand = &load->errands[at * DEMO_WAYS + way];
  if (is_open(errand)) return;
  free(result->timing);
  *result = (struct demo_result){
      .winner = -1, .attempts = way == DEMO_HEDGED ? 1 + DEMO_HEDGES : 1};
  *errand = (struct errand){.load = load, .result = result, .due_us = due_us};
  timer_init(&errand->patience, load->loop, on_patience, errand);
  load->open++;
  start(errand, way, demo_load_id(id, load->options.seed, number));
}

static void start_pair(struct demo_load *load, uint64_t number,
                       int64_t due_us) {
  size_t at = place_of(load, load->asked++);
  load->pairs[at].number = number;
  for (unsigned way = load->from; way < DEMO_WAYS; way++)
    start_way(load, at, way, number, due_us);
}

static int64_t due_of(const struct demo_load *load, size_t nth) {
  return load->start_us + (int64_t)nth * 1000000 / load->options.rate;
}

static void on_due(void *arg) {
  struct demo_load *load = arg;
  int64_t now_us = clock_now_us();
  while (load->asked < load->limit && due_of(load, load->asked) <= now_us)
    start_pair(load, load->asked, due_of(load, load->asked));
  if (load->asked < load->limit)
    timer_set(&load->due, due_of(load, load->asked));
}

void demo_load_run(struct demo_load *load) {
  load->start_us = clock_now_us();
  timer_set(&load->due, load->start_us);
}

void demo_load_ask(struct demo_load *load, uint64_t number) {
  start_pair(load, number, clock_now_us());
}

void demo_load_go_on(struct demo_load *load) {
  int64_t now_us = clock_now_us();
  load->start_us += now_us - due_of(load, load->asked); /* none is late */
  load->limit = SIZE_MAX;
  load->from = DEMO_HEDGED;
  timer_set(&load->due, now_us);
}

/* ---- the load as a whole ---- */

static const char *no_variable(const char *name) {
  (void)name;
  return NULL;
}

static bool make_config(struct demo_load *load, char *error, size_t cap) {
  char to[] = "--to", program[] = "hedgerow";
  for (unsigned way = 0; way < DEMO_WAYS; way++)
    snprintf(load->urls[way], URL_BYTES, "http://127.0.0.1:%u%s",
             load->options.ports[way], paths[way]);
  char *argv[] = {
      program, to, load->urls[DEMO_STRAIGHT], to, load->urls[DEMO_HEDGED],
      NULL};
  return config_parse(&load->config, 5, argv, no_variable, error, cap) ==
             CONFIG_RUN &&
         config_build(&load->config);
}

static bool make_client(struct demo_load *load) {
  blocks_init(&load->blocks, NULL);
  load->resolver = resolver_new();
  load->slots = load->resolver ? slots_new(load->resolver) : NULL;
  if (!load->slots) return false;
  struct snapshot_source source = {.config = &load->config,
                                   .slots = load->slots};
  load->snapshot = snapshot_new(&source);
  if (!load->snapshot) return false;
  load->attempts = attempts_new(load->loop, load->resolver, load->slots,
                                &load->blocks, &load->tally);
  return load->attempts != NULL;
}

struct demo_load *demo_load_new(struct loop *loop,
                                const struct demo_load_options *options,
                                void (*on_done)(void *arg), void *arg,
                                char *error, size_t error_cap) {
  struct demo_load *load = calloc(1, sizeof *load);
  snprintf(error, error_cap, "out of memory or threads");
  if (!load) return NULL;
  load->loop = loop;
  load->options = *options;
  load->on_done = on_done;
  load->arg = arg;
  timer_init(&load->due, loop, on_due, load);
  load->count = (size_t)(options->rate * options->duration_us / 1000000);
  load->limit = load->count;
  load->spare = (size_t)options->rate * LONGEST_S;
  const size_t places = load->count + load->spare;
  load->pairs = calloc(places, sizeof *load->pairs);
  load->errands = calloc(places * DEMO_WAYS, sizeof *load->errands);
  if (load->pairs && load->errands && make_config(load, error, error_cap) &&
      make_client(load))
    return load;
  demo_load_free(load);
  return NULL;
}

static void cancel(struct errand *errand) {
  if (!errand->load) return; /* it was never due */
  timer_clear(&errand->patience);
  if (errand->attempt) attempt_cancel(errand->attempt);
}

void demo_load_free(struct demo_load *load) {
  if (!load) return;
  const size_t places = load->count + load->spare;
  timer_clear(&load->due);
  for (size_t i = 0; load->errands && i < places * DEMO_WAYS; i++)
    cancel(&load->errands[i]);
  for (size_t i = 0; load->pairs && i < places; i++)
    free(load->pairs[i].results[DEMO_HEDGED].timing);
  attempts_free(load->attempts);
  snapshot_drop(load->snapshot);
  config_clear(&load->config);
  slots_free(load->slots);
  blocks_clear(&load->blocks);
  if (load->resolver) resolver_free(load->resolver);
  free(load->pairs);
  free(load->errands);
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
    const struct demo_result *result = load->errands[i].result;
    if (!result || !result->done) continue;
    tally.ended[i % DEMO_WAYS]++;
    if (!result->good) tally.failed[i % DEMO_WAYS]++;
  }
  return tally;
}

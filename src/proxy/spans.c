/* spans: a thread between the workers and a collector.
 *
 *   workers --> rings --> filling --> sending --> POST
 *                 |          |           |
 *                 full       512 spans   refused three times, or for good
 *                 |          or 1 s      |
 *                 dropped    goes on     dropped
 *
 * While a batch is under way, or waits until it may be tried again, the next
 * one fills, and then the rings do: so a slow collector costs spans, and never
 * memory. Whether it is tried again stands in the OTLP specification: after a
 * 429, 502, 503, 504, or no answer at all, and not before a Retry-After. Any
 * other status says that the batch is no good, and would not be later.
 *
 * A reload hands over what is to speak to the collector from then on; it takes
 * over between two batches. The newest is only ever freed by main, at the end:
 * so main may wake it at any time.
 *
 * A trouble is told when it begins and when it is over, and not once for each
 * batch; and that spans were lost at the end. */
#include "proxy/spans.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base_url.h"
#include "core/otlp.h"
#include "io/clock.h"
#include "io/log.h"
#include "io/post.h"
#include "io/thread.h"

enum {
  RING_BYTES = 1024 * 1024, /* of each worker: about 4,000 races */
  BATCH_BYTES = 1024 * 1024,
  BATCH_SPANS = 512,
  RACE_SPANS = 1 + RACE_COPY_ATTEMPTS,
  TRIES = 3,
  NAP_MS = 50,
  URL_BYTES = 2048,
};

static const int64_t second_us = 1000000;
static const int64_t batch_age_us = 1000000;
static const int64_t stop_us = 900000;
static const int64_t post_limit_ms = 10000;
static const int64_t longest_wait_s = 60;

struct batch {
  struct text text; /* empty: no span */
  unsigned spans, tries;
  int64_t begun_us;
};

struct spans {
  struct post *post;           /* the thread's */
  _Atomic(struct post *) next; /* and what is to take its place; NULL: none */
  struct post *newest;         /* main's: of these two the later */
  struct batch batches[2], *filling, *sending; /* sending: is tried */
  int64_t not_before_us;                       /* the next try */
  unsigned failures;                           /* since the last success */
  uint64_t late;                               /* dropped at the end */
  bool told_partial;
  struct slice instance;
  char url[URL_BYTES];
  atomic_bool stopping;
  _Atomic int64_t stop_at_us;
  _Atomic uint64_t sent, dropped;
  pthread_t thread;
  bool started;
  char copy[RACE_COPY_BYTES];
  unsigned feed_count;
  struct spans_feed feeds[];
};

/* ---- the worker's end ---- */

struct spans_feed *spans_feed(struct spans *spans, unsigned worker) {
  return spans ? &spans->feeds[worker] : NULL;
}

void spans_put_race(struct spans_feed *feed, const struct race_record *race,
                    struct slice copy) {
  if (!ring_put(feed->ring, copy.at, copy.len))
    tally_add(&feed->dropped, otlp_spans(race));
}

/* ---- batches ---- */

static void empty(struct batch *batch) {
  batch->text.len = 0;
  batch->spans = batch->tries = 0;
}

static void drop(struct spans *spans, struct batch *batch) {
  relaxed_add(&spans->dropped, batch->spans);
  if (atomic_load(&spans->stopping)) spans->late += batch->spans;
  empty(batch);
}

static bool has_room(const struct batch *batch) {
  return batch->spans + RACE_SPANS <= BATCH_SPANS &&
         batch->text.cap - batch->text.len >
             (size_t)OTLP_RACE_BYTES + OTLP_AROUND_BYTES;
}

static void begin(struct spans *spans, struct batch *batch) {
  batch->begun_us = clock_now_us();
  otlp_begin(&batch->text, slice_of(HEDGEROW_VERSION), spans->instance);
}

/* The next race of this feed. False: there is none. */
static bool take(struct spans *spans, struct spans_feed *feed) {
  struct batch *batch = spans->filling;
  struct race_copy copy;
  size_t len = ring_take(feed->ring, spans->copy, sizeof spans->copy);
  if (len == 0) return false;
  if (!race_copy_read(&copy, (struct slice){spans->copy, len}) ||
      !copy.race.trace)
    return true;
  if (batch->spans == 0) begin(spans, batch);
  batch->spans += otlp_add(&batch->text, &copy, batch->spans == 0);
  return true;
}

/* From each feed in turn, so that none of them is kept waiting. */
static void collect(struct spans *spans) {
  bool more = true;
  while (more) {
    more = false;
    for (unsigned i = 0; i < spans->feed_count; i++)
      if (has_room(spans->filling)) more |= take(spans, &spans->feeds[i]);
  }
}

/* ---- sending ---- */

static bool is_due(const struct spans *spans, int64_t now_us) {
  const struct batch *batch = spans->filling;
  return batch->spans > 0 &&
         (!has_room(batch) || now_us - batch->begun_us >= batch_age_us ||
          atomic_load(&spans->stopping));
}

/* Who stops does not wait for a better time. */
static bool may_try(const struct spans *spans, int64_t now_us) {
  return now_us >= spans->not_before_us || atomic_load(&spans->stopping);
}

static void send_batch(struct spans *spans) {
  struct batch *batch = spans->sending;
  batch->tries++;
  if (!post_start(spans->post, text_slice_of(&batch->text))) drop(spans, batch);
}

static void send_next(struct spans *spans) {
  const int64_t now_us = clock_now_us();
  if (post_is_under_way(spans->post) || !may_try(spans, now_us)) return;
  if (spans->sending->spans == 0) {
    if (!is_due(spans, now_us)) return;
    struct batch *batch = spans->filling;
    spans->filling = spans->sending;
    spans->sending = batch;
    otlp_end(&batch->text);
  }
  send_batch(spans);
}

static bool is_worth_trying(const struct post_end *end) {
  return end->status == 0 || end->status == 429 || end->status == 502 ||
         end->status == 503 || end->status == 504;
}

/* 1 s, 2 s, 4 s ... */
static int64_t wait_us(const struct spans *spans, const struct post_end *end) {
  const unsigned doublings = spans->failures < 6 ? spans->failures - 1 : 5;
  int64_t wait_s = INT64_C(1) << doublings;
  if (end->retry_after_s > wait_s) wait_s = end->retry_after_s;
  return (wait_s < longest_wait_s ? wait_s : longest_wait_s) * second_us;
}

/* Once: it may say the same of every batch. */
static void tell_partial(struct spans *spans, const struct otlp_reply *reply) {
  if (spans->told_partial || (reply->rejected == 0 && !reply->why[0])) return;
  spans->told_partial = true;
  log_notice("the collector %s took a batch, and says that it left out %llu of "
             "%u spans%s%s; this is told once",
             spans->url, (unsigned long long)reply->rejected,
             spans->sending->spans, reply->why[0] ? ": " : "", reply->why);
}

/* Its token or its CAs may have been the trouble. */
static void take_next(struct spans *spans) {
  if (post_is_under_way(spans->post)) return;
  struct post *next = atomic_exchange(&spans->next, NULL);
  if (!next) return;
  post_free(spans->post);
  spans->post = next;
  spans->not_before_us = 0;
}

/* Of a batch that it took, a collector may have left some out. */
static void note_success(struct spans *spans, const struct otlp_reply *reply) {
  const uint64_t all = spans->sending->spans;
  const uint64_t lost = reply->rejected < all ? reply->rejected : all;
  tell_partial(spans, reply);
  relaxed_add(&spans->sent, all - lost);
  relaxed_add(&spans->dropped, lost);
  empty(spans->sending);
  if (spans->failures > 0)
    log_notice("the collector %s takes spans again", spans->url);
  spans->failures = 0;
}

static bool is_good(const struct post_end *end) {
  return end->status >= 200 && end->status <= 299;
}

static const char *advice(const struct post_end *end) {
  if (is_good(end))
    return ", and a body that is no answer of OTLP/HTTP in JSON; look at the "
           "URL";
  return end->distrusted ? "; see --otlp-ca-file" : "";
}

static void note_failure(struct spans *spans, const struct post_end *end) {
  if (spans->failures++ == 0)
    log_notice("the collector %s takes no spans, and what has no room is "
               "dropped: %s%s",
               spans->url, end->why, advice(end));
  spans->not_before_us = clock_now_us() + wait_us(spans, end);
  if (!is_worth_trying(end) || spans->sending->tries == TRIES ||
      atomic_load(&spans->stopping))
    drop(spans, spans->sending);
}

static void settle(struct spans *spans) {
  struct post_end end;
  if (!post_is_over(spans->post, &end)) return;
  const struct otlp_reply reply = otlp_reply(end.answer);
  if (is_good(&end) && reply.is_one) note_success(spans, &reply);
  else note_failure(spans, &end);
}

/* ---- the thread ---- */

static bool is_idle(const struct spans *spans) {
  return spans->filling->spans + spans->sending->spans == 0;
}

static bool is_over(const struct spans *spans) {
  return atomic_load(&spans->stopping) &&
         (is_idle(spans) || clock_now_us() >= atomic_load(&spans->stop_at_us));
}

/* What is in the rings, too. */
static void drop_all(struct spans *spans) {
  drop(spans, spans->sending);
  do {
    drop(spans, spans->filling);
    collect(spans);
  } while (spans->filling->spans > 0);
  if (spans->late == 0) return;
  log_notice("%llu spans are lost: the collector %s has not taken them before "
             "the end",
             (unsigned long long)spans->late, spans->url);
}

/* What was handed over before the stop is seen after it. */
static void *spans_run(void *arg) {
  struct spans *spans = arg;
  do {
    collect(spans);
    take_next(spans);
    send_next(spans);
    post_wait(spans->post, NAP_MS);
    settle(spans);
    if (atomic_load(&spans->stopping)) collect(spans);
  } while (!is_over(spans));
  post_stop(spans->post);
  drop_all(spans);
  return NULL;
}

/* ---- life ---- */

/* The path of OTLP/HTTP where the URL has none. */
static bool write_url(char url[URL_BYTES], struct slice given) {
  struct base_url parsed;
  if (base_url_parse(&parsed, given)) return false;
  const bool bare = parsed.path.len <= 1;
  if (parsed.path.len == 1) given.len--;
  return snprintf(url, URL_BYTES, "%.*s%s", SLICE_ARG(given),
                  bare ? "/v1/traces" : "") < URL_BYTES;
}

struct post *spans_post(const struct spans_collector *collector) {
  char url[URL_BYTES], authorization[16 * 1024];
  const char *fields[] = {"Content-Type: application/json", NULL, NULL};
  if (!write_url(url, collector->url)) return NULL;
  if (collector->token.len > 0) {
    snprintf(authorization, sizeof authorization, "Authorization: Bearer %.*s",
             SLICE_ARG(collector->token));
    fields[1] = authorization;
  }
  struct post *post = post_new(url, fields, collector->trust, post_limit_ms);
  explicit_bzero(authorization, sizeof authorization);
  return post;
}

void spans_renew(struct spans *spans, struct post *post) {
  spans->newest = post;
  post_free(atomic_exchange(&spans->next, post));
}

static bool make_batches(struct spans *spans) {
  for (unsigned i = 0; i < 2; i++) {
    char *storage = malloc(BATCH_BYTES);
    if (!storage) return false;
    text_init(&spans->batches[i].text, storage, BATCH_BYTES);
  }
  spans->filling = &spans->batches[0];
  spans->sending = &spans->batches[1];
  return true;
}

static bool make_feeds(struct spans *spans, unsigned workers) {
  for (; spans->feed_count < workers; spans->feed_count++) {
    struct ring *ring = ring_new(RING_BYTES);
    if (!ring) return false;
    spans->feeds[spans->feed_count].ring = ring;
  }
  return true;
}

static struct spans *spans_take(unsigned workers) {
  const size_t size =
      sizeof(struct spans) + workers * sizeof(struct spans_feed);
  struct spans *spans = aligned_alloc(TALLY_LINE, size);
  return spans ? memset(spans, 0, size) : NULL;
}

struct spans *spans_new(const struct spans_setup *setup) {
  struct spans *spans = spans_take(setup->workers);
  if (!spans) return NULL;
  spans->instance = setup->instance;
  if (write_url(spans->url, setup->collector.url) && make_batches(spans) &&
      make_feeds(spans, setup->workers))
    spans->post = spans->newest = spans_post(&setup->collector);
  spans->started =
      spans->post && thread_start(&spans->thread, spans_run, spans);
  if (spans->started) return spans;
  spans_free(spans);
  return NULL;
}

static void stop(struct spans *spans) {
  atomic_store(&spans->stop_at_us, clock_now_us() + stop_us);
  atomic_store(&spans->stopping, true);
  post_wake(spans->newest);
  pthread_join(spans->thread, NULL);
}

void spans_free(struct spans *spans) {
  if (!spans) return;
  if (spans->started) stop(spans);
  post_free(spans->post);
  post_free(atomic_load(&spans->next));
  for (unsigned i = 0; i < spans->feed_count; i++)
    ring_free(spans->feeds[i].ring);
  free(spans->batches[0].text.at);
  free(spans->batches[1].text.at);
  free(spans);
}

struct spans_counts spans_count(const struct spans *spans) {
  return (struct spans_counts){relaxed_load(&spans->sent),
                               relaxed_load(&spans->dropped) +
                                   tally_sum(&spans->feeds[0].dropped,
                                             sizeof spans->feeds[0],
                                             spans->feed_count)};
}

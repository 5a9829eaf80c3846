/* admin_events.c: races as they settle, to everybody who listens (server-sent
 * events, as the HTML standard has them, section 9.2).
 *
 *   tapes --> history --> on_race, for each reader: wanted? within 50 a second?
 *                            --> its queue --> the kernel, as it takes it
 *
 * A reader has a queue of a fixed bound. One that does not read fills the
 * kernel's buffer, then the queue, and is cut off when that is full: it will
 * come again, and missed what it would not have read. So a thousand that never
 * read cost what they are allowed to, and nobody waits for them.
 *
 * Where more settle than are told, those that were rescued or failed go first,
 * and each reader learns how many were left out: by its own measure, and on
 * the way here (proxy/tape). Of those that were left out on the way nobody
 * knows whether a filter would have taken them; they are counted if it might.
 *
 * An event is written once for all readers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config_values.h"
#include "core/race_filter.h"
#include "core/race_json.h"
#include "core/rate.h"
#include "io/clock.h"
#include "proxy/admin_parts.h"

enum {
  QUEUE_BYTES = 64 * 1024,
  A_SECOND = 50,
  SILENCE_US = 5 * 1000 * 1000,
  LEFT_OUT_US = 1000 * 1000,
};

struct reader {
  struct admin *admin;
  struct connection *connection;
  struct list_link link;
  struct race_filter filter;
  struct rate rate;
  struct buffer queue;
  uint64_t left_out;        /* since it was told */
  int64_t said_us, told_us; /* when it last got anything, and how many were left
                             * out */
  bool full;                /* it is to be cut off */
  bool blocked;             /* the kernel takes no more: on_room follows */
  size_t route_len;         /* 0: any route */
  char route[RACE_COPY_ROUTE];
};

static const struct rate_rule fifty = {1000000000 / A_SECOND, A_SECOND};

static struct reader *reader_of(struct list_link *link) {
  return list_item(link, struct reader, link);
}

/* ---- their coming and going ---- */

/* The longest time that all slow ones that somebody waits for take. */
static void watch(struct admin *admin) {
  int64_t slow_us = 0;
  /* reader_free() takes a reader out, which the analyzer does not see. */
  // NOLINTNEXTLINE(clang-analyzer-unix.Malloc)
  list_each (link, &admin->readers) {
    int64_t its_us = reader_of(link)->filter.slow_us;
    if (its_us > 0 && (slow_us == 0 || its_us < slow_us)) slow_us = its_us;
  }
  history_watch(admin->view.history, slow_us);
}

static void reader_free(struct reader *reader) {
  struct admin *admin = reader->admin;
  list_remove(&admin->readers, &reader->link);
  admin->reader_count--;
  watch(admin);
  buffer_clear(&reader->queue);
  free(reader);
}

static void on_gone(void *arg) { reader_free(arg); }

static void cut_off(struct reader *reader) {
  connection_reset(reader->connection);
  reader_free(reader);
}

/* What it has not taken yet is lost. */
static void end(struct reader *reader) {
  connection_finish(reader->connection);
  reader_free(reader);
}

void admin_events_end(struct admin *admin) {
  // NOLINTNEXTLINE(clang-analyzer-unix.Malloc): as in watch()
  list_each (link, &admin->readers) end(reader_of(link));
}

/* ---- to one reader ---- */

static void reader_add(struct reader *reader, struct slice bytes) {
  reader->full |= reader->queue.len + bytes.len > QUEUE_BYTES ||
                  !buffer_add(&reader->queue, bytes.at, bytes.len);
}

static void reader_str(struct reader *reader, const char *text) {
  reader_add(reader, slice_of(text));
}

/* As much as the connection takes now; one that takes nothing more is full. */
static void push(struct reader *reader, int64_t now_us) {
  const struct iovec part = {reader->queue.at, reader->queue.len};
  if (part.iov_len == 0 || reader->blocked || reader->full) return;
  ssize_t n = connection_push(reader->connection, &part, 1);
  reader->full = n < 0;
  if (n < 0) return;
  if (n > 0) reader->said_us = now_us;
  buffer_drop(&reader->queue, (size_t)n);
  reader->blocked = reader->queue.len > 0;
  if (reader->queue.len == 0) buffer_clear(&reader->queue);
}

/* May cut it off. */
static void reader_send(struct reader *reader, int64_t now_us) {
  push(reader, now_us);
  if (reader->full) cut_off(reader);
}

static void on_room(void *arg) {
  struct reader *reader = arg;
  reader->blocked = false;
  reader_send(reader, clock_now_us());
}

/* A burst may be longer than the queue: what waits goes out before. */
static void reader_tell(struct reader *reader, struct slice event) {
  if (reader->queue.len + event.len > QUEUE_BYTES) push(reader, clock_now_us());
  reader_add(reader, event);
}

/* ---- a race, to all ---- */

static bool wants(const struct reader *reader, const struct race_record *race) {
  const struct slice route = {reader->route, reader->route_len};
  return race_filter_takes(&reader->filter, race) &&
         (route.len == 0 || slice_equal(route, race->route));
}

/* Ordinary ones leave a fifth to the others. */
static bool may_have(struct reader *reader, const struct kept *race) {
  const int64_t left = race->rescued || race->failed ? 0 : A_SECOND / 5;
  return rate_take(&reader->rate, &fifty, left, clock_now_us()) == 0;
}

static struct slice event_of(const struct race_copy *copy, uint64_t seq) {
  static char storage[RACE_JSON_BYTES + 128]; /* the main thread's */
  struct text text = TEXT_ON(storage);
  text_put(&text, "id: ", (int64_t)seq, "\nevent: race\ndata: ");
  race_json(&text, copy, seq);
  text_str(&text, "\n\n");
  return text_slice_of(&text);
}

void admin_events_on_race(void *arg, const struct kept *race) {
  struct admin *admin = arg;
  struct race_copy copy;
  struct slice event = {0};
  if (admin->reader_count == 0 || !race_copy_read(&copy, race->copy)) return;
  list_each (link, &admin->readers) {
    struct reader *reader = reader_of(link);
    if (!wants(reader, &copy.race)) continue;
    if (!may_have(reader, race)) {
      reader->left_out++;
      continue;
    }
    if (event.len == 0) event = event_of(&copy, race->seq);
    reader_tell(reader, event);
  }
}

/* ---- what was left out, and silence ---- */

static bool is_of_the_remarkable(const struct race_filter *filter) {
  return !race_filter_is_all(filter) && filter->slow_us == 0;
}

static void count_left_out(struct admin *admin) {
  uint64_t more[2];
  for (unsigned k = 0; k < 2; k++) {
    uint64_t now = history_left_out(admin->view.history, k);
    more[k] = now - admin->left_out[k];
    admin->left_out[k] = now;
  }
  list_each (link, &admin->readers) {
    struct reader *reader = reader_of(link);
    reader->left_out += more[is_of_the_remarkable(&reader->filter)];
  }
}

static void tell_left_out(struct reader *reader, int64_t now_us) {
  char storage[96];
  struct text text = TEXT_ON(storage);
  if (reader->left_out == 0 || now_us - reader->told_us < LEFT_OUT_US) return;
  text_put(&text,
           "event: left_out\ndata: {\"left_out\":", (int64_t)reader->left_out,
           "}\n\n");
  reader_add(reader, text_slice_of(&text));
  reader->left_out = 0;
  reader->told_us = now_us;
}

void admin_events_send(struct admin *admin, int64_t now_us) {
  count_left_out(admin);
  list_each (link, &admin->readers) {
    struct reader *reader = reader_of(link);
    tell_left_out(reader, now_us);
    if (reader->queue.len == 0 && now_us - reader->said_us >= SILENCE_US)
      reader_str(reader, ": \n\n");
    reader_send(reader, now_us);
  }
}

/* There is no later second in which to tell what was left out. */
void admin_events_finish(struct admin *admin) {
  admin_collect(admin);
  list_each (link, &admin->readers) reader_of(link)->told_us = 0;
  admin_events_send(admin, clock_now_us());
  admin_events_end(admin);
}

/* ---- one comes ---- */

static bool read_route(struct reader *reader, const struct query_param *param) {
  if (param->count == 0) return true;
  if (param->value.len == 0 || param->value.len > sizeof reader->route)
    return false;
  reader->route_len = param->value.len;
  memcpy(reader->route, param->value.at, param->value.len);
  return true;
}

/* NULL: it is one. */
static const char *read_only(struct reader *reader,
                             const struct query_param *param) {
  if (param->count == 0) return NULL;
  return config_parse_filter(param->value, &reader->filter);
}

static void refuse_only(struct reply *reply, const struct query_param *param,
                        const char *why) {
  char detail[ADMIN_QUERY_BYTES + 256];
  snprintf(detail, sizeof detail, "only=%.*s%s", SLICE_ARG(param->value), why);
  reply_problem(reply, 400, detail);
}

/* False: a value is none, and the reply says so. */
static bool read_filter(struct reader *reader, struct reply *reply) {
  const struct slice query = reply->request->query;
  struct query_param params[] = {{.name = "only"}, {.name = "route"}};
  char storage[ADMIN_QUERY_BYTES];
  struct text values = TEXT_ON(storage);
  if (!admin_read_query(query, params, 2, &values, reply)) return false;
  const char *why = read_only(reader, &params[0]);
  if (why) {
    refuse_only(reply, &params[0], why);
    return false;
  }
  if (read_route(reader, &params[1])) return true;
  admin_refuse_param(reply, &params[1], "the path of a route");
  return false;
}

/* A reload may bring it, so the reader may wait for it. */
static bool has_route(const struct reader *reader) {
  const struct snapshot *snapshot = reader->admin->view.reload->snapshot;
  const struct slice route = {reader->route, reader->route_len};
  for (unsigned i = 0; i < snapshot->route_count; i++)
    if (slice_equal(snapshot->routes[i].path, route)) return true;
  return route.len == 0;
}

static void begin(struct reader *reader, const struct reply *reply) {
  char storage[REPLY_HEAD_BYTES];
  struct text head = TEXT_ON(storage);
  struct admin *admin = reader->admin;
  const int64_t now_us = clock_now_us();
  connection_begin(reader->connection, false, on_room, on_gone, reader);
  admin_collect(admin); /* what has settled before is none of its */
  admin_events_send(admin, now_us);
  list_append(&admin->readers, &reader->link);
  admin->reader_count++;
  watch(admin);
  reader->said_us = reader->told_us = now_us;
  reply_head(&head, reply, UINT64_MAX);
  reader_add(reader, text_slice_of(&head));
  reader_str(reader, "retry: 1000\n\n");
  if (!has_route(reader)) reader_str(reader, "event: no_route\ndata: {}\n\n");
  timer_set(&admin->collecting, now_us);
  reader_send(reader, now_us);
}

/* NULL: the reply says why. */
static struct reader *reader_new(struct reply *reply) {
  struct admin *admin = reply->admin;
  struct reader *reader = NULL;
  if (admin->reader_count >= admin->view.readers_max)
    reply_problem(reply, 503, "as many listen to events as may");
  else if (!(reader = calloc(1, sizeof *reader)))
    reply_problem(reply, 503, "no memory was free for the answer");
  if (!reader) return NULL;
  reader->admin = admin;
  reader->connection = reply->connection;
  reader->queue.blocks = &admin->booth.blocks;
  if (read_filter(reader, reply)) return reader;
  free(reader);
  return NULL;
}

void admin_events(struct reply *reply) {
  reply->type = "text/event-stream";
  struct reader *reader = reply->head_only ? NULL : reader_new(reply);
  if (!reader) {
    reply_send(reply);
    return;
  }
  begin(reader, reply);
  reply_free(reply);
}

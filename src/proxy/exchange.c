/* exchange: a client's request, the fetches made for it, and its answer.
 *
 *   exchange_new --> exchange_start --> fetches run
 *                                         | exchange_on_settled, for each
 *   exchange_on_gone ----+                v
 *   exchange_drain_all --+-> ends them, all are settled --> exchange_finish:
 *                                          answer, and free once it is sent
 *
 * /smart is one fetch, whose answer is the answer. /all, or a gather route, is
 * one fetch for each item, and the answer is an array, or an object, of what
 * they brought; when a required one fails, the others are ended.
 *
 * One arena holds it all: the exchange, the client's bytes that are still
 * needed, the fetches, the records of their attempts. Bodies belong to the
 * fetches and go out from where they were received, so the exchange lives until
 * the connection has sent them. What the answer is, of what has come, stands in
 * exchange_answer.c. */
#include "proxy/exchange.h"

#include <stdlib.h>
#include <string.h>

#include "core/list.h"
#include "io/clock.h"
#include "proxy/aftermath.h"
#include "proxy/exchange_parts.h"
#include "proxy/hindsight.h"

/* ---- life ---- */

struct exchange *exchange_new(struct service *service) {
  struct exchange *x = slab_take(&service->rooms);
  if (!x) return NULL;
  memset(x, 0, sizeof *x);
  x->service = service;
  arena_init(&x->arena, x + 1, SERVICE_ROOM_BYTES - sizeof *x);
  return x;
}

struct arena *exchange_arena(struct exchange *x) {
  return &x->arena;
}

struct race_record *exchange_record(struct exchange *x) {
  return &x->record;
}

bool exchange_keep_body(struct exchange *x, struct slice body,
                        struct slice *kept) {
  x->body.blocks = &x->service->blocks;
  if (!buffer_add(&x->body, body.at, body.len)) return false;
  *kept = buffer_slice(&x->body);
  return true;
}

const struct trace_context *exchange_keep_trace(
    struct exchange *x, const struct trace_context *trace) {
  x->trace = *trace;
  return &x->trace;
}

void exchange_discard(struct exchange *x) {
  buffer_clear(&x->body);
  arena_clear(&x->arena);
  slab_give(&x->service->rooms, x);
}

void exchange_free(void *arg) {
  struct exchange *x = arg;
  for (unsigned i = 0; i < x->count; i++) fetch_clear(&x->fetches[i]);
  gathered_clear(&x->gathered);
  relaxed_sub(&x->service->process->requests, 1);
  lease_give(x->lease);
  exchange_discard(x);
}

/* ---- the end ---- */

/* The one exit, or the way to the other. Not inline: all who may come to it
 * would save registers for it. */
static __attribute__((noinline)) void exchange_finish(struct exchange *x,
                                                      int64_t now_us) {
  const struct race *race = &x->fetches[0].race;
  struct race_record *record = &x->record;
  list_remove(&x->service->exchanges, &x->link);
  if (!x->gathers) record->outcome = race->outcome;
  else if (record->outcome == OUTCOME_OPEN)
    record->outcome = x->missing ? OUTCOME_FAILED : OUTCOME_GATHERED;
  record->winner = record->outcome == OUTCOME_SUCCESS ? race->winner : -1;
  record->end_us = now_us;
  for (unsigned i = 0; i < x->count; i++) {
    unsigned started = fetch_started(&x->fetches[i]);
    record->started += started;
    record->races += started > 0;
  }
  if (x->gathers || race->plan->observed)
    hindsight_note(x->fetches, x->count, &record->would);
  exchange_answer(x);
}

/* Ends what is open; the last of them finishes and may free the exchange. */
static void exchange_end_all(struct exchange *x, enum event_kind kind,
                             enum outcome outcome) {
  int64_t now_us = clock_now_us();
  struct fetch *fetch = x->fetches;
  x->record.outcome = outcome;
  for (unsigned left = x->open; left > 0; fetch++) {
    if (fetch_is_settled(fetch)) continue;
    left--;
    fetch_end(fetch, kind, now_us);
  }
}

static bool exchange_requires(const struct exchange *x,
                              const struct fetch *fetch) {
  return x->gather && x->gather->items[fetch - x->fetches].required;
}

/* Finishes when nothing is open, and ends what is where it serves nothing. May
 * free the exchange. */
static void exchange_go_on(struct exchange *x, int64_t now_us) {
  if (x->open == 0) exchange_finish(x, now_us);
  else if (x->missing && x->record.outcome == OUTCOME_OPEN)
    exchange_end_all(x, EVENT_GONE, OUTCOME_FAILED);
}

/* Not inline: most races are won by their primary. */
static __attribute__((noinline)) void exchange_note_rescue(
    struct exchange *x, const struct fetch *fetch) {
  struct route_tally *tally = x->record.tally;
  struct rescue_saving saving;
  enum rescue rescued = fetch_rescued(fetch, &saving);
  if (rescued == RESCUE_NONE) return;
  tally_add(&tally->rescued[rescued], 1);
  if (rescued == RESCUE_SLOW && fetch->loser)
    aftermath_measure(fetch->loser, tally, &saving);
  else if (rescued == RESCUE_SLOW)
    tally_add(&tally->estimated_us, (uint64_t)saving.estimated_us);
  if (x->gathers) return;
  x->record.rescued = rescued;
  x->record.saved_us = saving.estimated_us;
}

static void exchange_on_settled(void *arg, struct fetch *fetch,
                                int64_t now_us) {
  struct exchange *x = arg;
  x->open--;
  if (fetch->race.winner > 0) exchange_note_rescue(x, fetch);
  if (!x->missing && fetch->race.outcome != OUTCOME_SUCCESS &&
      exchange_requires(x, fetch))
    x->missing = fetch;
  if (!x->starting) exchange_go_on(x, now_us);
}

static void exchange_on_gone(void *arg) {
  exchange_end_all(arg, EVENT_GONE, OUTCOME_GONE);
}

static void exchange_on_body(void *arg, struct slice body) {
  struct exchange *x = arg;
  passing_body(x->passing, body);
}

static void exchange_on_end(void *arg, struct fetch *fetch, struct slice rest) {
  struct exchange *x = arg;
  passing_end(x->passing, fetch_answered(fetch)->end.result, rest);
}

static const struct fetch_owner exchange_as_owner = {
    exchange_on_settled, exchange_on_body, exchange_on_end};

/* Where all is settled, the answer is on its way. */
static void exchange_drain(struct exchange *x) {
  if (x->open == 0) passing_stop(x->passing, OUTCOME_DRAINED);
  else exchange_end_all(x, EVENT_DRAIN, OUTCOME_DRAINED);
}

void exchange_drain_all(struct service *service) {
  struct list_link *first;
  while ((first = service->exchanges.first))
    exchange_drain(list_item(first, struct exchange, link));
}

/* ---- the start ---- */

/* Of a race. Its first item that may ask any target has a plan of its own,
 * which may try one; the others share a plan. */
struct plans {
  unsigned first_item;
  struct race_plan first, others;
};

static const struct race_plan *plan_of(const struct plans *plans,
                                       const struct exchange_setup *setup,
                                       unsigned i) {
  const struct plans *its = &plans[setup->items[i].race];
  return i == its->first_item ? &its->first : &its->others;
}

/* The fetches, and behind them the records of all their attempts and the
 * attempts in flight. */
static bool exchange_take_fetches(struct exchange *x,
                                  const struct exchange_setup *setup,
                                  const struct plans *plans) {
  unsigned count = setup->item_count;
  size_t attempts = 0;
  for (unsigned i = 0; i < count; i++)
    attempts += plan_of(plans, setup, i)->attempts;
  size_t empty =
      attempts * (sizeof(struct attempt_record) + sizeof(struct attempt *));
  x->fetches = arena_take(&x->arena, count * sizeof *x->fetches + empty);
  if (!x->fetches) return false;
  x->record.attempts = memset(x->fetches + count, 0, empty);
  x->record.count = (unsigned)attempts;
  return true;
}

static void exchange_make_plan(struct race_plan *plan,
                               const struct exchange_race *race, bool shared,
                               int64_t now_us) {
  const struct pilot_reach reach = {race->targets, race->first, shared};
  const uint8_t only = 0;
  if (race->pilot)
    pilot_plan(race->pilot, plan, race->policy, reach, race->timeout_us,
               now_us);
  else plan_make(plan, race->policy, &only, 1, race->timeout_us);
}

static unsigned find_first(const struct exchange_setup *setup, unsigned race) {
  const struct exchange_item *item = setup->items;
  unsigned i = 0;
  while (i < setup->item_count && (item[i].race != race || item[i].only)) i++;
  return i;
}

static void exchange_make_both(struct plans *plans,
                               const struct exchange_setup *setup,
                               unsigned race, int64_t now_us) {
  const struct exchange_race *of = &setup->races[race];
  unsigned count = setup->item_count, first = find_first(setup, race);
  plans->first_item = first;
  if (first < count) exchange_make_plan(&plans->first, of, false, now_us);
  if (first == count || count > 1)
    exchange_make_plan(&plans->others, of, true, now_us);
}

/* NULL: no memory. */
static const struct plans *exchange_make_plans(
    struct exchange *x, const struct exchange_setup *setup) {
  struct plans *plans =
      arena_take(&x->arena, setup->race_count * sizeof *plans);
  for (unsigned i = 0; plans && i < setup->race_count; i++)
    exchange_make_both(&plans[i], setup, i, x->record.start_us);
  return plans;
}

static bool exchange_make_fetches(struct exchange *x,
                                  const struct exchange_setup *setup) {
  const struct plans *plans = exchange_make_plans(x, setup);
  if (!plans || !exchange_take_fetches(x, setup, plans)) return false;
  struct attempt_record *records = (void *)(x->fetches + setup->item_count);
  struct attempt **attempts = (void *)(records + x->record.count);
  for (unsigned i = 0; i < setup->item_count; i++) {
    const struct exchange_item *item = &setup->items[i];
    const struct race_plan *plan = plan_of(plans, setup, i);
    struct fetch *fetch = &x->fetches[i];
    struct ask ask = {item->rest, item->query, item->message};
    fetch_init(fetch, &x->scene, plan, item->group, &ask);
    fetch->only = item->only;
    fetch->pilot = item->pilot;
    fetch->first_number = item->number;
    fetch->attempts = attempts;
    fetch->records = records;
    attempts += plan->attempts;
    records += plan->attempts;
  }
  return true;
}

/* That of a race; a gather may ask several. */
static struct slice exchange_upstream(const struct route *route) {
  bool races = route->kind == ROUTE_SMART && route->group;
  return races ? route->group->name : (struct slice){0};
}

static void exchange_describe(struct exchange *x,
                              const struct exchange_setup *setup) {
  x->record.route = setup->route->path;
  x->record.upstream = exchange_upstream(setup->route);
  x->record.tally = &setup->route->tallies[x->service->number];
  x->head_only = setup->head_only;
  x->route = setup->route;
  x->answer_fields = setup->answer_fields;
  x->if_none_match = setup->if_none_match;
  x->gathers = setup->gathers;
  x->detail = setup->detail;
  x->gather = setup->gather;
  x->scene = (struct fetch_scene){.service = x->service,
                                  .arena = &x->arena,
                                  .trace = x->record.trace,
                                  .tally = x->record.tally,
                                  .lease = setup->lease,
                                  .owner = &exchange_as_owner,
                                  .arg = x};
}

bool exchange_start(struct exchange *x, struct connection *connection,
                    const struct exchange_setup *setup) {
  exchange_describe(x, setup);
  if (!exchange_make_fetches(x, setup)) return false;
  x->connection = connection;
  x->lease = lease_take(setup->lease);
  x->count = x->open = setup->item_count;
  list_append(&x->service->exchanges, &x->link);
  connection_await(connection, exchange_on_gone, x);
  relaxed_add(&x->service->process->requests, 1);
  x->starting = true;
  for (unsigned i = 0; i < x->count; i++)
    fetch_start(&x->fetches[i], x->record.start_us);
  x->starting = false;
  exchange_go_on(x, x->record.start_us);
  return true;
}

/* exchange: one client request and the attempts made for it.
 *
 *     exchange_start
 *       advance(START)
 *     on_attempt_done  --+
 *     on_timer           +--> advance(event) = perform(step(event))
 *     on_gone            |
 *     exchange_drain_all +
 *
 *     perform(todo): cancel -> start -> settled? finish : set the timer
 *     finish: answer, log; free once the answer's bytes are out
 *
 * The policy (core/race for /smart, core/gather for /all) decides; this file
 * does what it says, and keeps what came of each attempt. `perform` may end
 * the exchange, so it is always its caller's last statement.
 *
 * One allocation holds it all: the exchange, a leg for every attempt it may
 * come to, what each asks, and the bytes of the client's request that are still
 * needed. The bodies belong to the legs and go out from where they were
 * received, so the exchange lives until the connection has sent them. */
#include "proxy/exchange.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

#include "core/answer.h"
#include "core/gather.h"
#include "core/race.h"
#include "io/clock.h"
#include "io/upstream.h"
#include "proxy/gathered.h"
#include "proxy/leg.h"

enum { PEER_BYTES = 56 };

struct exchange {
  struct service *service;
  struct exchange *prev, *next; /* in service->exchanges, until settled */
  struct connection *connection;
  enum exchange_kind kind;
  union {
    struct race race;
    struct gather gather;
  } policy;
  struct timer timer;
  int64_t start_us, now_us; /* now: of the event that is being performed */
  struct asked asked;
  struct slice common, credentials;
  struct exchange_item *items;
  unsigned leg_count, next_leg; /* legs below next_leg have been told of */
  unsigned started;
  bool detail;
  bool in_room; /* its memory is the service's room */
  char peer[PEER_BYTES];
  struct gathered gathered;
  struct leg legs[];
};

static void on_attempt_done(void *arg, unsigned k, struct attempt_reply *reply);
static void advance(struct exchange *x, struct step_event event);

/* ---- the policy, whichever it is ---- */

static struct todo step(struct exchange *x, const struct step_event *event) {
  return x->kind == EXCHANGE_RACE ? race_step(&x->policy.race, event)
                                  : gather_step(&x->policy.gather, event);
}

static int64_t wakeup_us(const struct exchange *x) {
  return x->kind == EXCHANGE_RACE ? race_wakeup_us(&x->policy.race)
                                  : gather_wakeup_us(&x->policy.gather);
}

/* ---- life ---- */

static void link_in(struct exchange *x) {
  struct service *service = x->service;
  x->next = service->exchanges;
  if (x->next) x->next->prev = x;
  service->exchanges = x;
}

static void unlink_from(struct exchange *x) {
  if (x->prev) x->prev->next = x->next;
  else x->service->exchanges = x->next;
  if (x->next) x->next->prev = x->prev;
}

static void free_exchange(void *arg) {
  struct exchange *x = arg;
  struct service *service = x->service;
  for (unsigned k = 0; k < x->leg_count; k++) leg_clear(&x->legs[k]);
  gathered_clear(&x->gathered);
  if (x->in_room) slab_give(&service->room, x);
  else free(x);
  atomic_fetch_sub_explicit(&service->process->requests, 1,
                            memory_order_relaxed);
}

/* ---- the answer ---- */

static struct answer_race tell(const struct exchange *x,
                               struct attempt_story *stories, int winner) {
  for (unsigned k = 0; k < x->next_leg; k++) {
    const struct leg *leg = &x->legs[k];
    stories[k] = (struct attempt_story){
        .target = x->items[k].target,
        .started_us = leg->started_us - x->start_us,
        .ended_us = leg->ended_us - x->start_us,
        .result = leg->end.result,
        .status = leg->end.status,
        .resends = leg->resends,
        .error = leg->error,
    };
  }
  return (struct answer_race){.started = x->started,
                              .winner = winner,
                              .attempts = stories,
                              .attempt_count = x->next_leg};
}

static struct text *scratch(struct exchange *x) {
  struct text *text = &x->service->answer_text;
  text->len = 0;
  text->cut = false;
  return text;
}

static void answer_passed(struct exchange *x, unsigned k, enum outcome outcome,
                          const struct answer_race *race) {
  struct service *service = x->service;
  const struct leg *leg = &x->legs[k];
  struct text *head = scratch(x);
  struct iovec parts[2];
  answer_passed_head(head, leg->head, leg->body.len, race, x->asked.request_id,
                     slice_of(service->process->via), service_date(service),
                     reply_framing(x->connection));
  parts[0] = (struct iovec){head->at, head->len};
  parts[1] = (struct iovec){(char *)(uintptr_t)leg->body.at, leg->body.len};
  reply_log(service, &x->asked, x->peer, leg->end.status, outcome_name(outcome),
            leg->body.len, race);
  connection_answer(x->connection, parts, x->asked.head_only ? 1 : 2,
                    free_exchange, x);
}

static void answer_gathered(struct exchange *x,
                            const struct answer_race *race) {
  struct service *service = x->service;
  struct text *head = scratch(x);
  struct answer_own own = {
      .status = 200,
      .content_type = "application/json",
      .length = x->gathered.bytes,
      .gathered = true,
      .completed = x->policy.gather.completed,
      .items = x->leg_count,
  };
  answer_own_head(head, &own, race, x->asked.request_id,
                  slice_of(service->process->via), service_date(service),
                  reply_framing(x->connection));
  x->gathered.parts[0] = (struct iovec){head->at, head->len};
  reply_log(service, &x->asked, x->peer, 200, outcome_name(OUTCOME_GATHERED),
            x->gathered.bytes, race);
  connection_answer(x->connection, x->gathered.parts,
                    x->asked.head_only ? 1 : x->gathered.part_count,
                    free_exchange, x);
}

static const struct {
  int status;
  const char *detail;
} endings[] = {
    [OUTCOME_FAILED] = {502, "no attempt succeeded; see attempts"},
    [OUTCOME_REFUSED] = {503,
                         "no attempt could be started, or its answer held; "
                         "see attempts"},
    [OUTCOME_DEADLINE] = {504, "no attempt succeeded before the deadline "
                               "(timeout=MS, --timeout)"},
    [OUTCOME_DRAINED] = {503, "hedgerow is stopping (--drain)"},
    [OUTCOME_GATHERED] = {503, "no memory was free to gather the answers"},
};

static void answer_problem_for(struct exchange *x, enum outcome outcome,
                               const struct answer_race *race) {
  struct problem problem = {
      .status = endings[outcome].status,
      .outcome = outcome_name(outcome),
      .detail = slice_of(endings[outcome].detail),
      .race = race,
      .on_sent = free_exchange,
      .arg = x,
  };
  reply_problem(x->service, x->connection, &x->asked, &problem);
}

static void answer_with(struct exchange *x, struct todo todo,
                        const struct answer_race *race) {
  switch (todo.outcome) {
    case OUTCOME_SUCCESS:
    case OUTCOME_CLIENT_ERROR:
      answer_passed(x, todo.winner, todo.outcome, race);
      return;
    case OUTCOME_GONE:
      reply_log(x->service, &x->asked, x->peer, 0, outcome_name(todo.outcome),
                0, race);
      free_exchange(x);
      return;
    case OUTCOME_GATHERED:
      if (gathered_write(&x->gathered, x->legs, x->leg_count, x->detail,
                         &x->service->blocks)) {
        answer_gathered(x, race);
        return;
      }
      break;
    default: break;
  }
  answer_problem_for(x, todo.outcome, race);
}

/* The one exit. */
static void finish(struct exchange *x, struct todo todo) {
  struct attempt_story few[RACE_MAX_ATTEMPTS], *stories = few;
  int winner = todo.outcome == OUTCOME_SUCCESS ? (int)todo.winner : -1;
  struct answer_race race;
  timer_clear(&x->timer);
  unlink_from(x);
  if (x->next_leg > RACE_MAX_ATTEMPTS)
    stories = malloc(x->next_leg * sizeof *stories);
  if (!stories) { /* a large /all, and no memory: it is told without */
    stories = few;
    x->next_leg = RACE_MAX_ATTEMPTS;
  }
  race = tell(x, stories, winner);
  answer_with(x, todo, &race);
  if (stories != few) free(stories);
}

/* ---- performing a todo ---- */

/* Why what was in flight has ended: by another's success, or by time. */
static void end_cancelled(struct leg *leg, enum outcome outcome,
                          int64_t now_us) {
  if (outcome == OUTCOME_SUCCESS || outcome == OUTCOME_GONE ||
      outcome == OUTCOME_DRAINED)
    leg_end(leg, ATTEMPT_CANCELLED, "", now_us);
  else if (outcome == OUTCOME_OPEN || outcome == OUTCOME_FAILED)
    leg_end(leg, ATTEMPT_TIMEOUT, "no whole answer within --attempt-timeout",
            now_us);
  else
    leg_end(leg, ATTEMPT_TIMEOUT, "no whole answer before the deadline",
            now_us);
}

static void cancel_below(struct exchange *x, const struct todo *todo) {
  for (unsigned k = 0; k < todo->cancel_below && k < x->next_leg; k++) {
    struct leg *leg = &x->legs[k];
    if (!leg->attempt) continue;
    attempt_cancel(leg->attempt);
    end_cancelled(leg, todo->outcome, x->now_us);
  }
}

/* Starts the next attempt; false: it was refused, and its leg says why. */
static bool start_next(struct exchange *x) {
  unsigned k = x->next_leg++;
  const struct exchange_item *item = &x->items[k];
  struct leg *leg = &x->legs[k];
  struct attempt_request request = {
      .target = item->target,
      .hedge = item->hedge_attempt > 0,
      .hedge_attempt = item->hedge_attempt,
      .rest = item->rest,
      .query = item->query,
      .common = x->common,
      .credentials = item->credentials ? x->credentials : (struct slice){0},
  };
  const char *why;
  leg->started_us = x->now_us;
  leg->attempt = attempt_start(x->service->upstream, &request, on_attempt_done,
                               x, k, &why);
  if (leg->attempt) {
    x->started++;
    return true;
  }
  leg_end(leg, ATTEMPT_REFUSED, why, clock_now_us());
  return false;
}

static struct step_event refused(const struct exchange *x) {
  unsigned k = x->next_leg - 1;
  return (struct step_event){.kind = EVENT_ENDED,
                             .now_us = x->legs[k].ended_us,
                             .attempt = k,
                             .end = x->legs[k].end};
}

/* A gather whose time was up while its items were still being started. */
static void give_up_rest(struct exchange *x) {
  int64_t now_us = clock_now_us();
  while (x->next_leg < x->leg_count) {
    struct leg *leg = &x->legs[x->next_leg++];
    leg->started_us = now_us;
    leg_end(leg, ATTEMPT_TIMEOUT, "the deadline came before its start", now_us);
  }
}

/* Does what the policy says, and tells it at once what was refused. */
static void perform(struct exchange *x, struct todo todo) {
  cancel_below(x, &todo);
  while (todo.outcome == OUTCOME_OPEN && x->next_leg < todo.start_below) {
    if (start_next(x)) continue;
    struct step_event event = refused(x);
    todo = step(x, &event);
    cancel_below(x, &todo);
  }
  if (todo.outcome == OUTCOME_GATHERED) give_up_rest(x);
  if (todo.outcome == OUTCOME_OPEN) timer_set(&x->timer, wakeup_us(x));
  else finish(x, todo);
}

static void advance(struct exchange *x, struct step_event event) {
  x->now_us = event.now_us;
  perform(x, step(x, &event));
}

/* ---- what happens ---- */

static void on_attempt_done(void *arg, unsigned k,
                            struct attempt_reply *reply) {
  struct exchange *x = arg;
  leg_take(&x->legs[k], reply);
  advance(x, (struct step_event){.kind = EVENT_ENDED,
                                 .now_us = reply->end_us,
                                 .attempt = k,
                                 .end = reply->end});
}

static void on_timer(void *arg) {
  advance(arg,
          (struct step_event){.kind = EVENT_TIMER, .now_us = clock_now_us()});
}

static void on_gone(void *arg) {
  advance(arg,
          (struct step_event){.kind = EVENT_GONE, .now_us = clock_now_us()});
}

void exchange_drain_all(struct service *service) {
  while (service->exchanges)
    advance(service->exchanges,
            (struct step_event){.kind = EVENT_DRAIN, .now_us = clock_now_us()});
}

/* ---- the start ---- */

/* A slice of the order's bytes, as a slice of our copy of them. */
static struct slice rebase(struct slice s, const struct exchange_order *order,
                           const char *copy) {
  if (s.len == 0) return (struct slice){copy, 0};
  return (struct slice){copy + (s.at - order->bytes.at), s.len};
}

static void copy_order(struct exchange *x, const struct exchange_order *order) {
  char *bytes = (char *)(x->items + order->item_count);
  memcpy(bytes, order->bytes.at, order->bytes.len);
  memcpy(x->items, order->items, order->item_count * sizeof *x->items);
  for (unsigned k = 0; k < order->item_count; k++) {
    x->items[k].rest = rebase(x->items[k].rest, order, bytes);
    x->items[k].query = rebase(x->items[k].query, order, bytes);
  }
  x->asked = order->asked;
  x->asked.method = rebase(order->asked.method, order, bytes);
  x->asked.target = rebase(order->asked.target, order, bytes);
  x->asked.request_id = rebase(order->asked.request_id, order, bytes);
  x->common = rebase(order->common, order, bytes);
  x->credentials = rebase(order->credentials, order, bytes);
}

static struct exchange *exchange_new(struct service *service,
                                     const struct exchange_order *order) {
  struct exchange *x;
  size_t legs = order->item_count * sizeof *x->legs;
  size_t items = order->item_count * sizeof *x->items;
  size_t size = sizeof *x + legs + items + order->bytes.len;
  bool in_room = size <= SERVICE_ROOM_BYTES;
  x = in_room ? slab_take(&service->room) : malloc(size);
  if (!x) return NULL;
  memset(x, 0, sizeof *x + legs);
  x->in_room = in_room;
  x->service = service;
  x->leg_count = order->item_count;
  x->items = (struct exchange_item *)(x->legs + order->item_count);
  copy_order(x, order);
  return x;
}

static void init_policy(struct exchange *x, int64_t timeout_us) {
  const struct race_policy *policy = &x->service->config->policy;
  int64_t limit_us = policy->attempt_timeout_us;
  if (x->kind == EXCHANGE_RACE) {
    race_init(&x->policy.race, policy, timeout_us);
    return;
  }
  /* Every item starts at once, so their own limit is an earlier deadline. */
  if (limit_us > 0 && limit_us < timeout_us) timeout_us = limit_us;
  gather_init(&x->policy.gather, x->leg_count, timeout_us);
}

bool exchange_start(struct service *service, struct connection *connection,
                    const struct exchange_order *order) {
  struct exchange *x = exchange_new(service, order);
  if (!x) return false;
  x->connection = connection;
  x->kind = order->kind;
  x->detail = order->detail;
  x->start_us = order->asked.started_us;
  if (service->log)
    snprintf(x->peer, sizeof x->peer, "%s", connection_peer(connection));
  init_policy(x, order->timeout_us);
  timer_init(&x->timer, service->loop, on_timer, x);
  link_in(x);
  connection_await(connection, on_gone, x);
  atomic_fetch_add_explicit(&service->process->requests, 1,
                            memory_order_relaxed);
  advance(x, (struct step_event){.kind = EVENT_START, .now_us = x->start_us});
  return true;
}

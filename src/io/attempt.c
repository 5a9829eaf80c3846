/* attempt: from a start to an end, by way of a name, a connection and a call.
 *
 *   attempt_start ---- name known? ----> a kept connection? ----> CALLING
 *                        | no                 | no                 ^   |
 *                        v                    v                    |   v
 *                     NAMELESS ----------> DIALING ----------------+ on_end
 *                  --connect-timeout
 *
 * A kept connection may have been closed by the upstream while the request was
 * on its way. If it ends before any byte of an answer, the request is sent once
 * more, on a new connection: the same attempt, a resend (RFC 9112, section
 * 9.3.1). One that may go out only once is not, if a byte may have been read.
 *
 * attempt_start calls nobody back: what fails at once, fails in the next turn.
 * Whether an attempt may start, and how long it may take, is for those above.
 *
 * A loser is a cancelled attempt whose answer is read all the same, for a
 * while, so that its connection can be kept (--losers drain). It still counts
 * as in flight, and has nobody left to tell. */
#include "io/attempt.h"

#include <stdlib.h>

#include "core/list.h"
#include "io/clock.h"
#include "io/dial.h"
#include "io/h1.h"
#include "io/pool.h"
#include "io/slab.h"
#include "io/trace.h"
#include "io/waiting.h"

enum {
  LOSER_US = 1000000,   /* how long a loser is read, */
  LOSERS_MAX = 1024,    /* and how many are at once */
  LEAST_DIAL_US = 1000, /* for a dial whose time is nearly over */
};

enum attempt_state {
  NAMELESS, /* waits for its target's addresses */
  FAILING,  /* waits for the next turn, to fail in it */
  DIALING,
  CALLING, /* the request goes out, the answer comes in */
  LOSER,
};

struct attempt {
  struct attempts *attempts;
  struct list_link link; /* among the losers */
  enum attempt_state state;
  unsigned slot;       /* its target's, which a loser has lost */
  uint32_t generation; /* of the addresses it dials */
  bool was_kept;       /* its connection had carried a request before */
  bool sent;           /* somebody may have read some of the request */
  struct attempt_record *record;
  attempt_on_end *on_end;
  void *arg;
  struct dial *dial;
  struct waiter waiter;
  int64_t connect_by_us; /* name, connection and handshake are there by then */
  int64_t due_us;        /* a loser's time is over then */
  struct call call;
};

struct attempts {
  struct slots *slots;
  struct blocks *blocks;
  struct dialer *dialer;
  struct wires *wires;
  struct resolver_view *names;
  struct waiting *waiting;
  struct slab slab;
  struct {
    struct list list; /* in the order in which they are due */
    unsigned count;
    struct timer timer;
  } losers; /* whose answers are being read */
};

static const char no_memory[] = "no memory was free";
static const char once_only[] =
    "the kept connection ended before an answer; this request may not be sent "
    "twice (RFC 9110, 9.2.2)";

static unsigned name_of(const struct attempt *a) {
  return slot_at(a->attempts->slots, a->slot)->name;
}

static const struct resolver_answer *addresses(const struct attempt *a) {
  return resolver_get(a->attempts->names, name_of(a));
}

static void attempt_trace(const struct attempt *a, const char *what) {
  trace("attempt %u to target %u: %s", a->record->number, a->record->target,
        what);
}

/* ---- how it ends ---- */

/* Not in flight any more: its place is free for the next one. */
static void attempt_land(struct attempt *a) {
  struct slot *slot = slot_at(a->attempts->slots, a->slot);
  atomic_fetch_sub_explicit(&slot->in_flight, 1, memory_order_relaxed);
}

static inline void attempt_recycle(struct attempt *a) {
  intake_clear(&a->call.intake);
  slab_give(&a->attempts->slab, a);
}

/* What breaks a rule may be the upstream's error, where that is wanted. */
static bool may_be_answer(const struct verdict *verdict) {
  if (verdict->end.result == ATTEMPT_RULE) return verdict->keep_errors;
  return verdict->end.whole && verdict->end.result != ATTEMPT_BAD_JSON;
}

/* Whoever is told may free what the attempt has borrowed. */
static void attempt_report(struct attempt *a, int64_t now_us) {
  struct verdict *verdict = &a->call.intake.verdict;
  struct response response = {0};
  a->record->end = verdict->end;
  a->record->end.unsent = !a->sent;
  a->record->end_us = now_us;
  a->record->error = verdict->error;
  if (may_be_answer(verdict)) intake_hand_over(&a->call.intake, &response);
  a->on_end(a->arg, a->record, &response);
  response_clear(&response);
}

/* The one exit of an attempt that was not cancelled. */
static void attempt_finish(struct attempt *a, int64_t now_us) {
  struct wires *wires = a->attempts->wires;
  wires_learn(wires, a->slot,
              intake_usual(&a->call.intake, wires_usual(wires, a->slot)));
  attempt_land(a);
  attempt_report(a, now_us);
  attempt_recycle(a);
}

static void attempt_fail(struct attempt *a, enum attempt_result result,
                         const char *why, int64_t now_us) {
  verdict_broken(&a->call.intake.verdict, result, why);
  attempt_finish(a, now_us);
}

static void attempt_fail_next_turn(struct attempt *a,
                                   enum attempt_result result,
                                   const char *why) {
  verdict_broken(&a->call.intake.verdict, result, why);
  a->state = FAILING;
  waiting_for_turn(a->attempts->waiting, &a->waiter, a);
}

static void attempt_on_turn(void *arg) { attempt_finish(arg, clock_now_us()); }

/* ---- connecting ---- */

static void attempt_on_dialed(void *arg, const struct stream *stream,
                              enum attempt_result result, const char *why) {
  struct attempt *a = arg;
  struct attempts *attempts = a->attempts;
  int64_t now_us = clock_now_us();
  a->dial = NULL;
  if (!stream) { /* the name may have moved */
    resolver_want(attempts->names, name_of(a));
    attempt_fail(a, result, why, now_us);
    return;
  }
  a->record->connected_us = now_us;
  a->state = CALLING;
  trace("attempt %u to target %u: connected as fd %d", a->record->number,
        a->record->target, stream->fd);
  a->was_kept = false;
  if (!pool_call_on(attempts->wires, &a->call, stream, a->generation))
    attempt_fail(a, ATTEMPT_STARVED, no_memory, now_us);
}

static void attempt_dial(struct attempt *a) {
  const struct resolver_answer *answer = addresses(a);
  int64_t left_us = a->connect_by_us - clock_now_us();
  struct dial_to to = {.url = &a->call.target->url,
                       .name = name_of(a),
                       .trust = a->call.target->trust,
                       .connect_timeout_us =
                           left_us > LEAST_DIAL_US ? left_us : LEAST_DIAL_US};
  a->record->connected_us = 0;
  a->state = DIALING;
  a->generation = answer->generation;
  attempt_trace(a, "dials");
  a->dial = dial_start(a->attempts->dialer, &to, answer, attempt_on_dialed, a);
  if (!a->dial) attempt_fail_next_turn(a, ATTEMPT_STARVED, no_memory);
}

/* On a kept connection if there is one, else on a new one. */
static void attempt_connect(struct attempt *a) {
  uint32_t generation = addresses(a)->generation;
  enum pool_result result = pool_call(a->attempts->wires, &a->call, generation);
  a->state = CALLING;
  a->was_kept = true;
  if (result == POOL_STARTED) {
    attempt_trace(a, "asks on a kept connection");
    return;
  }
  if (result == POOL_DIED) a->record->resends = 1;
  attempt_dial(a);
}

/* ---- names ---- */

static void attempt_on_named(void *arg) { attempt_connect(arg); }

static void attempt_on_unnamed(void *arg, const char *why) {
  attempt_fail(arg, ATTEMPT_TRANSPORT, why, clock_now_us());
}

static void attempt_wait_for_name(struct attempt *a,
                                  enum resolver_state state) {
  struct attempts *attempts = a->attempts;
  int64_t due_us = a->connect_by_us;
  a->state = NAMELESS;
  attempt_trace(a, "waits for its name's addresses");
  if (state == RESOLVER_FAILED) { /* it fails now, and is looked up again */
    resolver_want(attempts->names, name_of(a));
    due_us = 0;
  }
  waiting_for_name(attempts->waiting, &a->waiter, name_of(a), due_us, a);
}

/* ---- the call has ended ---- */

static void losers_leave(struct attempt *a);

static void attempt_on_call_end(void *arg, enum call_end end, const char *why,
                                int64_t now_us) {
  struct attempt *a = arg;
  a->sent |= end != CALL_UNSENT;
  if (end == CALL_READ_OUT) {
    losers_leave(a);
    attempt_land(a);
    attempt_recycle(a);
  } else if (end == CALL_JUDGED) {
    attempt_finish(a, now_us);
  } else if (!a->was_kept || a->record->resends > 0) {
    attempt_fail(a, ATTEMPT_TRANSPORT, why, now_us);
  } else if (a->sent && a->call.ask->message->once) {
    attempt_fail(a, ATTEMPT_TRANSPORT, once_only, now_us);
  } else {
    attempt_trace(a, "the kept connection had died: asks again");
    a->record->resends = 1;
    a->connect_by_us = now_us + a->call.intake.limits->connect_timeout_us;
    attempt_dial(a);
  }
}

/* ---- losers ---- */

static struct attempt *first_loser(struct attempts *attempts) {
  struct list_link *first = attempts->losers.list.first;
  return first ? list_item(first, struct attempt, link) : NULL;
}

static void losers_join(struct attempt *a) {
  struct attempts *attempts = a->attempts;
  a->state = LOSER;
  a->due_us = clock_now_us() + LOSER_US;
  list_append(&attempts->losers.list, &a->link);
  if (attempts->losers.count++ == 0)
    timer_set(&attempts->losers.timer, a->due_us);
}

static void losers_leave(struct attempt *a) {
  list_remove(&a->attempts->losers.list, &a->link);
  a->attempts->losers.count--;
}

static bool attempt_may_lose_slowly(struct attempt *a) {
  return a->state == CALLING && a->call.intake.limits->read_losers &&
         a->attempts->losers.count < LOSERS_MAX &&
         a->call.kind->read_out(&a->call);
}

static void attempt_give_up(struct attempt *a) {
  a->call.kind->cancel(&a->call);
  losers_leave(a);
  attempt_land(a);
  attempt_recycle(a);
}

static void attempt_on_late_losers(void *arg) {
  struct attempts *attempts = arg;
  int64_t now_us = clock_now_us();
  struct attempt *a;
  while ((a = first_loser(attempts)) && now_us >= a->due_us) attempt_give_up(a);
  if (a) timer_set(&attempts->losers.timer, a->due_us);
}

static void end_losers(struct attempts *attempts) {
  struct attempt *a;
  while ((a = first_loser(attempts))) attempt_give_up(a);
}

/* ---- the interface ---- */

static void attempt_prepare_call(struct attempt *a, const struct ask *ask,
                                 const struct target *target,
                                 const struct target_limits *limits) {
  struct call *call = &a->call;
  call->kind = NULL;
  call->ask = ask;
  call->target = target;
  call->record = a->record;
  call->on_end = attempt_on_call_end;
  call->arg = a;
  call->usual = wires_usual(a->attempts->wires, target->slot);
  call->wire = NULL;
  call->reading_out = false;
  intake_init(&call->intake, limits, ask->message, a->attempts->blocks);
}

struct attempt *attempt_start(struct attempts *attempts, const struct ask *ask,
                              const struct target *target,
                              const struct target_limits *limits,
                              struct attempt_record *record,
                              attempt_on_end *on_end, void *arg) {
  struct attempt *a = slab_take(&attempts->slab);
  if (!a) return NULL;
  a->attempts = attempts;
  a->slot = target->slot;
  a->record = record;
  a->on_end = on_end;
  a->arg = arg;
  a->dial = NULL;
  a->sent = false;
  a->waiter = (struct waiter){0};
  a->connect_by_us = record->start_us + limits->connect_timeout_us;
  attempt_prepare_call(a, ask, target, limits);
  enum resolver_state state = addresses(a)->state;
  if (state == RESOLVER_READY) attempt_connect(a);
  else attempt_wait_for_name(a, state);
  return a;
}

void attempt_cancel(struct attempt *a) {
  if (attempt_may_lose_slowly(a)) {
    losers_join(a);
    return;
  }
  waiting_cancel(&a->waiter);
  if (a->dial) dial_cancel(a->dial);
  if (a->call.kind) a->call.kind->cancel(&a->call);
  attempt_land(a);
  attempt_recycle(a);
}

/* ---- life ---- */

static void on_name_change(void *arg, unsigned name) {
  struct attempts *attempts = arg;
  (void)name;
  waiting_look(attempts->waiting);
}

static bool make_parts(struct attempts *attempts, struct loop *loop,
                       struct resolver *resolver) {
  static const struct waiting_handler handler = {
      attempt_on_named, attempt_on_unnamed, attempt_on_turn};
  attempts->dialer = dialer_new(loop);
  attempts->wires = wires_new(loop, &h1_wire_user);
  attempts->names = resolver_view_new(resolver, loop, on_name_change, attempts);
  if (!attempts->dialer || !attempts->wires || !attempts->names) return false;
  attempts->waiting = waiting_new(loop, attempts->names, &handler);
  return attempts->waiting != NULL;
}

struct attempts *attempts_new(struct loop *loop, struct resolver *resolver,
                              struct slots *slots, struct blocks *blocks) {
  struct attempts *attempts = calloc(1, sizeof *attempts);
  if (!attempts) return NULL;
  attempts->slots = slots;
  attempts->blocks = blocks;
  slab_init(&attempts->slab, sizeof(struct attempt));
  timer_init(&attempts->losers.timer, loop, attempt_on_late_losers, attempts);
  if (make_parts(attempts, loop, resolver)) return attempts;
  attempts_free(attempts);
  return NULL;
}

/* Wires first, which may be the last that keep a shard. */
void attempts_sweep(struct attempts *attempts) {
  wires_close_retired(attempts->wires);
  dialer_sweep(attempts->dialer);
}

void attempts_free(struct attempts *attempts) {
  if (!attempts) return;
  end_losers(attempts);
  timer_clear(&attempts->losers.timer);
  waiting_free(attempts->waiting);
  wires_free(attempts->wires);
  dialer_free(attempts->dialer);
  if (attempts->names) resolver_view_free(attempts->names);
  slab_clear(&attempts->slab);
  free(attempts);
}

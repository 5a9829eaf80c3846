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
 * 9.3.1). One that is not idempotent is not, if a byte may have been read.
 *
 * Where the message streams, CALLING becomes PASSING with the first read that
 * brings a head and no end: on_head, and on_body for each read that follows.
 * What its owner has seen is forgotten at once. It may cancel the attempt from
 * there, which then lives until its owner returns.
 *
 * attempt_start calls nobody back: what fails at once, fails in the next turn.
 * Whether an attempt may start, and how long it may take, is for those above.
 *
 * What becomes of a cancelled attempt whose answer is read all the same is
 * attempt_losers.c's. */
#include "io/attempt.h"

#include <stdlib.h>

#include "io/attempt_parts.h"
#include "io/clock.h"
#include "io/h1.h"
#include "io/pool.h"
#include "io/trace.h"

enum { LEAST_DIAL_US = 1000 }; /* for a dial whose time is nearly over */

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

/* Its owner has been told the head. */
static bool attempt_is_passed_on(const struct attempt *a) {
  return a->state == PASSING || a->state == TELLING;
}

/* Not in flight any more: its place is free for the next one. */
static void attempt_land(struct attempt *a) {
  struct slot *slot = slot_at(a->attempts->slots, a->slot);
  if (attempt_is_passed_on(a)) atomic_fetch_sub(&slot->passing, 1);
  atomic_fetch_sub(&slot->in_flight, 1); /* and only then: */
  if (atomic_load(&slot->waiting) > 0)
    a->attempts->on_room(a->attempts->on_room_arg);
}

static inline void attempt_recycle(struct attempt *a) {
  intake_clear(&a->call.intake);
  slab_give(&a->attempts->slab, a);
}

void attempt_free(struct attempt *a) {
  attempt_land(a);
  attempt_recycle(a);
}

/* What breaks a rule may be the upstream's error, where that is wanted. */
static bool may_be_answer(const struct verdict *verdict) {
  if (verdict->end.result == ATTEMPT_RULE) return verdict->keep_errors;
  return verdict->end.whole && verdict->end.result != ATTEMPT_BAD_JSON;
}

/* What comes of it last. */
static void attempt_take_response(struct attempt *a,
                                  struct response *response) {
  struct intake *intake = &a->call.intake;
  if (a->state == PASSING) response->body = intake_body(intake);
  else if (may_be_answer(&intake->verdict)) intake_hand_over(intake, response);
}

/* Whoever is told may free what the attempt has borrowed. */
static void attempt_report(struct attempt *a, int64_t now_us) {
  struct verdict *verdict = &a->call.intake.verdict;
  struct response response = {0};
  a->record->end = verdict->end;
  a->record->end.unsent = !a->sent;
  a->record->end_us = now_us;
  a->record->error = verdict->error;
  attempt_take_response(a, &response);
  a->owner->on_end(a->arg, a->record, &response);
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
  tally_add(&attempts->tally->dials[result], 1);
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
  if (!pool_call_on(attempts->wires, &a->call, stream, a->generation,
                    a->address))
    attempt_fail(a, ATTEMPT_STARVED, no_memory, now_us);
}

static void attempt_dial(struct attempt *a, int64_t now_us) {
  const struct resolver_answer *answer = addresses(a);
  int64_t left_us = a->connect_by_us - now_us;
  a->address = resolver_answer_first(
      answer, &slot_at(a->attempts->slots, a->slot)->turn, a->record->tried);
  struct dial_to to = {.url = &a->call.target->url,
                       .name = name_of(a),
                       .first = a->address,
                       .trust = a->call.target->trust,
                       .connect_timeout_us =
                           left_us > LEAST_DIAL_US ? left_us : LEAST_DIAL_US};
  a->record->connected_us = 0;
  a->state = DIALING;
  a->generation = answer->generation;
  a->record->tried |= (uint8_t)(1u << a->address);
  attempt_trace(a, "dials");
  a->dial = dial_start(a->attempts->dialer, &to, answer, attempt_on_dialed, a);
  if (!a->dial) attempt_fail_next_turn(a, ATTEMPT_STARVED, no_memory);
}

static void attempt_stop_dial(struct attempt *a) {
  tally_add(&a->attempts->tally->dials[ATTEMPT_CANCELLED], 1);
  dial_cancel(a->dial);
}

static void attempt_count_resend(struct attempt *a) {
  tally_add(&a->attempts->tally->resends, 1);
  a->record->resends = 1;
}

/* On a kept connection if there is one, else on a new one. */
static void attempt_connect(struct attempt *a, int64_t now_us) {
  const struct resolver_answer *answer = addresses(a);
  unsigned avoid = resolver_answer_avoid(answer, a->record->tried);
  enum pool_result result = pool_call(a->attempts->wires, &a->call,
                                      answer->generation, avoid, now_us);
  a->state = CALLING;
  a->was_kept = true;
  if (result == POOL_STARTED) {
    attempt_trace(a, "asks on a kept connection");
    return;
  }
  if (result == POOL_DIED) attempt_count_resend(a);
  attempt_dial(a, now_us);
}

/* ---- names ---- */

static void attempt_on_named(void *arg) {
  attempt_connect(arg, clock_now_us());
}

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

static void attempt_on_call_end(void *arg, enum call_end end, const char *why,
                                int64_t now_us) {
  struct attempt *a = arg;
  a->sent |= end != CALL_UNSENT;
  if (end == CALL_READ_OUT) {
    attempt_losers_leave(a, now_us);
  } else if (end == CALL_JUDGED) {
    attempt_finish(a, now_us);
  } else if (!a->was_kept || a->record->resends > 0) {
    attempt_fail(a, ATTEMPT_TRANSPORT, why, now_us);
  } else if (a->sent && a->call.ask->message->once) {
    attempt_fail(a, ATTEMPT_TRANSPORT, once_only, now_us);
  } else {
    attempt_trace(a, "the kept connection had died: asks again");
    attempt_count_resend(a);
    a->connect_by_us = now_us + a->call.intake.limits->connect_timeout_us;
    attempt_dial(a, now_us);
  }
}

/* ---- an answer that is passed on ---- */

static void attempt_tell_head(struct attempt *a) {
  struct response head = {0};
  atomic_fetch_add(&slot_at(a->attempts->slots, a->slot)->passing, 1);
  intake_show(&a->call.intake, &head);
  a->owner->on_head(a->arg, a->record, &head);
}

static void attempt_tell_body(struct attempt *a) {
  struct slice body = intake_body(&a->call.intake);
  if (body.len > 0) a->owner->on_body(a->arg, body);
}

static bool attempt_on_more(void *arg) {
  struct attempt *a = arg;
  bool first = a->state == CALLING;
  a->state = TELLING;
  if (first) attempt_tell_head(a);
  else attempt_tell_body(a);
  if (a->state == LEFT) {
    attempt_recycle(a);
    return false;
  }
  a->state = PASSING;
  a->call.usual = CALL_PASS_BYTES;
  intake_forget(&a->call.intake);
  return !a->call.paused;
}

void attempt_pause(struct attempt *a) { a->call.kind->pause(&a->call); }

bool attempt_resume(struct attempt *a) {
  return a->call.kind->resume(&a->call);
}

/* ---- the interface ---- */

static void attempt_prepare_call(struct attempt *a, const struct ask *ask,
                                 const struct target *target,
                                 const struct target_limits *limits) {
  static const struct call_owner owner = {attempt_on_call_end, attempt_on_more};
  struct call *call = &a->call;
  call->kind = NULL;
  call->ask = ask;
  call->target = target;
  call->record = a->record;
  call->owner = &owner;
  call->arg = a;
  call->usual = wires_usual(a->attempts->wires, target->slot);
  call->wire = NULL;
  call->reading_out = false;
  intake_init(&call->intake, limits, ask->message, a->attempts->blocks);
  call->intake.bytes.yields = a->record->kind != ATTEMPT_PRIMARY;
}

struct attempt *attempt_start(struct attempts *attempts, const struct ask *ask,
                              const struct target *target,
                              const struct target_limits *limits,
                              struct attempt_record *record,
                              const struct attempt_owner *owner, void *arg) {
  struct attempt *a = slab_take(&attempts->slab);
  if (!a) return NULL;
  a->attempts = attempts;
  a->slot = target->slot;
  a->record = record;
  a->owner = owner;
  a->arg = arg;
  a->dial = NULL;
  a->sent = false;
  a->waiter = (struct waiter){0};
  a->connect_by_us = record->start_us + limits->connect_timeout_us;
  attempt_prepare_call(a, ask, target, limits);
  enum resolver_state state = addresses(a)->state;
  if (state == RESOLVER_READY) attempt_connect(a, record->start_us);
  else attempt_wait_for_name(a, state);
  return a;
}

int attempt_status(const struct attempt *a) {
  return a->call.intake.verdict.end.status;
}

bool attempt_cancel(struct attempt *a) {
  if (attempt_losers_join(a)) return true;
  waiting_cancel(&a->waiter);
  if (a->dial) attempt_stop_dial(a);
  if (a->call.kind) a->call.kind->cancel(&a->call);
  attempt_land(a);
  if (a->state == TELLING) a->state = LEFT;
  else attempt_recycle(a);
  return false;
}

/* ---- life ---- */

static void attempts_on_name_change(void *arg, unsigned name) {
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
  attempts->names =
      resolver_view_new(resolver, loop, attempts_on_name_change, attempts);
  if (!attempts->dialer || !attempts->wires || !attempts->names) return false;
  attempts->waiting = waiting_new(loop, attempts->names, &handler);
  return attempts->waiting != NULL;
}

struct attempts *attempts_new(struct loop *loop, struct resolver *resolver,
                              struct slots *slots, struct blocks *blocks,
                              struct worker_tally *tally) {
  struct attempts *attempts = calloc(1, sizeof *attempts);
  if (!attempts) return NULL;
  attempts->slots = slots;
  attempts->blocks = blocks;
  attempts->tally = tally;
  slab_init(&attempts->slab, sizeof(struct attempt));
  attempt_losers_init(attempts, loop);
  if (make_parts(attempts, loop, resolver)) return attempts;
  attempts_free(attempts);
  return NULL;
}

void attempts_on_room(struct attempts *attempts, void (*on_room)(void *arg),
                      void *arg) {
  attempts->on_room = on_room;
  attempts->on_room_arg = arg;
}

/* Wires first, which may be the last that keep a shard. */
void attempts_sweep(struct attempts *attempts) {
  wires_close_retired(attempts->wires);
  dialer_sweep(attempts->dialer);
}

void attempts_free(struct attempts *attempts) {
  if (!attempts) return;
  attempt_losers_clear(attempts);
  waiting_free(attempts->waiting);
  wires_free(attempts->wires);
  dialer_free(attempts->dialer);
  if (attempts->names) resolver_view_free(attempts->names);
  slab_clear(&attempts->slab);
  free(attempts);
}

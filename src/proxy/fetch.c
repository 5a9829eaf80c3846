/* fetch: the one place where the race meets the world.
 *
 *     fetch_start
 *       fetch_advance(START)
 *     fetch_on_attempt_end --+
 *     fetch_on_timer         +--> race_step(event) --> fetch_perform(todo)
 *     fetch_end -------------+
 *
 *     fetch_perform: expire -> cancel -> start -> settled? tell : set the timer
 *                                                 given up? that is the end
 *
 * The policy (core/race) decides; this file does what it says. When an attempt
 * has ended, whichever way (an answer, a refusal, its own limit, or because the
 * race was settled without it), its record is complete, and is observed. How
 * one starts, or waits until it may, is fetch_start.c.
 *
 * Of an answer that is passed on while it comes, the head settles the race. The
 * attempt then stands outside of it, as `coming`, and its end is told to the
 * owner and to nobody else.
 *
 * fetch_perform may settle the race, and whoever is told may free the fetch: so
 * it is always its caller's last statement. */
#include "proxy/fetch.h"

#include "io/clock.h"
#include "io/trace.h"
#include "proxy/aftermath.h"
#include "proxy/fetch_parts.h"
#include "proxy/observe.h"

static void fetch_on_attempt_end(void *arg, struct attempt_record *record,
                                 struct response *response);
static void fetch_on_attempt_head(void *arg, struct attempt_record *record,
                                  const struct response *head);
static void fetch_on_attempt_body(void *arg, struct slice body);

const struct attempt_owner fetch_as_owner = {
    fetch_on_attempt_end, fetch_on_attempt_head, fetch_on_attempt_body};

/* ---- how an attempt ends ---- */

static int64_t since_us(const struct attempt_record *record, int64_t at_us) {
  return at_us > 0 ? at_us - record->start_us : -1;
}

static void trace_end(const struct attempt_record *record) {
  trace("attempt %u to target %u: %s %d, connected after %lld us, first byte "
        "after %lld us, ended after %lld us, %llu bytes",
        record->number, record->target, attempt_result_name(record->end.result),
        record->end.status, (long long)since_us(record, record->connected_us),
        (long long)since_us(record, record->first_byte_us),
        (long long)since_us(record, record->end_us),
        (unsigned long long)record->bytes);
}

/* Once, when the race knows what ended it; of one that is coming its head's. */
static void fetch_teaches(const struct fetch *f, unsigned k) {
  const struct attempt_record *record = &f->records[k];
  unsigned place = fetch_place(f, record);
  enum pilot_news news =
      pilot_ended(f->pilot, &f->race, k, place, &record->end,
                  record->end_us - record->start_us, record->end_us);
  if (news != PILOT_NO_NEWS)
    observe_news(f->pilot, place, &f->group->targets[place], news);
}

/* Every attempt comes by here, once its record says how it ended. */
static void fetch_attempt_ended(struct fetch *f, unsigned k) {
  const struct attempt_record *record = fetch_record(f, k);
  f->attempts[k] = NULL;
  trace_end(record);
  observe_attempt(f->scene->service, f->group, f->scene->tally, record);
}

static void end_attempt(struct fetch *f, unsigned k, struct attempt_end end,
                        const char *error, int64_t now_us) {
  struct attempt_record *record = fetch_record(f, k);
  record->end = end;
  record->error = error;
  record->end_us = now_us;
  fetch_attempt_ended(f, k);
  fetch_teaches(f, k);
}

static void fetch_end_refused(struct fetch *f, unsigned k,
                              enum gate_verdict verdict, int64_t now_us) {
  static const struct attempt_end refused = {.result = ATTEMPT_REFUSED,
                                             .unsent = true};
  fetch_record(f, k)->refused_by = verdict;
  end_attempt(f, k, refused, gate_attempt_error(verdict), now_us);
}

/* It was never started, whatever the race has come to. */
static void fetch_leave_line(struct fetch *f, int64_t now_us) {
  line_leave(f->place);
  fetch_stop_waiting(f, now_us);
  fetch_end_refused(f, f->waiter, GATE_QUEUE, now_us);
}

/* Of an attempt that is read all the same. False: how long it takes will not be
 * learned. Of answers that are passed on that is the time to the head. */
static bool fetch_await_loser(struct fetch *f, unsigned k) {
  if (f->ask.message->streams) return false;
  const struct attempt_record *record = fetch_record(f, k);
  const struct aftermath_of of = {.lease = f->scene->lease,
                                  .pilot = f->pilot,
                                  .place = fetch_place(f, record),
                                  .start_us = record->start_us,
                                  .final_4xx = f->race.plan->final_4xx};
  struct aftermath *loser =
      aftermath_await(&f->scene->service->aftermaths, f->attempts[k], &of);
  if (k == 0) f->loser = loser;
  return loser != NULL;
}

/* It is in flight, or stands in line, and is wanted no more. Its head is told,
 * but teaches nothing: what would have come of it is not known. */
static void fetch_cancel(struct fetch *f, unsigned k,
                         enum attempt_result result, const char *error,
                         int64_t now_us) {
  struct attempt_end end = {.result = result};
  if (!f->attempts[k]) {
    fetch_leave_line(f, now_us);
    return;
  }
  int status = attempt_status(f->attempts[k]);
  end.read_out = attempt_cancel(f->attempts[k]) && fetch_await_loser(f, k);
  end_attempt(f, k, end, error, now_us);
  fetch_record(f, k)->end.status = status;
}

/* Whether there is something to be ended. What is coming is the answer. */
static bool fetch_is_open(const struct fetch *f, unsigned k) {
  if (!f->attempts[k]) return f->place && k == f->waiter;
  return !f->coming || k != f->response_of;
}

/* What the todo ends: those whose own time is up, and the others. */
static void fetch_end_below(struct fetch *f, const struct todo *todo,
                            int64_t now_us) {
  bool late = todo->outcome == OUTCOME_DEADLINE;
  for (unsigned k = 0; k < f->begun; k++) {
    if (!fetch_is_open(f, k)) continue;
    if (k < todo->expire_below)
      fetch_cancel(f, k, ATTEMPT_TIMEOUT,
                   "no whole answer within --attempt-timeout", now_us);
    else if (k < todo->cancel_below)
      fetch_cancel(f, k, late ? ATTEMPT_TIMEOUT : ATTEMPT_CANCELLED,
                   late ? "no whole answer before the deadline" : "", now_us);
  }
}

static struct step_event fetch_refuse(struct fetch *f, unsigned k,
                                      enum gate_verdict verdict) {
  int64_t now_us = clock_now_us();
  fetch_end_refused(f, k, verdict, now_us);
  return (struct step_event){.kind = EVENT_ENDED,
                             .now_us = now_us,
                             .attempt = k,
                             .end = fetch_record(f, k)->end};
}

/* ---- a race that is only observed ---- */

/* When its first hedge is due, the race has nothing to do, but its target is to
 * be looked at: later it may be slower, or faster, than it was then. An answer
 * that comes at that moment leaves the timer no time: it is looked at then. */
static int64_t fetch_wakeup_us(const struct fetch *f) {
  const struct race_plan *plan = f->race.plan;
  int64_t at_us = race_wakeup_us(&f->race);
  if (!plan->observed || f->looked) return at_us;
  int64_t due_us = f->race.start_us + plan->due_us[1];
  return due_us < at_us ? due_us : at_us;
}

static void fetch_look(struct fetch *f, int64_t now_us) {
  const struct race_plan *plan = f->race.plan;
  if (f->looked || now_us < f->race.start_us + plan->due_us[1]) return;
  unsigned place = fetch_first_place(f) + race_target(&f->race, 1);
  f->looked = true;
  f->held_back = !pilot_would_let(f->pilot, place, PILOT_HEDGE,
                                  fetch_unanswered_by(f, place), now_us);
}

/* ---- performing a todo ---- */

static void fetch_settle(struct fetch *f, int64_t now_us) {
  if (f->race.plan->observed) fetch_look(f, now_us);
  timer_clear(&f->timer);
  f->scene->owner->on_settled(f->scene->arg, f, now_us);
}

/* Nobody need wait for a refusal: what is left, hedges and retries, is told as
 * refused now, as it would be at its time. */
static __attribute__((noinline)) enum outcome fetch_look_ahead(struct fetch *f,
                                                               int64_t now_us) {
  enum gate_verdict why[RACE_MAX_ATTEMPTS];
  if (pilot_gives_up(f->pilot, &f->race, fetch_first_place(f), why))
    while (f->begun < f->race.next) {
      unsigned k = fetch_begin_next(f, now_us);
      fetch_end_refused(f, k, why[k], now_us);
    }
  return f->race.outcome;
}

/* Does what the policy says, and tells it at once what was refused. */
static void fetch_perform(struct fetch *f, struct todo todo, int64_t now_us) {
  fetch_end_below(f, &todo, now_us);
  while (todo.outcome == OUTCOME_OPEN && f->begun < todo.start_below) {
    enum gate_verdict verdict = fetch_start_next(f, now_us);
    if (verdict == GATE_OPEN) continue;
    struct step_event event = fetch_refuse(f, f->begun - 1, verdict);
    todo = race_step(&f->race, &event);
    fetch_end_below(f, &todo, event.now_us);
  }
  if (todo.outcome == OUTCOME_OPEN && f->race.in_flight == 0)
    todo.outcome = fetch_look_ahead(f, now_us);
  if (todo.outcome == OUTCOME_OPEN) timer_set(&f->timer, fetch_wakeup_us(f));
  else fetch_settle(f, now_us);
}

static void fetch_advance(struct fetch *f, enum event_kind kind,
                          int64_t now_us) {
  struct step_event event = {.kind = kind, .now_us = now_us};
  fetch_perform(f, race_step(&f->race, &event), now_us);
}

/* ---- what happens ---- */

void fetch_on_turn(void *arg, enum gate_verdict verdict) {
  struct fetch *f = arg;
  const struct target *target = f->place->target;
  fetch_stop_waiting(f, clock_now_us());
  if (verdict == GATE_OPEN) {
    verdict = fetch_send_waiter(f, target);
    if (verdict == GATE_OPEN) return;
  }
  struct step_event event = fetch_refuse(f, f->waiter, verdict);
  fetch_perform(f, race_step(&f->race, &event), event.now_us);
}

static bool has_answer(const struct todo *todo) {
  return todo->outcome == OUTCOME_SUCCESS ||
         todo->outcome == OUTCOME_CLIENT_ERROR;
}

static bool fetch_is_4xx(const struct response *response) {
  return response->status >= 400 && response->status <= 499;
}

/* Whether that response, no winner's, is rather kept than what is there: the
 * 4xx of the lowest number. Another whole error, which comes with keep_errors
 * only, means that no such 4xx can become the answer any more: the last of
 * these is. */
static bool fetch_prefers(const struct fetch *f, unsigned k,
                          const struct response *response) {
  if (f->response.bytes.cap == 0 || !fetch_is_4xx(response)) return true;
  return fetch_is_4xx(&f->response) && k < f->response_of;
}

/* Of responses that may become the answer one is kept: the winner's, if any. */
static void fetch_keep_response(struct fetch *f, unsigned k,
                                const struct todo *todo,
                                struct response *response) {
  bool wins = has_answer(todo) && todo->winner == k;
  bool errors = todo->outcome == OUTCOME_FAILED && f->ask.message->keep_errors;
  bool wanted = todo->outcome == OUTCOME_OPEN || has_answer(todo) || errors;
  if (response->bytes.cap == 0 || !wanted) return;
  if (!wins && !fetch_prefers(f, k, response)) return;
  response_move(&f->response, response);
  f->response_of = k;
}

/* The attempt's own text goes with it. */
static void fetch_keep_error(struct fetch *f, struct attempt_record *record) {
  const char *copy = "";
  if (record->error[0]) copy = arena_copy(f->scene->arena, record->error);
  record->error = copy ? copy : "";
}

static void fetch_on_attempt_end(void *arg, struct attempt_record *record,
                                 struct response *response) {
  struct fetch *f = arg;
  unsigned k = (unsigned)(record - f->records);
  int64_t now_us = record->end_us;
  fetch_keep_error(f, record);
  if (f->coming) {
    f->coming = false;
    fetch_attempt_ended(f, k);
    f->scene->owner->on_end(f->scene->arg, f, response->body);
    return;
  }
  struct step_event event = {
      .kind = EVENT_ENDED, .now_us = now_us, .attempt = k, .end = record->end};
  struct todo todo = race_step(&f->race, &event);
  fetch_attempt_ended(f, k);
  fetch_teaches(f, k);
  fetch_keep_response(f, k, &todo, response);
  fetch_perform(f, todo, now_us);
}

/* The race is about heads here: this one has won, and is in flight no more. Its
 * attempt is, and is observed when it has ended. */
static void fetch_on_attempt_head(void *arg, struct attempt_record *record,
                                  const struct response *head) {
  struct fetch *f = arg;
  unsigned k = (unsigned)(record - f->records);
  int64_t now_us = clock_now_us();
  record->end =
      (struct attempt_end){.result = ATTEMPT_SUCCESS, .status = head->status};
  record->end_us = now_us;
  f->response = *head;
  f->response_of = k;
  f->coming = true;
  struct step_event event = {
      .kind = EVENT_ENDED, .now_us = now_us, .attempt = k, .end = record->end};
  struct todo todo = race_step(&f->race, &event);
  fetch_teaches(f, k);
  fetch_perform(f, todo, now_us);
}

static void fetch_on_attempt_body(void *arg, struct slice body) {
  struct fetch *f = arg;
  f->scene->owner->on_body(f->scene->arg, body);
}

static void fetch_on_timer(void *arg) {
  struct fetch *f = arg;
  int64_t now_us = clock_now_us();
  if (f->race.plan->observed) fetch_look(f, now_us);
  fetch_advance(f, EVENT_TIMER, now_us);
}

/* ---- the interface ---- */

void fetch_init(struct fetch *fetch, const struct fetch_scene *scene,
                const struct race_plan *plan, const struct group *group,
                const struct ask *ask) {
  fetch->scene = scene;
  fetch->group = group;
  fetch->ask = *ask;
  fetch->only = NULL;
  fetch->loser = NULL;
  fetch->place = NULL;
  fetch->has_waited = fetch->looked = fetch->held_back = false;
  fetch->coming = false;
  fetch->begun = fetch->first_number = fetch->response_of = 0;
  fetch->response = (struct response){0};
  race_init(&fetch->race, plan);
  /* The retries of many races do not come at once. */
  if (plan_has_retries(plan))
    fetch->race.chance = (uint32_t)(service_random(scene->service) >> 32);
  timer_init(&fetch->timer, scene->service->loop, fetch_on_timer, fetch);
}

void fetch_start(struct fetch *fetch, int64_t now_us) {
  fetch_advance(fetch, EVENT_START, now_us);
}

void fetch_end(struct fetch *fetch, enum event_kind kind, int64_t now_us) {
  if (!fetch_is_settled(fetch)) fetch_advance(fetch, kind, now_us);
}

void fetch_pause(struct fetch *fetch) {
  attempt_pause(fetch->attempts[fetch->response_of]);
}

bool fetch_resume(struct fetch *fetch) {
  return attempt_resume(fetch->attempts[fetch->response_of]);
}

void fetch_stop(struct fetch *f, enum attempt_result result, const char *error,
                int64_t now_us) {
  struct attempt_record *record = fetch_record(f, f->response_of);
  if (!f->coming) return;
  attempt_cancel(f->attempts[f->response_of]);
  f->coming = false;
  record->end.result = result;
  record->end_us = now_us;
  record->error = error;
  fetch_attempt_ended(f, f->response_of);
}

unsigned fetch_started(const struct fetch *fetch) {
  unsigned started = 0;
  for (unsigned k = 0; k < fetch->begun; k++)
    started += fetch->records[k].end.result != ATTEMPT_REFUSED;
  return started;
}

void fetch_clear(struct fetch *fetch) { response_clear(&fetch->response); }

/* fetch_start.c: how an attempt starts, or waits until it may.
 *
 *   gate_try      room at the origin, and hedgerow itself
 *   line_admit    the rate, and those who wait
 *   pilot_admit   what was learned, and what successes have paid for
 *
 * A primary for which there is no room at its target, nor at another that its
 * race could turn to, may stand in line (proxy/line). To the race it is in
 * flight then; its record tells how long it stood there, and its start is what
 * comes after. It does so once: a race that was sent away from the line does
 * not go and stand in another. */
#include "core/gate.h"
#include "io/trace.h"
#include "proxy/fetch_parts.h"

/* ---- how one starts ---- */

static _Atomic int64_t *in_flight_to(const struct fetch *f,
                                     const struct target *target) {
  return &slot_at(f->scene->service->process->slots, target->slot)->in_flight;
}

/* Counts it as in flight, whatever the verdict is. */
static enum gate_verdict fetch_admit(const struct fetch *f, unsigned k,
                                     const struct target *target,
                                     bool *has_token, int64_t now_us) {
  _Atomic int64_t *in_flight = in_flight_to(f, target);
  struct gate gate = {
      .in_flight =
          atomic_fetch_add_explicit(in_flight, 1, memory_order_relaxed),
      .cap = f->group->max_attempts,
      .hedge = k > 0,
      .draining = f->scene->service->drained,
  };
  enum gate_verdict verdict = gate_try(&gate);
  enum pilot_kind kind = pilot_kind(&f->race, k);
  *has_token = false;
  if (verdict == GATE_OPEN && f->group->limited) {
    verdict = line_admit(f->group, target, kind == PILOT_PRIMARY, now_us);
    *has_token = verdict == GATE_OPEN;
  }
  if (verdict != GATE_OPEN) return verdict;
  return pilot_admit(f->pilot, fetch_place(f, &f->records[k]), kind,
                     gate.in_flight, now_us);
}

static const struct target *fetch_whom(const struct fetch *f, unsigned k) {
  return f->only ? f->only : &f->group->targets[pilot_whom(&f->race, k)];
}

enum gate_verdict fetch_send(struct fetch *f, unsigned k,
                             const struct target *target,
                             enum gate_verdict verdict, bool has_token) {
  struct service *service = f->scene->service;
  if (verdict == GATE_OPEN) {
    f->attempts[k] =
        attempt_start(service->attempts, &f->ask, target, &f->group->limits,
                      fetch_record(f, k), &fetch_as_owner, f);
    if (f->attempts[k]) return GATE_OPEN;
    verdict = GATE_MEMORY;
  }
  line_put_back(&service->line, f->group, target, has_token);
  return verdict;
}

/* ---- how one waits for its turn ---- */

/* In the last eighth of its time an answer would hardly come any more. */
static int64_t fetch_waits_until_us(const struct fetch *f, int64_t now_us) {
  const struct race_plan *plan = f->race.plan;
  uint32_t time_us = plan->attempt_timeout_us > 0 ? plan->attempt_timeout_us
                                                  : plan->deadline_us;
  int64_t least_us = f->race.start_us + time_us - time_us / 8;
  int64_t until_us = now_us + f->group->queue.time_us;
  return until_us < least_us ? until_us : least_us;
}

/* There is room where its turn would be handed on to. */
static bool fetch_has_room_elsewhere(const struct fetch *f, unsigned k,
                                     int64_t now_us) {
  const struct race_plan *plan = f->race.plan;
  for (unsigned i = k + 1; i < plan->hedged && !f->only; i++)
    if (plan->target[i] != plan->target[k] &&
        line_has_room(&f->scene->service->line, f->group,
                      &f->group->targets[plan->target[i]], now_us))
      return true;
  return false;
}

/* A primary waits, and does so once. */
static bool fetch_may_wait(const struct fetch *f, unsigned k,
                           enum gate_verdict verdict, int64_t now_us) {
  return f->group->queue.most > 0 && !f->has_waited &&
         (verdict == GATE_FULL || verdict == GATE_RATE ||
          verdict == GATE_QUEUE) &&
         pilot_kind(&f->race, k) == PILOT_PRIMARY &&
         fetch_waits_until_us(f, now_us) > now_us &&
         !fetch_has_room_elsewhere(f, k, now_us);
}

static bool fetch_wait(struct fetch *f, unsigned k, const struct target *target,
                       int64_t now_us) {
  struct place *place = arena_take(f->scene->arena, sizeof *place);
  if (!place) return false;
  *place = (struct place){.until_us = fetch_waits_until_us(f, now_us),
                          .on_turn = fetch_on_turn,
                          .arg = f};
  if (!line_join(&f->scene->service->line, place, f->group, target))
    return false;
  trace("attempt %u to target %u: waits in line", fetch_record(f, k)->number,
        target->number);
  f->has_waited = true;
  f->waiter = k;
  f->place = place;
  return true;
}

enum gate_verdict fetch_start_next(struct fetch *f, int64_t now_us) {
  unsigned k = f->begun++;
  const struct target *target = fetch_whom(f, k);
  struct attempt_record *record = fetch_record(f, k);
  bool has_token;
  record->target = target->number;
  record->number = (uint8_t)(f->first_number + k);
  if (k > 0) record->kind = (uint8_t)race_kind(&f->race, k);
  record->start_us = now_us;
  f->scene->service->counters.begun++;
  enum gate_verdict verdict = fetch_admit(f, k, target, &has_token, now_us);
  verdict = fetch_send(f, k, target, verdict, has_token);
  if (verdict != GATE_OPEN && fetch_may_wait(f, k, verdict, now_us) &&
      fetch_wait(f, k, target, now_us))
    return GATE_OPEN;
  return verdict;
}

void fetch_stop_waiting(struct fetch *f, int64_t now_us) {
  struct attempt_record *record = fetch_record(f, f->waiter);
  record->queued_us = (uint32_t)(now_us - record->start_us);
  record->start_us = now_us;
  f->place = NULL;
}

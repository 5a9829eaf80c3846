/* fetch_start.c: how an attempt starts, or waits until it may.
 *
 *   gate_try      room at the origin
 *   line_admit    the rate, and those who wait
 *   pilot_admit   what was learned, and what successes have paid for
 *
 * With --queue a primary for which there is no room at its target takes that
 * of another one of its upstream; where there is none, it may stand in line for
 * all of them (proxy/line). To the race it is in flight then; its record tells
 * how long it stood there, and its start is what comes after. It does so once:
 * whose time in line is over does not stand there again. */
#include "core/gate.h"
#include "core/turn.h"
#include "io/trace.h"
#include "proxy/fetch_parts.h"

/* ---- how one starts ---- */

static struct slot *slot_of(const struct fetch *f,
                            const struct target *target) {
  return slot_at(f->scene->service->process->slots, target->slot);
}

int64_t fetch_unanswered_by(const struct fetch *f, unsigned place) {
  return slot_unanswered(slot_of(f, &f->group->targets[place]));
}

/* A yes has taken what tokens it needs. */
static __attribute__((noinline)) enum gate_verdict fetch_admit_limited(
    const struct fetch *f, const struct target *target, enum pilot_kind kind,
    int64_t crowd, int64_t now_us) {
  const struct group *group = f->group;
  bool is_primary = kind == PILOT_PRIMARY;
  enum gate_verdict verdict = line_admit(group, target, is_primary, now_us);
  if (verdict != GATE_OPEN) return verdict;
  verdict = pilot_admit(f->pilot, (unsigned)(target - group->targets), kind,
                        crowd, now_us);
  if (verdict != GATE_OPEN) line_give_token(group, target);
  return verdict;
}

/* Counts it as in flight, whatever the verdict is. */
static enum gate_verdict fetch_admit(const struct fetch *f, unsigned k,
                                     const struct target *target,
                                     int64_t now_us) {
  struct slot *slot = slot_of(f, target);
  struct gate gate = {
      .in_flight = relaxed_add(&slot->in_flight, 1),
      .cap = f->group->max_attempts,
      .hedge = k > 0,
  };
  enum gate_verdict verdict = gate_try(&gate);
  if (verdict != GATE_OPEN) return verdict;
  enum pilot_kind kind = pilot_kind(&f->race, k);
  int64_t crowd = slot_unanswered(slot) - 1;
  if (f->group->limited)
    return fetch_admit_limited(f, target, kind, crowd, now_us);
  return pilot_admit(f->pilot, fetch_place(f, &f->records[k]), kind, crowd,
                     now_us);
}

static const struct target *fetch_whom(const struct fetch *f, unsigned k) {
  return f->only ? f->only : &f->group->targets[race_whom(&f->race, k)];
}

/* The addresses at which its race has asked that target already. */
static uint8_t fetch_tried(const struct fetch *f, unsigned k) {
  uint8_t tried = 0;
  for (unsigned i = 0; i < k; i++)
    if (f->records[i].target == f->records[k].target)
      tried |= f->records[i].tried;
  return tried;
}

/* It is counted as in flight. */
static inline enum gate_verdict send_attempt(struct fetch *f, unsigned k,
                                             const struct target *target) {
  f->records[k].tried = fetch_tried(f, k);
  f->attempts[k] =
      attempt_start(f->scene->service->attempts, &f->ask, target,
                    &f->group->limits, fetch_record(f, k), &fetch_as_owner, f);
  return f->attempts[k] ? GATE_OPEN : GATE_MEMORY;
}

/* ---- whom it asks ---- */

static inline void fetch_address(struct fetch *f, unsigned k,
                                 const struct target *target) {
  struct attempt_record *record = fetch_record(f, k);
  record->tally = &target->tallies[f->scene->service->number];
  record->target = target->number;
  record->name = target->name;
  record->host = target->url.authority;
}

/* It is counted as in flight there, and has its token. */
static enum gate_verdict fetch_send_to(struct fetch *f, unsigned k,
                                       const struct target *target) {
  if (fetch_record(f, k)->target != target->number) {
    fetch_address(f, k, target);
    race_move(&f->race, k, fetch_place(f, fetch_record(f, k)));
  }
  enum gate_verdict verdict = send_attempt(f, k, target);
  if (verdict != GATE_OPEN)
    line_put_back(&f->scene->service->line, f->group, target, true);
  return verdict;
}

enum gate_verdict fetch_send_waiter(struct fetch *f,
                                    const struct target *target) {
  return fetch_send_to(f, f->waiter, target);
}

/* ---- how one waits for its turn ---- */

/* NULL: no memory. */
static struct place *fetch_make_place(struct fetch *f, unsigned k,
                                      int64_t now_us) {
  uint8_t order[UINT8_MAX + 1] = {(uint8_t)fetch_place(f, fetch_record(f, k))};
  unsigned count = 1;
  if (!f->only) count = turn_targets(f->pilot, order[0], order, now_us);
  struct place *place =
      arena_take(f->scene->arena, sizeof *place + count * sizeof *place->at);
  if (!place) return NULL;
  *place = (struct place){
      .group = f->group, .on_turn = fetch_on_turn, .arg = f, .count = count};
  for (unsigned i = 0; i < count; i++)
    place->at[i] = (struct place_at){.target = &f->group->targets[order[i]]};
  return place;
}

static bool fetch_wait(struct fetch *f, unsigned k, struct place *place,
                       int64_t now_us) {
  place->until_us = turn_until_us(&f->group->queue, &f->race, now_us);
  if (f->has_waited || place->until_us <= now_us ||
      !line_join(&f->scene->service->line, place))
    return false;
  trace("attempt %u to target %u: waits in line", fetch_record(f, k)->number,
        fetch_record(f, k)->target);
  f->has_waited = true;
  f->waiter = k;
  f->place = place;
  return true;
}

/* It was counted as in flight, and does not start now. */
static __attribute__((noinline)) enum gate_verdict fetch_wait_or_not(
    struct fetch *f, unsigned k, const struct target *target,
    enum gate_verdict verdict, int64_t now_us) {
  struct line *line = &f->scene->service->line;
  line_put_back(line, f->group, target, verdict == GATE_MEMORY);
  if (!turn_is_awaited(&f->group->queue, verdict, pilot_kind(&f->race, k)))
    return verdict;
  struct place *place = fetch_make_place(f, k, now_us);
  if (!place) return verdict;
  const struct target *roomy = line_take(line, place, now_us);
  if (roomy) return fetch_send_to(f, k, roomy);
  return fetch_wait(f, k, place, now_us) ? GATE_OPEN : verdict;
}

static inline void fetch_begin(struct fetch *f, unsigned k,
                               const struct target *target, int64_t now_us) {
  struct attempt_record *record = fetch_record(f, k);
  fetch_address(f, k, target);
  record->number = (uint8_t)(f->first_number + k);
  if (k > 0) record->kind = (uint8_t)race_kind(&f->race, k);
  record->start_us = now_us;
  if (f->scene->trace) record->span = service_span(f->scene->service);
  f->scene->service->counters.begun++;
}

unsigned fetch_begin_next(struct fetch *f, int64_t now_us) {
  unsigned k = f->begun++;
  fetch_begin(f, k, fetch_whom(f, k), now_us);
  return k;
}

enum gate_verdict fetch_start_next(struct fetch *f, int64_t now_us) {
  unsigned k = f->begun++;
  const struct target *target = fetch_whom(f, k);
  fetch_begin(f, k, target, now_us);
  enum gate_verdict verdict = fetch_admit(f, k, target, now_us);
  if (verdict == GATE_OPEN) verdict = send_attempt(f, k, target);
  if (verdict == GATE_OPEN) return GATE_OPEN;
  return fetch_wait_or_not(f, k, target, verdict, now_us);
}

void fetch_stop_waiting(struct fetch *f, int64_t now_us) {
  struct attempt_record *record = fetch_record(f, f->waiter);
  record->queued_us = (uint32_t)(now_us - record->start_us);
  record->start_us = now_us;
  f->place = NULL;
}

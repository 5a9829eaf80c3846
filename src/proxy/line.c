/* line: who waits, and when somebody's turn has come.
 *
 *   line_join --> in the worker's list, and last at its targets' turnstiles
 *                    |
 *                    |  an attempt at that origin has ended, in any worker
 *                    |  there is a token again          (timer)
 *                    |  its time is over                (timer)
 *                    v
 *                line_run: whose turn is it? --> called --> on_turn
 *
 * Only the first at a turnstile may start there, so the order is that of
 * arrival over all workers; each worker starts its own. Whoever leaves wakes
 * the next, at each of its turnstiles.
 *
 * No wake-up is lost: who joins counts itself first and then looks once more
 * for room, and who makes room takes itself off the count first and then looks
 * for who waits.
 *
 * on_turn may end other requests, and with them their places. So line_run first
 * takes those whose turn has come off the list, and then tells one after the
 * other; who leaves meanwhile puts back what it was given. */
#include "proxy/line.h"

#include "io/clock.h"

static struct slot *slot_of(const struct line *line,
                            const struct target *target) {
  return slot_at(line->process->slots, target->slot);
}

/* ---- who is to look again ---- */

static void wake_worker(struct line *line, unsigned worker) {
  if (worker == line->worker) timer_set(&line->timer, clock_now_us());
  else wake_send(line->process->lines[worker].wake);
}

/* An attempt has ended at an origin that somebody waits for. */
static void line_on_room(void *arg) {
  struct line *line = arg;
  struct process *process = line->process;
  for (unsigned i = 0; i < process->worker_count; i++)
    if (atomic_load(&process->lines[i].waiting) > 0) wake_worker(line, i);
}

/* ---- whether one may start ---- */

enum gate_verdict line_admit(const struct group *group,
                             const struct target *target, bool is_primary,
                             int64_t now_us) {
  struct turnstile *turnstile = target->turnstile;
  int64_t left = is_primary ? 0 : group->rate.burst / 8;
  if (group->queue.most > 0 && atomic_load(&turnstile->waiting) > 0)
    return GATE_QUEUE;
  return rate_take(&turnstile->rate, &group->rate, left, now_us) > 0
             ? GATE_RATE
             : GATE_OPEN;
}

void line_give_token(const struct group *group, const struct target *target) {
  if (group->rate.interval_ns > 0)
    rate_give(&target->turnstile->rate, &group->rate);
}

void line_put_back(struct line *line, const struct group *group,
                   const struct target *target, bool has_token) {
  struct slot *slot = slot_of(line, target);
  if (has_token) line_give_token(group, target);
  atomic_fetch_sub(&slot->in_flight, 1);
  if (atomic_load(&slot->waiting) > 0) line_on_room(line);
}

/* Never above the cap, were it for an instant: another who looks just then
 * would find no room, and nobody would wake it. */
static bool count_in(struct slot *slot, int64_t cap) {
  int64_t in_flight = atomic_load(&slot->in_flight);
  while (in_flight < cap)
    if (atomic_compare_exchange_weak(&slot->in_flight, &in_flight,
                                     in_flight + 1))
      return true;
  return false;
}

const struct target *line_take(struct line *line, const struct place *place,
                               int64_t now_us) {
  const struct group *group = place->group;
  for (unsigned i = 0; i < place->count; i++) {
    const struct target *target = place->at[i].target;
    if (!count_in(slot_of(line, target), group->max_attempts)) continue;
    if (line_admit(group, target, true, now_us) == GATE_OPEN) return target;
    line_put_back(line, group, target, false);
  }
  return NULL;
}

/* In how many microseconds it is worth to look again there. 0: it may start,
 * and has what it needs; INT64_MAX: when it is woken. */
static int64_t try_at(const struct place *place, const struct place_at *at,
                      int64_t now_us) {
  struct turnstile *turnstile = at->target->turnstile;
  struct slot *slot = slot_of(place->line, at->target);
  const struct group *group = place->group;
  if (atomic_load(&slot->in_flight) >= group->max_attempts ||
      !turnstile_is_first(turnstile, &at->turn))
    return INT64_MAX;
  int64_t wait_us = rate_take(&turnstile->rate, &group->rate, 0, now_us);
  if (wait_us > 0 || count_in(slot, group->max_attempts)) return wait_us;
  line_give_token(group, at->target);
  return INT64_MAX;
}

/* The same of all its targets. */
static int64_t try_place(struct place *place, int64_t now_us) {
  int64_t soonest_us = INT64_MAX;
  for (unsigned i = 0; i < place->count && soonest_us > 0; i++) {
    int64_t wait_us = try_at(place, &place->at[i], now_us);
    if (wait_us == 0) place->target = place->at[i].target;
    if (wait_us < soonest_us) soonest_us = wait_us;
  }
  return soonest_us;
}

/* ---- in and out ---- */

static void join_at(struct line *line, struct place_at *at) {
  at->turn.worker = line->worker;
  atomic_fetch_add(&slot_of(line, at->target)->waiting, 1);
  turnstile_join(at->target->turnstile, &at->turn);
}

bool line_join(struct line *line, struct place *place) {
  const struct group *group = place->group;
  if (atomic_fetch_add(group->waiting, 1) >= group->queue.most) {
    atomic_fetch_sub(group->waiting, 1);
    return false;
  }
  place->line = line;
  place->is_called = false;
  list_append(&line->places, &place->link);
  atomic_fetch_add(&line->process->lines[line->worker].waiting, 1);
  for (unsigned i = 0; i < place->count; i++) join_at(line, &place->at[i]);
  timer_set(&line->timer, clock_now_us());
  return true;
}

static void leave_at(struct line *line, struct place_at *at) {
  unsigned worker;
  atomic_fetch_sub(&slot_of(line, at->target)->waiting, 1);
  if (turnstile_leave(at->target->turnstile, &at->turn, &worker))
    wake_worker(line, worker);
}

static void leave_line(struct place *place) {
  struct line *line = place->line;
  list_remove(&line->places, &place->link);
  atomic_fetch_sub(&line->process->lines[line->worker].waiting, 1);
  atomic_fetch_sub(place->group->waiting, 1);
  for (unsigned i = 0; i < place->count; i++) leave_at(line, &place->at[i]);
}

void line_leave(struct place *place) {
  struct line *line = place->line;
  if (!place->is_called) leave_line(place);
  else list_remove(&line->called, &place->link);
  if (place->is_called && place->verdict == GATE_OPEN)
    line_put_back(line, place->group, place->target, true);
  place->line = NULL;
}

/* ---- turns ---- */

static void call(struct place *place, enum gate_verdict verdict) {
  leave_line(place);
  place->is_called = true;
  place->verdict = verdict;
  list_append(&place->line->called, &place->link);
}

/* Returns when to look at the next time. */
static int64_t call_those_whose_turn_it_is(struct line *line, int64_t now_us) {
  int64_t next_us = INT64_MAX;
  list_each (link, &line->places) {
    struct place *place = list_item(link, struct place, link);
    int64_t wait_us =
        place->until_us <= now_us ? INT64_MAX : try_place(place, now_us);
    if (wait_us == 0) call(place, GATE_OPEN);
    else if (place->until_us <= now_us) call(place, GATE_QUEUE);
    else {
      if (place->until_us < next_us) next_us = place->until_us;
      if (wait_us < INT64_MAX && now_us + wait_us < next_us)
        next_us = now_us + wait_us;
    }
  }
  return next_us;
}

static void line_run(void *arg) {
  struct line *line = arg;
  int64_t next_us = call_those_whose_turn_it_is(line, clock_now_us());
  if (next_us < INT64_MAX) timer_set(&line->timer, next_us);
  else timer_clear(&line->timer);
  while (line->called.first) {
    struct place *place = list_item(line->called.first, struct place, link);
    list_remove(&line->called, &place->link);
    place->line = NULL;
    place->on_turn(place->arg, place->verdict);
  }
}

/* ---- life ---- */

bool line_init(struct line *line, struct process *process, unsigned worker,
               struct loop *loop, struct attempts *attempts) {
  *line = (struct line){.process = process, .worker = worker};
  timer_init(&line->timer, loop, line_run, line);
  line->wake = wake_new(loop, line_run, line);
  process->lines[worker].wake = line->wake;
  attempts_on_room(attempts, line_on_room, line);
  return line->wake != NULL;
}

void line_clear(struct line *line) {
  if (line->wake) timer_clear(&line->timer);
  wake_free(line->wake);
  line->wake = NULL;
}

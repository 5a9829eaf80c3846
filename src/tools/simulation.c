/* simulation: the proxy's part: requests, their races, and the pilot.
 *
 *   on_arrival --> plan, race_step(START) -------+
 *   on_done    --> race_step(ENDED) -------------+--> perform(todo): cancel,
 *   on_timer   --> race_step(TIMER) -------------+    start (simulation_start),
 *   on_turn    --> whose turn it is in the line -+    settle
 *   on_refresh --> what a reader thread does, four times a second
 *
 * perform does what proxy/fetch does, in the same order. With a rival's rule
 * the race is the same, and its delay and its admission are the rival's. */
#include "tools/simulation.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tools/simulation_parts.h"

static const int64_t second_us = 1000 * 1000;

/* ---- requests ---- */

/* While its primary was running. */
static void note_rescue(struct simulation *s, const struct request *r) {
  const struct latency_odds *past = &s->targets[r->whom[0]].past;
  int64_t took_us = s->now_us - r->asked_us[0];
  int64_t until_us = r->race.start_us + r->plan.deadline_us - r->asked_us[0];
  int64_t cut_us = until_us - took_us;
  s->seen->rescued_slow++;
  s->seen->saved_ms +=
      (double)(r->left_us < cut_us ? r->left_us : cut_us) / 1000;
  s->seen->saved_told_ms +=
      (double)latency_ahead_us(past, took_us, until_us) / 1000;
}

static void settle(struct simulation *s, struct request *r) {
  r->open = false;
  pool_give(&s->requests, &r->party);
  int64_t took_us = s->now_us - r->race.start_us;
  if (!r->counted) return;
  if (r->race.outcome != OUTCOME_SUCCESS)
    s->seen->failed_ms += (double)took_us / 1000;
  else if (!simulated_answer(s->seen, took_us)) s->events.failed = true;
  else if (r->left_us > 0) note_rescue(s, r);
}

/* ---- how attempts end ---- */

static void attempt_ended(struct simulation *s, struct request *r, unsigned k,
                          const struct attempt_end *end) {
  int64_t took_us = s->now_us - r->asked_us[k];
  r->jobs[k] = NULL;
  if (!s->policy->rival)
    (void)pilot_ended(simulation_pilot(s, r), &r->race, k, r->whom[k], end,
                      took_us, s->now_us);
  else if (end->result != ATTEMPT_CANCELLED)
    rival_on_end(&s->rival, end->result == ATTEMPT_SUCCESS,
                 s->now_us - r->race.start_us);
  simulation_look(s, s->now_us);
}

/* It has asked nobody. */
static void stop_waiting(struct simulation *s, struct request *r) {
  simulation_leave_line(s, r);
  simulation_count_refusal(s, r, GATE_QUEUE);
}

static void cancel_below(struct simulation *s, struct request *r,
                         unsigned below, enum attempt_result result) {
  struct attempt_end end = {.result = result};
  for (unsigned k = 0; k < below && k < r->begun; k++) {
    if (r->waits && k == r->waiter) stop_waiting(s, r);
    if (!r->jobs[k]) continue;
    int64_t left_us = upstream_leave(&s->upstream, r->jobs[k], s->now_us);
    if (k == 0) r->left_us = left_us;
    attempt_ended(s, r, k, &end);
  }
}

static void end_below(struct simulation *s, struct request *r,
                      const struct todo *todo) {
  bool late = todo->outcome == OUTCOME_DEADLINE;
  cancel_below(s, r, todo->expire_below, ATTEMPT_TIMEOUT);
  cancel_below(s, r, todo->cancel_below,
               late ? ATTEMPT_TIMEOUT : ATTEMPT_CANCELLED);
}

static void on_timer(struct simulation *s, struct party *of);

static void set_timer(struct simulation *s, struct request *r) {
  int64_t at_us = race_wakeup_us(&r->race);
  if (at_us == r->wakeup_us) return;
  r->wakeup_us = at_us;
  events_add(&s->events, at_us, on_timer, &r->party);
}

static bool gives_up(struct simulation *s, struct request *r) {
  enum gate_verdict why[RACE_MAX_ATTEMPTS];
  if (r->race.in_flight > 0 || s->policy->rival ||
      !pilot_gives_up(simulation_pilot(s, r), &r->race, 0, why))
    return false;
  while (r->begun < r->race.next)
    simulation_count_refusal(s, r, why[r->begun++]);
  return true;
}

static struct todo tell_refused(struct simulation *s, struct request *r,
                                unsigned k) {
  const struct step_event event = {
      .kind = EVENT_ENDED,
      .now_us = s->now_us,
      .attempt = k,
      .end = {.result = ATTEMPT_REFUSED, .unsent = true}};
  return race_step(&r->race, &event);
}

static void perform(struct simulation *s, struct request *r, struct todo todo) {
  end_below(s, r, &todo);
  while (todo.outcome == OUTCOME_OPEN && r->begun < todo.start_below) {
    if (simulation_start_next(s, r) == GATE_OPEN) continue;
    todo = tell_refused(s, r, r->begun - 1);
    end_below(s, r, &todo);
  }
  if (todo.outcome == OUTCOME_OPEN && !gives_up(s, r)) set_timer(s, r);
  else settle(s, r);
}

static void advance(struct simulation *s, struct request *r,
                    enum event_kind kind) {
  struct step_event event = {.kind = kind, .now_us = s->now_us};
  perform(s, r, race_step(&r->race, &event));
}

void simulation_refuse(struct simulation *s, struct request *r, unsigned k) {
  perform(s, r, tell_refused(s, r, k));
}

/* ---- what happens ---- */

static void make_plan(struct simulation *s, struct request *r) {
  const struct simulated_policy *policy = s->policy;
  unsigned targets = s->workload->targets;
  if (!policy->rival) {
    const struct pilot *pilot = simulation_pilot(s, r);
    unsigned first = pilot_next_in_turn(pilot, &s->turn, s->now_us);
    pilot_plan(pilot, &r->plan, &policy->race,
               (struct pilot_reach){targets, first, false},
               s->workload->timeout_us, s->now_us);
    return;
  }
  uint8_t order[WORKLOAD_TARGETS_MAX];
  struct race_policy race = {.hedges = policy->rival->hedges,
                             .hedge_after_us = s->rival.delay_us,
                             .stagger_us = s->rival.delay_us};
  if (race.hedge_after_us == 0) race.hedges = 0;
  for (unsigned i = 0; i < targets; i++)
    order[i] = (uint8_t)((r->number + i) % targets);
  plan_make(&r->plan, &race, order, targets, s->workload->timeout_us);
  rival_on_request(&s->rival);
}

static void on_arrival(struct simulation *s, struct party *nobody);

static void add_arrival(struct simulation *s) {
  double now_s = (double)s->now_us / 1e6;
  double gap_s =
      -log(luck_share(&s->arrivals)) / workload_rate(s->workload, now_s);
  if (now_s + gap_s >= s->workload->seconds) return;
  events_add(&s->events, s->now_us + (int64_t)(gap_s * 1e6), on_arrival, NULL);
}

static void on_arrival(struct simulation *s, struct party *nobody) {
  struct request *r = pool_take(&s->requests, sizeof *r);
  double now_s = (double)s->now_us / 1e6;
  (void)nobody;
  add_arrival(s);
  if (!r) {
    s->events.failed = true;
    return;
  }
  r->number = s->number++;
  r->worker = (unsigned)(r->number % SIMULATED_WORKERS);
  r->open = true;
  r->counted = now_s >= s->seen->from_s && now_s < s->seen->to_s;
  r->begun = 0;
  r->left_us = 0;
  r->waits = r->has_waited = false;
  r->wakeup_us = 0;
  s->seen->requests += r->counted;
  make_plan(s, r);
  race_init(&r->race, &r->plan);
  struct luck luck = luck_of(s->seed, r->number, RACE_MAX_ATTEMPTS);
  r->race.chance = (uint32_t)luck_next(&luck);
  advance(s, r, EVENT_START);
}

static struct attempt_end end_of(const struct job *job) {
  if (job->draw.end == WORKLOAD_GOOD)
    return (struct attempt_end){
        .result = ATTEMPT_SUCCESS, .status = 200, .whole = true};
  int status = job->draw.end == WORKLOAD_SHEDS ? 429 : 500;
  return (struct attempt_end){
      .result = ATTEMPT_STATUS, .status = status, .whole = true};
}

void simulation_on_done(struct simulation *s, struct party *of) {
  struct job *job = (struct job *)of;
  struct request *r = job->asker;
  struct step_event event = {.kind = EVENT_ENDED,
                             .now_us = s->now_us,
                             .attempt = job->attempt,
                             .end = end_of(job)};
  if (!upstream_done(&s->upstream, job, s->now_us)) return;
  struct todo todo = race_step(&r->race, &event);
  attempt_ended(s, r, event.attempt, &event.end);
  perform(s, r, todo);
  bool failed = event.end.result != ATTEMPT_SUCCESS;
  if (failed && s->policy->rival && s->policy->rival->first_result && r->open)
    advance(s, r, EVENT_GONE);
}

static void on_timer(struct simulation *s, struct party *of) {
  struct request *r = (struct request *)of;
  if (r->wakeup_us != s->now_us) return;
  r->wakeup_us = 0;
  advance(s, r, EVENT_TIMER);
}

static void on_refresh(struct simulation *s, struct party *nobody) {
  unsigned count = s->workload->targets;
  (void)nobody;
  if (s->policy->rival) rival_refresh(&s->rival, s->now_us);
  for (unsigned t = 0; t < count; t++) {
    struct latency_totals totals = {0};
    for (unsigned w = 0; w < SIMULATED_WORKERS; w++)
      latency_add(&totals, &s->counts[w][t]);
    pilot_learn_target(&s->targets[t], &s->learners[t], &totals,
                       s->upstream.stations[t].in_flight, s->now_us);
  }
  pilot_learn_delay(&s->delay, &s->policy->race.learn, s->target_at,
                    s->learner_at, count, s->now_us);
  if ((double)s->now_us / 1e6 < s->workload->seconds)
    events_add(&s->events, s->now_us + PILOT_REFRESH_US, on_refresh, NULL);
}

/* ---- a run ---- */

static void set_up(struct simulation *s) {
  for (unsigned t = 0; t < WORKLOAD_TARGETS_MAX; t++) {
    s->target_at[t] = &s->targets[t];
    s->learner_at[t] = &s->learners[t];
    for (unsigned w = 0; w < SIMULATED_WORKERS; w++)
      s->counts_at[w][t] = &s->counts[w][t];
  }
  for (unsigned w = 0; w < SIMULATED_WORKERS; w++)
    s->pilots[w] = (struct pilot){.targets = s->target_at,
                                  .counts = s->counts_at[w],
                                  .count = s->workload->targets,
                                  .delay = &s->delay,
                                  .budget = &s->budget,
                                  .earnings = &s->earnings[w],
                                  .budget_rule = s->policy->budget,
                                  .gate = s->policy->gate};
  hedge_budget_init(&s->budget, &s->policy->budget);
  if (s->policy->rival)
    rival_init(&s->rival, s->policy->rival, s->workload->rate);
  s->upstream.workload = s->workload;
  s->upstream.events = &s->events;
}

bool simulation_run(const struct workload *workload,
                    const struct simulated_policy *policy, uint64_t seed,
                    struct simulated *seen) {
  struct simulation *s = aligned_alloc(PILOT_LINE, sizeof *s);
  struct simulation_event event;
  if (!s) return false;
  memset(s, 0, sizeof *s);
  s->workload = workload;
  s->policy = policy;
  s->seen = seen;
  s->seed = seed;
  s->arrivals = luck_of(seed, UINT64_MAX, 0);
  s->now_us = second_us; /* zero means never */
  set_up(s);
  add_arrival(s);
  events_add(&s->events, s->now_us, on_refresh, NULL);
  while (!s->events.failed && events_next(&s->events, &event)) {
    s->now_us = event.at_us;
    event.happens(s, event.of);
  }
  bool whole = !s->events.failed;
  arena_clear(&s->upstream.jobs.memory);
  arena_clear(&s->requests.memory);
  free(s->events.heap);
  free(s);
  return whole;
}

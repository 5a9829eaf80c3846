/* shell: see shell.h. The promises are spelled out here a second time, by what
 * can be seen from outside and never by the policy's own books, so that a slip
 * in one of the two places shows. */
#include "support/shell.h"

static uint32_t bit(unsigned attempt) { return UINT32_C(1) << attempt; }

static void demand(struct shell *shell, bool kept, const char *promise) {
  if (!kept && !shell->fault) shell->fault = promise;
}

void shell_init_race(struct shell *shell, const struct race_policy *policy,
                     int64_t timeout_us) {
  *shell = (struct shell){.policy = policy,
                          .most = 1 + policy->hedges + policy->retries,
                          .timeout_us = timeout_us,
                          .answered = -1};
  plan_make(&shell->plan, policy, &(uint8_t){0}, 1, timeout_us);
  race_init(&shell->race, &shell->plan);
}

/* A shell is copied, and its race borrows the plan. */
static struct todo step(struct shell *shell, const struct step_event *event) {
  shell->race.plan = &shell->plan;
  return race_step(&shell->race, event);
}

int64_t shell_wakeup_us(const struct shell *shell) {
  struct race race = shell->race;
  race.plan = &shell->plan;
  return race_wakeup_us(&race);
}

static int64_t deadline_us(const struct shell *shell) {
  return shell->start_us + shell->timeout_us;
}

/* Of the primary and the hedges, counted without retries. */
static int64_t due_us(const struct shell *shell, unsigned k) {
  if (k == 0) return shell->start_us;
  if (shell->policy->once || k > shell->policy->hedges) return INT64_MAX;
  return shell->start_us + shell->policy->hedge_after_us +
         (k - 1) * shell->policy->stagger_us;
}

static int64_t next_due_us(const struct shell *shell) {
  return due_us(shell, shell->started - shell->retries);
}

/* Whether no byte of the request can have reached anybody. */
static bool reached_nobody(const struct shell *shell, unsigned below) {
  return ((bit(below) - 1) & ~(shell->refused | shell->unsent)) == 0;
}

static int64_t no_sooner_than_held(const struct shell *shell, int64_t us) {
  return us > shell->held_us ? us : shell->held_us;
}

/* When the next retry must have started at the latest, whatever its chance. */
static int64_t retry_us(const struct shell *shell) {
  const struct race_policy *policy = shell->policy;
  int64_t span_us = policy->backoff.first_us;
  if (!shell->wants_retry || shell->retries == policy->retries)
    return INT64_MAX;
  if (policy->once && !reached_nobody(shell, shell->started)) return INT64_MAX;
  for (unsigned i = 0; i < shell->retries; i++) span_us *= 2;
  if (span_us > policy->backoff.most_us) span_us = policy->backoff.most_us;
  return no_sooner_than_held(shell, shell->failed_us + span_us);
}

/* ---- the timeline ---- */

static void say(struct shell *shell, const char *words) {
  if (shell->timeline) text_str(shell->timeline, words);
}

static void say_number(struct shell *shell, int64_t number) {
  if (shell->timeline) text_int(shell->timeline, number);
}

static void say_end(struct shell *shell, const struct step_event *event) {
  bool success = event->end.result == ATTEMPT_SUCCESS;
  bool status = event->end.result == ATTEMPT_STATUS;
  bool starved = event->end.result == ATTEMPT_STARVED;
  say(shell, success   ? "success "
             : status  ? "status "
             : starved ? "starve "
                       : "fail ");
  say_number(shell, event->attempt);
  if (status) say(shell, " ");
  if (status) say_number(shell, event->end.status);
  if (status && !event->end.whole) say(shell, " cut");
  if (event->end.retry_after) say(shell, " retry-after");
  if (event->end.retry_after_ms > 0) {
    say(shell, " for ");
    say_number(shell, event->end.retry_after_ms);
  }
  if (event->end.unsent) say(shell, " unsent");
}

static void say_event(struct shell *shell, const struct step_event *event) {
  static const char *const names[] = {
      [EVENT_START] = "start",
      [EVENT_TIMER] = "timer",
      [EVENT_GONE] = "gone",
      [EVENT_DRAIN] = "drain",
  };
  if (shell->timeline && shell->timeline->len > 0) say(shell, " | ");
  say(shell, "[");
  say_number(shell, event->now_us / 1000);
  say(shell, "] ");
  if (event->kind == EVENT_ENDED) say_end(shell, event);
  else say(shell, names[event->kind]);
  shell->verb = NULL;
}

static void say_verb(struct shell *shell, const char *verb) {
  say(shell, shell->verb ? ", " : ": ");
  say(shell, verb);
  shell->verb = verb;
}

static void say_act(struct shell *shell, const char *verb, unsigned k) {
  if (shell->verb != verb) say_verb(shell, verb);
  say(shell, " ");
  say_number(shell, k);
}

static void say_outcome(struct shell *shell, const struct todo *todo) {
  switch (todo->outcome) {
    case OUTCOME_SUCCESS: say_act(shell, "won", todo->winner); break;
    case OUTCOME_CLIENT_ERROR: say_act(shell, "answer", todo->winner); break;
    default: say_verb(shell, outcome_name(todo->outcome));
  }
}

/* ---- what was promised ---- */

/* No sooner than it may, and only into silence. */
static void check_retry(struct shell *shell, uint32_t on_their_way) {
  demand(shell, on_their_way == 0 && shell->running == 0,
         "a retry with others in flight");
  demand(shell, retry_us(shell) != INT64_MAX, "a retry that nothing asks for");
  demand(shell, shell->now_us >= no_sooner_than_held(shell, shell->failed_us),
         "a retry before it may");
}

/* A hedge's time comes early only when nothing is on its way. */
static void check_hedge(struct shell *shell, uint32_t on_their_way) {
  demand(shell, shell->started - shell->retries <= shell->policy->hedges,
         "more hedges than the policy has");
  demand(shell, next_due_us(shell) <= shell->now_us || on_their_way == 0,
         "a hedge started before its time with others in flight");
}

static void check_start(struct shell *shell, unsigned k,
                        uint32_t on_their_way) {
  demand(shell, k < shell->most, "more attempts than the policy has");
  demand(shell, shell->now_us < deadline_us(shell),
         "an attempt started at the deadline");
  if (race_kind(&shell->race, k) == ATTEMPT_RETRY)
    check_retry(shell, on_their_way);
  else check_hedge(shell, on_their_way);
  demand(shell, !shell->policy->once || reached_nobody(shell, k),
         "what may go out once went out twice");
}

/* Those that were not kept from it by this machine. */
static uint32_t tried(const struct shell *shell) {
  return (bit(shell->started) - 1) & ~shell->refused & ~shell->starved;
}

/* Those whose word counts. */
static uint32_t asked(const struct shell *shell) {
  return tried(shell) & ~(shell->policy->once ? shell->unsent : 0);
}

static void check_4xx(struct shell *shell, unsigned winner) {
  uint32_t all = asked(shell);
  unsigned first = 0;
  if (shell->answered >= 0) return; /* check_answered has looked */
  while (first < 31 && !(all & bit(first))) first++;
  demand(shell, all == shell->whole_4xx, "a 4xx though not each was one");
  demand(shell, winner == first, "not the first 4xx's answer");
}

static void check_failed(struct shell *shell, enum outcome outcome) {
  uint32_t all = asked(shell);
  demand(shell, (tried(shell) == 0) == (outcome == OUTCOME_REFUSED),
         "failed and refused were confused");
  demand(shell, retry_us(shell) >= deadline_us(shell),
         "given up though a retry was left");
  if (outcome == OUTCOME_FAILED)
    demand(shell, all == 0 || shell->whole_4xx != all,
           "each was a whole 4xx, and none is the answer");
  demand(shell,
         !shell->policy->once ||
             shell->started - shell->retries > shell->policy->hedges ||
             shell->now_us >= deadline_us(shell) ||
             !reached_nobody(shell, shell->started),
         "given up though it had reached nobody");
}

static void check_answered(struct shell *shell, const struct todo *todo,
                           bool success) {
  if (shell->answered < 0) return;
  demand(shell,
         todo->outcome == (success ? OUTCOME_SUCCESS : OUTCOME_CLIENT_ERROR) &&
             (int)todo->winner == shell->answered,
         "an answer did not win at once");
}

static void check_settled(struct shell *shell, const struct step_event *event,
                          const struct todo *todo) {
  bool success =
      event->kind == EVENT_ENDED && event->end.result == ATTEMPT_SUCCESS;
  bool late = shell->now_us >= deadline_us(shell);
  demand(shell, shell->running == 0, "settled with an attempt in flight");
  demand(shell, todo->start_below == shell->started,
         "settled and started in one");
  check_answered(shell, todo, success);
  demand(shell, shell->race.answered == (shell->answered >= 0),
         "what is no answer counts as one, or the other way round");
  switch (todo->outcome) {
    case OUTCOME_SUCCESS:
      demand(shell, success && todo->winner == event->attempt,
             "the winner is not the one that has just succeeded");
      return;
    case OUTCOME_CLIENT_ERROR:
      check_4xx(shell, todo->winner);
      demand(shell,
             shell->answered >= 0 || retry_us(shell) >= deadline_us(shell),
             "a 4xx though a retry was left");
      break;
    case OUTCOME_FAILED:
    case OUTCOME_REFUSED: check_failed(shell, todo->outcome); break;
    case OUTCOME_DEADLINE: demand(shell, late, "504 too early"); break;
    case OUTCOME_DRAINED:
      demand(shell, event->kind == EVENT_DRAIN, "drained of itself");
      break;
    case OUTCOME_GONE:
      demand(shell, event->kind == EVENT_GONE, "gone of itself");
      break;
    default: demand(shell, false, "an outcome that no race has");
  }
}

static void check_open(struct shell *shell, const struct step_event *event) {
  int64_t wakeup_us = shell_wakeup_us(shell);
  int64_t retry = retry_us(shell), due = next_due_us(shell);
  bool may_start = due < deadline_us(shell) || retry != INT64_MAX;
  demand(shell, shell->answered < 0, "an answer did not end it");
  demand(shell, event->kind != EVENT_GONE && event->kind != EVENT_DRAIN,
         "went on after the end");
  demand(shell, shell->now_us < deadline_us(shell), "the deadline passed");
  demand(shell, wakeup_us <= deadline_us(shell), "wakes after the deadline");
  demand(shell, wakeup_us > shell->now_us, "the timer would spin");
  demand(shell, due > shell->now_us, "a hedge that is due did not start");
  demand(shell, shell->running || retry > shell->now_us,
         "a retry that is due did not start");
  demand(shell, shell->running || (may_start && wakeup_us < deadline_us(shell)),
         "nothing is in flight, nothing may start, and it is not settled");
}

static void check_silence(struct shell *shell, const struct todo *todo) {
  demand(shell,
         todo->outcome == OUTCOME_OPEN && todo->cancel_below == 0 &&
             todo->expire_below == 0 && todo->start_below <= shell->started,
         "something was to be done after the end");
}

/* ---- the turn ---- */

static bool is_repeatable(int status) {
  return status == 408 || status == 425 || status == 429;
}

static void note_4xx(struct shell *shell, unsigned k, int status) {
  shell->whole_4xx |= bit(k);
  if (shell->policy->final_4xx && !is_repeatable(status))
    shell->answered = (int)k;
}

static void note_failure(struct shell *shell, const struct attempt_end *end) {
  bool is_4xx = end->status >= 400 && end->status <= 499;
  bool is_mute_429 = end->status == 429 && !end->retry_after;
  int64_t held_us =
      shell->now_us +
      (is_mute_429 ? 1000000 : end->retry_after_ms * INT64_C(1000));
  shell->wants_retry =
      end->result != ATTEMPT_STARVED && (!is_4xx || is_repeatable(end->status));
  shell->failed_us = shell->now_us;
  if (end->result != ATTEMPT_STARVED && held_us > shell->held_us)
    shell->held_us = held_us;
}

static void note(struct shell *shell, const struct step_event *event) {
  const struct attempt_end *end = &event->end;
  unsigned k = event->attempt;
  shell->now_us = event->now_us;
  if (event->kind == EVENT_START) shell->start_us = event->now_us;
  if (event->kind != EVENT_ENDED) return;
  demand(shell, shell->running & bit(k),
         "the script ends an attempt that is not in flight");
  shell->running &= ~bit(k);
  note_failure(shell, end);
  if (end->result == ATTEMPT_SUCCESS) shell->answered = (int)k;
  if (end->unsent && end->result != ATTEMPT_STARVED) shell->unsent |= bit(k);
  if (end->result == ATTEMPT_STARVED) shell->starved |= bit(k);
  else if (end->whole && end->status >= 400 && end->status <= 499)
    note_4xx(shell, k, end->status);
}

static void end_below(struct shell *shell, unsigned below, const char *verb) {
  for (unsigned k = 0; k < below && k < 32; k++)
    if (shell->running & bit(k)) say_act(shell, verb, k);
  shell->running &= ~(bit(below) - 1);
}

static bool used_up(const struct shell *shell, unsigned below) {
  int64_t limit_us = shell->policy->attempt_timeout_us;
  for (unsigned k = 0; k < below && k < RACE_MAX_ATTEMPTS; k++)
    if ((shell->running & bit(k)) &&
        shell->now_us - shell->start_us - shell->race.started_us[k] < limit_us)
      return false;
  return below == 0 || limit_us > 0;
}

static void cancel(struct shell *shell, const struct todo *todo) {
  demand(shell, used_up(shell, todo->expire_below), "expired too early");
  if (todo->expire_below > 0) {
    shell->wants_retry = true;
    shell->failed_us = shell->now_us;
  }
  demand(shell, todo->outcome != OUTCOME_OPEN || todo->cancel_below == 0,
         "cancelled in an open race");
  end_below(shell, todo->expire_below, "expire");
  end_below(shell, todo->cancel_below, "cancel");
}

static struct todo refuse(struct shell *shell, unsigned k) {
  struct step_event event = {.kind = EVENT_ENDED,
                             .now_us = shell->now_us,
                             .attempt = k,
                             .end.result = ATTEMPT_REFUSED};
  shell->refused |= bit(k);
  say_act(shell, "refuse", k);
  return step(shell, &event);
}

/* Starts what the todo asks for, one at a time, and returns the todo that holds
 * in the end. */
static struct todo start(struct shell *shell, struct todo todo,
                         uint32_t refusing) {
  uint32_t on_their_way = shell->running;
  while (todo.outcome == OUTCOME_OPEN && shell->started < todo.start_below &&
         shell->started < 31) {
    unsigned k = shell->started;
    bool retry = race_kind(&shell->race, k) == ATTEMPT_RETRY;
    check_start(shell, k, on_their_way);
    shell->started++;
    shell->retries += retry;
    if (retry) shell->wants_retry = false;
    if (refusing & bit(k)) {
      todo = refuse(shell, k);
      cancel(shell, &todo);
    } else {
      shell->running |= bit(k);
      say_act(shell, retry ? "retry" : "launch", k);
    }
  }
  return todo;
}

static void perform(struct shell *shell, const struct step_event *event,
                    struct todo todo, uint32_t refusing) {
  demand(shell, todo.start_below >= shell->started, "start_below fell");
  cancel(shell, &todo);
  todo = start(shell, todo, refusing);
  shell->outcome = todo.outcome;
  if (todo.outcome == OUTCOME_OPEN) {
    check_open(shell, event);
  } else {
    check_settled(shell, event, &todo);
    say_outcome(shell, &todo);
  }
}

void shell_turn(struct shell *shell, const struct step_event *event,
                uint32_t refusing) {
  bool settled = shell->outcome != OUTCOME_OPEN;
  say_event(shell, event);
  if (!settled) note(shell, event);
  struct todo todo = step(shell, event);
  if (settled) check_silence(shell, &todo);
  else perform(shell, event, todo, refusing);
  if (!shell->verb) say(shell, ": nothing");
}

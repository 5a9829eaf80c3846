/* fuzz_race: any policy, and events in any order, into core/race.
 *
 * The input is a script in bytes: first a policy, then turns. A turn moves the
 * time on (not at all, a little, to the moment of the wakeup, beyond the
 * deadline) and says what happens; it refuses some starts. tests/support/shell
 * performs what is asked for and knows every promise; test_race_orders tries
 * all orders of a few attempts on a grid, this one goes to sixteen attempts and
 * any times. When the bytes are over only the timer is left, and must settle
 * the race within a turn for each thing that may still happen. */
#include <stdio.h>

#include "core/race.h"
#include "fuzz/fuzz.h"
#include "support/shell.h"

enum { TIMERS_MAX = 4 * RACE_MAX_ATTEMPTS };

static unsigned take(struct slice *script) {
  if (script->len == 0) return 0;
  unsigned byte = (unsigned char)script->at[0];
  *script = slice_from(*script, 1);
  return byte;
}

/* 0 to some minutes, most of them short and many of them equal. */
static int64_t take_us(struct slice *script) {
  unsigned byte = take(script);
  return (int64_t)(byte & 15) << (byte >> 4) << 10;
}

static void take_policy(struct slice *script, unsigned retries,
                        struct race_policy *policy) {
  unsigned byte = take(script);
  policy->hedges = byte & 15;
  policy->retries = retries % (RACE_MAX_ATTEMPTS - policy->hedges);
  policy->final_4xx = byte >> 4 & 1;
  policy->on_failure = (enum race_on_failure)((byte >> 5) % 3);
  policy->once = byte >> 5 > 4;
  policy->hedge_after_us = take_us(script);
  policy->stagger_us = take_us(script);
  policy->attempt_timeout_us = take_us(script);
  policy->backoff.first_us = take_us(script);
  policy->backoff.most_us = policy->backoff.first_us + take_us(script);
}

static struct attempt_end take_end(struct slice *script) {
  static const struct attempt_end ends[] = {
      {.result = ATTEMPT_SUCCESS, .status = 200, .whole = true},
      {.result = ATTEMPT_STATUS, .status = 500, .whole = true},
      {.result = ATTEMPT_STATUS,
       .status = 503,
       .whole = true,
       .retry_after = true},
      {.result = ATTEMPT_STATUS, .status = 302},
      {.result = ATTEMPT_STATUS, .status = 404, .whole = true},
      {.result = ATTEMPT_STATUS, .status = 404},
      {.result = ATTEMPT_STATUS, .status = 408, .whole = true},
      {.result = ATTEMPT_STATUS, .status = 429, .whole = true},
      {.result = ATTEMPT_STATUS,
       .status = 429,
       .whole = true,
       .retry_after = true},
      {.result = ATTEMPT_BAD_JSON, .status = 200, .whole = true},
      {.result = ATTEMPT_TRANSPORT},
      {.result = ATTEMPT_TOO_LARGE, .status = 200},
      {.result = ATTEMPT_TOO_LARGE, .status = 400},
      {.result = ATTEMPT_STARVED},
      {.result = ATTEMPT_TRANSPORT, .unsent = true},
      {.result = ATTEMPT_STARVED, .unsent = true},
  };
  struct attempt_end end = ends[take(script) % (sizeof ends / sizeof *ends)];
  if (end.retry_after) end.retry_after_ms = (uint32_t)take_us(script) / 1000;
  return end;
}

/* One that is running, or any once all is settled. */
static bool choose(const struct shell *shell, unsigned wanted,
                   unsigned *attempt) {
  for (unsigned i = 0; i < shell->started; i++) {
    *attempt = (wanted + i) % shell->started;
    if (shell->running >> *attempt & 1) return true;
  }
  return shell->outcome != OUTCOME_OPEN;
}

static int64_t next_us(const struct shell *shell, struct slice *script,
                       unsigned how) {
  int64_t deadline_us = shell->start_us + shell->timeout_us;
  switch (how) {
    case 0: return shell->now_us;
    case 1: return shell->now_us + take_us(script);
    case 2: return deadline_us > shell->now_us ? deadline_us : shell->now_us;
  }
  if (shell->outcome != OUTCOME_OPEN) return shell->now_us;
  return shell_wakeup_us(shell);
}

static void turn(struct shell *shell, struct slice *script) {
  unsigned byte = take(script), kind = byte & 15;
  struct step_event event = {.kind = EVENT_TIMER};
  uint32_t refusing = byte & 64 ? take(script) * UINT32_C(0x01010101) : 0;
  event.now_us = next_us(shell, script, byte >> 4 & 3);
  if (kind == 0) event.kind = EVENT_GONE;
  else if (kind == 1) event.kind = EVENT_DRAIN;
  else if (kind < 12) {
    if (!choose(shell, kind - 2, &event.attempt)) return;
    event.kind = EVENT_ENDED;
    event.end = take_end(script);
  }
  shell_turn(shell, &event, refusing);
}

static void run_out(struct shell *shell) {
  for (unsigned i = 0; shell->outcome == OUTCOME_OPEN; i++) {
    struct step_event event = {.kind = EVENT_TIMER,
                               .now_us = shell_wakeup_us(shell)};
    demand(i < TIMERS_MAX, "the timer settles it in the end");
    shell_turn(shell, &event, 0);
  }
}

static void play(struct shell *shell, struct slice script) {
  struct step_event start = {.kind = EVENT_START, .now_us = take_us(&script)};
  shell_turn(shell, &start, take(&script) * UINT32_C(0x01010101));
  while (script.len > 0) turn(shell, &script);
  run_out(shell);
}

/* The same once more, with every word written down. */
static void tell(struct shell shell, struct slice script, const char *fault) {
  static char storage[1 << 16];
  struct text timeline;
  text_init(&timeline, storage, sizeof storage);
  shell.timeline = &timeline;
  play(&shell, script);
  fprintf(stderr, "%s\n", text_end(&timeline));
  demand(false, fault);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct slice script = fuzz_input(data, size);
  struct race_policy policy = {0}; /* what no script says is off */
  struct shell shell, fresh;
  unsigned retries = take(&script);
  int64_t timeout_us = 1 + take_us(&script);
  take_policy(&script, retries, &policy);
  shell_init_race(&shell, &policy, timeout_us);
  shell.race.chance = retries * UINT32_C(0x9e3779b1);
  fresh = shell;
  play(&shell, script);
  if (shell.fault) tell(fresh, script, shell.fault);
  return 0;
}

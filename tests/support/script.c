/* script: see script.h. One pass over the words; whatever is no script ends the
 * test at once and says which word it was. */
#include "support/script.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "support/shell.h"

enum { TEXT_BYTES = 2048 };

/* ---- options ---- */

static int64_t ms(const char *word) { return atoll(word) * 1000; }

static enum race_on_failure on_failure(const char *word) {
  if (strcmp(word, "next") == 0) return RACE_NEXT;
  if (strcmp(word, "all") == 0) return RACE_ALL;
  cr_assert_str_eq(word, "wait");
  return RACE_WAIT;
}

/* What is no policy. */
struct rest {
  int64_t timeout_us;
  uint32_t chance;
};

static void set_option(struct race_policy *policy, struct rest *others,
                       const char *name, const char *value) {
  if (strcmp(name, "timeout") == 0) others->timeout_us = ms(value);
  else if (strcmp(name, "chance") == 0)
    others->chance = (uint32_t)atoi(value) * (UINT32_MAX / 100 + 1);
  else if (strcmp(name, "hedge-after") == 0) policy->hedge_after_us = ms(value);
  else if (strcmp(name, "hedges") == 0) policy->hedges = (unsigned)atoi(value);
  else if (strcmp(name, "retries") == 0)
    policy->retries = (unsigned)atoi(value);
  else if (strcmp(name, "backoff") == 0) policy->backoff.first_us = ms(value);
  else if (strcmp(name, "most") == 0) policy->backoff.most_us = ms(value);
  else if (strcmp(name, "stagger") == 0) policy->stagger_us = ms(value);
  else if (strcmp(name, "attempt-timeout") == 0)
    policy->attempt_timeout_us = ms(value);
  else if (strcmp(name, "on-failure") == 0)
    policy->on_failure = on_failure(value);
  else if (strcmp(name, "final") == 0)
    policy->final_4xx = strcmp(value, "4xx") == 0;
  else if (strcmp(name, "once") == 0) policy->once = strcmp(value, "yes") == 0;
  else cr_assert_fail("no option: '%s'", name);
}

static void read_options(const char *options, struct race_policy *policy,
                         struct rest *others) {
  char copy[TEXT_BYTES], *rest = copy, *name;
  cr_assert_lt(strlen(options), sizeof copy);
  strcpy(copy, options);
  while ((name = strtok_r(rest, " ", &rest))) {
    const char *value = strtok_r(rest, " ", &rest);
    cr_assert(value, "no value for '%s'", name);
    set_option(policy, others, name, value);
  }
}

/* ---- turns ---- */

enum pace { ON_TIME, EARLY, LATE };

struct turn {
  struct step_event event;
  uint32_t refusing;
  enum pace pace;
};

static unsigned number(char **rest) {
  char *word = strtok_r(*rest, " ", rest), *end = word;
  cr_assert(word, "a number is missing");
  unsigned long value = strtoul(word, &end, 10);
  cr_assert(end > word && *end == '\0', "no number: '%s'", word);
  return (unsigned)value;
}

static void read_refusals(struct turn *turn, char **rest) {
  while (**rest) turn->refusing |= UINT32_C(1) << number(rest);
}

static void read_tail(struct turn *turn, char **rest) {
  const char *word;
  while ((word = strtok_r(*rest, " ", rest))) {
    if (strcmp(word, "cut") == 0) turn->event.end.whole = false;
    else if (strcmp(word, "retry-after") == 0)
      turn->event.end.retry_after = true;
    else if (strcmp(word, "for") == 0)
      turn->event.end.retry_after_ms = number(rest);
    else if (strcmp(word, "unsent") == 0) turn->event.end.unsent = true;
    else if (strcmp(word, "refusing") == 0) read_refusals(turn, rest);
    else cr_assert_fail("no word of a script: '%s'", word);
  }
}

static void read_end(struct turn *turn, const char *word, char **rest) {
  struct attempt_end *end = &turn->event.end;
  turn->event.kind = EVENT_ENDED;
  turn->event.attempt = number(rest);
  end->result = ATTEMPT_TRANSPORT;
  if (strcmp(word, "success") == 0) {
    *end = (struct attempt_end){
        .result = ATTEMPT_SUCCESS, .status = 200, .whole = true};
  } else if (strcmp(word, "status") == 0) {
    int status = (int)number(rest);
    *end = (struct attempt_end){
        .result = ATTEMPT_STATUS, .status = status, .whole = true};
  } else if (strcmp(word, "starve") == 0) {
    end->result = ATTEMPT_STARVED;
  } else {
    cr_assert_str_eq(word, "fail", "no event: '%s'", word);
  }
}

static void read_event(struct turn *turn, const char *word, char **rest) {
  if (strcmp(word, "start") == 0) turn->event.kind = EVENT_START;
  else if (strcmp(word, "timer") == 0) turn->event.kind = EVENT_TIMER;
  else if (strcmp(word, "gone") == 0) turn->event.kind = EVENT_GONE;
  else if (strcmp(word, "drain") == 0) turn->event.kind = EVENT_DRAIN;
  else read_end(turn, word, rest);
}

static struct turn read_turn(char *text) {
  struct turn turn = {.pace = ON_TIME};
  turn.event.now_us = (int64_t)number(&text) * 1000;
  const char *word = strtok_r(text, " ", &text);
  cr_assert(word, "nothing happens at %lld us", (long long)turn.event.now_us);
  if (strcmp(word, "early") == 0) turn.pace = EARLY;
  if (strcmp(word, "late") == 0) turn.pace = LATE;
  if (turn.pace != ON_TIME) word = strtok_r(text, " ", &text);
  cr_assert(word, "who is early or late?");
  read_event(&turn, word, &text);
  read_tail(&turn, &text);
  return turn;
}

/* ---- playing ---- */

static bool is_in_time(const struct shell *shell, const struct turn *turn) {
  if (shell->outcome != OUTCOME_OPEN || turn->event.kind == EVENT_START)
    return true;
  int64_t wakeup_us = shell_wakeup_us(shell);
  if (turn->pace == EARLY) return turn->event.now_us < wakeup_us;
  if (turn->pace == LATE) return turn->event.now_us > wakeup_us;
  return turn->event.kind == EVENT_TIMER ? turn->event.now_us == wakeup_us
                                         : turn->event.now_us <= wakeup_us;
}

static void play(struct shell *shell, const char *script, const char *want) {
  char copy[TEXT_BYTES], storage[TEXT_BYTES], *rest = copy, *part;
  struct text timeline;
  text_init(&timeline, storage, sizeof storage);
  shell->timeline = &timeline;
  cr_assert_lt(strlen(script), sizeof copy);
  strcpy(copy, script);
  while ((part = strtok_r(rest, "|", &rest))) {
    struct turn turn = read_turn(part);
    cr_assert(is_in_time(shell, &turn), "'%s': the timer is due at %lld ms\n%s",
              script, (long long)shell_wakeup_us(shell) / 1000,
              text_end(&timeline));
    shell_turn(shell, &turn.event, turn.refusing);
  }
  cr_expect_str_eq(text_end(&timeline), want, "script %s\ngot    %s\nwanted %s",
                   script, text_end(&timeline), want);
  cr_expect(!shell->fault, "%s:\n%s", shell->fault, text_end(&timeline));
}

void script_race(const char *options, const char *script, const char *want) {
  struct race_policy policy = {
      .hedges = 2, .hedge_after_us = 300000, .backoff = {25000, 250000}};
  struct rest others = {.timeout_us = 1000000};
  struct shell shell;
  read_options(options, &policy, &others);
  shell_init_race(&shell, &policy, others.timeout_us);
  shell.race.chance = others.chance;
  play(&shell, script, want);
}

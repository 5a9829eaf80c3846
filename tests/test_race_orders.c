/* Tests of core/race in every order of events, for up to five attempts.
 *
 * At each moment of an open race whatever may happen next is tried: an attempt
 * in flight ends in each of its ways, the timer fires, the client leaves, the
 * server ends, what is to come has no hope; and each start is admitted or refused. Times are a grid: an end
 * comes in the same instant as what was before, at the next tenth of a second,
 * in the same turn as the timer, or when the deadline has gone by unseen. Two
 * orders that lead to the same race are followed once.
 *
 * What must hold at each turn is said in support/shell.c. When it does not, the
 * timeline that led there is printed. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "core/race.h"
#include "support/rows.h"
#include "support/shell.h"

enum {
  ATTEMPTS_MAX = 5,
  GRID_US = 100000,
  TIMEOUT_US = 1000000,
  MOVES_MAX = 64,
  SEEN_BITS = 19,
  SEEN_COUNT = 1 << SEEN_BITS,
};

struct move {
  struct step_event event;
  uint32_t refusing;
};

struct search {
  struct race_policy policy;
  struct move path[MOVES_MAX];
  unsigned depth;
  uint64_t *seen; /* hashes of races, 0 where there is none */
  unsigned seen_count;
  unsigned long turns;
  unsigned settled[OUTCOMES];
};

/* ---- races that were seen before ---- */

static uint64_t mixed(uint64_t hash, uint64_t value) {
  hash = (hash ^ value) * UINT64_C(0x9e3779b97f4a7c15);
  return hash ^ hash >> 29;
}

static uint64_t hash_of(const struct shell *shell) {
  const struct race *race = &shell->race;
  uint64_t hash = mixed(1, (uint64_t)shell->now_us);
  for (unsigned k = 0; k < race->next; k++)
    hash = mixed(hash, (uint64_t)race->started_us[k]);
  hash = mixed(hash, (uint64_t)race->in_flight << 32 | race->refused);
  hash = mixed(hash, (uint64_t)race->whole_4xx << 32 | race->next);
  hash = mixed(hash, (uint64_t)race->starved << 32 | race->forwarded);
  hash = mixed(hash, (uint64_t)race->retried << 32 | race->unasked);
  hash = mixed(hash, (uint64_t)race->retry_us << 32 | race->held);
  for (unsigned k = 0; k < race->next; k++)
    if (race->held >> k & 1) hash = mixed(hash, race->held_us[k]);
  return hash ? hash : 1;
}

static bool is_new(struct search *search, const struct shell *shell) {
  uint64_t hash = hash_of(shell);
  size_t at = hash >> (64 - SEEN_BITS);
  while (search->seen[at] && search->seen[at] != hash)
    at = (at + 1) % SEEN_COUNT;
  if (search->seen[at]) return false;
  search->seen[at] = hash;
  search->seen_count++;
  cr_assert_lt(search->seen_count, SEEN_COUNT * 3 / 4, "too many races");
  return true;
}

/* ---- one turn ---- */

/* Goes the same way again, and writes down what happens. */
static void tell_path(const struct search *search, const char *fault) {
  static char storage[16384];
  struct text timeline;
  struct shell shell;
  text_init(&timeline, storage, sizeof storage);
  shell_init_race(&shell, &search->policy, TIMEOUT_US);
  shell.timeline = &timeline;
  for (unsigned i = 0; i < search->depth; i++)
    shell_turn(&shell, &search->path[i].event, search->path[i].refusing);
  cr_assert_fail("%s:\n%s\nhedges %u, hedge-after %lld, stagger %lld, "
                 "on-failure %d, final %d, attempt-timeout %lld, once %d, "
                 "retries %u",
                 fault, text_end(&timeline), search->policy.hedges,
                 (long long)search->policy.hedge_after_us / 1000,
                 (long long)search->policy.stagger_us / 1000,
                 search->policy.on_failure, search->policy.final_4xx,
                 (long long)search->policy.attempt_timeout_us / 1000,
                 search->policy.once, search->policy.retries);
}

static void turn(struct search *search, struct shell *shell,
                 const struct step_event *event, uint32_t refusing) {
  search->turns++;
  cr_assert_lt(search->depth, MOVES_MAX);
  search->path[search->depth++] = (struct move){*event, refusing};
  shell_turn(shell, event, refusing);
  if (shell->fault) tell_path(search, shell->fault);
}

/* The next set of refused starts, counted like a number whose lowest digit is
 * the attempt that started last. False when all were tried. */
static bool next_refusals(uint32_t *refusing, unsigned from, unsigned to) {
  while (to-- > from) {
    *refusing ^= UINT32_C(1) << to;
    if (*refusing >> to & 1) return true;
  }
  return false;
}

/* Settled once: nothing changes that any more. */
static void try_after_the_end(struct search *search,
                              const struct shell *settled) {
  for (enum event_kind kind = EVENT_ENDED; kind <= EVENT_DRAIN; kind++) {
    struct step_event event = {.kind = kind, .now_us = settled->now_us};
    struct shell shell = *settled;
    turn(search, &shell, &event, 0);
    search->depth--;
  }
}

static void explore(struct search *search, const struct shell *from);

static void try_event(struct search *search, const struct shell *from,
                      const struct step_event *event) {
  struct shell to;
  uint32_t refusing = 0;
  do {
    to = *from;
    turn(search, &to, event, refusing);
    if (event->kind == EVENT_TIMER && !from->running &&
        to.started == from->started)
      tell_path(search, "nothing was in flight, and the timer started nothing");
    search->settled[to.outcome]++;
    if (to.outcome != OUTCOME_OPEN) try_after_the_end(search, &to);
    else if (is_new(search, &to)) explore(search, &to);
    search->depth--;
  } while (next_refusals(&refusing, from->started, to.started));
}

/* ---- all that may happen next ---- */

static void try_ends(struct search *search, const struct shell *from,
                     int64_t now_us) {
  static const struct attempt_end ends[] = {
      {.result = ATTEMPT_SUCCESS, .status = 200, .whole = true},
      {.result = ATTEMPT_TRANSPORT},
      {.result = ATTEMPT_TRANSPORT, .unsent = true},
      {.result = ATTEMPT_STATUS, .status = 404, .whole = true},
      {.result = ATTEMPT_STATUS, .status = 429, .whole = true},
      {.result = ATTEMPT_STARVED},
      {.result = ATTEMPT_STATUS,
       .status = 503,
       .retry_after = true,
       .retry_after_ms = 4 * GRID_US / 1000},
  };
  const size_t known = sizeof ends / sizeof *ends;
  size_t count = search->policy.retries > 0 ? known : known - 1;
  for (unsigned k = 0; k < from->started; k++)
    for (size_t i = 0; i < count; i++)
      if (from->running >> k & 1)
        try_event(search, from,
                  &(struct step_event){.kind = EVENT_ENDED,
                                       .now_us = now_us,
                                       .attempt = k,
                                       .end = ends[i]});
}

static void try_kind(struct search *search, const struct shell *from,
                     enum event_kind kind, int64_t now_us) {
  try_event(search, from, &(struct step_event){.kind = kind, .now_us = now_us});
}

static void explore(struct search *search, const struct shell *from) {
  int64_t now_us = from->now_us;
  int64_t grid_us = (now_us / GRID_US + 1) * GRID_US;
  int64_t wakeup_us = shell_wakeup_us(from);
  int64_t deadline_us = from->start_us + TIMEOUT_US;
  try_ends(search, from, now_us);
  if (grid_us < wakeup_us) try_ends(search, from, grid_us);
  try_ends(search, from, wakeup_us);
  try_kind(search, from, EVENT_TIMER, wakeup_us);
  if (wakeup_us < deadline_us) {
    try_ends(search, from, deadline_us);
    try_kind(search, from, EVENT_GONE, wakeup_us);
    try_kind(search, from, EVENT_DRAIN, wakeup_us);
  }
  try_kind(search, from, EVENT_GONE, now_us);
  try_kind(search, from, EVENT_DRAIN, now_us);
}

/* ---- all policies ---- */

static void search_policy(struct search *search) {
  struct step_event start = {.kind = EVENT_START};
  struct shell shell;
  memset(search->seen, 0, SEEN_COUNT * sizeof *search->seen);
  search->seen_count = 0;
  shell_init_race(&shell, &search->policy, TIMEOUT_US);
  try_event(search, &shell, &start);
}

static void search_delays(struct search *search) {
  static const int64_t delays_ms[][3] = {
      /* hedge-after, stagger, attempt-timeout */
      {300, 0, 0},    {300, 0, 200}, {300, 50, 0},
      {300, 50, 400}, {300, 250, 0}, {300, 250, 400},
      {0, 0, 0},      {0, 100, 300}, {1000, 0, 0},
  };
  EACH_ROW (row, delays_ms) {
    search->policy.hedge_after_us = (*row)[0] * 1000;
    search->policy.stagger_us = (*row)[1] * 1000;
    search->policy.attempt_timeout_us = (*row)[2] * 1000;
    search_policy(search);
  }
}

static void search_all(enum race_on_failure on_failure, bool once,
                       unsigned retries) {
  struct search search = {.policy = {.on_failure = on_failure,
                                     .once = once,
                                     .retries = retries,
                                     .backoff = {GRID_US, 2 * GRID_US}}};
  search.seen = malloc(SEEN_COUNT * sizeof *search.seen);
  cr_assert(search.seen);
  for (unsigned hedges = 0; hedges + retries < ATTEMPTS_MAX; hedges++)
    for (int final_4xx = 0; final_4xx < 2; final_4xx++) {
      search.policy.hedges = hedges;
      search.policy.final_4xx = final_4xx;
      search_delays(&search);
    }
  for (int outcome = 0; outcome < OUTCOME_GATHERED; outcome++)
    cr_expect_gt(search.settled[outcome], 0, "no race was %s",
                 outcome_name((enum outcome)outcome));
  free(search.seen);
}

Test(race_orders, keep_every_promise_when_a_failure_brings_the_next_forward) {
  search_all(RACE_NEXT, false, 0);
}

Test(race_orders, keep_every_promise_when_a_failure_brings_all_forward) {
  search_all(RACE_ALL, false, 0);
}

Test(race_orders, keep_every_promise_when_every_hedge_waits) {
  search_all(RACE_WAIT, false, 0);
}

Test(race_orders, keep_every_promise_when_the_request_may_go_out_once) {
  for (int i = RACE_NEXT; i <= RACE_WAIT; i++)
    search_all((enum race_on_failure)i, true, 0);
}

Test(race_orders, keep_every_promise_when_failures_are_retried) {
  for (int i = RACE_NEXT; i <= RACE_WAIT; i++)
    for (unsigned retries = 1; retries < ATTEMPTS_MAX - 1; retries++)
      search_all((enum race_on_failure)i, false, retries);
}

Test(race_orders, keep_every_promise_when_only_the_unsent_is_retried) {
  for (unsigned retries = 1; retries < ATTEMPTS_MAX; retries++)
    search_all(RACE_NEXT, true, retries);
}

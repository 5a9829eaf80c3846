/* tail_ideal: what a race that costs nothing would do with the same luck.
 *
 *   tail_ideal straight|HEDGE_MS FAULTS SEED COUNT LIMIT_MS [EACH_FILE]
 *
 * It draws what `hedgerow mock` draws (tools/faults, by seed, name and attempt)
 * and lets hedgerow's own policy (core/race) decide, in virtual time: an answer
 * arrives when its draw says so, and everything else takes no time at all.
 * What hedgerow takes longer is the price of sockets, clocks and queues; were
 * its policy itself at fault, both would show it, so that is for other tests.
 *
 * straight is the client alone: one attempt, no hedge, the same limit.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/race.h"
#include "figures.h"
#include "net.h"
#include "tools/faults.h"

enum { HEDGES = 2 };

struct luck {
  struct faults faults;
  uint64_t seed;
};

/* An attempt on its way. */
struct flight {
  int64_t lands_us;
  struct attempt_end end;
};

/* What hedgerow's verdict makes of a draw. */
static struct attempt_end verdict_on(const struct faults_draw *draw) {
  struct attempt_end end = {.status = draw->status, .whole = true};
  switch (draw->fault) {
    case FAULT_NONE: end.result = ATTEMPT_SUCCESS; break;
    case FAULT_STATUS: end.result = ATTEMPT_STATUS; break;
    case FAULT_HTML:
    case FAULT_BADJSON: end.result = ATTEMPT_BAD_JSON; break;
    case FAULT_TRUNCATE:
    case FAULT_RESET:
    case FAULT_HANG:
      end = (struct attempt_end){.result = ATTEMPT_TRANSPORT};
      break;
    case FAULT_TRICKLE: errno = 0; give_up("trickle is not simulated");
  }
  return end;
}

static struct flight take_off(const struct luck *luck, const char *id,
                              unsigned attempt, int64_t now_us) {
  char hedge_attempt[12];
  snprintf(hedge_attempt, sizeof hedge_attempt, "%u", attempt);
  uint64_t key = faults_key(slice_of(id), slice_of(hedge_attempt));
  struct faults_draw draw = faults_draw(&luck->faults, luck->seed, key);
  bool hangs = draw.fault == FAULT_HANG;
  return (struct flight){now_us +
                             (hangs ? luck->faults.hang_us : draw.delay_us),
                         verdict_on(&draw)};
}

/* The next thing to happen: a landing, or the policy's timer. A result that is
 * due with a timer comes first, as it does in hedgerow. */
static struct step_event next_event(const struct race *race,
                                    const struct flight *flights) {
  struct step_event event = {.kind = EVENT_TIMER,
                             .now_us = race_wakeup_us(race)};
  for (unsigned k = 0; k < race->next; k++) {
    if (!(race->in_flight & UINT32_C(1) << k)) continue;
    if (flights[k].lands_us > event.now_us) continue;
    if (flights[k].lands_us == event.now_us && event.kind == EVENT_ENDED)
      continue;
    event = (struct step_event){.kind = EVENT_ENDED,
                                .now_us = flights[k].lands_us,
                                .attempt = k,
                                .end = flights[k].end};
  }
  return event;
}

static struct fate run_race(const struct race_policy *policy,
                            const struct luck *luck, const char *id,
                            int64_t limit_us) {
  struct race race;
  struct race_plan plan;
  struct flight flights[RACE_MAX_ATTEMPTS] = {0};
  struct step_event event = {.kind = EVENT_START};
  struct todo todo;
  unsigned started = 0;
  plan_make(&plan, policy, &(uint8_t){0}, 1, limit_us);
  race_init(&race, &plan);
  for (;;) {
    todo = race_step(&race, &event);
    for (; started < todo.start_below; started++)
      flights[started] = take_off(luck, id, started, event.now_us);
    if (todo.outcome != OUTCOME_OPEN) break;
    event = next_event(&race, flights);
  }
  return (struct fate){.us = event.now_us,
                       .asked = (int)started,
                       .good = todo.outcome == OUTCOME_SUCCESS};
}

static struct race_policy policy_of(const char *word) {
  struct race_policy policy = {.on_failure = RACE_NEXT};
  if (!strcmp(word, "straight")) return policy;
  policy.hedges = HEDGES;
  policy.hedge_after_us = (int64_t)number(word) * 1000;
  return policy;
}

int main(int argc, char **argv) {
  char error[256], id[FATE_ID_BYTES];
  struct luck luck;
  if (argc != 6 && argc != 7) {
    fprintf(stderr, "usage: tail_ideal straight|HEDGE_MS FAULTS SEED COUNT "
                    "LIMIT_MS [EACH_FILE]\n");
    return 2;
  }
  struct race_policy policy = policy_of(argv[1]);
  int count = number(argv[4]);
  int64_t limit_us = (int64_t)number(argv[5]) * 1000;
  if (!faults_parse(&luck.faults, slice_of(argv[2]), error, sizeof error)) {
    fprintf(stderr, "%s\n", error);
    return 2;
  }
  luck.seed = (uint64_t)number(argv[3]);
  struct fate *fates = must_have(calloc((size_t)count + 1, sizeof *fates));
  if (!count || !limit_us) give_up("COUNT or LIMIT_MS");
  for (int i = 0; i < count; i++) {
    fate_name(id, i, false);
    fates[i] = run_race(&policy, &luck, id, limit_us);
  }
  print_figures(fates, count);
  if (argc == 7) write_each(argv[6], fates, count);
  free(fates);
  return 0;
}

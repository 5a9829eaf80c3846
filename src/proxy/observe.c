/* observe: counters, the log, the history and the spans, which read records.
 *
 * Whoever wants to know what happens reads the records here, by a call of its
 * own: there is no list of observers to register with. What is done here is on
 * the path of every request, so it is little: a counter, a line. Who reads a
 * race later, in another thread, gets a copy of it. */
#include "proxy/observe.h"

#include "core/log_line.h"
#include "core/race_copy.h"
#include "io/clock.h"

void observe_attempt(struct service *service, const struct group *group,
                     struct route_tally *tally,
                     const struct attempt_record *attempt) {
  const enum attempt_result result = attempt->end.result;
  service->counters.attempts[result]++;
  tally_add(&attempt->tally->ended[attempt->kind][result], 1);
  if (result == ATTEMPT_REFUSED) {
    tally_add(&group->tallies[service->number].refused[attempt->refused_by], 1);
    tally_add(&tally->refused[attempt->refused_by], 1);
  } else if (result != ATTEMPT_CANCELLED) {
    tally_time(&attempt->tally->took, attempt->end_us - attempt->start_us);
  }
}

static unsigned seconds_of(const struct outlier_bench *bench) {
  return bench->length_s;
}

void observe_news(const struct pilot *pilot, unsigned place,
                  const struct target *target, enum pilot_news news) {
  const struct pilot_target *its = pilot->targets[place];
  const unsigned number = target->number;
  const struct slice at = target->url.authority;
  if (news == PILOT_EJECTED && pilot->count == 1)
    log_notice("target %u (%.*s) keeps failing; there is no other to ask",
               number, SLICE_ARG(at));
  if (news == PILOT_EJECTED && pilot->count > 1)
    log_notice("target %u (%.*s) is passed by for %u s: it keeps failing",
               number, SLICE_ARG(at), seconds_of(&its->failing));
  if (news == PILOT_SLOW)
    log_notice("target %u (%.*s) is passed by for %u s: it keeps losing "
               "races to other targets",
               number, SLICE_ARG(at), seconds_of(&its->slow));
  if (news == PILOT_BACK)
    log_notice("target %u (%.*s) is back", number, SLICE_ARG(at));
}

static void write_line(struct service *service,
                       const struct race_record *race) {
  char storage[LOG_LINE_BYTES];
  struct text text = TEXT_ON(storage);
  if (service->process->log_text) log_line_text(&text, race, clock_wall_us());
  else log_line_json(&text, race, clock_wall_us());
  log_write(service->log, text_slice_of(&text));
}

/* Not inline: few are copied. */
static __attribute__((noinline)) void observe_copy(
    struct service *service, const struct race_record *race, bool kept,
    bool sent) {
  char storage[RACE_COPY_BYTES];
  struct text copy = TEXT_ON(storage);
  race_copy_write(&copy, race, clock_wall_us());
  if (kept) tape_put(service->tape, race, text_slice_of(&copy));
  if (sent) spans_put_race(service->spans, race, text_slice_of(&copy));
}

static void count_race(struct service *service,
                       const struct race_record *race) {
  service->counters.races[race->outcome]++;
  tally_race(race->tally, race->outcome, race->end_us - race->start_us);
  if (race->started > 0) {
    tally_add(&race->tally->races, race->races);
    tally_add(&race->tally->attempts, race->started);
  }
  if (race->outcome == OUTCOME_GONE) tally_add(&service->tally->gone, 1);
}

/* The peer's text costs more than the rest of a line: only when it is wanted.
 */
void observe_race(struct service *service, struct race_record *race,
                  const struct connection *connection) {
  const bool kept = tape_wants(service->tape, race);
  const bool sent = spans_wants(service->spans, race);
  if ((service->log || kept || sent) && race->peer.len == 0 && connection)
    race->peer = slice_of(connection_peer(connection));
  count_race(service, race);
  if (service->log && race_filter_takes(&service->config->log_only, race))
    write_line(service, race);
  if (kept || sent) observe_copy(service, race, kept, sent);
}

/* ---- all together ---- */

void observe_add(struct counters *sum, const struct counters *counters) {
  sum->begun += counters->begun;
  for (unsigned i = 0; i < ATTEMPT_RESULTS; i++)
    sum->attempts[i] += counters->attempts[i];
  for (unsigned i = 0; i < OUTCOMES; i++) sum->races[i] += counters->races[i];
}

/* "12 requests: 11 success, 1 failed" */
static void observe_tell_sums(const char *what, const uint64_t *sums,
                              unsigned n, const char *(*name)(unsigned)) {
  char storage[512];
  struct text text = TEXT_ON(storage);
  uint64_t sum = 0;
  for (unsigned i = 0; i < n; i++) {
    if (sums[i] == 0) continue;
    text_put(&text, sum > 0 ? ", " : ": ", (int64_t)sums[i], " ", name(i));
    sum += sums[i];
  }
  log_notice("%llu %s%s", (unsigned long long)sum, what, text_end(&text));
}

static const char *result_name(unsigned i) {
  return attempt_result_name((enum attempt_result)i);
}

static const char *race_name(unsigned i) {
  return outcome_name((enum outcome)i);
}

void observe_tell(const struct counters *sum) {
  observe_tell_sums("requests were answered", sum->races, OUTCOMES, race_name);
  observe_tell_sums("attempts have ended", sum->attempts, ATTEMPT_RESULTS,
                    result_name);
}

/* observe: counters and the log, the first readers of records.
 *
 * Whoever wants to know what happens reads the records here, by a call of its
 * own: there is no list of observers to register with. What is done here is on
 * the path of every request, so it is little: a counter, a line. */
#include "proxy/observe.h"

#include "core/log_line.h"
#include "io/clock.h"

void observe_attempt(struct service *service,
                     const struct attempt_record *attempt) {
  service->counters.attempts[attempt->end.result]++;
}

static long long seconds_of(const struct outlier_bench *bench) {
  return (long long)(bench->length_us / 1000000);
}

void observe_news(const struct pilot *pilot, unsigned place,
                  const struct target *target, enum pilot_news news) {
  const struct pilot_target *its = pilot->targets[place];
  const unsigned number = target->number;
  const struct slice at = target->url.authority;
  if (news == PILOT_EJECTED)
    log_notice("target %u (%.*s) is ejected for %lld s: it has failed %u times "
               "in a row",
               number, SLICE_ARG(at), seconds_of(&its->failing),
               outlier_failing.first);
  if (news == PILOT_SLOW)
    log_notice("target %u (%.*s) is not asked first for %lld s: it has lost %u "
               "races in a row to other targets",
               number, SLICE_ARG(at), seconds_of(&its->slow),
               outlier_slow.first);
  if (news == PILOT_BACK)
    log_notice("target %u (%.*s) is back", number, SLICE_ARG(at));
}

static void write_line(struct service *service,
                       const struct race_record *race) {
  char storage[LOG_LINE_BYTES];
  struct text text;
  text_init(&text, storage, sizeof storage);
  if (service->process->log_text) log_line_text(&text, race, clock_wall_us());
  else log_line_json(&text, race, clock_wall_us());
  log_write(service->log, text_slice_of(&text));
}

void observe_race(struct service *service, const struct race_record *race) {
  service->counters.races[race->outcome]++;
  if (service->log) write_line(service, race);
}

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

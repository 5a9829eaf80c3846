/* reporter: when receipts are told, and where.
 *
 * An operator's eyes are on stderr when he sends a signal or ends the process.
 * What comes every minute is for whoever reads the log, so it goes there, by a
 * channel of main's own, and in the log's form. Without a log it is a notice,
 * too. It runs on main's loop and reads what workers count: none of them
 * notices. */
#include "proxy/reporter.h"

#include "io/clock.h"
#include "proxy/hindsight.h"
#include "proxy/receipts.h"

static void set_timer(struct reporter *reporter) {
  timer_set(&reporter->timer, clock_now_us() + reporter->every_us);
}

static void on_time(void *arg) {
  struct reporter *reporter = arg;
  const struct snapshot *snapshot = reporter->reload->snapshot;
  if (!reporter->channel) receipts_tell(snapshot);
  else receipts_log(snapshot, reporter->channel, reporter->as_text);
  set_timer(reporter);
}

bool reporter_start(struct reporter *reporter, struct loop *loop,
                    const struct reload *reload, struct log *log,
                    bool as_text) {
  reporter->reload = reload;
  reporter->every_us = reload->config->receipt_us;
  reporter->as_text = as_text;
  timer_init(&reporter->timer, loop, on_time, reporter);
  if (reporter->every_us == 0) return true;
  if (log) reporter->channel = log_open(log);
  set_timer(reporter);
  return reporter->channel || !log;
}

void reporter_tell(const struct reporter *reporter) {
  const struct snapshot *snapshot = reporter->reload->snapshot;
  receipts_tell(snapshot);
  hindsight_tell(snapshot);
}

void reporter_end(struct reporter *reporter) {
  const struct snapshot *snapshot = reporter->reload->snapshot;
  timer_clear(&reporter->timer);
  if (receipts_of_all(snapshot).requests > 0) receipts_tell(snapshot);
  hindsight_tell(snapshot);
}

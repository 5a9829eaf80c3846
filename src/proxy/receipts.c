/* receipts: from the cells of the workers to receipts, and to whom they are
 * told.
 *
 * Beside the sums stands what they are compared with: how long clients waited,
 * and how long they would have without hedges. The first is counted; the
 * second follows from what is learned of the targets that primaries ask, where
 * losers count too (core/latency). */
#include "proxy/receipts.h"

#include "core/http_date.h"
#include "core/pilot.h"
#include "io/clock.h"

/* ---- sums ---- */

static uint64_t sum_of(const struct snapshot *snapshot,
                       const tally_cell *cell) {
  return tally_sum(cell, sizeof(struct route_tally), snapshot->workers);
}

struct receipt receipts_of(const struct snapshot *snapshot,
                           const struct route *route) {
  struct receipt receipt = {0};
  receipt_add(&receipt, route->tallies, snapshot->workers);
  return receipt;
}

struct receipt receipts_of_all(const struct snapshot *snapshot) {
  struct receipt receipt = snapshot->of_gone;
  for (unsigned i = 0; i < snapshot->route_count; i++)
    if (snapshot_is_first_of_path(snapshot, i))
      receipt_add(&receipt, snapshot->routes[i].tallies, snapshot->workers);
  for (unsigned i = 0; i < snapshot->gone_count; i++)
    receipt_add(&receipt, snapshot->gone[i], snapshot->workers);
  return receipt;
}

/* ---- how long ---- */

void receipts_waited(const struct snapshot *snapshot, const struct route *route,
                     uint64_t counts[TALLY_SPANS + 1]) {
  tally_waits_count(route->waits, route->tallies, snapshot->workers, counts);
}

/* Who is unanswered at the deadline waits no longer. Returns of how many spans
 * the share is known, of the last of them perhaps only a part. */
static unsigned add_shares(float shares[TALLY_SPANS + 1],
                           const struct latency_odds *odds,
                           int64_t deadline_us) {
  const unsigned last = tally_span(deadline_us);
  const int64_t known_us = latency_known_us(odds);
  int64_t from_us = 0, until_us;
  float before = 0;
  for (unsigned i = 0; i < last; i++, from_us = until_us) {
    until_us = tally_spans_us[i] < known_us ? tally_spans_us[i] : known_us;
    if (until_us == from_us) return i;
    float answered = latency_answered(odds, (uint32_t)until_us);
    shares[i] += answered - before;
    before = answered;
  }
  shares[last] += 1 - before;
  return TALLY_SPANS + 1;
}

/* Primaries are taken to be spread evenly over those that they may ask, as far
 * as each of these is known. */
unsigned receipts_alone(const struct route *route,
                        float shares[TALLY_SPANS + 1]) {
  const struct pilot *pilot =
      route->pilots ? route->pilots : route->listed_pilots;
  const bool first = route->group->balance == BALANCE_FIRST && route->pilots;
  unsigned learned = 0, known = TALLY_SPANS + 1;
  for (unsigned i = 0; i <= TALLY_SPANS; i++) shares[i] = 0;
  for (unsigned i = 0; pilot && i < (first ? 1 : pilot->count); i++) {
    const struct latency_odds *odds = &pilot->targets[i]->past;
    if (latency_answered(odds, UINT32_MAX) == 0) continue;
    unsigned its = add_shares(shares, odds, route->timeout_us);
    if (its < known) known = its;
    learned++;
  }
  for (unsigned i = 0; learned > 1 && i <= TALLY_SPANS; i++)
    shares[i] /= (float)learned;
  return learned > 0 ? known : 0;
}

/* ---- telling ---- */

/* path: empty for all. */
typedef void tell_one(void *arg, struct slice path,
                      const struct receipt *receipt);

static unsigned paths_in_use(const struct snapshot *snapshot) {
  unsigned paths = 0;
  for (unsigned i = 0; i < snapshot->route_count; i++)
    paths += snapshot_is_first_of_path(snapshot, i) &&
             sum_of(snapshot, &snapshot->routes[i].tallies->races) > 0;
  return paths;
}

static void tell_each(const struct snapshot *snapshot, tell_one *tell,
                      void *arg) {
  struct receipt receipt = receipts_of_all(snapshot);
  tell(arg, (struct slice){0}, &receipt);
  if (paths_in_use(snapshot) < 2) return;
  for (unsigned i = 0; i < snapshot->route_count; i++) {
    if (!snapshot_is_first_of_path(snapshot, i)) continue;
    receipt = receipts_of(snapshot, &snapshot->routes[i]);
    if (receipt.requests > 0) tell(arg, snapshot->routes[i].path, &receipt);
  }
}

/* "receipt /smart: 1000 requests, ..." */
static void write_words(struct text *out, struct slice path,
                        const struct receipt *receipt) {
  text_put(out, path.len > 0 ? "receipt " : "receipt", path, ": ");
  receipt_text(out, receipt);
}

static void tell_by_notice(void *arg, struct slice path,
                           const struct receipt *receipt) {
  char storage[RECEIPT_BYTES];
  struct text text = TEXT_ON(storage);
  (void)arg;
  write_words(&text, path, receipt);
  log_notice("%s", text_end(&text));
}

void receipts_tell(const struct snapshot *snapshot) {
  tell_each(snapshot, tell_by_notice, NULL);
}

/* ---- in the log ---- */

struct place {
  struct log_channel *log;
  bool as_text;
};

static void write_json(struct text *out, struct slice path,
                       const struct receipt *receipt) {
  text_str(out, "{\"time\":\"");
  http_date_write_iso(out, clock_wall_us());
  text_str(out, "\",");
  if (path.len > 0) {
    text_put(out, "\"route\":", as_json(path), ",");
  }
  text_str(out, "\"receipt\":");
  receipt_json(out, receipt);
  text_char(out, '}');
}

static void tell_log(void *arg, struct slice path,
                     const struct receipt *receipt) {
  const struct place *place = arg;
  char storage[8 * RECEIPT_BYTES];
  struct text line = TEXT_ON(storage);
  if (place->as_text) write_words(&line, path, receipt);
  else write_json(&line, path, receipt);
  text_char(&line, '\n');
  if (!line.cut) log_write(place->log, text_slice_of(&line));
}

void receipts_log(const struct snapshot *snapshot, struct log_channel *log,
                  bool as_text) {
  struct place place = {log, as_text};
  tell_each(snapshot, tell_log, &place);
}

/* metrics: from counters to an exposition.
 *
 * Labels are of closed sets: what the configuration names, and words of ours.
 * What a client sends (a path, a method, an ID) is in none of them, so no
 * client can make the answer longer.
 *
 * A series that is born with its first event hides that event: a rate needs a
 * number to grow from. So what alerts and rates look at is told from the start,
 * as 0: every outcome of a route, every reason of an upstream. Of attempts 30
 * pairs of kind and result would make most of the answer, so only those that
 * are divided by, or that say that this machine is at its end, are told before
 * they have come.
 *
 * Sums are taken cell by cell while workers count on. So those of one family
 * may be a request apart, and each of them never falls. */
#include "proxy/metrics.h"

#include "core/pilot.h"
#include "proxy/metrics_parts.h"

enum { LABELS_BYTES = 6 * 1024 };

struct labels {
  struct text text;
  char storage[LABELS_BYTES];
};

static void labels_begin(struct labels *labels, struct slice first) {
  text_init(&labels->text, labels->storage, sizeof labels->storage);
  text_slice(&labels->text, first);
}

static void labels_add(struct labels *labels, const char *name,
                       const char *value) {
  exposition_label(&labels->text, name, slice_of(value));
}

static struct slice labels_of(const struct labels *labels) {
  return text_slice_of(&labels->text);
}

/* ---- times ---- */

enum { BUCKETS = 16 };

/* Each is the bound of a span, too. What ends at its deadline is late by a
 * hair, so a deadline of 10, 30 or 60 s has a bound a little above it: a
 * quantile that lies between two bounds is a guess. */
static const int64_t buckets_us[BUCKETS] = {
    1000,   2500,    5000,    10000,   25000,    50000,    100000,   250000,
    500000, 1000000, 2500000, 5000000, 10000000, 12000000, 32000000, 64000000,
};

static void add_spans(uint64_t counts[BUCKETS + 1],
                      const struct tally_times *of, size_t each,
                      unsigned workers) {
  for (unsigned span = 0, i = 0; span <= TALLY_SPANS; span++) {
    counts[i] += tally_sum(&of->in[span], each, workers);
    if (i < BUCKETS && tally_spans_us[span] == buckets_us[i]) i++;
  }
}

static void write_times(const struct exposition *to, unsigned workers,
                        struct slice labels, const struct tally_times *of,
                        unsigned kinds, size_t each) {
  uint64_t counts[BUCKETS + 1] = {0}, sum_us = 0;
  for (; kinds > 0; kinds--, of++) {
    add_spans(counts, of, each, workers);
    sum_us += tally_sum(&of->sum_us, each, workers);
  }
  exposition_histogram(to, labels, buckets_us, BUCKETS, counts,
                       (int64_t)sum_us);
}

/* ---- routes ---- */

static void write_outcomes(const struct exposition *to,
                           const struct snapshot *snapshot, struct slice labels,
                           const struct route_tally *of) {
  struct labels more;
  for (unsigned i = OUTCOME_SUCCESS; i < OUTCOMES; i++) {
    labels_begin(&more, labels);
    labels_add(&more, "outcome", outcome_name((enum outcome)i));
    exposition_count(
        to, labels_of(&more),
        tally_sum(&of->outcomes[i], sizeof *of, snapshot->workers));
  }
}

static void write_took(const struct exposition *to,
                       const struct snapshot *snapshot, struct slice labels,
                       const struct route_tally *of) {
  write_times(to, snapshot->workers, labels, of->took, TOOK, sizeof *of);
}

static void write_rescues(const struct exposition *to,
                          const struct snapshot *snapshot, struct slice labels,
                          const struct route_tally *of) {
  struct labels more;
  for (unsigned i = RESCUE_NONE + 1; i < RESCUES; i++) {
    labels_begin(&more, labels);
    labels_add(&more, "why", rescue_name((enum rescue)i));
    exposition_count(to, labels_of(&more),
                     tally_sum(&of->rescued[i], sizeof *of, snapshot->workers));
  }
}

static void write_saved(const struct exposition *to,
                        const struct snapshot *snapshot, struct slice labels,
                        const struct route_tally *of) {
  const unsigned workers = snapshot->workers;
  const uint64_t us = tally_sum(&of->known_us, sizeof *of, workers) +
                      tally_sum(&of->estimated_us, sizeof *of, workers);
  exposition_seconds(to, labels, (int64_t)us);
}

typedef void write_of_route(const struct exposition *to,
                            const struct snapshot *snapshot,
                            struct slice labels, const struct route_tally *of);

static void write_routes(const struct exposition *to,
                         const struct snapshot *snapshot,
                         write_of_route *write) {
  for (unsigned i = 0; i < snapshot->route_count; i++)
    if (snapshot_is_first_of_path(snapshot, i))
      write(to, snapshot, snapshot->routes[i].labels,
            snapshot->routes[i].tallies);
  write(to, snapshot, snapshot->elsewhere_labels, snapshot->elsewhere);
}

/* Of those that ask upstreams. */
static void write_racing_routes(const struct exposition *to,
                                const struct snapshot *snapshot,
                                write_of_route *write) {
  for (unsigned i = 0; i < snapshot->route_count; i++)
    if (snapshot_is_first_of_path(snapshot, i) &&
        snapshot->routes[i].kind != ROUTE_HEALTH)
      write(to, snapshot, snapshot->routes[i].labels,
            snapshot->routes[i].tallies);
}

/* Of routes of one path that race the same upstream, the first's. */
static bool has_own_delay(const struct snapshot *snapshot, unsigned i) {
  const struct route *route = &snapshot->routes[i];
  if (!route->pilots || route->policy.hedges == 0) return false;
  for (unsigned k = 0; k < i; k++)
    if (snapshot->routes[k].tallies == route->tallies &&
        snapshot->routes[k].group == route->group &&
        snapshot->routes[k].policy.hedges > 0)
      return false;
  return true;
}

static int64_t delay_of(const struct route *route) {
  uint32_t learned = relaxed_load(&route->pilots->delay->delay_us);
  return learned > 0 ? (int64_t)learned : (int64_t)route->policy.hedge_after_us;
}

static void write_delays(const struct exposition *to,
                         const struct snapshot *snapshot) {
  struct labels labels;
  for (unsigned i = 0; i < snapshot->route_count; i++) {
    const struct route *route = &snapshot->routes[i];
    if (!has_own_delay(snapshot, i)) continue;
    labels_begin(&labels, route->labels);
    exposition_label(&labels.text, "upstream", route->group->name);
    exposition_seconds(to, labels_of(&labels), delay_of(route));
  }
}

/* ---- upstreams ---- */

static void write_refusals(const struct exposition *to,
                           const struct snapshot *snapshot,
                           const struct group *group) {
  const struct upstream_tally *of = group->tallies;
  struct labels labels;
  for (unsigned i = GATE_OPEN + 1; i < GATE_VERDICTS; i++) {
    labels_begin(&labels, group->labels);
    labels_add(&labels, "reason", gate_verdict_name((enum gate_verdict)i));
    exposition_count(to, labels_of(&labels),
                     tally_sum(&of->refused[i], sizeof *of, snapshot->workers));
  }
}

static void write_purses(const struct exposition *to,
                         const struct group *group) {
  static const char *const names[] = {
      [PURSE_TIME] = "time", [PURSE_FAILURE] = "failure"};
  struct labels labels;
  for (unsigned i = PURSE_TIME; i <= PURSE_FAILURE; i++) {
    labels_begin(&labels, group->labels);
    labels_add(&labels, "purse", names[i]);
    exposition_number(to, labels_of(&labels),
                      hedge_budget_tokens(group->purses, i, &group->budget));
  }
}

static bool is_told_at_once(unsigned result) {
  return result == ATTEMPT_SUCCESS || result == ATTEMPT_STARVED;
}

static void write_ended(const struct exposition *to,
                        const struct snapshot *snapshot,
                        const struct target *target) {
  const struct target_tally *of = target->tallies;
  struct labels labels;
  for (unsigned i = 0; i < ATTEMPT_KINDS * ATTEMPT_RESULTS; i++) {
    unsigned kind = i / ATTEMPT_RESULTS, result = i % ATTEMPT_RESULTS;
    uint64_t sum =
        tally_sum(&of->ended[kind][result], sizeof *of, snapshot->workers);
    if (sum == 0 && !is_told_at_once(result)) continue;
    labels_begin(&labels, target->labels);
    labels_add(&labels, "kind", attempt_kind_name((enum attempt_kind)kind));
    labels_add(&labels, "result",
               attempt_result_name((enum attempt_result)result));
    exposition_count(to, labels_of(&labels), sum);
  }
}

static void write_attempts_took(const struct exposition *to,
                                const struct snapshot *snapshot,
                                const struct target *target) {
  const struct target_tally *of = target->tallies;
  write_times(to, snapshot->workers, target->labels, &of->took, 1, sizeof *of);
}

static void write_up(const struct exposition *to,
                     const struct metrics_source *source, int64_t now_us) {
  const struct snapshot *snapshot = source->snapshot;
  for (unsigned i = 0; i < snapshot->group_count; i++) {
    const struct group *group = &snapshot->groups[i];
    for (unsigned k = 0; k < group->count; k++)
      exposition_number(to, group->targets[k].labels,
                        snapshot_target_place(snapshot, group, k, now_us) ==
                            OUTLIER_IN);
  }
}

static void write_in_flight(const struct exposition *to,
                            const struct metrics_source *source) {
  const struct snapshot *snapshot = source->snapshot;
  for (unsigned i = 0; i < snapshot->target_count; i++) {
    const struct target *target = &snapshot->targets[i];
    exposition_number(
        to, target->labels,
        relaxed_load(
            &slot_at(source->process->slots, target->slot)->in_flight));
  }
}

/* ---- families ---- */

static void routes(struct exposition *to, const struct snapshot *snapshot) {
  exposition_family(to, EXPOSITION_COUNTER, "hedgerow_requests",
                    "Client requests, by their outcome.");
  write_routes(to, snapshot, write_outcomes);
  exposition_family(to, EXPOSITION_HISTOGRAM,
                    "hedgerow_request_duration_seconds",
                    "Time from a request's head to its answer.");
  write_routes(to, snapshot, write_took);
  exposition_family(to, EXPOSITION_COUNTER, "hedgerow_rescues",
                    "Races that the primary alone would have lost, by why.");
  write_racing_routes(to, snapshot, write_rescues);
  exposition_family(to, EXPOSITION_COUNTER, "hedgerow_saved_seconds",
                    "Time that races rescued from slowness have saved at "
                    "least.");
  write_racing_routes(to, snapshot, write_saved);
  exposition_family(to, EXPOSITION_GAUGE, "hedgerow_hedge_delay_seconds",
                    "When hedges start: learned, or as configured.");
  write_delays(to, snapshot);
}

static void upstreams(struct exposition *to, const struct snapshot *snapshot) {
  const struct group *const groups = snapshot->groups;
  exposition_family(to, EXPOSITION_COUNTER, "hedgerow_refusals",
                    "Attempts that were not let start, by why.");
  for (unsigned i = 0; i < snapshot->group_count; i++)
    if (groups[i].count > 0) write_refusals(to, snapshot, &groups[i]);
  exposition_family(to, EXPOSITION_GAUGE, "hedgerow_budget_tokens",
                    "Extra attempts that successes have paid for.");
  for (unsigned i = 0; i < snapshot->group_count; i++)
    if (groups[i].count > 0) write_purses(to, &groups[i]);
}

static void targets(struct exposition *to, const struct metrics_source *source,
                    int64_t now_us) {
  const struct snapshot *snapshot = source->snapshot;
  exposition_family(to, EXPOSITION_COUNTER, "hedgerow_attempts",
                    "Attempts that have ended, by kind and result.");
  for (unsigned i = 0; i < snapshot->target_count; i++)
    write_ended(to, snapshot, &snapshot->targets[i]);
  exposition_family(to, EXPOSITION_HISTOGRAM,
                    "hedgerow_attempt_duration_seconds",
                    "How long attempts took that were not cancelled.");
  for (unsigned i = 0; i < snapshot->target_count; i++)
    write_attempts_took(to, snapshot, &snapshot->targets[i]);
  exposition_family(to, EXPOSITION_GAUGE, "hedgerow_target_up",
                    "0: the target was ejected, and has not answered since.");
  write_up(to, source, now_us);
  exposition_family(to, EXPOSITION_GAUGE, "hedgerow_in_flight",
                    "Attempts in flight to the target's origin.");
  write_in_flight(to, source);
}

void metrics_write(struct exposition *to, const struct metrics_source *source,
                   int64_t now_us) {
  routes(to, source->snapshot);
  upstreams(to, source->snapshot);
  targets(to, source, now_us);
  metrics_write_process(to, source, now_us);
  exposition_end(to);
}

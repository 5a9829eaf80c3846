/* Tests of proxy/receipts: sums over workers and paths, and the shares of what
 * the primary alone would take. */
#include "proxy/receipts.h"

#include <criterion/criterion.h>

#include "core/pilot.h"

enum { MS = 1000 };

/* Two routes of one path, one of another; two workers. */
static struct route_tally first[2], other[2];
static struct tally_waits waits;
static const struct route routes[] = {{.tallies = first, .waits = &waits},
                                      {.tallies = first, .waits = &waits},
                                      {.tallies = other, .waits = &waits}};
static const struct snapshot snapshot = {
    .routes = routes, .route_count = 3, .workers = 2};

static void count(struct route_tally *of, uint64_t races, uint64_t attempts) {
  tally_add(&of->races, races);
  tally_add(&of->attempts, attempts);
}

Test(receipts, routes_of_one_path_are_counted_once) {
  count(&first[0], 10, 12);
  count(&first[1], 1, 1);
  count(&other[1], 5, 6);
  cr_expect_eq(receipts_of(&snapshot, &routes[1]).attempts, 13);
  cr_expect_eq(receipts_of(&snapshot, &routes[2]).requests, 5);
  const struct receipt all = receipts_of_all(&snapshot);
  cr_expect_eq(all.requests, 16);
  cr_expect_eq(all.attempts, 19);
}

Test(receipts, routes_that_are_gone_count_for_all) {
  static struct route_tally gone[2];
  static const struct route_tally *const all_gone[] = {gone};
  struct snapshot later = snapshot;
  later.gone = all_gone;
  later.gone_count = 1;
  later.of_gone.requests = 100;
  count(&first[0], 1, 1);
  count(&gone[1], 10, 12);
  cr_expect_eq(receipts_of_all(&later).requests, 111);
  cr_expect_eq(receipts_of_all(&later).attempts, 13);
}

Test(receipts, rescues_times_and_refusals_add_up) {
  tally_add(&first[0].rescued[RESCUE_SLOW], 2);
  tally_add(&other[1].rescued[RESCUE_SLOW], 1);
  tally_add(&first[0].known_us, 5 * MS);
  tally_add(&first[1].estimated_us, 7 * MS);
  tally_add(&other[0].refused[GATE_BUDGET], 4);
  const struct receipt all = receipts_of_all(&snapshot);
  cr_expect_eq(all.rescued[RESCUE_SLOW], 3);
  cr_expect_eq(all.known_us, 5 * MS);
  cr_expect_eq(all.estimated_us, 7 * MS);
  cr_expect_eq(all.refused[GATE_BUDGET], 4);
}

Test(receipts, what_clients_waited_is_counted_by_span) {
  uint64_t counts[TALLY_SPANS + 1];
  tally_race(&first[0], OUTCOME_SUCCESS, 100);
  tally_race(&first[1], OUTCOME_SUCCESS, 90);
  tally_race(&first[1], OUTCOME_FAILED, 90);
  tally_race(&first[1], OUTCOME_CLIENT_ERROR, 1000 * 1000 * 1000);
  receipts_waited(&snapshot, &routes[0], counts);
  cr_expect_eq(counts[0], 2);
  cr_expect_eq(counts[1], 0);
  cr_expect_eq(counts[TALLY_SPANS], 1);
}

/* ---- alone ---- */

static struct pilot_target targets[2];

static struct route route_to(enum balance balance) {
  static struct pilot_target *const asked[] = {&targets[0], &targets[1]};
  static const struct pilot pilot = {.targets = asked, .count = 2};
  static struct group group;
  group.balance = balance;
  return (struct route){
      .group = &group, .pilots = &pilot, .timeout_us = 2000 * MS};
}

/* Half take so long, and of the others nobody knows, or they take so long. */
static void learn(struct pilot_target *target, int64_t took_us,
                  int64_t others_us) {
  struct latency_counts counts = {0};
  struct latency_totals totals = {0};
  struct latency_curve curve;
  for (int i = 0; i < 10; i++) {
    latency_note(&counts, took_us, true);
    latency_note(&counts, others_us > 0 ? others_us : 2 * took_us,
                 others_us > 0);
  }
  latency_add(&totals, &counts);
  latency_curve_make(&curve, &totals);
  latency_publish(&target->past, &curve);
}

static float sum_between(const float *shares, int64_t from_us, int64_t to_us) {
  float sum = 0;
  for (unsigned i = 0; i < TALLY_SPANS; i++)
    if (tally_spans_us[i] > from_us && tally_spans_us[i] <= to_us)
      sum += shares[i];
  return sum;
}

Test(receipts, nothing_learned_is_no_share) {
  float shares[TALLY_SPANS + 1];
  const struct route route = route_to(BALANCE_FIRST);
  const struct route nobody = {.group = route.group};
  cr_expect_eq(receipts_alone(&route, shares), 0);
  cr_expect_eq(receipts_alone(&nobody, shares), 0);
}

Test(receipts, the_first_target_alone_counts_where_primaries_ask_it) {
  float shares[TALLY_SPANS + 1];
  const struct route route = route_to(BALANCE_FIRST);
  learn(&targets[0], 10 * MS, 5000 * MS);
  learn(&targets[1], 500 * MS, 0);
  cr_assert_eq(receipts_alone(&route, shares), TALLY_SPANS + 1);
  cr_expect_float_eq(sum_between(shares, 8 * MS, 12600), 0.5, 0.01);
  cr_expect_float_eq(sum_between(shares, 1600 * MS, 2000 * MS), 0.5, 0.01,
                     "who is cut at the deadline");
}

/* Its answers lie between 10 and 11.3 ms: within the span from 10 to 12. */
Test(receipts, shares_end_where_knowledge_ends) {
  float shares[TALLY_SPANS + 1];
  const struct route route = route_to(BALANCE_FIRST);
  learn(&targets[0], 10300, 0);
  unsigned known = receipts_alone(&route, shares);
  cr_assert(known > 0 && known <= TALLY_SPANS, "%u", known);
  cr_expect_eq(tally_spans_us[known - 1], 12 * MS);
  cr_expect_float_eq(sum_between(shares, 10 * MS, 12 * MS), 0.5, 0.01,
                     "what is known of the last span counts");
}

Test(receipts, targets_that_take_turns_count_alike) {
  float shares[TALLY_SPANS + 1];
  const struct route route = route_to(BALANCE_ROTATE);
  learn(&targets[0], 10 * MS, 5000 * MS);
  learn(&targets[1], 500 * MS, 5000 * MS);
  cr_assert_eq(receipts_alone(&route, shares), TALLY_SPANS + 1);
  cr_expect_float_eq(sum_between(shares, 8 * MS, 12600), 0.25, 0.01);
  cr_expect_float_eq(sum_between(shares, 400 * MS, 640 * MS), 0.25, 0.01);
  learn(&targets[1], 500 * MS, 0);
  unsigned known = receipts_alone(&route, shares);
  cr_assert(known > 0 && known <= TALLY_SPANS, "%u", known);
  cr_expect_leq(tally_spans_us[known - 2], 576 * MS,
                "no more is known than of each");
}

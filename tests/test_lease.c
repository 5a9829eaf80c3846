/* Leases: a snapshot lives as long as somebody of a worker uses it. */
#include "proxy/lease.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static struct resolver *resolver;
static struct slots *slots;

static struct snapshot *new_snapshot(void) {
  static struct config config;
  struct snapshot *snapshot = snapshot_new(
      &(struct snapshot_source){.config = &config, .slots = slots});
  cr_assert(snapshot);
  return snapshot;
}

static void open_all(void) {
  resolver = resolver_new();
  slots = slots_new(resolver);
}

static void close_all(void) {
  slots_free(slots);
  resolver_free(resolver);
}

TestSuite(lease, .init = open_all, .fini = close_all);

Test(lease, the_snapshot_goes_with_the_last_user) {
  struct snapshot *snapshot = new_snapshot();
  struct lease *lease = lease_new(snapshot);
  cr_assert(lease);
  snapshot_drop(snapshot); /* main has the next one */
  cr_expect_eq(lease_take(lease), lease);
  cr_expect_eq(lease_take(lease), lease);
  lease_give(lease); /* the worker has the next one */
  lease_give(lease);
  cr_expect_eq(snapshot_count(), 1);
  cr_expect_eq(lease->snapshot->route_count, 1);
  lease_give(lease);
  cr_expect_eq(snapshot_count(), 0);
}

Test(lease, each_worker_has_a_count_of_its_own) {
  struct snapshot *snapshot = new_snapshot();
  struct lease *one = lease_new(snapshot), *other = lease_new(snapshot);
  cr_assert(one && other && one != other);
  snapshot_drop(snapshot);
  lease_give(one);
  cr_expect_eq(snapshot_count(), 1);
  lease_give(other);
  cr_expect_eq(snapshot_count(), 0);
}

Test(lease, its_room_takes_the_place_of_a_smaller_one) {
  struct snapshot *snapshot = new_snapshot();
  struct lease *one = lease_new(snapshot), *other = lease_new(snapshot);
  struct text text = {0};
  snapshot_drop(snapshot);
  lease_take_room(one, &text);
  cr_assert(text.at && text.cap > 128 * 1024);
  const char *first = text.at;
  lease_take_room(other, &text); /* no larger */
  cr_expect_eq(text.at, first);
  cr_expect(!one->room.at && !other->room.at);
  lease_give(one);
  lease_give(other);
  free(text.at);
}

Test(lease, none_is_given_back_for_nothing) { lease_give(NULL); }

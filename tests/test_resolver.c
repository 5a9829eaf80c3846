/* The resolver in front of a scripted getaddrinfo (support/lookups.h): a lookup
 * is held until the script releases it. */
#include "io/resolver.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "support/guard.h"
#include "support/lookups.h"
#include "support/rows.h"
#include "support/words.h"

static struct loop *loop;
static struct resolver *resolver;
static struct resolver_view *view;
static const char *awaited; /* the address that ends the loop, or NULL: any */

static void on_change(void *arg, unsigned index) {
  (void)arg;
  const struct resolver_answer *answer = resolver_get(view, index);
  if (awaited == NULL || strcmp(answer->addresses[0], awaited) == 0)
    loop_stop(loop);
}

static unsigned add(const char *host) {
  unsigned number;
  cr_assert(resolver_add(resolver, slice_of(host), &number), "%s", host);
  return number;
}

/* The view is there first, so it is told of all that becomes known. */
static void start(const char *host) {
  view = resolver_view_new(resolver, loop, on_change, NULL);
  cr_assert(view != NULL);
  cr_assert(eq(uint, add(host), 0));
}

static void open_all(void) {
  loop = loop_new();
  resolver = resolver_new();
  cr_assert(loop != NULL);
  cr_assert(resolver != NULL);
}

static void close_all(void) {
  resolver_view_free(view);
  resolver_free(resolver);
  loop_free(loop);
}

TestSuite(resolver, .init = open_all, .fini = close_all,
          .timeout = 2 * GUARD_S);

static void check_of(unsigned number, enum resolver_state state,
                     unsigned generation, const char *addresses) {
  const struct resolver_answer *answer = resolver_get(view, number);
  char seen[512] = "";
  for (unsigned i = 0; i < answer->count; i++) {
    if (i > 0) strcat(seen, " ");
    strcat(seen, answer->addresses[i]);
  }
  cr_assert(answer->state == state, "state %d, \"%s\", \"%s\"",
            (int)answer->state, seen, answer->error);
  cr_assert(eq(str, seen, (char *)addresses));
  cr_assert(eq(u32, answer->generation, generation));
}

static void check(enum resolver_state state, unsigned generation,
                  const char *addresses) {
  check_of(0, state, generation, addresses);
}

Test(resolver, a_numeric_address_is_ready_at_once) {
  start("192.0.2.7");
  check(RESOLVER_READY, 1, "192.0.2.7");
}

Test(resolver, an_ipv6_address_gets_its_brackets) {
  start("2001:db8::1");
  check(RESOLVER_READY, 1, "[2001:db8::1]");
}

Test(resolver, the_same_name_has_one_index) {
  cr_assert(eq(uint, add("192.0.2.1"), 0));
  cr_assert(eq(uint, add("host.invalid"), 1));
  cr_assert(eq(uint, add("192.0.2.1"), 0));
  cr_assert(eq(uint, add("HOST.invalid"), 1));
}

Test(resolver, a_name_that_is_too_long_is_refused) {
  char name[301] = "";
  memset(name, 'a', sizeof name - 1);
  unsigned index;
  cr_assert(not(resolver_add(resolver, slice_of(name), &index)));
}

Test(resolver, a_name_waits_until_its_lookup_has_ended) {
  lookups_answers[0] = "192.0.2.1 2001:db8::1 192.0.2.1";
  start("api.test");
  check(RESOLVER_WAITING, 0, "");
  lookups_release(1);
  loop_run(loop);
  check(RESOLVER_READY, 1, "192.0.2.1 [2001:db8::1]");
}

Test(resolver, of_many_addresses_the_first_ones_are_kept) {
  lookups_answers[0] =
      "192.0.2.1 192.0.2.2 192.0.2.3 192.0.2.4 192.0.2.5 192.0.2.6 "
      "192.0.2.7 192.0.2.8 192.0.2.9";
  lookups_release(1);
  start("api.test");
  loop_run(loop);
  check(RESOLVER_READY, 1,
        "192.0.2.1 192.0.2.2 192.0.2.3 192.0.2.4 192.0.2.5 192.0.2.6 "
        "192.0.2.7 192.0.2.8");
}

static void check_tries(unsigned first, const char *addresses) {
  const struct resolver_answer *answer = resolver_get(view, 0);
  char seen[512] = "";
  for (unsigned i = 0; i < answer->count; i++) {
    if (i > 0) strcat(seen, " ");
    strcat(seen, resolver_answer_nth(answer, first, i));
  }
  cr_assert(eq(str, seen, (char *)addresses));
}

/* The family that comes first goes round, the other one waits behind it. */
Test(resolver, a_connection_tries_the_preferred_family_in_turn) {
  lookups_answers[0] = "2001:db8::1 192.0.2.2 2001:db8::3 192.0.2.1";
  lookups_release(1);
  start("api.test");
  loop_run(loop);
  check(RESOLVER_READY, 1, "[2001:db8::1] [2001:db8::3] 192.0.2.2 192.0.2.1");
  check_tries(0, "[2001:db8::1] [2001:db8::3] 192.0.2.2 192.0.2.1");
  check_tries(1, "[2001:db8::3] [2001:db8::1] 192.0.2.2 192.0.2.1");
}

Test(resolver, each_connection_begins_at_the_next_address) {
  static const struct resolver_answer answer = {.count = 4, .preferred = 3};
  atomic_uint turn = 0;
  for (unsigned i = 0; i < 7; i++)
    cr_assert(eq(uint, resolver_answer_first(&answer, &turn, 0), i % 3));
}

/* By what was tried, as bits. The turn is left to those that avoid nothing. */
Test(resolver, a_connection_begins_where_its_race_has_not_been) {
  static const struct resolver_answer answer = {.count = 4, .preferred = 3};
  static const struct {
    unsigned tried, first, turn;
  } rows[] = {
      {1, 1, 0}, {2, 0, 0}, {3, 2, 0},  {5, 1, 0},
      {7, 0, 1}, {8, 0, 1}, {15, 0, 1}, {0, 0, 1},
  };
  EACH_ROW (row, rows) {
    atomic_uint turn = 0;
    unsigned first = resolver_answer_first(&answer, &turn, row->tried);
    cr_assert(eq(uint, first, row->first), "tried %u", row->tried);
    cr_assert(eq(uint, atomic_load(&turn), row->turn), "tried %u", row->tried);
  }
}

/* A name with one address has nowhere else to go. */
Test(resolver, the_only_address_is_never_avoided) {
  struct resolver_answer answer;
  cr_assert(resolver_answer_numeric(&answer, "192.0.2.7"));
  cr_assert(eq(uint, resolver_answer_avoid(&answer, 1), 0));
}

Test(resolver, a_failure_says_why) {
  lookups_release(1);
  start("nowhere.test");
  loop_run(loop);
  check(RESOLVER_FAILED, 0, "");
  cr_assert(eq(str, (char *)resolver_get(view, 0)->error,
               "Name or service not known"));
}

Test(resolver, a_failed_name_that_somebody_wants_is_asked_again) {
  lookups_answers[1] = "192.0.2.1";
  lookups_release(2);
  start("late.test");
  loop_run(loop);
  check(RESOLVER_FAILED, 0, "");
  resolver_want(view, 0);
  resolver_want(view, 0);
  loop_run(loop);
  check(RESOLVER_READY, 1, "192.0.2.1");
}

Test(resolver, only_another_set_of_addresses_is_a_change) {
  lookups_answers[0] = "192.0.2.1 192.0.2.2";
  lookups_answers[1] = "192.0.2.2 192.0.2.1";
  lookups_answers[2] = NULL;
  lookups_answers[3] = "192.0.2.1 192.0.2.2";
  lookups_answers[4] = "192.0.2.3 192.0.2.2";
  lookups_expected = 5;
  awaited = "192.0.2.3";
  lookups_release(5);
  start("api.test");
  loop_run(loop);
  check(RESOLVER_READY, 2, "192.0.2.3 192.0.2.2");
}

Test(resolver, a_refresh_that_fails_keeps_the_last_good_addresses) {
  lookups_answers[0] = "192.0.2.1";
  lookups_expected = 3;
  lookups_release(2);
  start("api.test");
  loop_run(loop);
  lookups_await(3); /* the second has failed by now */
  resolver_view_free(view);
  view = resolver_view_new(resolver, loop, on_change, NULL);
  check(RESOLVER_READY, 1, "192.0.2.1");
  lookups_release(1);
}

Test(resolver, names_that_hang_hold_up_no_other_name) {
  lookups_answers[0] = "192.0.2.1";
  lookups_release(1);
  start("hang-1.test");
  add("hang-2.test");
  add("hang-3.test");
  unsigned number = add("api.test");
  loop_run(loop);
  check(RESOLVER_WAITING, 0, "");
  check_of(number, RESOLVER_READY, 1, "192.0.2.1");
  lookups_end_hanging();
}

Test(resolver,
     a_name_that_is_added_later_is_known_at_once_where_it_is_a_number) {
  start("192.0.2.7");
  check(RESOLVER_READY, 1, "192.0.2.7");
  check_of(add("192.0.2.8"), RESOLVER_READY, 1, "192.0.2.8");
}

Test(resolver, a_name_that_is_added_later_waits_for_its_lookup) {
  lookups_answers[0] = "192.0.2.1";
  start("192.0.2.7");
  loop_run(loop); /* it is told of that */
  unsigned number = add("api.test");
  check_of(number, RESOLVER_WAITING, 0, "");
  lookups_release(1);
  awaited = "192.0.2.1";
  loop_run(loop);
  check_of(number, RESOLVER_READY, 1, "192.0.2.1");
}

Test(resolver, there_may_be_any_number_of_names) {
  enum { MANY = 300 };
  view = resolver_view_new(resolver, loop, on_change, NULL);
  for (unsigned i = 0; i < MANY; i++) {
    const char *host = words_of("192.0.%u.%u", i / 200, i % 200);
    cr_assert(eq(uint, add(host), i));
    check_of(i, RESOLVER_READY, 1, host);
  }
  loop_run(loop);
  check_of(0, RESOLVER_READY, 1, "192.0.0.0");
}

/* It is asked again as soon as somebody names it, and has kept its number. */
Test(resolver, a_name_that_was_dropped_and_is_added_again_is_asked_at_once) {
  lookups_answers[0] = "192.0.2.1";
  lookups_answers[1] = "192.0.2.2";
  lookups_release(2);
  start("api.test");
  loop_run(loop);
  check(RESOLVER_READY, 1, "192.0.2.1");
  resolver_drop(resolver, 0);
  cr_assert(eq(uint, add("api.test"), 0));
  awaited = "192.0.2.2";
  loop_run(loop);
  check(RESOLVER_READY, 2, "192.0.2.2");
}

static unsigned told;

static void count_change(void *arg, unsigned index) {
  (void)arg, (void)index;
  told++;
}

Test(resolver, every_view_is_told_and_one_that_was_freed_is_not) {
  lookups_answers[0] = "192.0.2.1";
  start("api.test");
  struct resolver_view *gone =
      resolver_view_new(resolver, loop, count_change, NULL);
  struct resolver_view *other =
      resolver_view_new(resolver, loop, on_change, NULL);
  resolver_view_free(gone);
  lookups_release(1);
  loop_run(loop);
  if (resolver_get(view, 0)->state == RESOLVER_WAITING ||
      resolver_get(other, 0)->state == RESOLVER_WAITING)
    loop_run(loop);
  check(RESOLVER_READY, 1, "192.0.2.1");
  cr_assert(eq(int, (int)resolver_get(other, 0)->state, RESOLVER_READY));
  cr_assert(eq(uint, told, 0));
  resolver_view_free(other);
}

Test(resolver, the_end_does_not_wait_for_a_lookup_that_hangs) {
  start("slow.test");
  lookups_await(1);
  resolver_view_free(view);
  resolver_free(resolver);
  view = NULL;
  resolver = NULL;
  lookups_release(1);
}

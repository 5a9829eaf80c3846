/* Tests of io/waiting, on a loop and with a resolver. No name server is asked:
 * "192.0.2.7" is an address, "127.1" one that only getaddrinfo can read, and
 * "fe80::1%nowhere" one that it refuses. "hang.test" waits for good
 * (support/lookups.h). What becomes known is seen when the loop runs. */
#include "io/waiting.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "io/clock.h"
#include "support/guard.h"
#include "support/lookups.h"
#include "support/words.h"

#define FAR_US INT64_MAX

enum { WAITERS = 6 };

/* Somebody who waits; what it does when it is told is `then`. */
struct person {
  struct waiter waiter;
  char letter;
  void (*then)(struct person *person);
  struct person *other;
};

static struct loop *loop;
static struct resolver *resolver;
static struct resolver_view *names;
static struct waiting *waiting;
static struct person people[WAITERS];
static unsigned expected; /* the loop ends when so many were told */
static struct text
    story; /* "+a": a has its addresses, "-a": none, ".a": turn */
static char story_bytes[256], last_why[160];
static bool outside; /* nobody may be told now */

/* ---- what happens ---- */

static void tell_story(struct person *person, char what) {
  cr_assert(not(outside), "told from inside a call");
  text_char(&story, what);
  text_char(&story, person->letter);
  if (story.len == 2 * expected) loop_stop(loop);
  if (person->then) person->then(person);
}

static void on_named(void *arg) { tell_story(arg, '+'); }

static void on_unnamed(void *arg, const char *why) {
  snprintf(last_why, sizeof last_why, "%s", why);
  tell_story(arg, '-');
}

static void on_turn(void *arg) { tell_story(arg, '.'); }

static void on_change(void *arg, unsigned index) {
  (void)arg, (void)index;
  waiting_look(waiting);
}

/* ---- the stage ---- */

static unsigned name(const char *host) {
  unsigned index;
  cr_assert(resolver_add(resolver, slice_of(host), &index));
  return index;
}

/* The view is there before the first name, so that nothing is known yet. */
static void open_waiting(void) {
  static const struct waiting_handler handler = {on_named, on_unnamed, on_turn};
  names = resolver_view_new(resolver, loop, on_change, NULL);
  cr_assert(names != NULL);
  waiting = waiting_new(loop, names, &handler);
  cr_assert(waiting != NULL);
}

static void open_all(void) {
  loop = loop_new();
  resolver = resolver_new();
  cr_assert(loop != NULL);
  cr_assert(resolver != NULL);
  text_init(&story, story_bytes, sizeof story_bytes);
  for (unsigned i = 0; i < WAITERS; i++) people[i].letter = (char)('a' + i);
  open_waiting();
}

static void close_all(void) {
  lookups_end_hanging();
  waiting_free(waiting);
  resolver_view_free(names);
  resolver_free(resolver);
  loop_free(loop);
}

TestSuite(waiting, .init = open_all, .fini = close_all, .timeout = 2 * GUARD_S);

static void wait_for_name(unsigned person, unsigned index, int64_t due_us) {
  outside = true;
  waiting_for_name(waiting, &people[person].waiter, index, due_us,
                   &people[person]);
  outside = false;
}

static void wait_for_turn(unsigned person) {
  outside = true;
  waiting_for_turn(waiting, &people[person].waiter, &people[person]);
  outside = false;
}

/* Runs until as many were told as the text tells of. */
static void check_story(const char *want) {
  expected = (unsigned)strlen(want) / 2;
  if (story.len < 2 * expected) loop_run(loop);
  cr_assert(eq(str, (char *)text_end(&story), (char *)want));
}

/* What one of them was told, one thing after the other. */
static void check_told(char letter, const char *want) {
  char told[WAITERS + 1] = "";
  size_t len = 0;
  for (size_t i = 0; i + 1 < story.len && len < WAITERS; i += 2)
    if (story.at[i + 1] == letter) told[len++] = story.at[i];
  told[len] = '\0';
  cr_assert(eq(str, told, (char *)want));
}

/* ---- names ---- */

Test(waiting, who_waits_for_a_name_is_told_when_it_has_addresses) {
  unsigned index = name("127.1");
  wait_for_name(0, index, FAR_US);
  check_story("+a");
}

Test(waiting, all_who_wait_for_a_name_are_told_in_their_order) {
  unsigned index = name("127.1");
  for (unsigned i = 0; i < WAITERS; i++) wait_for_name(i, index, FAR_US);
  check_story("+a+b+c+d+e+f");
}

Test(waiting, who_waits_for_a_name_that_fails_is_told_why) {
  unsigned index = name("fe80::1%nowhere");
  wait_for_name(0, index, FAR_US);
  check_story("-a");
  const char *want = words_of("the target's name does not resolve: %s",
                              resolver_get(names, index)->error);
  cr_assert_str_eq(last_why, want);
  cr_assert(resolver_get(names, index)->error[0] != '\0');
}

Test(waiting, who_waits_for_too_long_is_told_so) {
  unsigned index = name("hang.test");
  wait_for_name(0, index, clock_now_us());
  check_story("-a");
  cr_assert(eq(str, last_why,
               "the target's name was not resolved within --connect-timeout"));
}

Test(waiting, a_time_long_past_is_told_later_all_the_same) {
  unsigned index = name("hang.test");
  wait_for_name(0, index, 0);
  check_story("-a");
}

Test(waiting, a_name_that_is_ready_in_the_end_is_not_late) {
  unsigned index = name("192.0.2.7");
  wait_for_name(0, index, 0);
  check_story("+a");
}

Test(waiting, a_name_that_is_ready_is_seen_by_the_next_look) {
  unsigned ready = name("192.0.2.7"), slow = name("hang.test");
  wait_for_name(0, slow, FAR_US);
  wait_for_name(1, ready, FAR_US);
  wait_for_name(2, slow, FAR_US);
  wait_for_name(3, ready, FAR_US);
  waiting_look(waiting);
  check_story("+b+d");
  waiting_cancel(&people[0].waiter);
  waiting_cancel(&people[2].waiter);
}

Test(waiting, each_name_is_waited_for_by_itself) {
  unsigned ready = name("127.1"), fails = name("fe80::1%nowhere");
  wait_for_name(0, fails, FAR_US);
  wait_for_name(1, ready, FAR_US);
  expected = 2;
  loop_run(loop);
  check_told('a', "-");
  check_told('b', "+");
}

Test(waiting, whose_time_is_over_does_not_wait_for_those_in_front) {
  unsigned index = name("hang.test");
  wait_for_name(0, index, FAR_US);
  wait_for_name(1, index, clock_now_us());
  check_story("-b");
  wait_for_name(2, index, clock_now_us() + 1000);
  check_story("-b-c");
  waiting_cancel(&people[0].waiter);
}

/* ---- turns ---- */

Test(waiting, turns_come_later_and_in_their_order) {
  for (unsigned i = 0; i < 3; i++) wait_for_turn(i);
  cr_assert(eq(sz, story.len, 0));
  check_story(".a.b.c");
}

Test(waiting, a_turn_comes_though_somebody_waits_for_a_name) {
  unsigned index = name("hang.test");
  wait_for_name(0, index, FAR_US);
  wait_for_turn(1);
  check_story(".b");
  waiting_cancel(&people[0].waiter);
}

static void wait_again(struct person *person) {
  person->then = NULL;
  wait_for_turn((unsigned)(person - people));
}

Test(waiting, who_was_told_may_wait_again_from_inside) {
  unsigned index = name("hang.test");
  people[0].then = wait_again;
  people[1].then = wait_again;
  wait_for_turn(0);
  wait_for_name(1, index, 0);
  expected = 4;
  loop_run(loop);
  check_told('a', "..");
  check_told('b', "-.");
}

/* ---- cancelling ---- */

Test(waiting, who_cancels_is_not_told) {
  unsigned index = name("hang.test");
  wait_for_turn(0);
  wait_for_turn(1);
  wait_for_name(2, index, 0);
  wait_for_name(3, index, 0);
  waiting_cancel(&people[0].waiter);
  waiting_cancel(&people[2].waiter);
  check_story(".b-d");
}

Test(waiting, a_waiter_that_does_not_wait_can_be_cancelled) {
  waiting_cancel(&people[0].waiter);
  wait_for_turn(0);
  waiting_cancel(&people[0].waiter);
  waiting_cancel(&people[0].waiter);
  wait_for_turn(1);
  check_story(".b");
  waiting_cancel(&people[1].waiter);
}

Test(waiting, who_cancelled_may_wait_again) {
  unsigned index = name("hang.test");
  wait_for_name(0, index, FAR_US);
  waiting_cancel(&people[0].waiter);
  wait_for_turn(0);
  check_story(".a");
}

static void cancel_other(struct person *person) {
  waiting_cancel(&person->other->waiter);
}

/* Each row: who cancels whom when it is told. */
static void check_cancelled_inside(bool turns, unsigned who, unsigned whom,
                                   const char *want) {
  unsigned index = name("hang.test");
  people[who].then = cancel_other;
  people[who].other = &people[whom];
  for (unsigned i = 0; i < 3; i++) {
    if (turns) wait_for_turn(i);
    else wait_for_name(i, index, 0);
  }
  check_story(want);
}

#define CANCELS(name, turns, who, whom, want)                                  \
  Test(waiting, name) { check_cancelled_inside(turns, who, whom, want); }

CANCELS(the_next_in_line_can_be_cancelled_from_inside_a_turn, true, 0, 1,
        ".a.c")
CANCELS(the_last_in_line_can_be_cancelled_from_inside_a_turn, true, 1, 2,
        ".a.b")
CANCELS(who_was_told_already_can_be_cancelled_from_inside_a_turn, true, 1, 0,
        ".a.b.c")
CANCELS(the_next_who_waits_for_a_name_can_be_cancelled_from_inside, false, 0, 1,
        "-a-c")
CANCELS(the_last_who_waits_for_a_name_can_be_cancelled_from_inside, false, 0, 2,
        "-a-b")
CANCELS(who_is_told_can_cancel_itself, false, 1, 1, "-a-b-c")

Test(waiting, a_turn_can_cancel_one_who_waits_for_a_name) {
  unsigned index = name("hang.test");
  people[0].then = cancel_other;
  people[0].other = &people[1];
  wait_for_name(1, index, 0);
  wait_for_name(2, index, 0);
  wait_for_turn(0);
  check_story(".a-c");
}

/* ---- lifetime ---- */

static void free_person(struct person *person) { free(person); }

static void free_both(struct person *person) {
  waiting_cancel(&person->other->waiter);
  free(person->other);
  free(person);
}

static struct person *new_person(char letter) {
  struct person *person = calloc(1, sizeof *person);
  cr_assert(person != NULL);
  person->letter = letter;
  person->then = free_person;
  return person;
}

Test(waiting, who_is_told_may_be_freed_and_take_another_along) {
  unsigned index = name("hang.test");
  struct person *x = new_person('x'), *y = new_person('y');
  struct person *z = new_person('z');
  x->then = free_both;
  x->other = y;
  waiting_for_name(waiting, &x->waiter, index, 0, x);
  waiting_for_name(waiting, &y->waiter, index, 0, y);
  waiting_for_name(waiting, &z->waiter, index, 0, z);
  check_story("-x-z");
}

Test(waiting, it_can_be_freed_while_its_timer_is_set) {
  unsigned index = name("hang.test");
  wait_for_name(0, index, FAR_US);
  wait_for_turn(1);
  waiting_cancel(&people[0].waiter);
  waiting_cancel(&people[1].waiter);
}

Test(waiting, nothing_can_be_freed) { waiting_free(NULL); }

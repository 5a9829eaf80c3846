/* Several listeners as one, asked by plain blocking sockets of the same
 * process. */
#include "io/listeners.h"

#include <criterion/criterion.h>
#include <unistd.h>

#include "support/guard.h"
#include "support/wire.h"
#include "support/words.h"

enum { ADDRESSES = 3, ACCEPTED_MAX = 16 };

static struct loop *loop;
static struct listeners *listeners;
static int accepted[ACCEPTED_MAX];
static unsigned accepted_count, wanted, closed_count;
static char error[128];

static void on_accept(void *arg, int fd, const struct sockaddr *peer) {
  cr_assert(arg == &listeners);
  cr_assert_eq(peer->sa_family, AF_INET);
  accepted[accepted_count++] = fd;
  if (accepted_count == wanted) loop_stop(loop);
}

static struct listeners *open_at(const uint16_t ports[ADDRESSES]) {
  struct listen_at addresses[ADDRESSES];
  for (unsigned i = 0; i < ADDRESSES; i++)
    addresses[i] =
        (struct listen_at){.host = slice_of("127.0.0.1"), .port = ports[i]};
  return listeners_new(loop, addresses, ADDRESSES, false, on_accept, &listeners,
                       error, sizeof error);
}

static void open_all(void) {
  loop = loop_new();
  listeners = open_at((uint16_t[ADDRESSES]){0});
  cr_assert(listeners, "%s", error);
}

static void close_all(void) {
  for (unsigned i = 0; i < accepted_count; i++) close(accepted[i]);
  listeners_free(listeners);
  loop_free(loop);
}

TestSuite(listeners, .init = open_all, .fini = close_all,
          .timeout = 2 * GUARD_S);

static int connect_to(unsigned number) {
  return wire_connect(listeners_port(listeners, number));
}

static void run_until_accepted(unsigned count) {
  wanted = count;
  loop_run(loop);
  cr_assert_eq(accepted_count, count);
}

static void on_turn(void *arg) {
  (void)arg;
  loop_stop(loop);
}

/* Lets the loop see what is ready. */
static void run_one_turn(void) {
  struct timer timer;
  timer_init(&timer, loop, on_turn, NULL);
  timer_set(&timer, 0);
  loop_run(loop);
}

Test(listeners, each_accepts_at_a_port_of_its_own) {
  for (unsigned i = 0; i < ADDRESSES; i++) {
    int client = connect_to(i);
    run_until_accepted(i + 1);
    close(client);
  }
}

Test(listeners, they_pause_and_go_on_together) {
  int clients[ADDRESSES];
  listeners_pause(listeners);
  for (unsigned i = 0; i < ADDRESSES; i++) clients[i] = connect_to(i);
  run_one_turn();
  run_one_turn();
  cr_assert_eq(accepted_count, 0);
  listeners_resume(listeners);
  run_until_accepted(ADDRESSES);
  for (unsigned i = 0; i < ADDRESSES; i++) close(clients[i]);
}

static void free_on_closed(void *arg) {
  cr_assert(arg == &listeners);
  closed_count++;
  listeners_free(listeners);
  listeners = NULL;
  loop_stop(loop);
}

Test(listeners, a_stop_accepts_what_waits_at_each_and_ends_once) {
  int clients[ADDRESSES];
  for (unsigned i = 0; i < ADDRESSES; i++) clients[i] = connect_to(i);
  listeners_stop(listeners, free_on_closed);
  loop_run(loop);
  run_one_turn();
  cr_assert_eq(closed_count, 1);
  cr_assert_eq(accepted_count, ADDRESSES);
  for (unsigned i = 0; i < ADDRESSES; i++) close(clients[i]);
}

Test(listeners, they_may_be_freed_in_the_midst_of_a_stop) {
  listeners_stop(listeners, free_on_closed);
  listeners_free(listeners);
  listeners = NULL;
  run_one_turn();
  cr_assert_eq(closed_count, 0);
}

/* What was open by then can be opened again, as it could not if it were. */
Test(listeners, one_that_cannot_be_opened_is_named_and_the_others_close) {
  uint16_t ports[ADDRESSES] = {0}, taken = listeners_port(listeners, 0);
  close(wire_bind(0, &ports[0]));
  ports[1] = taken;
  cr_assert(!open_at(ports));
  const char *expected =
      words_of("127.0.0.1:%u: Address already in use", taken);
  cr_assert_str_eq(error, expected);
  ports[1] = 0;
  struct listeners *again = open_at(ports);
  cr_assert(again, "%s", error);
  listeners_free(again);
}

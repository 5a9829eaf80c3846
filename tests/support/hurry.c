/* hurry: the other end of tests/preload/clock.c, which answers each second
 * when it has passed. */
#include "support/hurry.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "support/preload.h"
#include "support/wire.h"

enum { SECONDS_MAX = 20000 };

static int listening, clock_fd;

void hurry_open(void) { listening = preload("clock", "HEDGEROW_TEST_CLOCK"); }

static void meet(void) {
  wire_await(listening, POLLIN, "the program's clock");
  clock_fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
  cr_assert(clock_fd > 0, "accept: %s", strerror(errno));
}

void hurry_by(unsigned seconds) {
  char done;
  long by = seconds;
  if (clock_fd == 0) meet();
  cr_assert(wire_send(clock_fd, (const char *)&by, sizeof by));
  cr_assert(wire_read(clock_fd, &done, 1, "the program's clock") == 1);
}

void hurry_until_readable(int fd, const char *what) {
  struct pollfd waiting = {.fd = fd, .events = POLLIN};
  unsigned tries = 0;
  while (poll(&waiting, 1, 1) == 0) {
    cr_assert(++tries < SECONDS_MAX, "waited in vain for %s", what);
    hurry_by(1);
  }
}

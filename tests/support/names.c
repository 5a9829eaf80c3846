/* names: the other end of tests/preload/names.c. */
#include "support/names.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/preload.h"
#include "support/wire.h"

struct names *names_new(void) {
  struct names *names = calloc(1, sizeof *names);
  cr_assert_not_null(names);
  names->listening = preload("names", "HEDGEROW_TEST_NAMES");
  return names;
}

void names_free(struct names *names) {
  close(names->listening);
  free(names);
}

void names_await_lookup(struct names *names) {
  wire_await(names->listening, POLLIN, "a name to be looked up");
}

void names_answer(struct names *names, const char *name,
                  const char *addresses) {
  char asked[256];
  names_await_lookup(names);
  int fd = accept4(names->listening, NULL, NULL, SOCK_CLOEXEC);
  cr_assert(fd >= 0, "accept: %s", strerror(errno));
  size_t len = wire_read(fd, asked, sizeof asked - 1, "the name");
  asked[len] = '\0';
  cr_assert(strcmp(asked, name) == 0, "expected a lookup of %s but it is of %s",
            name, asked);
  cr_assert(wire_send(fd, addresses, strlen(addresses)));
  close(fd);
}

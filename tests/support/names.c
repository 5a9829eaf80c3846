/* names: the other end of tests/preload/names.c.
 *
 * The socket has a name in no file system, chosen by the kernel, so nothing is
 * left behind. The environment tells it to the program. */
#include "support/names.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <libgen.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "support/wire.h"

enum { BACKLOG = 16, PATH_BYTES = 4096 };

static int bind_anywhere(char *name, size_t cap) {
  struct sockaddr_un at = {.sun_family = AF_UNIX};
  socklen_t len = sizeof at.sun_family;
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  cr_assert(fd >= 0 && bind(fd, (struct sockaddr *)&at, len) == 0 &&
                listen(fd, BACKLOG) == 0,
            "a socket for names: %s", strerror(errno));
  len = sizeof at;
  getsockname(fd, (struct sockaddr *)&at, &len);
  len -= (socklen_t)offsetof(struct sockaddr_un, sun_path) + 1;
  snprintf(name, cap, "%.*s", (int)len, at.sun_path + 1);
  return fd;
}

/* A sanitizer wants to be the first of all libraries, and need not be. */
static void allow_preload(void) {
  const char *options = getenv("ASAN_OPTIONS");
  char more[PATH_BYTES];
  snprintf(more, sizeof more, "%s:verify_asan_link_order=0",
           options ? options : "");
  setenv("ASAN_OPTIONS", more, 1);
}

/* The library lies beside the tests. */
static void preload(void) {
  char path[PATH_BYTES], library[PATH_BYTES + 16];
  ssize_t len = readlink("/proc/self/exe", path, sizeof path - 1);
  cr_assert(len > 0, "/proc/self/exe: %s", strerror(errno));
  path[len] = '\0';
  snprintf(library, sizeof library, "%s/names.so", dirname(path));
  cr_assert(access(library, R_OK) == 0, "%s: %s", library, strerror(errno));
  setenv("LD_PRELOAD", library, 1);
}

struct names *names_new(void) {
  struct names *names = calloc(1, sizeof *names);
  char name[sizeof(struct sockaddr_un)];
  cr_assert_not_null(names);
  names->listening = bind_anywhere(name, sizeof name);
  setenv("HEDGEROW_TEST_NAMES", name, 1);
  allow_preload();
  preload();
  return names;
}

void names_free(struct names *names) {
  close(names->listening);
  free(names);
}

void names_await_lookup(struct names *names) {
  wire_await(names->listening, POLLIN, "a name to be looked up");
}

void names_answer(struct names *names, const char *name, const char *address) {
  char asked[256];
  names_await_lookup(names);
  int fd = accept4(names->listening, NULL, NULL, SOCK_CLOEXEC);
  cr_assert(fd >= 0, "accept: %s", strerror(errno));
  size_t len = wire_read(fd, asked, sizeof asked - 1, "the name");
  asked[len] = '\0';
  cr_assert(strcmp(asked, name) == 0, "expected a lookup of %s but it is of %s",
            name, asked);
  cr_assert(wire_send(fd, address, strlen(address)));
  close(fd);
}

/* preload: the environment that makes a program take a library first.
 *
 * The socket has a name in no file system, chosen by the kernel, so nothing is
 * left behind. */
#include "support/preload.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <libgen.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 16, PATH_BYTES = 4096 };

static int bind_anywhere(char *name, size_t cap) {
  struct sockaddr_un at = {.sun_family = AF_UNIX};
  socklen_t len = sizeof at.sun_family;
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  cr_assert(fd >= 0 && bind(fd, (struct sockaddr *)&at, len) == 0 &&
                listen(fd, BACKLOG) == 0,
            "a socket for a library: %s", strerror(errno));
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
void preload_only(const char *library) {
  char path[PATH_BYTES], file[PATH_BYTES + 64];
  allow_preload();
  ssize_t len = readlink("/proc/self/exe", path, sizeof path - 1);
  cr_assert(len > 0, "/proc/self/exe: %s", strerror(errno));
  path[len] = '\0';
  snprintf(file, sizeof file, "%s/%s.so", dirname(path), library);
  cr_assert(access(file, R_OK) == 0, "%s: %s", file, strerror(errno));
  setenv("LD_PRELOAD", file, 1);
}

int preload(const char *library, const char *variable) {
  char name[sizeof(struct sockaddr_un)];
  int listening = bind_anywhere(name, sizeof name);
  setenv(variable, name, 1);
  preload_only(library);
  return listening;
}

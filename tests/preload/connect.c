/* connect: what the kernel refuses, preloaded into the built program.
 *
 * Each connection over TCP fails with the error whose number is in
 * HEDGEROW_TEST_CONNECT. */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

int connect(int fd, const struct sockaddr *to, socklen_t len) {
  const char *error = getenv("HEDGEROW_TEST_CONNECT");
  if (!error || (to->sa_family != AF_INET && to->sa_family != AF_INET6))
    return (int)syscall(SYS_connect, fd, to, len);
  errno = (int)strtol(error, NULL, 10);
  return -1;
}

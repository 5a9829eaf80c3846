/* notify: tells a service manager how the process is.
 *
 * The protocol is small and promised to stay (sd_notify(3)): datagrams of
 * assignments to the AF_UNIX socket that NOTIFY_SOCKET names, a path or, behind
 * an '@', an abstract name. libsystemd would be a library, and what it depends
 * on, for these few lines.
 *
 * The variables are taken out of the environment, since what they say holds for
 * this process. Nothing that goes wrong here is an error: the manager that
 * hears nothing knows what to do. */
#include "io/notify.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum { MESSAGE_BYTES = 2048 };

struct notify {
  int fd;
  int64_t watchdog_us;
  struct sockaddr_un address;
  socklen_t address_len;
};

/* A number above zero, else 0. */
static int64_t number_in(const char *variable) {
  const char *text = getenv(variable);
  char *end;
  long long number = text ? strtoll(text, &end, 10) : 0;
  return number > 0 && *end == '\0' ? number : 0;
}

static int64_t watchdog_in_environment(void) {
  int64_t pid = number_in("WATCHDOG_PID");
  if (pid > 0 && pid != getpid()) return 0;
  return number_in("WATCHDOG_USEC");
}

static bool set_address(struct notify *notify, const char *name) {
  struct sockaddr_un *address = &notify->address;
  size_t len = strlen(name);
  if ((name[0] != '/' && name[0] != '@') || len >= sizeof address->sun_path)
    return false;
  address->sun_family = AF_UNIX;
  memcpy(address->sun_path, name, len);
  if (name[0] == '@') address->sun_path[0] = '\0';
  notify->address_len =
      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
  return true;
}

static struct notify *open_to(const char *name) {
  struct timeval patience = {.tv_sec = 1};
  struct notify *notify = calloc(1, sizeof *notify);
  if (!notify) return NULL;
  notify->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  notify->watchdog_us = watchdog_in_environment();
  if (notify->fd >= 0 && set_address(notify, name)) {
    setsockopt(notify->fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    return notify;
  }
  notify_free(notify);
  return NULL;
}

struct notify *notify_new(void) {
  const char *name = getenv("NOTIFY_SOCKET");
  struct notify *notify = name ? open_to(name) : NULL;
  unsetenv("NOTIFY_SOCKET");
  unsetenv("WATCHDOG_USEC");
  unsetenv("WATCHDOG_PID");
  return notify;
}

void notify_free(struct notify *notify) {
  if (!notify) return;
  if (notify->fd >= 0) close(notify->fd);
  free(notify);
}

void notify_send(const struct notify *notify, const char *format, ...) {
  char message[MESSAGE_BYTES];
  if (!notify) return;
  va_list args;
  va_start(args, format);
  int len = vsnprintf(message, sizeof message, format, args);
  va_end(args);
  if (len <= 0 || (size_t)len >= sizeof message) return;
  while (sendto(notify->fd, message, (size_t)len, MSG_NOSIGNAL,
                (const struct sockaddr *)&notify->address,
                notify->address_len) < 0 &&
         errno == EINTR)
    continue;
}

int64_t notify_watchdog_us(const struct notify *notify) {
  return notify ? notify->watchdog_us : 0;
}

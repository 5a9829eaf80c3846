/* leaks: what a leak checker cannot see.
 *
 * LeakSanitizer finds memory that nobody points to. A counter that is one too
 * high (and would, days later, refuse every request), a descriptor that nobody
 * closes, an object that was never given back to its slab are not that. Every
 * end of a debug build looks for them, so every end-to-end test does.
 *
 * Of the descriptors only those count that are of a kind we open: TCP sockets,
 * and what has no type at all (epoll, eventfd, timerfd). A thread that is stuck
 * in getaddrinfo is left behind on purpose, with files and sockets of other
 * kinds. */
#include "io/leaks.h"

#ifdef HEDGEROW_COUNT

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>

static int64_t open_at_start;

static int socket_option(int fd, int option) {
  int value = -1;
  socklen_t len = sizeof value;
  return getsockopt(fd, SOL_SOCKET, option, &value, &len) == 0 ? value : -1;
}

static bool is_tcp(int fd) {
  return socket_option(fd, SO_TYPE) == SOCK_STREAM &&
         socket_option(fd, SO_DOMAIN) != AF_UNIX;
}

static bool is_ours(int fd) {
  struct stat about;
  if (fstat(fd, &about) != 0) return false;
  return (about.st_mode & S_IFMT) == 0 || is_tcp(fd);
}

static int64_t count_open(void) {
  DIR *directory = opendir("/proc/self/fd");
  struct dirent *entry;
  int64_t count = 0;
  if (!directory) return 0;
  while ((entry = readdir(directory)))
    if (entry->d_name[0] != '.' && is_ours(atoi(entry->d_name))) count++;
  closedir(directory);
  return count;
}

void leaks_begin(void) { open_at_start = count_open(); }

void leaks_end(void) {
  leaks_expect_none("open descriptors", count_open() - open_at_start);
}

void leaks_expect_none(const char *what, int64_t count) {
  if (count == 0) return;
  (void)fprintf(stderr, "hedgerow: %lld %s are left at the end\n",
                (long long)count, what);
  abort();
}

#else

void leaks_begin(void) {}

void leaks_end(void) {}

void leaks_expect_none(const char *what, int64_t count) {
  (void)what, (void)count;
}

#endif

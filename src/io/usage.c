/* usage: getrusage(2), getrlimit(2) and two files of proc(5).
 *
 * The open descriptors are counted by the kernel where it can (since Linux 6.2
 * the size of /proc/self/fd is their number), else by reading that folder, of
 * which two entries are no descriptors and one is the folder itself. */
#include "io/usage.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static int64_t us_of(struct timeval time) {
  return (int64_t)time.tv_sec * 1000000 + time.tv_usec;
}

static void read_cpu(struct usage *usage) {
  struct rusage used;
  if (getrusage(RUSAGE_SELF, &used) == 0)
    usage->cpu_us = us_of(used.ru_utime) + us_of(used.ru_stime);
}

static int64_t count_entries(const char *path) {
  enum { NO_DESCRIPTORS = 3 };
  int64_t count = -NO_DESCRIPTORS;
  DIR *folder = opendir(path);
  if (!folder) return -1;
  while (readdir(folder)) count++;
  closedir(folder);
  return count;
}

static void read_fds(struct usage *usage) {
  static const char path[] = "/proc/self/fd";
  struct stat is;
  struct rlimit most;
  if (stat(path, &is) == 0 && is.st_size > 0) usage->open_fds = is.st_size;
  else usage->open_fds = count_entries(path);
  if (getrlimit(RLIMIT_NOFILE, &most) != 0) return;
  usage->max_fds =
      most.rlim_cur == RLIM_INFINITY ? INT64_MAX : (int64_t)most.rlim_cur;
}

/* "SIZE RESIDENT ...", in pages. */
static void read_memory(struct usage *usage) {
  const int64_t page = sysconf(_SC_PAGESIZE);
  char text[128], *behind;
  int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return;
  ssize_t n = read(fd, text, sizeof text - 1);
  close(fd);
  if (n <= 0) return;
  text[n] = '\0';
  usage->virtual_bytes = strtoll(text, &behind, 10) * page;
  usage->resident_bytes = strtoll(behind, NULL, 10) * page;
}

struct usage usage_read(void) {
  struct usage usage = {-1, -1, -1, -1, -1};
  read_cpu(&usage);
  read_fds(&usage);
  read_memory(&usage);
  return usage;
}

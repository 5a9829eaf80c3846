/* usage: what the process takes of the machine. */
#ifndef HEDGEROW_IO_USAGE_H
#define HEDGEROW_IO_USAGE_H

#include <stdint.h>

struct usage {
  int64_t cpu_us;            /* of all its threads, and the kernel
                              * for them */
  int64_t open_fds, max_fds; /* max_fds: INT64_MAX is no limit */
  int64_t virtual_bytes, resident_bytes;
};

/* What cannot be found out (a sandbox without /proc) is -1. */
struct usage usage_read(void);

#endif

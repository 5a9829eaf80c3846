/* file: opening what somebody has named. */
#ifndef HEDGEROW_IO_FILE_H
#define HEDGEROW_IO_FILE_H

#include <fcntl.h>

/* For reading; -1 with errno. Not blocking: a FIFO that nobody writes to is an
 * empty file, not a wait. */
static inline int file_open(const char *path) {
  return open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
}

#endif

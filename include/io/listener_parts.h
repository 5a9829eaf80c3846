/* listener_parts: what the files of io/listener know of each other. */
#ifndef HEDGEROW_IO_LISTENER_PARTS_H
#define HEDGEROW_IO_LISTENER_PARTS_H

#include <sys/types.h>

#include "core/address.h"

/* A socket that was made in the file system, by which it is known again. */
struct listener_file {
  dev_t device;
  ino_t inode; /* 0: there is none */
};

/* Listens at the address's path. -1 with errno set; ENOTSOCK: something else is
 * there. */
int listener_open_path(const struct listen_at *address, int backlog,
                       struct listener_file *file)
    __attribute__((warn_unused_result));
/* Removes it, if it still is the same. */
void listener_remove_path(const char *path, const struct listener_file *file);

#endif

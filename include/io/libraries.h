/* libraries: what of libevent and libcurl concerns the process as a whole. */
#ifndef HEDGEROW_IO_LIBRARIES_H
#define HEDGEROW_IO_LIBRARIES_H

#include <stdbool.h>
#include <stddef.h>

/* Once, before any thread starts. False: libcurl cannot be used. */
bool libraries_init(void) __attribute__((warn_unused_result));
/* Once, after the last thread has ended. */
void libraries_clear(void);
/* "libevent 2.1.12-stable, libcurl 7.88.1 OpenSSL/3.0.17" */
void libraries_versions(char *buf, size_t cap);

#endif

/* ca_check: whether a file of CAs will do. */
#ifndef HEDGEROW_IO_CA_CHECK_H
#define HEDGEROW_IO_CA_CHECK_H

#include <stdbool.h>

/* False: libcurl finds no certificate that it can use there, or a broken one.
 * Connects nowhere. What it cannot try for want of memory or descriptors
 * passes, after 5 s at most. */
bool ca_check(const char *path) __attribute__((warn_unused_result));

#endif

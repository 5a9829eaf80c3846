/* leaks: counts at the end of the process what should have gone by then.
 *
 * Only in builds with HEDGEROW_COUNT (debug and the sanitizers); in others
 * these do nothing. Whatever is left is a bug of ours: it is said, and the
 * process aborts. */
#ifndef HEDGEROW_IO_LEAKS_H
#define HEDGEROW_IO_LEAKS_H

#include <stdint.h>

/* Notes which descriptors are open. Before the first one of ours. */
void leaks_begin(void);
/* Expects as many to be open. After the last one of ours. */
void leaks_end(void);

/* Expects none to be left of what is counted elsewhere. */
void leaks_expect_none(const char *what, int64_t count);

#endif

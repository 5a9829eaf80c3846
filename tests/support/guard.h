/* guard: how long a test waits for what must come. It ends what hangs, and says
 * nothing of how long anything takes: a busy machine may take long. */
#ifndef HEDGEROW_TESTS_SUPPORT_GUARD_H
#define HEDGEROW_TESTS_SUPPORT_GUARD_H

enum { GUARD_S = 60, GUARD_MS = 1000 * GUARD_S, GUARD_US = 1000 * GUARD_MS };

#endif

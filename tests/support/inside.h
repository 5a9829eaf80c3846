/* inside: a worker in the test's own process.
 *
 * Its snapshot comes from flags, and the test may then say of targets and
 * groups what no flag can say, before the worker hears of it. */
#ifndef HEDGEROW_TESTS_SUPPORT_INSIDE_H
#define HEDGEROW_TESTS_SUPPORT_INSIDE_H

#include "config/snapshot.h"
#include "support/client.h"

struct inside; /* at most one at a time */

/* Nothing runs yet. flags: words apart by spaces. */
struct inside *inside_new(const char *flags);
/* The next snapshot, of the same flags. The test changes it by the two below,
 * and hands it over by inside_run. */
struct snapshot *inside_snapshot(struct inside *inside);
struct target *inside_target(const struct snapshot *snapshot, unsigned number);
struct group *inside_group(const struct snapshot *snapshot, unsigned number);
/* The target is verified by these CAs; the snapshot holds the trust. */
void inside_trust(const struct snapshot *snapshot, unsigned target,
                  struct trust *trust);
/* Puts it in force, as main does; the first one starts the worker. */
void inside_run(struct inside *inside, struct snapshot *snapshot);
/* A client of the worker. */
struct client *inside_client(const struct inside *inside);
/* Stops the worker; clients have left, or are about to. */
void inside_free(struct inside *inside);

#endif

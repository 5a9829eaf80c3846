/* crew: the workers of the process, as its main thread sees them. */
#ifndef HEDGEROW_PROXY_CREW_H
#define HEDGEROW_PROXY_CREW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/snapshot.h"
#include "io/log.h"
#include "proxy/worker.h"

struct crew {
  struct worker **workers;
  unsigned count;
};

/* Makes them all, and only then starts them: the first one opens the address,
 * the others join it at the port that it got. setup says what they have in
 * common; each has a channel of the log (NULL: no log). False with one line in
 * error; what is there by then is for crew_stop and crew_free all the same. */
bool crew_start(struct crew *crew, const struct worker_setup *setup,
                struct log *log, unsigned count, char *error, size_t error_cap)
    __attribute__((warn_unused_result));
uint16_t crew_port(const struct crew *crew);

/* See worker_stop and worker_ping. */
void crew_stop(struct crew *crew);
void crew_ping(struct crew *crew);
/* Gives each of them a lease on `next`, which takes the place of `before`
 * (snapshot_retire). False: no memory, and nothing has changed. */
bool crew_renew(struct crew *crew, const struct snapshot *before,
                struct snapshot *next) __attribute__((warn_unused_result));

/* Whether each of them has carried out what it was told, or has ended. */
bool crew_has_heard(const struct crew *crew);
/* Whether each of them has ended. */
bool crew_is_done(const struct crew *crew);

/* Waits for their ends and frees them. */
void crew_free(struct crew *crew);

#endif

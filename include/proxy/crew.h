/* crew: the workers of the process, as its main thread sees them. */
#ifndef HEDGEROW_PROXY_CREW_H
#define HEDGEROW_PROXY_CREW_H

#include <stdbool.h>
#include <stddef.h>

#include "config/config.h"
#include "config/snapshot.h"
#include "io/log.h"
#include "proxy/worker.h"

/* For "http://[IPv6]:PORT, " each, with room to spare. */
enum { CREW_URLS_BYTES = CONFIG_LISTEN_MAX * 64 };

struct crew {
  struct worker **workers;
  unsigned count;
};

/* Makes them all, and only then starts them: the first one opens the
 * addresses, the others join it at the ports that it got. setup says what they
 * have in common; each has a channel of the log (NULL: no log). False with one
 * line in error; what is there by then is for crew_stop and crew_free all the
 * same. */
bool crew_start(struct crew *crew, const struct worker_setup *setup,
                struct log *log, unsigned count, char *error, size_t error_cap)
    __attribute__((warn_unused_result));
/* Where they listen: "http://127.0.0.1:8480, http://[::1]:8480". `config` is
 * the one that they were started with. */
void crew_urls(const struct crew *crew, const struct config *config,
               char urls[CREW_URLS_BYTES]);

/* See worker_stop and worker_ping. */
void crew_stop(struct crew *crew);
void crew_ping(struct crew *crew);
/* Adds what they had counted when they last were told something; once they have
 * heard. */
void crew_sum(const struct crew *crew, struct counters *sum);
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

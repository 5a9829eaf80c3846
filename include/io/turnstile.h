/* turnstile: what all workers share of those who want to start an attempt at a
 * target: how often one may (--rate), and who waits in line (--queue).
 *
 * It outlives snapshots: a reload neither fills the bucket nor mixes up the
 * line. */
#ifndef HEDGEROW_IO_TURNSTILE_H
#define HEDGEROW_IO_TURNSTILE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/list.h"
#include "core/rate.h"

enum { TURNSTILE_LINE = 64 };

struct turnstile {
  _Alignas(TURNSTILE_LINE) struct rate rate;
  _Atomic int64_t waiting; /* how many are in line; may be read at any time */
  pthread_mutex_t mutex;   /* guards the line */
  struct list line;        /* in the order of their arrival */
};

/* Embedded in whoever waits. */
struct turnstile_place {
  struct list_link link;
  unsigned worker; /* who is to be woken when it has become the first */
};

void turnstile_init(struct turnstile *turnstile);
/* Nobody waits. */
void turnstile_clear(struct turnstile *turnstile);

/* These three from any thread. Takes the last place. */
void turnstile_join(struct turnstile *turnstile, struct turnstile_place *place);
/* Gives a place up. True: another has become the first by it, and *worker is
 * its. */
bool turnstile_leave(struct turnstile *turnstile, struct turnstile_place *place,
                     unsigned *worker);
/* Whether nobody who waits came before. */
bool turnstile_is_first(struct turnstile *turnstile,
                        const struct turnstile_place *place);

#endif

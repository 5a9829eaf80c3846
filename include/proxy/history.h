/* history: the races that the main thread remembers, for operators.
 *
 * It owns the workers' tapes (proxy/tape), takes what is on them, and keeps the
 * latest, the slowest of a quarter of an hour, those that were rescued and
 * those that failed; of each kind so many bytes and no more. */
#ifndef HEDGEROW_PROXY_HISTORY_H
#define HEDGEROW_PROXY_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/slice.h"
#include "proxy/tape.h"

enum history_kind {
  HISTORY_LATEST,
  HISTORY_SLOWEST,
  HISTORY_RESCUED,
  HISTORY_FAILED,
};

enum { HISTORY_KINDS = HISTORY_FAILED + 1, HISTORY_LIST_MAX = 200 };

extern const char *const history_kind_names[HISTORY_KINDS];

/* A race that is kept. */
struct kept {
  uint64_t seq; /* from 1, in the order of their ends, as main saw them */
  int64_t took_us, end_us;
  bool rescued, failed;
  struct slice copy; /* core/race_copy */
  struct kept *next; /* on its way from the tapes to the shelves */
};

struct history;

/* NULL: no memory. */
struct history *history_new(unsigned workers)
    __attribute__((warn_unused_result));
/* No worker uses its tape any more. NULL is fine. */
void history_free(struct history *history);

/* That worker's, for as long as the history lives. */
struct tape *history_tape(struct history *history, unsigned worker);

/* Takes what is on the tapes. on_race, if there is one, hears of each, in the
 * order in which they ended; the race is valid during the call. A race that is
 * being put on its tape meanwhile may come after later ones. */
void history_collect(struct history *history, int64_t now_us,
                     void (*on_race)(void *arg, const struct kept *race),
                     void *arg);
/* Somebody wants to see each race that takes at least so long; 0: nobody. */
void history_watch(struct history *history, int64_t slow_us);
/* How many were not copied since the start: all, or remarkable ones alone. */
uint64_t history_left_out(const struct history *history, bool remarkable);

/* The races of that kind and route (empty: any), at most `limit` of them,
 * newest first; of the slowest the slowest first. Returns how many. They are
 * valid until the next history_collect. limit <= HISTORY_LIST_MAX. */
unsigned history_list(const struct history *history, enum history_kind kind,
                      struct slice route, unsigned limit,
                      const struct kept *found[]);
/* The latest with that request ID, as it is kept: a long one is cut, and two of
 * these may be the same by then. NULL: none. */
const struct kept *history_find(const struct history *history, struct slice id);
/* How many bytes it holds. */
size_t history_bytes(const struct history *history);

#endif

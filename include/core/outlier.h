/* outlier: a target that is worse than its peers, and is passed by for a while.
 *
 * In Envoy's terms outlier detection. There are two ways to be one, each with a
 * bench of its own:
 *   failing  5 failures in a row
 *   slow     lost 10 races in a row, asked first, to a hedge on another target
 * Whoever sits on a bench is not asked for 10 s. Then one request tries it; if
 * that goes well it is back, else it sits for twice as long, up to 5 minutes. A
 * slow one may lose twice before it does.
 *
 * Where no other is left, one that fails is asked while it sits. Then the first
 * good answer brings it back; one that soon falls again sits for at least a
 * tenth of its time, so that a lucky answer now and then ends no outage.
 *
 * All threads share it. Where all is well, nothing is written. */
#ifndef HEDGEROW_CORE_OUTLIER_H
#define HEDGEROW_CORE_OUTLIER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum {
  OUTLIER_TRY_US = 1000 * 1000
}; /* how long one who tries is waited for */

/* All zeros is a target that nothing is known of. */
struct outlier_bench {
  _Atomic uint32_t streak;    /* failures, or losses, in a row */
  _Atomic uint32_t length_s;  /* how long the last time on the bench was, */
  _Atomic int64_t until_us;   /* and when it is over */
  _Atomic int64_t try_us;     /* 0: it is in; else when it may be tried */
  _Atomic int64_t soonest_us; /* what was asked before brings it not back */
};

/* How many in a row send it out, and how many again when it is tried. */
struct outlier_limit {
  uint32_t first, again;
  bool sits_whole; /* its time has to be over before it can be back */
};

extern const struct outlier_limit outlier_failing; /* 5, 1 */
extern const struct outlier_limit outlier_slow;    /* 10, 2, whole */

/* One more failure, or loss. True: this one sent it out. */
bool outlier_strike(struct outlier_bench *bench,
                    const struct outlier_limit *limit, int64_t now_us);
/* A success, or a win, of what was asked then. True: it was out, and is back.
 */
bool outlier_good(struct outlier_bench *bench, int64_t asked_us);

/* Where it is. Only a success, or a win, brings it in again: one whose time on
 * the bench is over may be as bad as before, if nobody has tried it. */
enum outlier_place {
  OUTLIER_IN,
  OUTLIER_DUE, /* it may be tried */
  OUTLIER_OUT, /* it sits, or is being tried by somebody */
};
enum outlier_place outlier_place(const struct outlier_bench *bench,
                                 int64_t now_us);

/* Whether the caller may ask it, and then is to do so at once. Its time on the
 * bench may be over: then the first who comes tries it, and others are told to
 * pass by until that one has an answer, or for OUTLIER_TRY_US. */
bool outlier_may_ask(struct outlier_bench *bench, int64_t now_us);

#endif

/* latency: how long a target takes, counted so that losers count too.
 *
 * An attempt that was cancelled because another won has not told how long its
 * answer takes, but that it takes longer than this. To leave it out would make
 * a target look faster than it is, and the more so the more is hedged. So there
 * are two counters for each span of time, for whole answers and for "longer",
 * and the curve is the estimate of Kaplan and Meier ("Nonparametric estimation
 * from incomplete observations", 1958), which takes both for what they are.
 *
 *   workers: struct latency_counts, one for each worker and target. They only
 *            grow (modulo 2^32), each has one writer, and anybody may read.
 *   reader:  one thread; it adds up what the workers have, keeps what the sums
 *            were at the start of two windows, and takes differences.
 *
 * Spans are log-linear: eight to each octave from 128 us to 134 s, and one for
 * what is shorter and one for what is longer. */
#ifndef HEDGEROW_CORE_LATENCY_H
#define HEDGEROW_CORE_LATENCY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum {
  LATENCY_SHIFT = 7, /* 128 us */
  LATENCY_OCTAVES = 20,
  LATENCY_SPANS = 8 * LATENCY_OCTAVES + 2,
};

/* The span that a time lies in: the first below 128 us, the last above the last
 * octave. Inline, since it is on the path of a request. */
static inline unsigned latency_span(int64_t took_us) {
  uint64_t us = took_us > 0 ? (uint64_t)took_us : 0;
  if (us < 1u << LATENCY_SHIFT) return 0;
  if (us >> (LATENCY_SHIFT + LATENCY_OCTAVES)) return LATENCY_SPANS - 1;
  unsigned top = 63u - (unsigned)__builtin_clzll(us);
  return 1 + 8 * (top - LATENCY_SHIFT) + (unsigned)(us >> (top - 3) & 7);
}

/* Where it starts and ends; the last one ends where it starts. */
uint32_t latency_span_start_us(unsigned span);
uint32_t latency_span_end_us(unsigned span);

/* ---- a worker's ---- */

/* All zeros is empty. */
struct latency_counts {
  _Atomic uint32_t whole[LATENCY_SPANS];  /* took this long */
  _Atomic uint32_t longer[LATENCY_SPANS]; /* ended here without an answer */
};

/* One attempt that lasted took_us >= 0. Only from the one thread that writes
 * these counts. */
void latency_note(struct latency_counts *counts, int64_t took_us, bool whole);

/* ---- the reader's ---- */

struct latency_totals {
  uint32_t whole[LATENCY_SPANS], longer[LATENCY_SPANS];
};

/* Adds a worker's counts; from any thread. */
void latency_add(struct latency_totals *totals,
                 const struct latency_counts *counts);

/* How many there are, modulo 2^32. */
uint32_t latency_ended(const struct latency_totals *totals);

/* When the newer of two windows becomes the older: when it is so old and has so
 * many answers, at the latest after so long. */
struct latency_rule {
  int64_t least_us, most_us;
  uint32_t whole;
};
/* What is usual now: 5 s with 200 answers, at most a minute. */
extern const struct latency_rule latency_present;
/* What is rare, too: 10 minutes. Where hedges win, few answers tell how long
 * the slow ones take; the present may have none of them. */
extern const struct latency_rule latency_past;

/* Totals at the start of two windows. What both have seen is what counts. All
 * zeros has not begun. */
struct latency_windows {
  struct latency_totals older, newer;
  int64_t newer_us; /* when the newer began; 0: never */
};

/* Starts a new window where it is time, and leaves in *seen what both have
 * seen until now. `totals` are those of all workers since ever. */
void latency_window(struct latency_windows *windows,
                    const struct latency_rule *rule,
                    const struct latency_totals *totals, int64_t now_us,
                    struct latency_totals *seen);

/* What tells how long a slow attempt takes: the totals, but for pauses of the
 * target, in which all are slow. There a hedge is as slow as its primary, so
 * both are seen to their end; at other times a slow primary is cancelled by a
 * quick hedge. Whoever counts both learns of slow ones from the pause alone.
 * All zeros has not begun. */
struct latency_calm {
  struct latency_totals sum, judged; /* what counts; all so far */
};

/* Judges what has ended since, as soon as that is sixteen attempts. It counts,
 * and is added to *usual, which are calm ones of late, unless more of it than
 * chance gives lasted longer than nine in ten of *usual did. */
void latency_calm_add(struct latency_calm *calm,
                      const struct latency_totals *totals,
                      struct latency_totals *usual);

/* What share of attempts has not been answered at the end of each span. */
struct latency_curve {
  uint32_t whole; /* answers that it rests on */
  float alive[LATENCY_SPANS];
  uint32_t end_us;   /* where nearly all that was seen had ended (99 %): what
                      * lies behind it nobody knows */
  uint32_t known_us; /* what it is known up to: so long took five whole
                      * answers. 0: there were no five; UINT32_MAX: nothing
                      * is left behind them */
};

void latency_curve_make(struct latency_curve *curve,
                        const struct latency_totals *seen);
/* After how long `left` of all attempts (0 < left < 1) are unanswered,
 * interpolated within a span; at most end_us where the curve never falls so
 * low. 0: it rests on nothing. */
uint32_t latency_until(const struct latency_curve *curve, float left);
/* The same, but the end of that span: behind all answers that lie together. */
uint32_t latency_until_end(const struct latency_curve *curve, float left);
/* Whether the curve falls so low: else that many are known only to take longer
 * than end_us. */
bool latency_falls_to(const struct latency_curve *curve, float left);

/* ---- the reader's word to all ---- */

/* The curve turned over: what share has been answered at the end of each span.
 * One thread writes, all read; whoever reads meanwhile sees parts of two
 * curves, which are a quarter of a second apart. All zeros expects nothing. */
struct latency_odds {
  _Atomic float answered[LATENCY_SPANS];
  _Atomic uint32_t known_us;
};

void latency_publish(struct latency_odds *odds,
                     const struct latency_curve *curve);
/* The share that is answered within at_us. From any thread. */
float latency_answered(const struct latency_odds *odds, uint32_t at_us);
/* Where a walk along a curve goes next from within this span: to its end, but
 * not beyond until_us. */
int64_t latency_next_us(unsigned span, int64_t until_us);
/* Up to where that is known. From any thread. */
uint32_t latency_known_us(const struct latency_odds *odds);
/* How long those that are unanswered after from_us still take at least, in the
 * mean (the restricted mean of survival analysis): until until_us, and as far
 * as is known. 0: that lies before from_us. From any thread. */
int64_t latency_ahead_us(const struct latency_odds *odds, int64_t from_us,
                         int64_t until_us);

#endif

/* overload: quick numbers against usual ones.
 *
 * The quick median steps up by 3 % when an attempt took longer than it says,
 * and down by 3 % when an answer came sooner: so it stands where both are
 * equally frequent, and follows a change within some twenty answers. An attempt
 * that was cancelled, or whose time was up, has taken longer than it lasted; if
 * that is less than the quick median it says nothing.
 *
 * Shares of the last 64 are moving averages by 1/64. Where nothing goes wrong
 * they stay at zero, and nothing is written.
 *
 * Threads may meet at these words, and one's step may be lost; the next answer
 * makes it again. */
#include "core/overload.h"

#include "core/relaxed.h"

enum {
  WHOLE_SHARE = 65536,
  SHED_SHARE = WHOLE_SHARE / 20, /* 5 % */
  SHARE_SHIFT = 6,               /* of the last 64 */
  QUICK_SHIFT = 5,               /* 1/32: a step of 3 % */
  QUICK_UNITS = 16,              /* to a microsecond */
  QUICK_MIN = 32,                /* so that a step is a step */
  CROWD_TIMES = 4,
  CROWD_MORE = 8,
};

static const int64_t pushback_max_us = 60 * 1000 * 1000;
static const int64_t throttle_us = 1000 * 1000;
static const float rise_us = 120e6f, fall_us = 10e6f, calm_us = 2e6f;
static const float fading = 0.7f; /* in a quarter of a second */

/* ---- what answers say ---- */

static uint32_t units_of(int64_t us) {
  int64_t most = UINT32_MAX / QUICK_UNITS / 2;
  return (uint32_t)((us < most ? us : most) * QUICK_UNITS);
}

static void note_share(_Atomic uint32_t *share, bool hit) {
  uint32_t old = relaxed_load(share);
  uint32_t less = old - (old >> SHARE_SHIFT);
  if (hit) less += WHOLE_SHARE >> SHARE_SHIFT;
  if (less != old) relaxed_store(share, less);
}

static void note_time(struct overload *overload, int64_t took_us, bool whole) {
  uint32_t took = units_of(took_us), quick = relaxed_load(&overload->quick);
  if (quick == 0) {
    if (whole)
      relaxed_store(&overload->quick, took > QUICK_MIN ? took : QUICK_MIN);
  } else if (took > quick) {
    relaxed_store(&overload->quick, quick + (quick >> QUICK_SHIFT));
  } else if (whole && quick > QUICK_MIN) {
    relaxed_store(&overload->quick, quick - (quick >> QUICK_SHIFT));
  }
}

static bool is_shed(const struct attempt_end *end) {
  return end->status == 429 || end->status == 503;
}

/* A lone 429 is no rate limit. */
static void note_good(struct overload *overload) {
  if (relaxed_load(&overload->throttled_us) > 0 &&
      relaxed_load(&overload->shed) <= SHED_SHARE)
    relaxed_store(&overload->throttled_us, 0);
}

void overload_note(struct overload *overload, const struct attempt_end *end,
                   bool answered, int64_t took_us) {
  bool cut = end->result == ATTEMPT_CANCELLED || end->result == ATTEMPT_TIMEOUT;
  if (answered || cut) note_time(overload, took_us, answered);
  if (end->result == ATTEMPT_CANCELLED) return;
  note_share(&overload->shed, is_shed(end));
  note_share(&overload->bad, !answered);
  if (answered) note_good(overload);
}

void overload_push_back(struct overload *overload, int64_t wait_us,
                        int64_t now_us) {
  if (wait_us > pushback_max_us) wait_us = pushback_max_us;
  int64_t until_us = now_us + wait_us;
  if (until_us > relaxed_load(&overload->pushback_us))
    relaxed_store(&overload->pushback_us, until_us);
}

void overload_throttle(struct overload *overload, int64_t now_us) {
  relaxed_store(&overload->throttled_us, now_us + throttle_us);
}

/* ---- who may start ---- */

bool overload_is_paused(const struct overload *overload, int64_t at_us) {
  return at_us < relaxed_load(&overload->pushback_us);
}

bool overload_is_failing(const struct overload *overload) {
  return relaxed_load(&overload->bad) >= WHOLE_SHARE / 2;
}

enum gate_verdict overload_admit_any(const struct overload *overload,
                                     int64_t now_us) {
  return overload_is_paused(overload, now_us) ||
                 now_us < relaxed_load(&overload->throttled_us)
             ? GATE_PUSHBACK
             : GATE_OPEN;
}

enum gate_verdict overload_admit_hedge(const struct overload *overload,
                                       int64_t in_flight) {
  uint64_t usual = relaxed_load(&overload->usual);
  int64_t usual_in_flight = relaxed_load(&overload->usual_in_flight);
  if (relaxed_load(&overload->shed) > SHED_SHARE) return GATE_SHED;
  if (usual == 0) return GATE_OPEN;
  if (2 * (uint64_t)relaxed_load(&overload->quick) > 3 * usual)
    return GATE_SLOW_TARGET;
  if (in_flight * QUICK_UNITS >
      CROWD_TIMES * usual_in_flight + CROWD_MORE * QUICK_UNITS)
    return GATE_CROWDED;
  return GATE_OPEN;
}

/* ---- the reader ---- */

/* As fast as an average while it has learned from few, then with the time
 * constant of `up_us`; down within seconds. */
static void learn(float *usual, float seen, unsigned known, float past_us,
                  float up_us) {
  float part = past_us / (seen > *usual ? up_us : fall_us);
  float young = 1 / (float)known;
  if (part < young) part = young;
  if (part > 1) part = 1;
  *usual += (seen - *usual) * part;
}

/* What is many times the usual counts as three times: at its end a collapse
 * brings good answers again that are twenty times slower, and half a minute of
 * them would make it the usual. */
static float at_most_thrice(float seen, float usual, unsigned known) {
  float most = 3 * usual + QUICK_UNITS;
  return known > 0 && seen > most ? most : seen;
}

/* Answers come as soon as usual. More in flight is then more traffic, and no
 * crowd. */
static bool is_calm(const struct overload *overload) {
  return 5 * (uint64_t)relaxed_load(&overload->quick) <=
         6 * (uint64_t)relaxed_load(&overload->usual);
}

static void fade(struct overload *overload) {
  float usual = (float)relaxed_load(&overload->usual);
  float quick = (float)relaxed_load(&overload->quick);
  if (usual > 0)
    relaxed_store(&overload->quick,
                  (uint32_t)(usual + (quick - usual) * fading));
  relaxed_store(&overload->shed,
                (uint32_t)((float)relaxed_load(&overload->shed) * fading));
  relaxed_store(&overload->bad,
                (uint32_t)((float)relaxed_load(&overload->bad) * fading));
}

void overload_refresh(struct overload *overload, struct overload_usual *usual,
                      uint32_t median_us, int64_t in_flight, uint32_t ended,
                      int64_t now_us) {
  bool first = usual->refreshed_us == 0;
  float past_us = first ? 0 : (float)(now_us - usual->refreshed_us);
  bool good = !overload_is_failing(overload);
  float median = (float)units_of(median_us);
  float crowd = in_flight > 0 ? (float)in_flight * QUICK_UNITS : 0;
  usual->refreshed_us = now_us;
  if (ended == usual->ended) { /* nothing is learned of who is idle */
    fade(overload);
    return;
  }
  usual->ended = ended;
  if (median > 0 && (good || median < usual->median)) {
    median = at_most_thrice(median, usual->median, usual->medians);
    learn(&usual->median, median, ++usual->medians, past_us, rise_us);
  }
  if (good || crowd < usual->in_flight) {
    bool calm = is_calm(overload);
    if (!calm) crowd = at_most_thrice(crowd, usual->in_flight, usual->counts);
    learn(&usual->in_flight, crowd, ++usual->counts, past_us,
          calm ? calm_us : rise_us);
  }
  relaxed_store(&overload->usual, (uint32_t)usual->median);
  relaxed_store(&overload->usual_in_flight, (uint32_t)usual->in_flight);
}

/* tape: which races are copied for main.
 *
 * On the path of a request is a subtraction, two or three comparisons and a
 * count: all the rest is for the few that are copied. What is remarkable has a
 * larger share than the rest, and a bound all the same: when everything fails
 * at 20,000 requests a second, 400 a second from each worker tell enough. The
 * first race of each route has a place of its own, so that a busy route does
 * not hide a quiet one. Routes are told apart by a bit of 64: two may share
 * one. */
#include "proxy/tape.h"

#include "core/race_filter.h"

static bool is_remarkable(const struct tape *tape,
                          const struct race_record *race) {
  static const struct race_filter worth = {.failed = true, .rescued = true};
  return race->end_us - race->start_us > relaxed_load(&tape->wishes->slow_us) ||
         race_filter_takes(&worth, race);
}

/* Whether it is the first of its route in this window. */
static bool tape_takes_route(struct tape *tape,
                             const struct race_record *race) {
  uint64_t hash = (uint64_t)(uintptr_t)race->tally * 0x9e3779b97f4a7c15;
  uint64_t bit = UINT64_C(1) << (hash >> 58);
  bool is_first = !(tape->routes & bit);
  tape->routes |= bit;
  return is_first;
}

static void begin_window(struct tape *tape, int64_t now_us) {
  tape->window_us = now_us;
  tape->ordinary = tape->remarkable = 0;
  tape->routes = 0;
}

static bool take(unsigned *taken, unsigned most) {
  if (*taken == most) return false;
  ++*taken;
  return true;
}

bool tape_wants_race(struct tape *tape, const struct race_record *race) {
  if (race->end_us - tape->window_us >= TAPE_WINDOW_US)
    begin_window(tape, race->end_us);
  const bool remarkable = is_remarkable(tape, race);
  if ((remarkable || tape_takes_route(tape, race)) &&
      take(&tape->remarkable, TAPE_REMARKABLE))
    return true;
  if (!remarkable && take(&tape->ordinary, TAPE_ORDINARY)) return true;
  tally_add(&tape->left_out[remarkable], 1);
  return false;
}

void tape_put(struct tape *tape, const struct race_record *race,
              struct slice copy) {
  if (!ring_put(tape->ring, copy.at, copy.len))
    tally_add(&tape->left_out[is_remarkable(tape, race)], 1);
}

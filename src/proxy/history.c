/* history: shelves of races.
 *
 *   tapes --> collect --> latest    by seq       1 MiB
 *                    |--> slowest   by time   256 KiB   a quarter of an hour
 *                    |--> rescued   by seq    256 KiB
 *                    +--> failed    by seq    256 KiB
 *
 * Each shelf is an array in order, and what has to go is always the first: the
 * oldest, or the quickest of the slowest. A race that belongs on several has a
 * copy on each, so that a shelf is bounded by itself. A thousand pointers are
 * moved faster than anything cleverer is read.
 *
 * The slowest of one route are looked for on all shelves: a route that is quick
 * has none among the slowest of all. */
#include "proxy/history.h"

#include <stdlib.h>
#include <string.h>

#include "core/race_copy.h"
#include "core/race_filter.h"
#include "io/clock.h"

enum {
  TAPE_BYTES = 128 * 1024,
  SHELF_MAX = 1024, /* races */
  SLOWEST_MAX = 200,
  LATEST_BYTES = 1024 * 1024,
  OTHER_BYTES = 256 * 1024,
  MEMORY_US = 15 * 60 * 1000 * 1000,
};

const char *const history_kind_names[HISTORY_KINDS] = {
    [HISTORY_LATEST] = "latest",
    [HISTORY_SLOWEST] = "slowest",
    [HISTORY_RESCUED] = "rescued",
    [HISTORY_FAILED] = "failed",
};

struct shelf {
  struct kept *races[SHELF_MAX]; /* the first is the next to go */
  unsigned count;
  size_t bytes;
};

struct history {
  struct tape_wishes wishes;
  int64_t watched_us; /* 0: nobody watches */
  uint64_t seq;
  struct shelf shelves[HISTORY_KINDS];
  unsigned workers;
  struct tape tapes[];
};

/* ---- shelves ---- */

static size_t size_of(const struct kept *race) {
  return sizeof *race + race->copy.len;
}

static void take_off(struct shelf *shelf, unsigned place) {
  struct kept *race = shelf->races[place];
  shelf->count--;
  memmove(&shelf->races[place], &shelf->races[place + 1],
          (shelf->count - place) * sizeof *shelf->races);
  shelf->bytes -= size_of(race);
  free(race);
}

static struct kept *kept_new(const struct kept *from) {
  struct kept *race = malloc(size_of(from));
  if (!race) return NULL;
  *race = *from;
  race->copy.at = memcpy(race + 1, from->copy.at, from->copy.len);
  return race;
}

/* Without memory it is not kept there. */
static void put_on(struct shelf *shelf, unsigned place,
                   const struct kept *from) {
  struct kept *race = kept_new(from);
  if (!race) return;
  memmove(&shelf->races[place + 1], &shelf->races[place],
          (shelf->count - place) * sizeof *shelf->races);
  shelf->races[place] = race;
  shelf->count++;
  shelf->bytes += size_of(race);
}

/* Makes room for one more. */
static void clear_room(struct shelf *shelf, unsigned most, size_t bytes,
                       size_t more) {
  while (shelf->count > 0 &&
         (shelf->count >= most || shelf->bytes + more > bytes))
    take_off(shelf, 0);
}

static void remember(struct history *history, enum history_kind kind,
                     const struct kept *race) {
  struct shelf *shelf = &history->shelves[kind];
  clear_room(shelf, SHELF_MAX,
             kind == HISTORY_LATEST ? LATEST_BYTES : OTHER_BYTES,
             size_of(race));
  put_on(shelf, shelf->count, race);
}

/* ---- the slowest ---- */

static void forget_old(struct history *history, int64_t now_us) {
  struct shelf *shelf = &history->shelves[HISTORY_SLOWEST];
  for (unsigned i = shelf->count; i-- > 0;)
    if (now_us - shelf->races[i]->end_us > MEMORY_US) take_off(shelf, i);
}

static bool is_full(const struct shelf *shelf) {
  return shelf->count == SLOWEST_MAX;
}

static void remember_slow(struct history *history, const struct kept *race) {
  struct shelf *shelf = &history->shelves[HISTORY_SLOWEST];
  if (is_full(shelf) && race->took_us <= shelf->races[0]->took_us) return;
  clear_room(shelf, SLOWEST_MAX, OTHER_BYTES, size_of(race));
  unsigned place = shelf->count;
  while (place > 0 && shelf->races[place - 1]->took_us > race->took_us) place--;
  put_on(shelf, place, race);
}

/* What takes longer is for the tapes to bring. */
static void publish_wishes(struct history *history) {
  const struct shelf *shelf = &history->shelves[HISTORY_SLOWEST];
  int64_t slow_us = is_full(shelf) ? shelf->races[0]->took_us : 0;
  if (history->watched_us > 0 && history->watched_us - 1 < slow_us)
    slow_us = history->watched_us - 1;
  relaxed_store(&history->wishes.slow_us, slow_us);
}

void history_watch(struct history *history, int64_t slow_us) {
  history->watched_us = slow_us;
  publish_wishes(history);
}

/* ---- from the tapes ---- */

static struct kept *copy_of(const struct race_record *record,
                            struct slice bytes) {
  static const struct race_filter failed = {.failed = true};
  const struct kept race = {.took_us = record->end_us - record->start_us,
                            .end_us = record->end_us,
                            .rescued = record->rescued != RESCUE_NONE,
                            .failed = race_filter_takes(&failed, record),
                            .copy = bytes};
  return kept_new(&race);
}

static void keep(struct history *history, const struct kept *race) {
  remember(history, HISTORY_LATEST, race);
  remember_slow(history, race);
  if (race->rescued) remember(history, HISTORY_RESCUED, race);
  if (race->failed) remember(history, HISTORY_FAILED, race);
}

static struct kept *take_race(const struct tape *tape) {
  char bytes[RACE_COPY_BYTES];
  struct race_copy copy;
  struct kept *race = NULL;
  size_t len;
  while (!race && (len = ring_take(tape->ring, bytes, sizeof bytes))) {
    const struct slice taken = {bytes, len};
    if (race_copy_read(&copy, taken)) race = copy_of(&copy.race, taken);
  }
  return race;
}

/* A tape is in order, so the place of a race is behind that of the one before
 * it. */
static void merge_tape(const struct tape *tape, struct kept **at) {
  struct kept *race;
  while ((race = take_race(tape))) {
    while (*at && (*at)->end_us <= race->end_us) at = &(*at)->next;
    race->next = *at;
    *at = race;
    at = &race->next;
  }
}

void history_collect(struct history *history, int64_t now_us,
                     void (*on_race)(void *arg, const struct kept *race),
                     void *arg) {
  struct kept *first = NULL, *race;
  forget_old(history, now_us);
  for (unsigned i = 0; i < history->workers; i++)
    merge_tape(&history->tapes[i], &first);
  while ((race = first)) {
    first = race->next;
    race->seq = ++history->seq;
    keep(history, race);
    if (on_race) on_race(arg, race);
    free(race);
  }
  publish_wishes(history);
}

uint64_t history_left_out(const struct history *history, bool remarkable) {
  const struct tape *tapes = history->tapes;
  uint64_t sum =
      tally_sum(&tapes->left_out[true], sizeof *tapes, history->workers);
  if (remarkable) return sum;
  return sum +
         tally_sum(&tapes->left_out[false], sizeof *tapes, history->workers);
}

/* ---- looking ---- */

static bool is_of_route(const struct kept *race, struct slice route) {
  struct race_copy copy;
  if (route.len == 0) return true;
  return race_copy_read(&copy, race->copy) &&
         slice_equal(copy.race.route, route);
}

/* From the last of the shelf back to the first. */
static unsigned list_shelf(const struct shelf *shelf, struct slice route,
                           unsigned limit, const struct kept *found[]) {
  unsigned count = 0;
  for (unsigned i = shelf->count; i-- > 0 && count < limit;)
    if (is_of_route(shelf->races[i], route)) found[count++] = shelf->races[i];
  return count;
}

/* Its place among those that were found, the slowest first; UINT32_MAX where it
 * is there already. */
static unsigned place_among(const struct kept *found[], unsigned count,
                            const struct kept *race) {
  unsigned place = 0;
  while (place < count && found[place]->took_us >= race->took_us)
    if (found[place++]->seq == race->seq) return UINT32_MAX;
  return place;
}

static unsigned list_slowest_of(const struct history *history,
                                struct slice route, unsigned limit,
                                const struct kept *found[]) {
  unsigned count = 0;
  for (unsigned k = 0; k < HISTORY_KINDS; k++) {
    const struct shelf *shelf = &history->shelves[k];
    for (unsigned i = 0; i < shelf->count; i++) {
      unsigned place = place_among(found, count, shelf->races[i]);
      if (place >= limit || !is_of_route(shelf->races[i], route)) continue;
      if (count < limit) count++;
      memmove(&found[place + 1], &found[place],
              (count - 1 - place) * sizeof *found);
      found[place] = shelf->races[i];
    }
  }
  return count;
}

unsigned history_list(const struct history *history, enum history_kind kind,
                      struct slice route, unsigned limit,
                      const struct kept *found[]) {
  if (kind == HISTORY_SLOWEST && route.len > 0)
    return list_slowest_of(history, route, limit, found);
  return list_shelf(&history->shelves[kind], route, limit, found);
}

static bool has_id(const struct kept *race, struct slice id) {
  struct race_copy copy;
  return race_copy_read(&copy, race->copy) && slice_equal(copy.race.id, id);
}

const struct kept *history_find(const struct history *history,
                                struct slice id) {
  const struct kept *found = NULL;
  for (unsigned k = 0; k < HISTORY_KINDS; k++) {
    const struct shelf *shelf = &history->shelves[k];
    for (unsigned i = shelf->count; i-- > 0;)
      if ((!found || shelf->races[i]->seq > found->seq) &&
          has_id(shelf->races[i], id))
        found = shelf->races[i];
  }
  return found;
}

size_t history_bytes(const struct history *history) {
  size_t bytes = 0;
  for (unsigned k = 0; k < HISTORY_KINDS; k++)
    bytes += history->shelves[k].bytes;
  return bytes;
}

/* ---- life ---- */

static bool make_tape(struct history *history) {
  struct tape *tape = &history->tapes[history->workers];
  tape->wishes = &history->wishes;
  tape->ring = ring_new(TAPE_BYTES);
  history->workers += tape->ring != NULL;
  return tape->ring != NULL;
}

struct history *history_new(unsigned workers) {
  const size_t size = sizeof(struct history) + workers * sizeof(struct tape);
  struct history *history = aligned_alloc(_Alignof(struct history), size);
  if (!history) return NULL;
  memset(history, 0, size);
  while (history->workers < workers && make_tape(history)) continue;
  if (history->workers == workers) return history;
  history_free(history);
  return NULL;
}

struct tape *history_tape(struct history *history, unsigned worker) {
  return &history->tapes[worker];
}

void history_free(struct history *history) {
  if (!history) return;
  for (unsigned k = 0; k < HISTORY_KINDS; k++)
    while (history->shelves[k].count > 0)
      take_off(&history->shelves[k], history->shelves[k].count - 1);
  for (unsigned i = 0; i < history->workers; i++)
    ring_free(history->tapes[i].ring);
  free(history);
}

/* demo_tell: the story that the demo tells, from what its load has seen.
 *
 * Figures and pictures are tools/demo_report's; here is which requests they
 * show, and the words around them. The story has three parts: what was gained
 * (the table), how (one rescue), and what it costs and cannot do. The last is
 * not optional. If the run brought no failure, one is made: a request id is
 * looked for whose draws all fail, and the reader is told that it was chosen.
 *
 * Waterfalls are drawn from the Server-Timing field of the answer, as a user
 * could. Of a failed race the client keeps no answer, so its attempts are told
 * from the mock's draws, which are known beforehand. */
#include "tools/demo_tell.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/text.h"
#include "tools/demo_report.h"

enum { PAGE_BYTES = 4096, SEARCH = 1000 * 1000, ATTEMPTS = 1 + DEMO_HEDGES };

static const char *const way_names[DEMO_WAYS] = {"straight", "hedgerow"};
static const char *const attempt_names[ATTEMPTS] = {"primary", "hedge 1",
                                                    "hedge 2"};

static void print(const struct text *text) {
  (void)fwrite(text->at, 1, text->len, stdout);
}

/* ---- the table ---- */

static int ascending(const void *a, const void *b) {
  const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return (x > y) - (x < y);
}

/* took_us has room for the times of all. */
static struct demo_row row_of(const struct demo_load *load, enum demo_way way,
                              int64_t *took_us) {
  struct demo_row row = {.name = way_names[way]};
  for (size_t i = 0; i < demo_load_count(load); i++) {
    const struct demo_result *result = &demo_load_pair(load, i)->results[way];
    row.asked++;
    row.upstream_requests += result->attempts;
    if (result->good) took_us[row.good++] = result->took_us;
  }
  qsort(took_us, row.good, sizeof *took_us, ascending);
  row.p50_us = demo_report_percentile(took_us, row.good, 50);
  row.p95_us = demo_report_percentile(took_us, row.good, 95);
  row.p99_us = demo_report_percentile(took_us, row.good, 99);
  return row;
}

static void tell_sums(const struct demo_row *straight,
                      const struct demo_row *hedged) {
  (void)printf(
      "\n  Of %u requests %u failed straight, and %u through hedgerow.\n"
      "  The price: %lld more requests to the upstream. Times are of good\n"
      "  answers, from when each was due.\n",
      straight->asked, straight->asked - straight->good,
      hedged->asked - hedged->good,
      (long long)(hedged->upstream_requests - straight->upstream_requests));
}

void demo_tell_table(const struct demo_story *story) {
  char storage[PAGE_BYTES];
  struct text page = TEXT_ON(storage);
  struct demo_row rows[DEMO_WAYS];
  int64_t *took_us = calloc(demo_load_count(story->load), sizeof *took_us);
  if (!took_us) return;
  for (unsigned way = 0; way < DEMO_WAYS; way++)
    rows[way] = row_of(story->load, way, took_us);
  free(took_us);
  demo_report_table(&page, rows, DEMO_WAYS);
  print(&page);
  tell_sums(&rows[DEMO_STRAIGHT], &rows[DEMO_HEDGED]);
}

/* ---- the rescue ---- */

static bool is_rescue(const struct demo_pair *pair) {
  const struct demo_result *straight = &pair->results[DEMO_STRAIGHT];
  const struct demo_result *hedged = &pair->results[DEMO_HEDGED];
  return hedged->good && hedged->timing && hedged->winner <= DEMO_HEDGES &&
         (!straight->good || straight->took_us > hedged->took_us);
}

static const struct demo_pair *slowest_rescue(const struct demo_load *load) {
  const struct demo_pair *slowest = NULL;
  for (size_t i = 0; i < demo_load_count(load); i++) {
    const struct demo_pair *pair = demo_load_pair(load, i);
    if (is_rescue(pair) &&
        (!slowest || pair->results[DEMO_HEDGED].took_us >
                         slowest->results[DEMO_HEDGED].took_us))
      slowest = pair;
  }
  return slowest;
}

static const char *note_for(struct slice result) {
  static const struct {
    const char *name, *note;
  } notes[] = {{"success", "won"},         {"status", "error status"},
               {"bad_json", "not JSON"},   {"transport", "cut short"},
               {"cancelled", "cancelled"}, {"timeout", "out of time"},
               {"refused", "not started"}};
  for (size_t i = 0; i < sizeof notes / sizeof notes[0]; i++)
    if (slice_equal(result, slice_of(notes[i].name))) return notes[i].note;
  return "ended";
}

static struct demo_bar straight_bar(const struct demo_result *result) {
  const char *name = attempt_result_name(result->end.result);
  struct demo_bar bar = {way_names[DEMO_STRAIGHT], 0, result->took_us,
                         DEMO_FAILED, note_for(slice_of(name))};
  if (result->end.result == ATTEMPT_TIMEOUT) bar.note = "given up";
  if (result->good) bar.note = "answered";
  if (result->good) bar.mark = DEMO_CANCELLED;
  return bar;
}

static struct demo_bar attempt_bar(const struct demo_timing *timing,
                                   const char *label) {
  enum demo_mark mark = DEMO_FAILED;
  if (slice_equal(timing->result, slice_of("success"))) mark = DEMO_WON;
  if (slice_equal(timing->result, slice_of("cancelled"))) mark = DEMO_CANCELLED;
  return (struct demo_bar){label, timing->start_us, timing->end_us, mark,
                           note_for(timing->result)};
}

static void draw(const struct demo_pair *pair) {
  char storage[PAGE_BYTES];
  struct text page = TEXT_ON(storage);
  struct demo_timing timings[ATTEMPTS];
  struct demo_bar bars[1 + ATTEMPTS];
  size_t count = demo_report_timings(
      timings, ATTEMPTS, slice_of(pair->results[DEMO_HEDGED].timing));
  bars[0] = straight_bar(&pair->results[DEMO_STRAIGHT]);
  for (size_t i = 0; i < count && i < ATTEMPTS; i++)
    bars[1 + i] = attempt_bar(&timings[i], attempt_names[i]);
  demo_report_waterfall(&page, bars, 1 + count);
  print(&page);
}

static void tell_rescue(const struct demo_result *straight,
                        const struct demo_result *hedged) {
  long long straight_ms = straight->took_us / 1000;
  if (straight->good)
    (void)printf("\n  Straight: an answer after %lld ms.", straight_ms);
  else if (straight->end.result == ATTEMPT_TIMEOUT)
    (void)printf("\n  Straight: no answer within 2 s.");
  else (void)printf("\n  Straight: a failure after %lld ms.", straight_ms);
  (void)printf(" Through hedgerow: a good answer after %lld ms.\n",
               (long long)(hedged->took_us / 1000));
}

void demo_tell_rescue(const struct demo_story *story) {
  char id[DEMO_ID_BYTES];
  const struct demo_pair *pair = slowest_rescue(story->load);
  if (!pair) {
    (void)printf("\nNo request needed a hedge to be saved, this time.\n");
    return;
  }
  (void)printf("\nThe slowest rescue, request %s\n\n",
               demo_load_id(id, story->seed, pair->number));
  draw(pair);
  tell_rescue(&pair->results[DEMO_STRAIGHT], &pair->results[DEMO_HEDGED]);
}

/* ---- the failure ---- */

static struct faults_draw draw_of(const struct demo_story *story,
                                  uint64_t number, unsigned attempt) {
  char id[DEMO_ID_BYTES], digit[2] = {(char)('0' + attempt), '\0'};
  demo_load_id(id, story->seed, number);
  return faults_draw(story->faults, story->seed,
                     faults_key(slice_of(id), slice_of(digit)));
}

size_t demo_tell_find_failure(const struct demo_load *load) {
  size_t at = 0;
  while (at < demo_load_count(load) &&
         demo_load_pair(load, at)->results[DEMO_HEDGED].good)
    at++;
  return at;
}

static bool fails_soon(const struct faults_draw *draw) {
  return draw->fault != FAULT_NONE && draw->fault != FAULT_HANG &&
         draw->delay_us <= 500 * 1000;
}

bool demo_tell_choose_failure(const struct demo_story *story,
                              uint64_t *number) {
  uint64_t first = demo_load_count(story->load);
  for (*number = first; *number < first + SEARCH; ++*number) {
    unsigned failed = 0;
    while (failed < ATTEMPTS) {
      struct faults_draw draw = draw_of(story, *number, failed);
      if (!fails_soon(&draw)) break;
      failed++;
    }
    if (failed == ATTEMPTS) return true;
  }
  return false;
}

static void tell_draw(const struct faults_draw *draw) {
  long long ms = draw->delay_us / 1000;
  switch (draw->fault) {
    case FAULT_STATUS:
      (void)printf("status %d after %lld ms\n", draw->status, ms);
      break;
    case FAULT_HTML:
      (void)printf("200 with an HTML page after %lld ms\n", ms);
      break;
    case FAULT_TRUNCATE:
      (void)printf("200 with half a body after %lld ms\n", ms);
      break;
    case FAULT_NONE: (void)printf("a good answer after %lld ms\n", ms); break;
    default: (void)printf("nothing at all (%s)\n", fault_name(draw->fault));
  }
}

static void tell_result(const char *name, const struct demo_result *result) {
  const char *what = attempt_result_name(result->end.result);
  (void)printf("  %-10s", name);
  if (result->good) (void)printf("a good answer");
  else if (result->end.result == ATTEMPT_TIMEOUT) (void)printf("given up");
  else if (result->end.result == ATTEMPT_STATUS)
    (void)printf("status %d", result->end.status);
  else (void)printf("%s", note_for(slice_of(what)));
  (void)printf(" after %lld ms\n", (long long)(result->took_us / 1000));
}

void demo_tell_failure(const struct demo_story *story, size_t at) {
  char id[DEMO_ID_BYTES];
  const struct demo_pair *pair = demo_load_pair(story->load, at);
  bool chosen = at == demo_load_count(story->load);
  if (!pair->results[DEMO_HEDGED].done) return; /* none could be chosen */
  demo_load_id(id, story->seed, pair->number);
  (void)printf("\nWhat hedging cannot save, request %s\n\n", id);
  if (chosen)
    (void)printf("  The run had none. This one was chosen, because the "
                 "upstream fails all of\n  its attempts, and was asked "
                 "afterwards:\n\n");
  for (unsigned i = 0; i < ATTEMPTS; i++) {
    struct faults_draw draw = draw_of(story, pair->number, i);
    (void)printf("  %-10s", attempt_names[i]);
    tell_draw(&draw);
  }
  (void)printf("\n");
  tell_result(way_names[DEMO_STRAIGHT], &pair->results[DEMO_STRAIGHT]);
  tell_result(way_names[DEMO_HEDGED], &pair->results[DEMO_HEDGED]);
  (void)printf("\n  Hedging beats bad luck. Where an upstream is down or full, "
               "every attempt\n  fails, and the extra ones only add to its "
               "load.\n");
}

/* tap_line: a race on one line, so that it can be read as it scrolls by, and
 * searched by grep.
 *
 * All attempts of a race share one bar. Marks are put on it in the order of
 * what a reader looks for: who won, what failed, what started, what was
 * cancelled; each takes the first column of its attempt that is still free. So
 * a primary that failed at once leaves the `!`, and the hedge that it brought
 * stands beside it.
 *
 * The bar's length is the race's own time, which stands before it in figures:
 * on an axis that all lines shared, one slow race would make the others dots.
 *
 * On a narrow terminal the time is left out, and the bar stays.
 *
 * Where no terminal takes the line nothing is cut, and the request's ID stands
 * at the end, to be looked up. */
#include "tools/tap_line.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "tools/json_view.h"

enum {
  BAR_MIN = 12,
  BAR_USUAL = 20, /* at 80 columns */
  BAR_MAX = 60,
  CLOCK_COLUMNS = 13, /* the time, and a blank */
  BEFORE_BAR = 26,
  NARROW = 50,
  ID_COLUMNS = 120, /* from here on there is room for an ID */
  ROUTE_MAX = 24,
  MS_MAX = 1000000000,
  TEXT_MAX = 200, /* what a peer may fill of a line that is not cut */
};

/* ---- the race ---- */

struct bar {
  double start, end;
  char number, mark;
};

struct race {
  struct slice json, attempts;
  double ms;
  unsigned count; /* of bars */
  struct bar bars[TAP_ATTEMPTS_MAX];
};

static bool is(struct slice text, const char *words) {
  return slice_equal(text, slice_of(words));
}

/* Of /all, where each item may succeed, nobody wins. */
static char mark_of(struct slice attempt, bool won) {
  struct slice result = json_view_string(attempt, "/result");
  if (won || is(result, "success")) return '#';
  return is(result, "cancelled") ? 'x' : '!';
}

static bool was_refused(struct slice attempt) {
  return is(json_view_string(attempt, "/result"), "refused");
}

/* Its place among the attempts is its number, where it does not say it. */
static void add_bar(struct race *race, struct slice attempt, unsigned place) {
  double start = json_view_number(attempt, "/start");
  double end = json_view_number(attempt, "/end");
  double number = json_view_number(attempt, "/number");
  double winner = json_view_number(race->json, "/winner");
  if (was_refused(attempt) || !(start >= 0 && end >= start && end < MS_MAX))
    return;
  if (!(number >= 0 && number < TAP_ATTEMPTS_MAX)) number = place;
  race->bars[race->count++] = (struct bar){
      start, end, "0123456789abcdef+"[number < 16 ? (int)number : 16],
      mark_of(attempt, number == winner)};
  if (end > race->ms) race->ms = end;
}

static struct race read_race(struct slice json) {
  struct race race = {.json = json,
                      .attempts = json_view_part(json, "/attempts")};
  double ms = json_view_number(json, "/ms");
  if (ms > 0 && ms < MS_MAX) race.ms = ms;
  for (unsigned i = 0; i < TAP_ATTEMPTS_MAX; i++) {
    struct slice attempt = json_view_element(race.attempts, i);
    if (attempt.len == 0) break;
    add_bar(&race, attempt, i);
  }
  return race;
}

/* ---- its columns ---- */

static bool has_time(struct sheet_look look) {
  return look.columns == 0 || look.columns >= NARROW;
}

static unsigned before_bar(struct sheet_look look) {
  return has_time(look) ? BEFORE_BAR : BEFORE_BAR - CLOCK_COLUMNS;
}

/* What a narrow one leaves between the bar's two ends. */
static unsigned bar_left(struct sheet_look look) {
  const unsigned taken = before_bar(look) + 2;
  return look.columns > taken ? look.columns - taken : 1;
}

static unsigned bar_width(struct sheet_look look) {
  if (look.columns == 0) return BAR_USUAL + 10;
  if (bar_left(look) < BAR_MIN) return bar_left(look);
  if (look.columns < 80) return look.columns < 70 ? BAR_MIN : BAR_USUAL - 4;
  unsigned width = BAR_USUAL + (look.columns - 80) / 3;
  return width < BAR_MAX ? width : BAR_MAX;
}

/* ---- its bar ---- */

struct drawing {
  unsigned width;
  double ms;
  char marks[BAR_MAX]; /* 0: none */
  unsigned char in_flight[BAR_MAX];
};

/* Moments fall between columns, so that what starts when another ends begins
 * behind it. */
static unsigned edge(const struct drawing *drawing, double moment) {
  return (unsigned)(moment / drawing->ms * drawing->width + 0.5);
}

static unsigned first_column(const struct drawing *drawing,
                             const struct bar *bar) {
  unsigned first = edge(drawing, bar->start);
  return first < drawing->width ? first : drawing->width - 1;
}

static unsigned last_column(const struct drawing *drawing,
                            const struct bar *bar) {
  unsigned first = first_column(drawing, bar), end = edge(drawing, bar->end);
  return end > first + 1 ? end - 1 : first;
}

static void draw_flight(struct drawing *drawing, const struct bar *bar) {
  unsigned last = last_column(drawing, bar);
  for (unsigned c = first_column(drawing, bar); c <= last; c++)
    drawing->in_flight[c]++;
}

static void draw_start(struct drawing *drawing, const struct bar *bar) {
  unsigned last = last_column(drawing, bar), c = first_column(drawing, bar);
  while (c < last && drawing->marks[c]) c++;
  if (!drawing->marks[c]) drawing->marks[c] = bar->number;
}

static void draw_end(struct drawing *drawing, const struct bar *bar) {
  unsigned last = last_column(drawing, bar);
  if (!drawing->marks[last]) drawing->marks[last] = bar->mark;
}

static void draw_ends(struct drawing *drawing, const struct race *race,
                      char mark) {
  for (unsigned i = 0; i < race->count; i++)
    if (race->bars[i].mark == mark) draw_end(drawing, &race->bars[i]);
}

static void draw(struct drawing *drawing, const struct race *race) {
  for (unsigned i = 0; i < race->count; i++)
    draw_flight(drawing, &race->bars[i]);
  draw_ends(drawing, race, '#');
  draw_ends(drawing, race, '!');
  for (unsigned i = 0; i < race->count; i++)
    draw_start(drawing, &race->bars[i]);
  draw_ends(drawing, race, 'x');
}

static enum sheet_style style_of(char mark) {
  if (mark == '#') return SHEET_GOOD;
  if (mark == '!') return SHEET_BAD;
  return mark == 'x' ? SHEET_DIM : SHEET_PLAIN;
}

static void add_drawing(struct sheet *sheet, const struct drawing *drawing) {
  sheet_char(sheet, '|');
  for (unsigned c = 0; c < drawing->width; c++) {
    char mark = drawing->marks[c];
    if (!mark)
      mark = " -="[drawing->in_flight[c] < 2 ? drawing->in_flight[c] : 2];
    sheet_style(sheet, style_of(mark));
    sheet_char(sheet, mark);
  }
  sheet_style(sheet, SHEET_PLAIN);
  sheet_char(sheet, '|');
}

static void add_bars(struct sheet *sheet, const struct race *race) {
  struct drawing drawing = {.width = bar_width(sheet->look), .ms = race->ms};
  if (race->ms > 0) draw(&drawing, race);
  add_drawing(sheet, &drawing);
}

/* ---- what came of it ---- */

/* "status 500", "refused budget", "timeout". */
static void add_result(struct sheet *sheet, struct slice attempt) {
  struct slice result = json_view_string(attempt, "/result");
  double status = json_view_number(attempt, "/status");
  sheet_json(sheet, result, ROUTE_MAX);
  if (is(result, "status") && status > 0) sheet_format(sheet, " %.0f", status);
  if (!was_refused(attempt)) return;
  sheet_char(sheet, ' ');
  sheet_json(sheet, json_view_string(attempt, "/refused_by"), ROUTE_MAX);
}

static bool ended_alike(struct slice a, struct slice b) {
  static const char *const members[] = {"/result", "/refused_by"};
  double status[] = {json_view_number(a, "/status"),
                     json_view_number(b, "/status")};
  for (unsigned i = 0; i < 2; i++)
    if (!slice_equal(json_view_string(a, members[i]),
                     json_view_string(b, members[i])))
      return false;
  return status[0] == status[1] || (isnan(status[0]) && isnan(status[1]));
}

/* "status 500 x 2, timeout". */
static void add_results(struct sheet *sheet, const struct race *race) {
  const char *before = ": ";
  for (unsigned i = 0, alike; i < TAP_ATTEMPTS_MAX; i += alike) {
    struct slice attempt = json_view_element(race->attempts, i), next;
    if (attempt.len == 0) return;
    alike = 1;
    while ((next = json_view_element(race->attempts, i + alike)).len > 0 &&
           ended_alike(attempt, next))
      alike++;
    sheet_str(sheet, before);
    add_result(sheet, attempt);
    if (alike > 1) sheet_format(sheet, " x %u", alike);
    before = ", ";
  }
}

static void add_rescue(struct sheet *sheet, const struct race *race,
                       struct slice rescued) {
  double saved_ms = json_view_number(race->json, "/saved_ms");
  sheet_style(sheet, SHEET_GOOD);
  sheet_str(sheet, " rescued, ");
  if (is(rescued, "failed"))
    add_result(sheet, json_view_element(race->attempts, 0));
  else if (saved_ms > 0) sheet_format(sheet, ">%.0f ms saved", floor(saved_ms));
  else sheet_str(sheet, "slow");
}

/* A hedge that did not start is what the reader of a slow race asks for. */
static void add_refused(struct sheet *sheet, const struct race *race) {
  for (unsigned i = 1; i < TAP_ATTEMPTS_MAX; i++) {
    struct slice attempt = json_view_element(race->attempts, i);
    if (attempt.len == 0) return;
    if (!was_refused(attempt)) continue;
    sheet_style(sheet, SHEET_DIM);
    sheet_char(sheet, ' ');
    add_result(sheet, attempt);
    return;
  }
}

static void add_verdict(struct sheet *sheet, const struct race *race) {
  struct slice outcome = json_view_string(race->json, "/outcome");
  struct slice rescued = json_view_string(race->json, "/rescued");
  if (rescued.len > 0) add_rescue(sheet, race, rescued);
  else if (is(outcome, "success")) add_refused(sheet, race);
  else {
    sheet_style(sheet, is(outcome, "own") || is(outcome, "gathered")
                           ? SHEET_DIM
                           : SHEET_BAD);
    if (outcome.len > 0) sheet_char(sheet, ' ');
    sheet_json(sheet, outcome, ROUTE_MAX);
    if (is(outcome, "failed")) add_results(sheet, race);
  }
  sheet_style(sheet, SHEET_PLAIN);
}

/* ---- the line ---- */

/* "2026-11-30T13:20:01.123Z" -> "13:20:01.123". */
static void add_time(struct sheet *sheet, struct slice time) {
  enum { DATE = sizeof "2026-11-30T" - 1, CLOCK = sizeof "13:20:01.123" - 1 };
  if (time.len >= DATE + CLOCK) time = (struct slice){time.at + DATE, CLOCK};
  sheet_json(sheet, time, CLOCK);
  sheet_tab(sheet, CLOCK_COLUMNS);
}

static void add_status(struct sheet *sheet, double status) {
  bool good = status >= 200 && status < 400;
  bool none = !(status > 0 && status < 1000);
  sheet_style(sheet, good || none ? SHEET_PLAIN : SHEET_BAD);
  sheet_number(sheet, 3, 0, none ? NAN : status);
  sheet_style(sheet, SHEET_PLAIN);
}

static unsigned text_max(struct sheet_look look, unsigned on_terminal) {
  return look.columns > 0 ? on_terminal : TEXT_MAX;
}

void tap_line_race(struct text *out, struct sheet_look look,
                   struct slice json) {
  struct sheet sheet = sheet_on(out, look);
  struct race race = read_race(json);
  if (has_time(look)) add_time(&sheet, json_view_string(json, "/time"));
  add_status(&sheet, json_view_number(json, "/status"));
  sheet_char(&sheet, ' ');
  double ms = json_view_number(json, "/ms");
  sheet_number(&sheet, 8, 1, fabs(ms) < MS_MAX ? ms : NAN);
  sheet_tab(&sheet, before_bar(look));
  add_bars(&sheet, &race);
  sheet_char(&sheet, ' ');
  struct slice route = json_view_string(json, "/route");
  if (route.len == 0) sheet_char(&sheet, '-');
  sheet_json(&sheet, route, text_max(look, ROUTE_MAX));
  add_verdict(&sheet, &race);
  if (look.columns == 0 || look.columns >= ID_COLUMNS) {
    sheet_str(&sheet, "  ");
    sheet_json(&sheet, json_view_string(json, "/id"), TEXT_MAX);
  }
  sheet_end(&sheet);
}

void tap_line_heading(struct text *out, struct sheet_look look) {
  struct sheet sheet = sheet_on(out, look);
  sheet_style(&sheet, SHEET_DIM);
  if (has_time(look)) sheet_str(&sheet, "time (UTC)   ");
  sheet_str(&sheet, "status    ms");
  sheet_tab(&sheet, before_bar(look));
  sheet_str(&sheet, "|attempts");
  sheet_tab(&sheet, before_bar(look) + bar_width(look) + 1);
  sheet_str(&sheet, "| route, and what came of it");
  sheet_end(&sheet);
}

void tap_line_left_out(struct text *out, struct sheet_look look,
                       struct slice event) {
  struct sheet sheet = sheet_on(out, look);
  double count = json_view_number(event, "/left_out");
  sheet_style(&sheet, SHEET_DIM);
  if (has_time(look)) sheet_tab(&sheet, BEFORE_BAR);
  sheet_format(&sheet, "%.0f more are not shown", count > 0 ? count : 0.0);
  sheet_end(&sheet);
}

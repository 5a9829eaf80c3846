/* top_table: what an operator wants to see of all of hedgerow at once.
 *
 * From above: the whole process and its receipt, then the routes, which are
 * what clients see, then the upstreams with their targets, which are what goes
 * wrong. Each upstream ends with what its hedges may still cost and what was
 * refused.
 *
 * Counters run since the start; a rate is the difference to the state before,
 * over the time between the two. Where there is none, as in a single look, a
 * rate is a dash. */
#include "tools/top_table.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>

#include "core/gate.h"
#include "tools/json_view.h"

enum {
  ROWS_MAX = 4096, /* of anything; more is not looked for */
  ROUTE_MIN = 15,
  NAME_MAX = 40,
  FIGURES = 65, /* columns of the figures of a route */
  WIDE = 100,   /* from here on a route's upstream has a column */
  UPSTREAM = 16,
  TARGET_FIGURES = 41,
  STATE = 9,
};

struct table {
  struct sheet sheet;
  struct slice now, before;
  double seconds; /* between the two; NAN: there are no two */
};

/* ---- figures ---- */

static double rate_of(const struct table *table, struct slice now,
                      struct slice before, const char *pointer) {
  double count =
      json_view_number(now, pointer) - json_view_number(before, pointer);
  return count >= 0 ? count / table->seconds : NAN;
}

/* Between two states of one process there is some time. */
static double seconds_between(struct slice now, struct slice before) {
  double seconds = json_view_number(now, "/uptime_seconds") -
                   json_view_number(before, "/uptime_seconds");
  return seconds > 0 ? seconds : NAN;
}

static double percent_of(struct slice receipt) {
  return json_view_number(receipt, "/extra_percent");
}

/* "3 d 04 h", "1 h 02 m", "5 m 03 s", "0 m 12 s". */
static void add_age(struct sheet *sheet, double seconds) {
  static const struct {
    long long unit, part;
    char names[2];
  } rows[] = {{86400, 3600, "dh"}, {3600, 60, "hm"}, {60, 1, "ms"}};
  if (!(seconds >= 0 && seconds < 1e12)) seconds = 0;
  long long whole = (long long)seconds;
  unsigned i = 0;
  while (i < 2 && whole < rows[i].unit) i++;
  sheet_format(sheet, "%lld %c %02lld %c", whole / rows[i].unit,
               rows[i].names[0], whole % rows[i].unit / rows[i].part,
               rows[i].names[1]);
}

/* ---- the process ---- */

/* One of them loses the s at their end. */
static void add_count(struct sheet *sheet, double count, const char *what) {
  size_t len = strlen(what);
  if (isnan(count)) return;
  if (count == 1 && what[len - 1] == 's') len--;
  sheet_format(sheet, ", %.0f %.*s", count, (int)len, what);
}

static void add_title(struct table *table, const char *place) {
  struct sheet *sheet = &table->sheet;
  sheet_style(sheet, SHEET_BOLD);
  sheet_str(sheet, "hedgerow ");
  sheet_json(sheet, json_view_string(table->now, "/version"), NAME_MAX);
  sheet_style(sheet, SHEET_PLAIN);
  sheet_format(sheet, " at %s, up ", place);
  add_age(sheet, json_view_number(table->now, "/uptime_seconds"));
  add_count(sheet, json_view_number(table->now, "/workers"), "workers");
  sheet_str(sheet, ", configuration ");
  sheet_number(sheet, 1, 0, json_view_number(table->now, "/generation"));
  if (json_view_flag(table->now, "/draining")) {
    sheet_style(sheet, SHEET_WARN);
    sheet_str(sheet, ", draining");
  }
  sheet_end(sheet);
}

static void add_rates(struct table *table) {
  struct sheet *sheet = &table->sheet;
  sheet_str(sheet, "now: ");
  sheet_number(sheet, 1, 1,
               rate_of(table, table->now, table->before, "/receipt/requests"));
  sheet_str(sheet, " requests/s, ");
  sheet_number(sheet, 1, 1,
               rate_of(table, table->now, table->before, "/receipt/attempts"));
  sheet_str(sheet, " attempts/s");
  add_count(sheet, json_view_number(table->now, "/connections"), "connections");
  add_count(sheet, json_view_number(table->now, "/requests_in_flight"),
            "in flight");
  sheet_end(sheet);
}

/* The next piece of some words that fits in the columns, cut between two. */
static struct slice take_piece(struct slice *words, unsigned columns) {
  size_t len = words->len;
  if (columns > 0 && len > columns) {
    len = columns;
    while (len > 0 && words->at[len] != ' ') len--;
    if (len == 0) len = columns;
  }
  struct slice piece = {words->at, len};
  if (len < words->len && words->at[len] == ' ') len++;
  *words = slice_from(*words, len);
  return piece;
}

static void add_receipt(struct table *table) {
  char storage[512], piece_storage[512];
  struct text text = TEXT_ON(storage);
  struct sheet *sheet = &table->sheet;
  struct sheet plain = sheet_on(&text, (struct sheet_look){0});
  sheet_json_words(&plain, json_view_string(table->now, "/receipt/text"));
  struct slice words = text_slice_of(&text);
  while (words.len > 0) {
    struct slice piece = take_piece(&words, sheet->look.columns);
    snprintf(piece_storage, sizeof piece_storage, "%.*s", SLICE_ARG(piece));
    sheet_str(sheet, piece_storage);
    sheet_end(sheet);
  }
}

/* ---- routes ---- */

static bool is_wide(const struct table *table) {
  unsigned columns = table->sheet.look.columns;
  return columns == 0 || columns >= WIDE;
}

static unsigned route_columns(const struct table *table) {
  unsigned columns = table->sheet.look.columns;
  unsigned taken = FIGURES + (is_wide(table) ? UPSTREAM : 0);
  if (columns == 0 || columns > taken + NAME_MAX) return NAME_MAX;
  return columns > taken + ROUTE_MIN ? columns - taken : ROUTE_MIN;
}

static void add_heading(struct sheet *sheet, const char *words) {
  sheet_style(sheet, SHEET_BOLD);
  sheet_str(sheet, words);
}

static void add_route_heading(struct table *table) {
  struct sheet *sheet = &table->sheet;
  unsigned names = route_columns(table);
  add_heading(sheet, "ROUTE");
  sheet_tab(sheet, names);
  if (is_wide(table)) {
    sheet_str(sheet, "UPSTREAM");
    sheet_tab(sheet, names + UPSTREAM);
  }
  sheet_str(sheet, "   REQ/S   REQUESTS   EXTRA RESC.FAILED   SLOW    SAVED "
                   "HEDGE MS ");
  sheet_end(sheet);
}

/* The same route in the state before: a reload may have moved it. */
static struct slice route_before(const struct table *table, struct slice route,
                                 unsigned index) {
  struct slice routes = json_view_part(table->before, "/routes");
  struct slice before = json_view_element(routes, index);
  bool same = slice_equal(json_view_string(before, "/route"),
                          json_view_string(route, "/route"));
  return same ? before : (struct slice){0};
}

static void add_with_unit(struct sheet *sheet, unsigned width, int digits,
                          double number, const char *unit) {
  char words[64] = "-";
  if (fabs(number) < 1e15)
    snprintf(words, sizeof words, "%.*f%s", digits, number, unit);
  sheet_right(sheet, width, words);
}

static void add_route(struct table *table, struct slice route, unsigned index) {
  struct sheet *sheet = &table->sheet;
  struct slice receipt = json_view_part(route, "/receipt");
  struct slice before = route_before(table, route, index);
  unsigned names = route_columns(table);
  bool learned = json_view_flag(route, "/learned");
  sheet_json(sheet, json_view_string(route, "/route"), names - 1);
  sheet_tab(sheet, names);
  if (is_wide(table)) {
    sheet_json(sheet, json_view_string(route, "/upstream"), UPSTREAM - 1);
    sheet_tab(sheet, names + UPSTREAM);
  }
  sheet_number(sheet, 8, 1, rate_of(table, route, before, "/receipt/requests"));
  sheet_number(sheet, 11, 0, json_view_number(receipt, "/requests"));
  add_with_unit(sheet, 8, 1, percent_of(receipt), "%");
  sheet_number(sheet, 12, 0, json_view_number(receipt, "/rescued_failed"));
  sheet_number(sheet, 7, 0, json_view_number(receipt, "/rescued_slow"));
  add_with_unit(sheet, 9, 1, json_view_number(receipt, "/saved_seconds"), "s");
  add_with_unit(sheet, 10, 1, json_view_number(route, "/hedge_delay_ms"),
                learned ? "*" : " ");
  sheet_end(sheet);
}

static void add_routes(struct table *table) {
  struct slice routes = json_view_part(table->now, "/routes");
  bool learned = false;
  add_route_heading(table);
  for (unsigned i = 0; i < ROWS_MAX; i++) {
    struct slice route = json_view_element(routes, i);
    if (route.len == 0) break;
    add_route(table, route, i);
    learned = learned || json_view_flag(route, "/learned");
  }
  if (!learned) return;
  sheet_style(&table->sheet, SHEET_DIM);
  sheet_str(&table->sheet, "* learned");
  sheet_end(&table->sheet);
}

/* ---- upstreams ---- */

static unsigned target_columns(const struct table *table) {
  unsigned columns = table->sheet.look.columns;
  unsigned taken = TARGET_FIGURES + UPSTREAM;
  if (columns == 0 || columns > taken + NAME_MAX) return NAME_MAX;
  return columns > taken + ROUTE_MIN ? columns - taken : ROUTE_MIN;
}

static void add_upstream_heading(struct table *table) {
  struct sheet *sheet = &table->sheet;
  add_heading(sheet, "UPSTREAM");
  sheet_tab(sheet, UPSTREAM);
  sheet_str(sheet, "TARGET");
  sheet_tab(sheet, UPSTREAM + target_columns(table));
  sheet_str(sheet, "STATE      IN FLIGHT    P50 MS    P95 MS");
  sheet_end(sheet);
}

static void add_state(struct sheet *sheet, struct slice target) {
  struct slice state = json_view_string(target, "/state");
  bool up = slice_equal(state, slice_of("up"));
  bool ejected = slice_equal(state, slice_of("ejected"));
  sheet_style(sheet, ejected ? SHEET_BAD : up ? SHEET_PLAIN : SHEET_WARN);
  sheet_json(sheet, state, STATE - 1);
  sheet_style(sheet, SHEET_PLAIN);
}

static void add_target(struct table *table, struct slice name,
                       struct slice target) {
  struct sheet *sheet = &table->sheet;
  unsigned place = UPSTREAM + target_columns(table);
  sheet_json(sheet, name, UPSTREAM - 1);
  sheet_tab(sheet, UPSTREAM);
  sheet_format(sheet, "%.0f ", json_view_number(target, "/target"));
  sheet_json(sheet, json_view_string(target, "/host"),
             target_columns(table) - 4);
  sheet_tab(sheet, place);
  add_state(sheet, target);
  sheet_tab(sheet, place + STATE);
  sheet_number(sheet, 11, 0, json_view_number(target, "/in_flight"));
  sheet_number(sheet, 10, 1, json_view_number(target, "/p50_ms"));
  sheet_number(sheet, 10, 1, json_view_number(target, "/p95_ms"));
  sheet_end(sheet);
}

static void add_refused(struct sheet *sheet, struct slice upstream) {
  bool any = false;
  for (unsigned i = GATE_OPEN + 1; i < GATE_VERDICTS; i++) {
    char pointer[64];
    const char *name = gate_verdict_name((enum gate_verdict)i);
    snprintf(pointer, sizeof pointer, "/refused/%s", name);
    double count = json_view_number(upstream, pointer);
    if (!(count > 0)) continue;
    sheet_format(sheet, "%s %s %.0f", any ? "," : "  refused:", name, count);
    any = true;
  }
  if (!any) sheet_str(sheet, "  nothing was refused");
}

static void add_spending(struct table *table, struct slice upstream) {
  struct sheet *sheet = &table->sheet;
  sheet_style(sheet, SHEET_DIM);
  struct slice budget = json_view_part(upstream, "/budget");
  if (budget.len > 0) {
    sheet_str(sheet, "  budget: time ");
    sheet_number(sheet, 1, 0, json_view_number(budget, "/time"));
    sheet_str(sheet, ", failure ");
    sheet_number(sheet, 1, 0, json_view_number(budget, "/failure"));
    sheet_str(sheet, ", of ");
    sheet_number(sheet, 1, 0, json_view_number(budget, "/cap"));
  }
  add_refused(sheet, upstream);
  sheet_end(sheet);
}

static void add_upstream(struct table *table, struct slice upstream) {
  struct slice name = json_view_string(upstream, "/upstream");
  struct slice targets = json_view_part(upstream, "/targets");
  for (unsigned i = 0; i < ROWS_MAX; i++) {
    struct slice target = json_view_element(targets, i);
    if (target.len == 0) break;
    add_target(table, i == 0 ? name : (struct slice){0}, target);
  }
  add_spending(table, upstream);
}

static void add_upstreams(struct table *table) {
  struct slice upstreams = json_view_part(table->now, "/upstreams");
  add_upstream_heading(table);
  for (unsigned i = 0; i < ROWS_MAX; i++) {
    struct slice upstream = json_view_element(upstreams, i);
    if (upstream.len == 0) return;
    add_upstream(table, upstream);
  }
}

void top_table(struct text *out, struct sheet_look look, const char *place,
               struct slice now, struct slice before) {
  struct table table = {.sheet = sheet_on(out, look),
                        .now = now,
                        .before = before,
                        .seconds = seconds_between(now, before)};
  add_title(&table, place);
  add_receipt(&table);
  add_rates(&table);
  sheet_end(&table.sheet);
  add_routes(&table);
  sheet_end(&table.sheet);
  add_upstreams(&table);
}

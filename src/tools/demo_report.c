/* demo_report: the figures and pictures of `hedgerow demo`.
 *
 * Everything is ASCII, so that it looks the same on every terminal, in a CI log
 * and in a mail. A waterfall is
 *
 *               0       100     200     300     400 ms
 *               |-------|-------|-------|-------|
 *     primary   ===========================          cancelled at 340 ms
 *     hedge 1                           ####         won at 340 ms
 *
 * Percentiles are those of nearest rank: each is a time that a request really
 * took. They are of the good answers alone. That flatters the way that fails
 * more often, whose slow requests are left out as failures; a figure that
 * flattered hedging would be worth nothing.
 *
 * Who won, who failed and what to say about it is for tools/demo. */
#include "tools/demo_report.h"

#include <stdbool.h>
#include <stdio.h>

enum { LABEL = 12, AXIS = 40, STEPS_MAX = 5 };

int64_t demo_report_percentile(const int64_t *sorted, size_t count,
                               unsigned per_cent) {
  if (count == 0) return -1;
  size_t rank = (count * per_cent + 99) / 100;
  return sorted[rank > 0 ? rank - 1 : 0];
}

/* ---- the table ---- */

static const char table_head[] =
    "                 good                               upstream requests"
    "    extra\n"
    "              answers      p50      p95      p99          per request"
    "     load\n";

static void add_ms(struct text *out, int64_t us) {
  char cell[32];
  if (us < 0) snprintf(cell, sizeof cell, "%9s", "-");
  else snprintf(cell, sizeof cell, "%6lld ms", (long long)(us / 1000));
  text_str(out, cell);
}

/* Cut, not rounded: where one of 6,000 failed, it was not 100.0 %. */
static double share(unsigned good, unsigned asked) {
  if (asked == 0) return 0;
  uint64_t tenths = (uint64_t)good * 1000 / asked;
  return (double)tenths / 10;
}

static void add_row(struct text *out, const struct demo_row *row) {
  char cell[64];
  double asked = row->asked ? row->asked : 1;
  double each = (double)row->upstream_requests / asked;
  snprintf(cell, sizeof cell, "  %-10s %6.1f %%", row->name,
           share(row->good, row->asked));
  text_str(out, cell);
  add_ms(out, row->p50_us);
  add_ms(out, row->p95_us);
  add_ms(out, row->p99_us);
  snprintf(cell, sizeof cell, "%21.2f%7.1f %%\n", each,
           each > 0 ? (each - 1) * 100 : 0);
  text_str(out, cell);
}

void demo_report_table(struct text *out, const struct demo_row *rows,
                       size_t count) {
  text_str(out, table_head);
  for (size_t i = 0; i < count; i++) add_row(out, &rows[i]);
}

/* ---- Server-Timing ---- */

/* "12.3" -> 12300, as text_ms writes it; a huge one stops growing. */
static int64_t read_ms(struct slice text) {
  static const int64_t huge_us = INT64_C(1000000000000);
  int64_t us = 0, unit = 1000;
  bool fraction = false;
  for (size_t i = 0; i < text.len && us < huge_us; i++) {
    char c = text.at[i];
    if (c == '.') fraction = true;
    if (c < '0' || c > '9') continue;
    if (fraction) unit /= 10;
    us = fraction ? us + (c - '0') * unit : us * 10 + (c - '0') * unit;
  }
  return us;
}

static bool read_member(struct demo_timing *timing, struct slice member) {
  while (member.len > 0 && member.at[0] == ' ') member = slice_from(member, 1);
  if (!slice_starts_with(member, slice_of("attempt-"))) return false;
  int64_t start_us = -1, dur_us = -1;
  timing->result = (struct slice){NULL, 0};
  (void)slice_take(&member, ';');
  while (member.len > 0) {
    struct slice value = slice_take(&member, ';');
    struct slice name = slice_take(&value, '=');
    if (slice_equal(name, slice_of("start"))) start_us = read_ms(value);
    else if (slice_equal(name, slice_of("dur"))) dur_us = read_ms(value);
    else if (slice_equal(name, slice_of("desc"))) timing->result = value;
  }
  timing->start_us = start_us;
  timing->end_us = start_us + dur_us;
  return start_us >= 0 && dur_us >= 0 && timing->result.len > 0;
}

size_t demo_report_timings(struct demo_timing *timings, size_t cap,
                           struct slice value) {
  size_t count = 0;
  while (value.len > 0 && count < cap)
    if (read_member(&timings[count], slice_take(&value, ','))) count++;
  return count;
}

/* ---- the waterfall ---- */

struct axis {
  int64_t step_ms, span_ms;
  unsigned steps;
};

/* Steps of 1, 2 or 5 times a power of ten, as few as cover end_ms. Two per cent
 * more are drawn to the last tick: 2001 ms need no axis to 2500. */
static struct axis axis_for(int64_t end_ms) {
  static const int64_t factors[] = {1, 2, 5};
  struct axis axis = {0};
  end_ms -= end_ms / 50;
  if (end_ms < 1) end_ms = 1;
  for (int64_t power = 1; axis.step_ms == 0; power *= 10)
    for (int i = 0; i < 3 && axis.step_ms == 0; i++)
      if (factors[i] * power * STEPS_MAX >= end_ms)
        axis.step_ms = factors[i] * power;
  axis.steps = (unsigned)((end_ms + axis.step_ms - 1) / axis.step_ms);
  axis.span_ms = axis.step_ms * axis.steps;
  return axis;
}

static void pad(struct text *out, size_t line, size_t column) {
  while (out->len < line + column && !out->cut) text_char(out, ' ');
}

static void add_axis(struct text *out, const struct axis *axis) {
  size_t line = out->len;
  for (unsigned i = 0; i <= axis->steps; i++) {
    pad(out, line, LABEL + i * AXIS / axis->steps);
    text_int(out, i * axis->step_ms);
  }
  text_str(out, " ms\n");
  line = out->len;
  pad(out, line, LABEL);
  for (unsigned column = 0, i = 0; column <= AXIS; column++) {
    bool tick = column == i * AXIS / axis->steps;
    text_char(out, tick ? '|' : '-');
    if (tick) i++;
  }
  text_char(out, '\n');
}

static size_t column_of(const struct axis *axis, int64_t us) {
  size_t column = (size_t)(us * AXIS / (axis->span_ms * 1000));
  return column < AXIS ? column : AXIS;
}

static void add_bar(struct text *out, const struct axis *axis,
                    const struct demo_bar *bar) {
  char note[48];
  size_t line = out->len;
  size_t from = column_of(axis, bar->start_us);
  size_t to = column_of(axis, bar->end_us);
  text_put(out, "  ", bar->label);
  pad(out, line, LABEL + from);
  for (size_t i = from; i < to; i++)
    text_char(out, bar->mark == DEMO_WON ? '#' : '=');
  text_char(out, "#x="[bar->mark]);
  pad(out, line, LABEL + AXIS + 2);
  snprintf(note, sizeof note, " %s at %lld ms\n", bar->note,
           (long long)(bar->end_us / 1000));
  text_str(out, note);
}

void demo_report_waterfall(struct text *out, const struct demo_bar *bars,
                           size_t count) {
  int64_t end_us = 0;
  for (size_t i = 0; i < count; i++)
    if (bars[i].end_us > end_us) end_us = bars[i].end_us;
  struct axis axis = axis_for(end_us / 1000);
  add_axis(out, &axis);
  for (size_t i = 0; i < count; i++) add_bar(out, &axis, &bars[i]);
}

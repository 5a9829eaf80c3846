/* exposition: the format is prometheus.io/docs/instrumenting/exposition_formats
 * and, of OpenMetrics, its specification 1.0.
 *
 * Each line is written whole and handed on, so that the answer of a thousand
 * routes needs no more room here than that of one. */
#include "core/exposition.h"

static const char *const types[] = {
    [EXPOSITION_COUNTER] = "counter",
    [EXPOSITION_GAUGE] = "gauge",
    [EXPOSITION_HISTOGRAM] = "histogram",
};

/* ---- lines ---- */

/* One that is cut is left out. */
static void put(const struct exposition *to, const struct text *line) {
  if (!line->cut) to->put(to->arg, text_slice_of(line));
}

static void head_line(const struct exposition *to, const char *what,
                      const char *words) {
  const bool total = to->type == EXPOSITION_COUNTER && !to->open;
  char storage[EXPOSITION_LINE_BYTES];
  struct text line = TEXT_ON(storage);
  text_put(&line, what, to->name, total ? "_total " : " ", words, "\n");
  put(to, &line);
}

void exposition_family(struct exposition *to, enum exposition_type type,
                       const char *name, const char *help) {
  to->type = type;
  to->name = name;
  head_line(to, "# HELP ", help);
  head_line(to, "# TYPE ", types[type]);
}

/* ---- samples ---- */

static void sample(const struct exposition *to, const char *suffix,
                   struct slice labels, struct text_number number) {
  char storage[EXPOSITION_LINE_BYTES];
  struct text line = TEXT_ON(storage);
  text_put(&line, to->name, suffix);
  if (labels.len > 0) text_put(&line, "{", labels, "}");
  text_put(&line, " ", number, "\n");
  put(to, &line);
}

void exposition_count(const struct exposition *to, struct slice labels,
                      uint64_t count) {
  sample(to, "_total", labels, as_number((int64_t)count));
}

void exposition_number(const struct exposition *to, struct slice labels,
                       int64_t number) {
  sample(to, "", labels, as_number(number));
}

void exposition_seconds(const struct exposition *to, struct slice labels,
                        int64_t us) {
  sample(to, to->type == EXPOSITION_COUNTER ? "_total" : "", labels,
         as_seconds(us));
}

/* us < 0: no bound at all. */
static void bucket(const struct exposition *to, struct slice labels, int64_t us,
                   uint64_t count) {
  char storage[EXPOSITION_LINE_BYTES];
  struct text with = TEXT_ON(storage);
  text_put(&with, labels, labels.len > 0 ? ",le=\"" : "le=\"");
  if (us < 0) text_str(&with, "+Inf");
  else text_seconds(&with, us);
  text_char(&with, '"');
  sample(to, "_bucket", text_slice_of(&with), as_number((int64_t)count));
}

void exposition_histogram(const struct exposition *to, struct slice labels,
                          const int64_t *bounds_us, unsigned bounds,
                          const uint64_t *counts, int64_t sum_us) {
  uint64_t below = 0;
  for (unsigned i = 0; i < bounds; i++)
    bucket(to, labels, bounds_us[i], below += counts[i]);
  bucket(to, labels, -1, below += counts[bounds]);
  sample(to, "_sum", labels, as_seconds(sum_us));
  sample(to, "_count", labels, as_number((int64_t)below));
}

void exposition_end(const struct exposition *to) {
  if (to->open) to->put(to->arg, slice_of("# EOF\n"));
}

/* ---- labels ---- */

static void write_escaped(struct text *out, char c) {
  switch (c) {
    case '\\': text_str(out, "\\\\"); break;
    case '"': text_str(out, "\\\""); break;
    case '\n': text_str(out, "\\n"); break;
    default: text_char(out, c);
  }
}

/* What a browser or an operator puts into a path is ASCII, else it is shown as
 * bytes: that is always UTF-8. */
static bool is_shown(char c) { return c == '\n' || (c >= ' ' && c <= '~'); }

static void write_hex(struct text *out, char c) {
  text_char(out, '\\');
  text_hex(out, c);
}

void exposition_label(struct text *labels, const char *name,
                      struct slice value) {
  text_put(labels, labels->len > 0 ? "," : "", name, "=\"");
  for (size_t i = 0; i < value.len; i++)
    if (is_shown(value.at[i])) write_escaped(labels, value.at[i]);
    else write_hex(labels, value.at[i]);
  text_char(labels, '"');
}

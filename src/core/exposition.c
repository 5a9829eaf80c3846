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

struct line {
  struct text text;
  char storage[EXPOSITION_LINE_BYTES];
};

static void begin(struct line *line) {
  text_init(&line->text, line->storage, sizeof line->storage);
}

static void end(const struct exposition *to, struct line *line) {
  text_char(&line->text, '\n');
  if (!line->text.cut) to->put(to->arg, text_slice_of(&line->text));
}

static const char *family_suffix(const struct exposition *to) {
  return to->type == EXPOSITION_COUNTER && !to->open ? "_total" : "";
}

static void head_line(const struct exposition *to, const char *what,
                      const char *words) {
  struct line line;
  begin(&line);
  text_put(&line.text, what, to->name, family_suffix(to), " ", words);
  end(to, &line);
}

void exposition_family(struct exposition *to, enum exposition_type type,
                       const char *name, const char *help) {
  to->type = type;
  to->name = name;
  head_line(to, "# HELP ", help);
  head_line(to, "# TYPE ", types[type]);
}

/* ---- samples ---- */

static void begin_sample(const struct exposition *to, struct line *line,
                         const char *suffix, struct slice labels) {
  begin(line);
  text_put(&line->text, to->name, suffix);
  if (labels.len > 0) {
    text_put(&line->text, "{", labels, "}");
  }
  text_char(&line->text, ' ');
}

static void sample(const struct exposition *to, const char *suffix,
                   struct slice labels, int64_t number) {
  struct line line;
  begin_sample(to, &line, suffix, labels);
  text_int(&line.text, number);
  end(to, &line);
}

void exposition_count(const struct exposition *to, struct slice labels,
                      uint64_t count) {
  sample(to, "_total", labels, (int64_t)count);
}

void exposition_number(const struct exposition *to, struct slice labels,
                       int64_t number) {
  sample(to, "", labels, number);
}

static void seconds(const struct exposition *to, const char *suffix,
                    struct slice labels, int64_t us) {
  struct line line;
  begin_sample(to, &line, suffix, labels);
  text_seconds(&line.text, us);
  end(to, &line);
}

void exposition_seconds(const struct exposition *to, struct slice labels,
                        int64_t us) {
  seconds(to, to->type == EXPOSITION_COUNTER ? "_total" : "", labels, us);
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
  sample(to, "_bucket", text_slice_of(&with), (int64_t)count);
}

void exposition_histogram(const struct exposition *to, struct slice labels,
                          const int64_t *bounds_us, unsigned bounds,
                          const uint64_t *counts, int64_t sum_us) {
  uint64_t below = 0;
  for (unsigned i = 0; i < bounds; i++)
    bucket(to, labels, bounds_us[i], below += counts[i]);
  bucket(to, labels, -1, below += counts[bounds]);
  seconds(to, "_sum", labels, sum_us);
  sample(to, "_count", labels, (int64_t)below);
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

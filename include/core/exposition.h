/* exposition: metrics as Prometheus reads them. A pure writer, line by line.
 *
 * Either the text format 0.0.4 or OpenMetrics 1.0, which differ in little:
 * OpenMetrics leaves a counter's "_total" out of its family's name, and says
 * where the end is. Names and help are literals of ours; the values of labels
 * may be anything. */
#ifndef HEDGEROW_CORE_EXPOSITION_H
#define HEDGEROW_CORE_EXPOSITION_H

#include <stdbool.h>
#include <stdint.h>

#include "core/slice.h"
#include "core/text.h"

#define EXPOSITION_TEXT "text/plain; version=0.0.4; charset=utf-8"
#define EXPOSITION_OPEN                                                        \
  "application/openmetrics-text; version=1.0.0; charset=utf-8"

enum { EXPOSITION_LINE_BYTES = 8192 };

enum exposition_type {
  EXPOSITION_COUNTER, /* its name is without "_total", which is added */
  EXPOSITION_GAUGE,
  EXPOSITION_HISTOGRAM, /* of seconds */
};

struct exposition {
  bool open; /* OpenMetrics */
  void (*put)(void *arg, struct slice line);
  void *arg;
  enum exposition_type type; /* of the family under way, */
  const char *name;          /* and its name */
};

/* Begins a family: what follows are its samples. */
void exposition_family(struct exposition *to, enum exposition_type type,
                       const char *name, const char *help);

/* A sample. labels: as exposition_label writes them, without braces; "" none. A
 * line that would be longer than EXPOSITION_LINE_BYTES is left out. */
void exposition_count(const struct exposition *to, struct slice labels,
                      uint64_t count);
void exposition_number(const struct exposition *to, struct slice labels,
                       int64_t number);
/* Microseconds, as seconds. */
void exposition_seconds(const struct exposition *to, struct slice labels,
                        int64_t us);
/* counts: how many took longer than the bound before and no longer than this
 * one; the last is of those behind the last bound. */
void exposition_histogram(const struct exposition *to, struct slice labels,
                          const int64_t *bounds_us, unsigned bounds,
                          const uint64_t *counts, int64_t sum_us);
/* What stands behind all. */
void exposition_end(const struct exposition *to);

/* NAME="VALUE", behind a comma where something stands before it. Backslashes,
 * quotes and line ends are escaped, and what is not UTF-8 (as control bytes)
 * becomes "\xNN" as text. */
void exposition_label(struct text *labels, const char *name,
                      struct slice value);

#endif

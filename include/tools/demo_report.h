/* demo_report: the figures and pictures of `hedgerow demo`, as plain ASCII of
 * at most 80 columns. */
#ifndef HEDGEROW_TOOLS_DEMO_REPORT_H
#define HEDGEROW_TOOLS_DEMO_REPORT_H

#include <stddef.h>
#include <stdint.h>

#include "core/slice.h"
#include "core/text.h"

/* The smallest of the values that at least per_cent of them do not exceed
 * (nearest rank). sorted is in ascending order; count 0: -1. */
int64_t demo_report_percentile(const int64_t *sorted, size_t count,
                               unsigned per_cent);

/* One row of the table: all requests that went one way. */
struct demo_row {
  const char *name; /* at most 10 characters */
  unsigned asked, good;
  uint64_t upstream_requests;     /* made for all that were asked */
  int64_t p50_us, p95_us, p99_us; /* of the good ones; -1: there are none */
};

void demo_report_table(struct text *out, const struct demo_row *rows,
                       size_t count);

/* An attempt as Server-Timing tells of it, from the start of its race. */
struct demo_timing {
  int64_t start_us, end_us;
  struct slice result; /* "success", "status", ...; stands in the field */
};

/* Reads what core/answer wrote: "attempt-0;start=0.0;dur=12.3;desc=success,
 * ...". Members of another form are passed over. Returns how many were read. */
size_t demo_report_timings(struct demo_timing *timings, size_t cap,
                           struct slice value);

enum demo_mark { DEMO_WON, DEMO_FAILED, DEMO_CANCELLED };

struct demo_bar {
  const char *label; /* at most 10 characters */
  int64_t start_us, end_us;
  enum demo_mark mark;
  const char *note; /* at most 14 characters; the time is added to it */
};

/* The bars under one another, on one axis of time that begins at 0. */
void demo_report_waterfall(struct text *out, const struct demo_bar *bars,
                           size_t count);

#endif

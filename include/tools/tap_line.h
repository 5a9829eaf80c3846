/* tap_line: one race as one line of text. */
#ifndef HEDGEROW_TOOLS_TAP_LINE_H
#define HEDGEROW_TOOLS_TAP_LINE_H

#include "core/slice.h"
#include "core/text.h"
#include "tools/sheet.h"

enum {
  TAP_ATTEMPTS_MAX = 32, /* of a race, that a line draws */
  TAP_LINE_BYTES = 4096, /* a text of this size is never cut */
};

/* The names of the columns, as a line. */
void tap_line_heading(struct text *out, struct sheet_look look);

/* The race as docs/api.md has it (Races), as an object that json_check has
 * passed. At 80 columns:
 *
 * 14:03:07.512 200    602.4 |0---!1----2========#| /smart rescued, status 500
 *
 * Below 50 columns it has no time of day.
 *
 * The bar is the time from the request to its answer. A digit is the start of
 * that attempt (a to f are 10 to 15), `-` one attempt in flight, `=` more, `!`
 * one that failed, `x` one that was cancelled before the end, `#` the one that
 * won. */
void tap_line_race(struct text *out, struct sheet_look look, struct slice json);

/* What stands where events were left out. */
void tap_line_left_out(struct text *out, struct sheet_look look,
                       struct slice event);

#endif

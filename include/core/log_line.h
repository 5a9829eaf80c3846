/* log_line: one line for one client request, as JSON or as short text. */
#ifndef HEDGEROW_CORE_LOG_LINE_H
#define HEDGEROW_CORE_LOG_LINE_H

#include <stdint.h>

#include "core/record.h"
#include "core/text.h"

enum {
  /* No line is longer, whatever a peer sent: a text of this size is never cut.
   * What is too long is shortened and ends in "...". */
  LOG_LINE_BYTES = 20 * 1024,
  /* Attempts a line tells of; of more it says how many were left out. */
  LOG_LINE_ATTEMPTS_MAX = 16,
};

/* With the line end. wall_us: when it was answered, since 1970. Of a path that
 * holds a query only the path is written, since values may be secrets. No line
 * can be forged and no terminal commanded by what a peer sent: in JSON it
 * stands in strings as text_json writes them; in text every byte but visible
 * ASCII, and quote and backslash, becomes \xHH. */
void log_line_json(struct text *out, const struct race_record *race,
                   int64_t wall_us);
void log_line_text(struct text *out, const struct race_record *race,
                   int64_t wall_us);

/* What is told of a request's target: its path, without the query, and without
 * what may stand before the path in a proxy's absolute-form
 * ("http://user:password@host/path"). A part of it, or "/". */
struct slice log_line_path(struct slice target);

#endif

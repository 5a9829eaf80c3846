/* log_line: one line for one client request, as JSON or as short text. */
#ifndef HEDGEROW_CORE_LOG_LINE_H
#define HEDGEROW_CORE_LOG_LINE_H

#include <stdint.h>

#include "core/answer.h"
#include "core/slice.h"
#include "core/text.h"

enum {
  /* No line is longer, whatever a peer sent: a text of this size is never cut.
   * What is too long is shortened and ends in "...". */
  LOG_LINE_BYTES = 16 * 1024,
  /* Attempts a line tells of; of more it says how many were left out. */
  LOG_LINE_ATTEMPTS_MAX = 16,
};

struct log_line {
  int64_t wall_us;     /* when it was answered */
  struct slice client; /* "127.0.0.1:53412" */
  struct slice request_id;
  struct slice method;
  struct slice target; /* the client's; the query's values may be secrets, so
                        * only the path is written */
  int status;          /* 0: none was sent, the client had left */
  const char *outcome; /* ours, plain letters */
  int64_t duration_us;
  uint64_t body_bytes;
  const struct answer_race *race; /* NULL: no attempts */
};

/* With the line end. No line can be forged and no terminal commanded by what a
 * peer sent: in JSON it stands in strings as text_json writes them; in text
 * every byte but visible ASCII, and quote and backslash, becomes \xHH. */
void log_line_json(struct text *out, const struct log_line *line);
void log_line_text(struct text *out, const struct log_line *line);

#endif

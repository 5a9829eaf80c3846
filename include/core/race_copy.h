/* race_copy: a settled race as bytes, for other threads and for later.
 *
 * A race_record points into what its exchange owns, and is gone with it. Its
 * copy is one piece of a bounded length: strings are cut as the log cuts them,
 * the first attempts are told, and of the others how many there were. It is for
 * the process that wrote it. */
#ifndef HEDGEROW_CORE_RACE_COPY_H
#define HEDGEROW_CORE_RACE_COPY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/record.h"
#include "core/slice.h"
#include "core/text.h"
#include "core/trace_context.h"

enum {
  RACE_COPY_BYTES = 12 * 1024, /* none is longer */
  RACE_COPY_ATTEMPTS = 16,
  /* What a string is cut at; it ends in "..." then. */
  RACE_COPY_PATH = 1024,
  RACE_COPY_ROUTE = RECORD_ROUTE_MAX, /* none is cut */
  RACE_COPY_ERROR = 160,
  RACE_COPY_NAME = 128, /* of anything else */
};

/* As it is read back. The record points into the copy's bytes and into this. */
struct race_copy {
  struct race_record race; /* without tally; its path without origin and query,
                            * its attempts without gaps */
  int64_t wall_us;         /* when it was answered, since 1970 */
  unsigned left_out;       /* attempts that are not told */
  struct trace_context trace;
  struct attempt_record attempts[RACE_COPY_ATTEMPTS];
};

/* Writes the copy, into room for RACE_COPY_BYTES: it is whole then. */
void race_copy_write(struct text *out, const struct race_record *race,
                     int64_t wall_us);
/* False: that is no copy; what stands in *copy is then of no use. Whatever the
 * bytes are, nothing outside them is read. */
bool race_copy_read(struct race_copy *copy, struct slice bytes)
    __attribute__((warn_unused_result));

#endif

/* verdict: is this answer of an upstream a success? Decided as it arrives.
 *
 * A success needs the whole body; a failure is declared as soon as it is
 * certain. However the bytes travel, they are judged here and only here. */
#ifndef HEDGEROW_CORE_VERDICT_H
#define HEDGEROW_CORE_VERDICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/json_check.h"
#include "core/response_meaning.h"
#include "core/step.h"

enum { VERDICT_ERROR_TEXT = 192 };

struct verdict {
  struct attempt_end end; /* valid once a function below has returned false, or
                           * after verdict_end and verdict_broken */
  struct json_check json;
  uint64_t body_bytes, body_max;
  bool delimited; /* a length or chunks say where the body ends */
  char error[VERDICT_ERROR_TEXT]; /* NUL-terminated; "" for a success */
};

/* body_max in bytes; depth_max as for json_check_init. */
void verdict_init(struct verdict *verdict, uint64_t body_max,
                  unsigned depth_max);

/* The final head. False: it is a failure already; look at `end`. */
bool verdict_head(struct verdict *verdict, const struct response_meaning *head)
    __attribute__((warn_unused_result));
/* The next bytes of the body, transfer coding undone. False as above. */
bool verdict_body(struct verdict *verdict, const char *bytes, size_t len)
    __attribute__((warn_unused_result));
/* The body has ended: by its framing, or, where none was given, because the
 * connection closed. */
void verdict_end(struct verdict *verdict);
/* No whole answer came, or none may be kept; why is one line. */
void verdict_broken(struct verdict *verdict, enum attempt_result result,
                    const char *why);

#endif

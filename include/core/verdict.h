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
#include "core/json_rule.h"
#include "core/response_meaning.h"
#include "core/step.h"

enum { VERDICT_ERROR_TEXT = 192 };

/* What makes an answer a success. 101 never is one. */
enum success {
  SUCCESS_JSON, /* a 2xx but 206, whole, and one valid JSON text */
  SUCCESS_2XX,  /* a 2xx but 206, whole; any body, or none */
  SUCCESS_ANY,  /* any status, whole: it is passed on as a plain proxy does */
};

struct verdict {
  struct attempt_end end; /* valid once a function below has returned false, or
                           * after verdict_end and verdict_broken */
  struct json_check json;
  uint64_t body_bytes, body_max;
  enum success success;
  bool keep_errors; /* the caller's, false after verdict_init: the body of a 5xx
                     * is awaited, as that of a 4xx always is */
  const struct json_rules *rules; /* the caller's, NULL after verdict_init: what
                                   * a SUCCESS_JSON must not break. Borrowed */
  bool delimited;  /* a length or chunks say where the body ends */
  bool unfinished; /* the caller's, as keep_errors: it has not been inflated to
                    * its end, so that the body may not end */
  char error[VERDICT_ERROR_TEXT]; /* NUL-terminated; "" for a success */
};

/* body_max in bytes; depth_max as for json_check_init. */
void verdict_init(struct verdict *verdict, enum success success,
                  uint64_t body_max, unsigned depth_max);

/* Whether an answer of that status may be a success, if its body is one. */
bool verdict_takes_status(const struct verdict *verdict, int status);

/* The final head; its coding is that of the bytes which will come here. False:
 * it is a failure already; look at `end`. (A success comes by verdict_end only,
 * also where there is no body.) */
bool verdict_head(struct verdict *verdict, const struct response_meaning *head)
    __attribute__((warn_unused_result));
/* Behind the head: whether the body is judged as JSON. That of an error is not:
 * it may be anything. */
bool verdict_reads_json(const struct verdict *verdict);
/* The next bytes of the body, transfer coding undone. False as above. */
bool verdict_body(struct verdict *verdict, const char *bytes, size_t len)
    __attribute__((warn_unused_result));
/* The body has ended: by its framing, or, where none was given, because the
 * connection closed. */
void verdict_end(struct verdict *verdict);
/* Behind verdict_end, where there are rules: the whole body, which may still
 * break one. */
void verdict_text(struct verdict *verdict, struct slice body);
/* No whole answer came, or none may be kept; why is one line. */
void verdict_broken(struct verdict *verdict, enum attempt_result result,
                    const char *why);

#endif

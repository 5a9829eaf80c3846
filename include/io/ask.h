/* ask: what the attempts of one race have in common to say. */
#ifndef HEDGEROW_IO_ASK_H
#define HEDGEROW_IO_ASK_H

#include <stdbool.h>
#include <stdint.h>

#include "core/slice.h"
#include "core/trace_context.h"
#include "core/verdict.h"

/* Field lines, as the targets of one variant (core/target) are shown them; see
 * core/forward. */
struct ask_fields {
  struct slice common;
  struct slice credentials; /* the client's own Authorization and Cookie, for
                             * targets that may have them */
  const struct trace_context *trace; /* each attempt sends a traceparent of it,
                                      * with its own span; NULL: none does */
};

/* What becomes of a body that comes in gzip. */
enum gzip_use {
  GZIP_KEPT,   /* it is passed on as it came, and is no JSON */
  GZIP_JUDGED, /* it is passed on as it came; what is in it is judged */
  GZIP_UNDONE, /* what is in it is judged, and passed on */
};

/* What all requests that are sent for one client request have in common. All
 * zeros but for method and fields is a GET whose answer is to be JSON. */
struct ask_message {
  struct slice method;             /* HEAD: its response has no body, so that
                                    * with SUCCESS_JSON it never succeeds */
  const struct ask_fields *fields; /* by target->variant */
  struct slice body;               /* goes out from where it stands; empty
                                    * where has_body is false */
  bool has_body; /* Content-Length is sent, a 0 as well. False only where the
                  * client framed no body and the method expects none: POST,
                  * PUT and PATCH do (RFC 9110, section 8.6) */
  bool once; /* it is not idempotent (RFC 9110, section 9.2.2): it is not sent
                  * a second time when somebody may have read a byte of it. How
                  * often a race may send it: see core/plan */
  bool keep_errors; /* read the body of a 5xx, too, and hand it over */
  uint8_t gzip;     /* enum gzip_use */
  bool streams; /* the answer is passed on while it comes, whatever its size;
                 * its head, and not its end, is what the attempt is asked for.
                 * Only with SUCCESS_ANY, and with one attempt at a time */
  enum success success;
  const struct json_rules *rules; /* of a SUCCESS_JSON; NULL: none */
  struct slice timeout_header;    /* the field that tells how many milliseconds
                                   * are left until deadline_us; empty: none */
  int64_t deadline_us;
};

/* The message, for the target with rest and query (core/base_url). */
struct ask {
  struct slice rest;  /* appended to the target's path; "" or "/..." */
  struct slice query; /* behind the target's own; without '?', NULL: none */
  const struct ask_message *message;
};

#endif

/* answer: the bytes of what hedgerow itself says. Pure writers into a text.
 *
 * An answer's head is, in this order: status line, the upstream's end-to-end
 * fields (if any), ours, the empty line. */
#ifndef HEDGEROW_CORE_ANSWER_H
#define HEDGEROW_CORE_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/http_reason.h"
#include "core/links.h"
#include "core/record.h"
#include "core/slice.h"
#include "core/text.h"

#define ANSWER_PROBLEM_TYPE "application/problem+json"

enum {
  /* A head is never cut in a text with this much room, plus the length of
   * fields (passed), plus those of request_id, via_line and date_line, plus
   * those of content_type and allow (own). */
  ANSWER_HEAD_BYTES = 2048,
  /* Attempts that Server-Timing tells of; of more it says how many. */
  ANSWER_TIMINGS_MAX = 16,
  /* answer_problem needs this much room to say anything at all, */
  ANSWER_PROBLEM_BYTES = 256,
  /* and at most so much more for each attempt, plus 6 times its error's
   * length, plus 6 times the length of detail, to say everything. */
  ANSWER_PROBLEM_ATTEMPT_BYTES = 160,
};

/* What the connection asks of the head. */
struct answer_framing {
  bool close;          /* Connection: close */
  bool keep_alive_1_0; /* Connection: keep-alive */
};

/* What every head of ours says, passed or own. Slices that are empty are left
 * out. */
struct answer_ours {
  const struct race_record *race; /* NULL: nothing is told of attempts */
  struct slice request_id;
  struct slice via_line;  /* "Via: 1.1 hedgerow-ID\r\n" */
  struct slice date_line; /* "Date: ...\r\n" */
  struct answer_framing framing;
};

/* What a route has its answers say besides. All zeros: nothing. */
struct answer_more {
  struct slice fields; /* lines of ours */
  bool cors;      /* the upstream's Access-Control-* stay here (core/cors) */
  bool unchanged; /* it is a 304 in place of the upstream's 200: what tells
                   * of content stays here (core/conditional) */
  bool varies;    /* fields say Vary: Accept-Encoding, so the upstream's line
                   * that says the same stays here */
  const struct links_rule *links; /* by which links are rewritten; NULL: they
                                   * cross as they are */
};

/* In place of a length: the body follows in chunks. */
#define ANSWER_CHUNKED (UINT64_MAX - 1)

/* The head of an answer that passes an upstream's on: its status with
 * http_reason's phrase, as HTTP/1.1, and of its field lines ("Name: value\r\n"
 * ...) those that cross, in their order and spelling. Dropped: hop-by-hop
 * fields, those that its Connection names (of an upstream that names more than
 * 32, all), lines that are no fields, Content-Length (ours is `length`),
 * X-Request-ID, Hedge-*. length UINT64_MAX: there is no Content-Length (a 204,
 * a body until the close); or ANSWER_CHUNKED.
 * Via and Server-Timing only gain a member, as a line of their own (RFC 9110,
 * section 5.3). A missing Date is added (section 6.6.1). */
void answer_passed_head(struct text *out, int status, struct slice fields,
                        uint64_t length, const struct answer_ours *ours,
                        const struct answer_more *more);

/* The head of an answer of our own. content_type and allow may be NULL;
 * retry_after_s 0: none; Hedge-Completed: completed/items where gathered. An
 * error (status >= 400) gets Cache-Control: no-store. */
struct answer_own {
  int status;
  const char *content_type;
  uint64_t length;
  const char *allow;
  unsigned retry_after_s;
  bool gathered;
  unsigned completed, items;
};
void answer_own_head(struct text *out, const struct answer_own *own,
                     const struct answer_ours *ours, struct slice fields);

/* RFC 9457. race may be NULL: then there is no `attempts` member. What is
 * written is always one valid JSON object: a detail or an attempt that does not
 * fit is left out whole, `attempts_left_out` counts the latter, and out->cut is
 * set. Below ANSWER_PROBLEM_BYTES of room nothing is written. */
void answer_problem(struct text *out, int status, struct slice detail,
                    const struct race_record *race);

#endif

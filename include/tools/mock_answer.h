/* mock_answer: the bytes that a draw puts on the wire. */
#ifndef HEDGEROW_TOOLS_MOCK_ANSWER_H
#define HEDGEROW_TOOLS_MOCK_ANSWER_H

#include <stdbool.h>

#include "core/text.h"
#include "tools/faults.h"

enum { MOCK_ANSWER_MAX = 512 }; /* bytes that are always enough */

struct mock_framing {
  bool steady;         /* a good body is the 200 constant bytes */
  bool head_only;      /* the request was a HEAD */
  bool close;          /* Connection: close */
  bool keep_alive_1_0; /* Connection: keep-alive */
};

/* What is written before the end that the fault brings: all of an answer, or
 * with FAULT_TRUNCATE less than its Content-Length promises. Not for
 * FAULT_RESET and FAULT_HANG, which write nothing. */
void mock_answer_write(struct text *out, const struct faults_draw *draw,
                       struct mock_framing framing);

#endif

/* receipt: what hedging has brought, and what it has cost. */
#ifndef HEDGEROW_CORE_RECEIPT_H
#define HEDGEROW_CORE_RECEIPT_H

#include <stdint.h>

#include "core/gate.h"
#include "core/rescue.h"
#include "core/tally.h"
#include "core/text.h"

enum { RECEIPT_BYTES = 2048 }; /* of its JSON, at most */

struct receipt {
  uint64_t requests; /* that asked an upstream; each item of an /all is one */
  uint64_t attempts; /* which that took; those that were refused are none */
  uint64_t rescued[RESCUES];
  int64_t known_us, estimated_us; /* saved at least by those rescued from
                                   * slowness */
  uint64_t refused[GATE_VERDICTS];
};

/* Adds what so many workers have counted, whose tallies lie side by side. From
 * any thread. */
void receipt_add(struct receipt *sum, const struct route_tally *of,
                 unsigned workers);

/* How many attempts more than requests there were, in tenths of a percent. */
int64_t receipt_extra_per_mille(const struct receipt *receipt);

/* Members as docs/api.md lists them, and the words below as "text". */
void receipt_json(struct text *out, const struct receipt *receipt);
/* A line without its end: "1000 requests, 5.3 % extra; rescued 12 after a
 * failure and 40 from slowness; at least 33.2 s saved (estimate)". */
void receipt_text(struct text *out, const struct receipt *receipt);

#endif

/* otlp: settled races as spans, in the JSON of OTLP/HTTP.
 *
 * Source: opentelemetry-proto 1.x, ExportTraceServiceRequest in its JSON
 * mapping (IDs in hex, 64-bit numbers as strings, enums as numbers), and the
 * semantic conventions for HTTP spans. docs/api.md lists the attributes. */
#ifndef HEDGEROW_CORE_OTLP_H
#define HEDGEROW_CORE_OTLP_H

#include <stdbool.h>
#include <stdint.h>

#include "core/race_copy.h"
#include "core/slice.h"
#include "core/text.h"

/* What one race becomes at most, and what stands around all of them. */
enum { OTLP_RACE_BYTES = 144 * 1024, OTLP_AROUND_BYTES = 1024 };

enum { OTLP_WHY_BYTES = 256 };

/* A request is begun, then races are added, then it is ended: it is one JSON
 * text then. instance: which process this is. */
void otlp_begin(struct text *out, struct slice version, struct slice instance);
/* A race that is part of a trace: a span of the request and one for each
 * attempt. Returns how many; 0: they found no room, and nothing was written. */
unsigned otlp_add(struct text *out, const struct race_copy *copy, bool first);
void otlp_end(struct text *out);

/* What a collector says of a request that it took, in its answer (OTLP 1.x,
 * ExportTraceServiceResponse). */
struct otlp_reply {
  bool is_one;              /* it says nothing at all, or is a JSON object; else
                             * who answered is no collector: all zeros */
  uint64_t rejected;        /* partialSuccess: how many it has not kept, */
  char why[OTLP_WHY_BYTES]; /* and its errorMessage, escapes as they are
                             * written, in visible ASCII and spaces; a long one
                             * is cut */
};
struct otlp_reply otlp_reply(struct slice answer);

/* How many spans it would become. */
unsigned otlp_spans(const struct race_record *race);

#endif

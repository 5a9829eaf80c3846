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
enum { OTLP_RACE_BYTES = 96 * 1024, OTLP_AROUND_BYTES = 1024 };

/* A request is begun, then races are added, then it is ended: it is one JSON
 * text then. instance: which process this is. */
void otlp_begin(struct text *out, struct slice version, struct slice instance);
/* A race that is part of a trace: a span of the request and one for each
 * attempt. Returns how many; 0: they found no room, and nothing was written. */
unsigned otlp_add(struct text *out, const struct race_copy *copy, bool first);
void otlp_end(struct text *out);

/* How many spans a collector says that it has not kept, in the answer to a
 * request that it took (partialSuccess.rejectedSpans); 0: none, or that is no
 * such answer. */
uint64_t otlp_rejected(struct slice answer);

/* How many spans it would become. */
unsigned otlp_spans(const struct race_record *race);

#endif

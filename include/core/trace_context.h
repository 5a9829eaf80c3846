/* trace_context: which trace a request belongs to, as traceparent and
 * tracestate tell it (W3C Trace Context, level 2; level 1 differs in nothing
 * but the flag TRACE_RANDOM). */
#ifndef HEDGEROW_CORE_TRACE_CONTEXT_H
#define HEDGEROW_CORE_TRACE_CONTEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/slice.h"
#include "core/text.h"

/* The flags that we know (section 3.2.2.5); others are not sent on. */
enum {
  TRACE_SAMPLED = 1, /* who asked records its span, and wants ours */
  TRACE_RANDOM = 2,  /* the last seven bytes of the trace's ID are random */
};

enum {
  TRACE_PARENT_BYTES = 55,
  TRACE_STATE_MEMBERS_MAX = 32, /* section 3.3.1.1 */
  TRACE_STATE_BYTES = 512,      /* what is kept of a whole state, or nothing:
                                 * section 3.3.1.5, the least to propagate */
};

/* A value: it points to nothing. No ID is 0. */
struct trace_context {
  uint64_t high, low; /* the trace's ID; one of them may be 0, never both */
  uint64_t parent;    /* the span of who asked; 0: the trace begins here */
  uint64_t span;      /* that of this request */
  uint8_t flags;      /* TRACE_SAMPLED and TRACE_RANDOM alone */
};

/* Reads the value of a traceparent: high, low, parent and the flags that we
 * know. Version 00 is exactly 55 bytes long; of a later one more may follow,
 * behind a '-', and is passed over (section 4.3). False: it is malformed, of
 * version ff, an ID is all zeros or a letter is a capital; nothing is set. */
bool trace_context_parse(struct trace_context *trace, struct slice traceparent)
    __attribute__((warn_unused_result));

/* TRACE_PARENT_BYTES, of version 00: what a request is sent that is this span
 * of the trace. */
void trace_context_write(struct text *out, const struct trace_context *trace,
                         uint64_t span);
/* The IDs as 32 and 16 hex digits. */
void trace_context_write_id(struct text *out,
                            const struct trace_context *trace);
void trace_context_write_span(struct text *out, uint64_t span);

/* Reads the value of one tracestate; several fields are one list, in their
 * order (RFC 9110, section 5.3). *members counts those of the fields so far,
 * from 0. False: one is malformed (section 3.3.1.3), or there are more than
 * TRACE_STATE_MEMBERS_MAX. The whole state is dropped then. */
bool trace_context_reads_state(struct slice tracestate, unsigned *members)
    __attribute__((warn_unused_result));

#endif

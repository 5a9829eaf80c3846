/* tracing: a client's trace goes on, or one begins.
 *
 * A traceparent that is malformed, or is there twice, is as if there were none:
 * a trace of our own begins, where hedgerow traces at all, and the tracestate,
 * which belongs to nobody then, does not cross (W3C Trace Context, section
 * 4.3). Whether a trace that goes on is sampled has been decided by whoever
 * began it; of our own ones the trace's ID decides, so that the same trace is
 * sampled wherever the same share is. */
#include "proxy/tracing.h"

static bool tracing_read_parent(const struct http_request *request,
                                struct trace_context *context) {
  const struct http_field *found = NULL;
  for (unsigned i = 0; i < request->field_count; i++) {
    const struct http_field *field = &request->fields[i];
    if (!slice_equal_nocase(field->name, slice_of("traceparent"))) continue;
    if (found) return false;
    found = field;
  }
  return found && trace_context_parse(context, found->value);
}

static bool tracing_state_is_good(const struct http_request *request) {
  unsigned members = 0;
  for (unsigned i = 0; i < request->field_count; i++) {
    const struct http_field *field = &request->fields[i];
    if (slice_equal_nocase(field->name, slice_of("tracestate")) &&
        !trace_context_reads_state(field->value, &members))
      return false;
  }
  return true;
}

static void tracing_begin(struct service *service,
                          struct trace_context *context) {
  *context = (struct trace_context){.high = service_random(service),
                                    .low = service_span(service),
                                    .flags = TRACE_RANDOM};
  if (context->low < service->process->trace_share)
    context->flags |= TRACE_SAMPLED;
}

const struct trace_context *tracing_look(struct service *service,
                                         const struct http_request *request,
                                         struct tracing *room) {
  bool follows =
      request->traced && tracing_read_parent(request, &room->context);
  if (!follows && !service->process->traces) return NULL;
  if (!follows) tracing_begin(service, &room->context);
  room->keeps_state = follows && tracing_state_is_good(request);
  room->context.span = service_span(service);
  return &room->context;
}

/* tracing: a client's trace goes on, or one begins.
 *
 * A traceparent that is malformed, or is there twice, is as if there were none:
 * a trace of our own begins, where hedgerow traces at all, and the tracestate,
 * which belongs to nobody then, does not cross (W3C Trace Context, section
 * 4.3). Whether a trace that goes on is sampled has been decided by whoever
 * began it; of our own ones the trace's ID decides, so that the same trace is
 * sampled wherever the same share is.
 *
 * The state crosses as it came (core/forward). As one list it is for our own
 * spans; a list that would be long is left out of them. */
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

/* Empty fields stand for nothing (section 3.3.1.1). */
static bool tracing_read_state(const struct http_request *request,
                               struct text *list) {
  unsigned members = 0;
  for (unsigned i = 0; i < request->field_count; i++) {
    const struct http_field *field = &request->fields[i];
    if (!slice_equal_nocase(field->name, slice_of("tracestate"))) continue;
    if (!trace_context_reads_state(field->value, &members)) return false;
    if (list->len > 0 && field->value.len > 0) text_char(list, ',');
    text_slice(list, field->value);
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
  struct text list;
  text_init(&list, room->storage, sizeof room->storage);
  room->keeps_state = follows && tracing_read_state(request, &list);
  room->state =
      room->keeps_state && !list.cut ? text_slice_of(&list) : (struct slice){0};
  room->context.span = service_span(service);
  return &room->context;
}

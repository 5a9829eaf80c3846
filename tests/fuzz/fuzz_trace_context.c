/* fuzz_trace_context: a line as a traceparent, those behind it as tracestates.
 *
 * A context that is read has no ID of zeros and only flags that we know; what
 * is written of it is read as the same, and is the client's own value where
 * that was of version 00 and had no other flags. Of what is malformed nothing
 * is set. A state that may cross holds no byte that could end its line, and as
 * many members as a naive reader finds. */
#include <stdlib.h>

#include "core/http_head.h"
#include "core/trace_context.h"
#include "fuzz/fuzz.h"

static const struct trace_context untouched = {1, 2, 3, 4, 5};

static bool is_same(const struct trace_context *a,
                    const struct trace_context *b) {
  return a->high == b->high && a->low == b->low && a->parent == b->parent &&
         a->span == b->span && a->flags == b->flags;
}

static void check_written(const struct trace_context *trace,
                          struct slice value) {
  char storage[TRACE_PARENT_BYTES];
  struct trace_context again = untouched;
  struct text text;
  text_init(&text, storage, sizeof storage);
  trace_context_write(&text, trace, trace->parent);
  demand(!text.cut && text.len == TRACE_PARENT_BYTES, "it has its length");
  demand(fuzz_is_visible(text_slice_of(&text)), "it is visible");
  demand(trace_context_parse(&again, text_slice_of(&text)) &&
             is_same(&again, trace),
         "what is written is read as the same");
  bool plain = slice_starts_with(value, slice_of("00-")) &&
               value.at[TRACE_PARENT_BYTES - 2] == '0' &&
               value.at[TRACE_PARENT_BYTES - 1] <= '3';
  demand(!plain || slice_equal(value, text_slice_of(&text)),
         "a plain one crosses as it came, but for the span");
}

static void check_parent(struct slice value) {
  struct trace_context trace = untouched;
  if (!trace_context_parse(&trace, value)) {
    demand(is_same(&trace, &untouched), "of a malformed one nothing is set");
    return;
  }
  demand((trace.high | trace.low) != 0 && trace.parent != 0, "no ID is 0");
  demand((trace.flags & ~(TRACE_SAMPLED | TRACE_RANDOM)) == 0, "known flags");
  demand(trace.span == untouched.span, "the span is not the client's to say");
  check_written(&trace, value);
}

static unsigned count_members(struct slice value) {
  unsigned members = 0;
  bool blank = true;
  for (size_t i = 0; i <= value.len; i++) {
    bool ends = i == value.len || value.at[i] == ',';
    members += ends && !blank;
    blank = ends || (blank && (value.at[i] == ' ' || value.at[i] == '\t'));
  }
  return members;
}

static void check_states(struct slice lines) {
  unsigned members = 0, found = 0;
  while (lines.len > 0) {
    struct slice value = fuzz_line(&lines);
    if (!trace_context_reads_state(value, &members)) return;
    found += count_members(value);
    demand(!fuzz_has_control(value), "a state has no control byte");
    demand(members == found, "each member is counted");
    demand(members <= TRACE_STATE_MEMBERS_MAX, "there are not too many");
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char *bytes = fuzz_copy(fuzz_input(data, size));
  struct slice rest = {bytes, size};
  check_parent(fuzz_line(&rest));
  check_states(rest);
  free(bytes);
  return 0;
}

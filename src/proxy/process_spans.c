/* process_spans: --otlp, as the process starts. */
#include "proxy/process_parts.h"

#include "proxy/spans.h"

static struct spans *make_spans(const struct program *program) {
  const struct secrets *secrets = &program->reload.secrets;
  const struct spans_setup setup = {
      .collector = {.url = program->config.otlp,
                    .token = secrets->own.collector.token,
                    .trust = secrets->own.collector.trust},
      .instance = program->process.pseudonym,
      .workers = program->reload.workers,
  };
  struct spans *spans = spans_new(&setup);
  if (!spans) process_no_memory();
  return spans;
}

/* A share of all numbers of 64 bits. */
static uint64_t share_of(int64_t millionths) {
  if (millionths == CONFIG_RATIO_ALL) return UINT64_MAX;
  return UINT64_MAX / CONFIG_RATIO_ALL * (uint64_t)millionths;
}

bool process_start_spans(struct program *program) {
  struct process *process = &program->process;
  if (program->config.otlp.len == 0) return true;
  process->spans = program->reload.spans = make_spans(program);
  process->trace_share = share_of(program->config.trace_ratio);
  process->traces = process->spans != NULL;
  return process->traces;
}

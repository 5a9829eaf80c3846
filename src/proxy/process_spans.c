/* process_spans: --otlp, as the process starts and ends.
 *
 * The token is read once, given to libcurl, and wiped: what speaks to the
 * collector is made at the start, and no reload makes it anew. */
#include "proxy/process_parts.h"

#include <string.h>

#include "config/config_errors.h"
#include "io/log.h"
#include "io/token.h"
#include "proxy/spans.h"

/* What a flag names must be there. */
static bool refuse(const struct config *config, const char *why) {
  struct config_errors errors = {.file = config->file,
                                 .complain = log_notice_line};
  config_errors_add_name(&errors, "otlp-token-file", &config->otlp_token, why);
  config_errors_tell(&errors);
  return false;
}

static bool read_token(const struct config *config, char token[TOKEN_ROOM]) {
  char why[128];
  token[0] = '\0';
  return !config->otlp_token.text ||
         token_read(config->otlp_token.text, token, why, sizeof why) ||
         refuse(config, why);
}

bool process_check_spans(const struct program *program) {
  char token[TOKEN_ROOM];
  bool read = read_token(&program->config, token);
  explicit_bzero(token, sizeof token);
  return read;
}

static struct spans *make_spans(const struct program *program) {
  char token[TOKEN_ROOM];
  if (!read_token(&program->config, token)) return NULL;
  const struct spans_setup setup = {
      .url = program->config.otlp,
      .token = token[0] != '\0' ? token : NULL,
      .instance = program->process.pseudonym,
      .workers = program->reload.workers,
  };
  struct spans *spans = spans_new(&setup);
  explicit_bzero(token, sizeof token);
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
  process->spans = make_spans(program);
  process->trace_share = share_of(program->config.trace_ratio);
  process->traces = process->spans != NULL;
  return process->traces;
}

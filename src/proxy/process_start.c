/* process_start: makes what the process is of, in the order in which each part
 * needs the others: the loop, what the workers share, the admin listener, the
 * workers. Each part says for itself why it could not be made. */
#include "proxy/process_parts.h"

#include <stdio.h>
#include <sys/random.h>
#include <unistd.h>

#include "config/config_fit.h"
#include "config/snapshot.h"
#include "io/log.h"
#include "proxy/machine.h"
#include "proxy/spans.h"

/* What fails at start is one line, from whoever knows it best. */
bool process_no_memory(void) {
  log_notice("no memory, descriptors or threads to start with");
  return false;
}

/* ---- what the process shares ---- */

static void fit(struct config *config, uint64_t *descriptors) {
  if (machine_fit(config, descriptors))
    log_notice("the descriptor limit is %llu: --max-connections is lowered to "
               "%lld, --max-attempts to %lld",
               (unsigned long long)*descriptors,
               (long long)config->max_connections,
               (long long)config->defaults.max_attempts);
}

static bool name_process(struct process *process) {
  uint64_t id;
  if (getrandom(&id, sizeof id, 0) != (ssize_t)sizeof id) return false;
  enum { BEFORE = sizeof "Via: 1.1 " - 1, BEHIND = sizeof "\r\n" - 1 };
  for (int i = 0; i < 2; i++) {
    snprintf(process->via_bytes[i], sizeof process->via_bytes[i],
             "Via: 1.%d hedgerow-%016llx\r\n", 1 - i, (unsigned long long)id);
    process->via_lines[i] = slice_of(process->via_bytes[i]);
  }
  struct slice line = process->via_lines[0];
  process->pseudonym =
      (struct slice){line.at + BEFORE, line.len - BEFORE - BEHIND};
  return true;
}

static bool make_process(struct program *program) {
  struct process *process = &program->process;
  process->config = &program->config;
  process->budget.max = program->config.max_buffered_bytes;
  program->resolver = resolver_new();
  if (!name_process(process) || !program->resolver) return false;
  program->slots = process->slots = slots_new(program->resolver);
  if (!program->slots) return false;
  program->reload.slots = program->slots;
  program->reload.via_lines = process->via_lines;
  program->reload.workers = machine_workers(&program->config);
  return reload_first(&program->reload);
}

/* ---- --otlp ---- */

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

static bool start_spans(struct program *program) {
  struct process *process = &program->process;
  if (program->config.otlp.len == 0) return true;
  process->spans = program->reload.spans = make_spans(program);
  process->trace_share = share_of(program->config.trace_ratio);
  process->traces = process->spans != NULL;
  return process->traces;
}

/* ---- workers ---- */

static bool start_workers(struct program *program) {
  const struct worker_setup setup = {
      .process = &program->process,
      .resolver = program->resolver,
      .snapshot = program->reload.snapshot,
      .on_news = program->news,
      .history = program->history,
  };
  char error[256];
  bool started = crew_start(&program->crew, &setup, program->log,
                            program->reload.workers, error, sizeof error);
  if (!started) log_notice("%s", error);
  return started;
}

static bool start_admin(struct program *program) {
  const struct listen_at *listen = &program->config.admin;
  char error[320];
  if (!listen_at_is_set(listen)) return true;
  program->history = history_new(program->reload.workers);
  if (!program->history) return process_no_memory();
  const struct admin_view view = {
      .process = &program->process,
      .reload = &program->reload,
      .history = program->history,
      .stopping = &program->stopping,
      .readers_max = config_admin_readers((int64_t)program->descriptors),
      .arg = program,
      .on_reload = process_reload,
      .on_drain = process_stop};
  program->admin = admin_new(program->loop, listen, &view, error, sizeof error);
  if (!program->admin) log_notice("%s", error);
  return program->admin != NULL;
}

static bool start_reporter(struct program *program) {
  return reporter_start(&program->reporter, program->loop, &program->reload,
                        program->log, program->process.log_text);
}

/* ---- words ---- */

static void say_admin(const struct program *program) {
  const struct listen_at *listen = &program->config.admin;
  char place[192];
  struct text text = TEXT_ON(place);
  address_write_place(&text, listen, admin_port(program->admin));
  log_notice(listen->path.len > 0 ? "admin at %s" : "admin at http://%s/",
             text_end(&text));
}

void process_say_ready(const struct program *program) {
  char urls[CREW_URLS_BYTES];
  process_say_remarks(&program->config);
  if (program->admin) say_admin(program);
  if (program->config.otlp.len > 0)
    log_notice("spans go to %.*s", SLICE_ARG(program->config.otlp));
  crew_urls(&program->crew, &program->config, urls);
  log_notice("listening on %s", urls);
  notify_send(program->notify, "READY=1\nSTATUS=listening on %s", urls);
}

bool process_start(struct program *program) {
  fit(&program->config, &program->descriptors);
  program->loop = loop_new();
  if (!program->loop) return process_no_memory();
  if (!process_watch(program) || !make_process(program) ||
      !start_reporter(program))
    return process_no_memory();
  return start_spans(program) && start_admin(program) && start_workers(program);
}

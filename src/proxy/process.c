/* process: reads the configuration, starts the workers, waits for signals,
 * stops them. What is wrong is one line on stderr.
 *
 *   process_main -> config -> process_show, or
 *                   serve  -> process_start -> process_run (process_events)
 */
#include "proxy/process.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "config/config_file.h"
#include "config/learned.h"
#include "config/snapshot.h"
#include "io/leaks.h"
#include "io/libraries.h"
#include "io/log.h"
#include "io/trace.h"
#include "proxy/process_parts.h"
#include "proxy/settings.h"
#include "proxy/spans.h"

enum { LOG_FLUSH_US = 1000000 };

static bool open_log(struct program *program) {
  int64_t mode = program->config.log;
  if (mode == CONFIG_LOG_OFF) return true;
  program->process.log_text =
      mode == CONFIG_LOG_TEXT ||
      (mode == CONFIG_LOG_AUTO && !program->config.log_file.text &&
       isatty(STDOUT_FILENO));
  program->log = program->reload.log = log_new(STDOUT_FILENO);
  return program->log || process_no_memory();
}

/* What flags name must be there: it is as if the flag were wrong. */
static bool read_files(struct program *program) {
  const struct config *config = &program->config;
  struct config_errors errors = {.file = config->file,
                                 .complain = log_notice_line};
  bool done = secrets_read(&program->reload.secrets, config, config, &errors);
  done &= reload_open_log(&program->reload, config, &errors);
  config_errors_tell(&errors);
  return done;
}

static void clear(struct program *program) {
  crew_free(&program->crew); /* what it cuts off is told yet */
  admin_free(program->admin);
  history_free(program->history);
  spans_free(program->process.spans);
  reload_clear(&program->reload);
  slots_free(program->slots);
  resolver_free(program->resolver);
  if (program->log) log_free(program->log, LOG_FLUSH_US);
  wake_free(program->news);
  loop_free(program->loop);
  notify_free(program->notify);
}

/* What every request and connection adds to, its end must take away. */
static void expect_nothing_left(struct process *process) {
  leaks_expect_none("buffered bytes", process->budget.used);
  leaks_expect_none("client connections", process->connections);
  leaks_expect_none("client requests", process->requests);
  leaks_expect_none("snapshots", snapshot_count());
  leaks_expect_none("trusts", trust_count());
  leaks_expect_none("what was learned", learned_count());
  leaks_end();
}

static int serve(struct program *program) {
  if (!open_log(program)) return EXIT_FAILURE;
  if (!read_files(program)) return PROCESS_EXIT_USAGE;
  program->notify = notify_new();
  program->reload.max_connections = program->config.max_connections;
  if (!process_start(program)) {
    crew_stop(&program->crew);
    return EXIT_FAILURE;
  }
  process_say_ready(program);
  process_run(program);
  return EXIT_SUCCESS;
}

static const char *env(const char *name) { return getenv(name); }

static int run_config(struct program *program) {
  const char *file = program->config.file;
  int code = PROCESS_EXIT_USAGE;
  program->reload.words = &program->words;
  program->reload.config = &program->config;
  program->reload.crew = &program->crew;
  if (settings_read(&program->config, file, &program->words, log_notice_line,
                    NULL)) {
    trace_is_on = program->config.trace;
    if (program->config.check || program->config.dump)
      code = process_show(program);
    else code = serve(program);
  }
  clear(program);
  config_clear(&program->config);
  return code;
}

int process_main(int argc, char **argv) {
  static struct program program;
  char error[512];
  /* Before and after the loop listens to them. */
  signal(SIGHUP, SIG_IGN);
  signal(SIGUSR1, SIG_IGN);
  program.words = (struct config_words){argc, argv, env};
  switch (config_parse(&program.config, argc, argv, env, error, sizeof error)) {
    case CONFIG_HELP: process_print_help(); return EXIT_SUCCESS;
    case CONFIG_VERSION: process_print_version(); return EXIT_SUCCESS;
    case CONFIG_SCHEMA: process_print_schema(); return EXIT_SUCCESS;
    case CONFIG_ERROR: log_notice("%s", error); return PROCESS_EXIT_USAGE;
    case CONFIG_RUN: break;
  }
  leaks_begin();
  if (!libraries_init()) {
    log_notice("libcurl could not be initialised");
    return EXIT_FAILURE;
  }
  int code = run_config(&program);
  libraries_clear();
  expect_nothing_left(&program.process);
  return code;
}

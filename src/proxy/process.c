/* process: reads the configuration, starts the workers, waits for signals,
 * stops them. What is wrong is one line on stderr.
 *
 * The main thread serves nobody: its loop waits for signals and for news of the
 * workers, so that a second signal is heard however busy the others are. It may
 * wait for a disk, too: a reload (proxy/reload) reads files here, and hands the
 * workers what was read. */
#include "proxy/process.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "config/config.h"
#include "config/config_file.h"
#include "config/learned.h"
#include "config/snapshot.h"
#include "io/clock.h"
#include "io/leaks.h"
#include "io/libraries.h"
#include "io/log.h"
#include "io/loop.h"
#include "io/notify.h"
#include "io/trace.h"
#include "proxy/admin.h"
#include "proxy/crew.h"
#include "proxy/files.h"
#include "proxy/machine.h"
#include "proxy/observe.h"
#include "proxy/reload.h"
#include "proxy/reporter.h"
#include "proxy/settings.h"

enum {
  EXIT_USAGE = 2,
  LOG_FLUSH_US = 1000000,
};

struct program {
  struct config_words words;
  struct config config; /* of the start */
  struct process process;
  struct reload reload;
  struct loop *loop;
  struct resolver *resolver;
  struct log *log;
  struct notify *notify; /* NULL: there is no service manager */
  struct timer watchdog, learning;
  struct slots *slots;
  struct wake *news; /* from the workers */
  struct crew crew;
  struct admin *admin; /* NULL: --admin off */
  struct reporter reporter;
  const char *reloading; /* how the reload under way will end; NULL: none is */
  bool stopping, pinging, asked;
};

/* What fails at start is one line, from whoever knows it best. */
static bool no_memory(void) {
  log_notice("no memory, descriptors or threads to start with");
  return false;
}

static bool open_log(struct program *program) {
  int64_t mode = program->config.log;
  if (mode == CONFIG_LOG_OFF) return true;
  program->process.log_text =
      mode == CONFIG_LOG_TEXT ||
      (mode == CONFIG_LOG_AUTO && !program->config.log_file.text &&
       isatty(STDOUT_FILENO));
  program->log = program->reload.log = log_new(STDOUT_FILENO);
  return program->log || no_memory();
}

/* What flags name must be there: it is as if the flag were wrong. */
static bool read_files(struct program *program) {
  return secrets_read(&program->reload.secrets, &program->config,
                      log_notice_line, NULL) &&
         files_open_log(&program->config, program->log);
}

/* ---- what the process shares ---- */

static void fit(struct config *config) {
  uint64_t descriptors;
  if (machine_fit(config, &descriptors))
    log_notice("the descriptor limit is %llu: --max-connections is lowered to "
               "%lld, --max-attempts to %lld",
               (unsigned long long)descriptors,
               (long long)config->max_connections,
               (long long)config->defaults.max_attempts);
}

static bool name_process(struct process *process) {
  uint64_t id;
  if (getrandom(&id, sizeof id, 0) != (ssize_t)sizeof id) return false;
  enum { BEFORE = sizeof "Via: 1.1 " - 1, BEHIND = sizeof "\r\n" - 1 };
  snprintf(process->via_bytes, sizeof process->via_bytes,
           "Via: 1.1 hedgerow-%016llx\r\n", (unsigned long long)id);
  struct slice line = slice_of(process->via_bytes);
  process->via_line = line;
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
  program->reload.via_line = process->via_line;
  program->reload.workers = machine_workers(&program->config);
  return reload_first(&program->reload);
}

/* ---- workers ---- */

static bool start_workers(struct program *program) {
  const struct worker_setup setup = {
      .process = &program->process,
      .resolver = program->resolver,
      .snapshot = program->reload.snapshot,
      .on_news = program->news,
  };
  char error[256];
  bool started = crew_start(&program->crew, &setup, program->log,
                            program->reload.workers, error, sizeof error);
  if (!started) log_notice("%s", error);
  return started;
}

static bool start_admin(struct program *program) {
  const struct admin_view view = {&program->process, &program->reload,
                                  &program->stopping};
  const struct listen_at *listen = &program->config.admin;
  char error[192];
  if (listen->host.len == 0) return true;
  program->admin = admin_new(program->loop, listen, &view, error, sizeof error);
  if (!program->admin) log_notice("%s", error);
  return program->admin != NULL;
}

/* ---- what happens while they run ---- */

/* A reload is over when every worker has heard of all that was read. */
static void end_reload(struct program *program) {
  const char *how = program->reloading;
  program->reloading = NULL;
  log_notice("%s", how);
  const char *why = program->reload.why;
  notify_send(program->notify, "READY=1\nSTATUS=%s%s%s", how, *why ? ": " : "",
              why);
}

/* Every worker has heard of the question, and has left what it had counted. */
static void answer_question(struct program *program) {
  struct counters sum = {0};
  program->asked = false;
  crew_sum(&program->crew, &sum);
  observe_tell(&sum);
  reporter_tell(&program->reporter);
}

static void on_news(void *arg) {
  struct program *program = arg;
  if (crew_is_done(&program->crew)) loop_stop(program->loop);
  if (!crew_has_heard(&program->crew)) return;
  if (program->reloading) end_reload(program);
  if (program->asked) answer_question(program);
  if (program->pinging) notify_send(program->notify, "WATCHDOG=1");
  program->pinging = false;
}

/* A worker whose loop does not turn does not hear, and nothing is sent. */
static void on_watchdog(void *arg) {
  struct program *program = arg;
  program->pinging = true;
  crew_ping(&program->crew);
  timer_set(&program->watchdog,
            clock_now_us() + notify_watchdog_us(program->notify) / 2);
}

static void on_learning(void *arg) {
  struct program *program = arg;
  int64_t now_us = clock_now_us();
  snapshot_learn(program->reload.snapshot, now_us);
  timer_set(&program->learning, now_us + PILOT_REFRESH_US);
}

static void on_stop(void *arg, int signo) {
  struct program *program = arg;
  (void)signo;
  if (program->stopping) _exit(EXIT_FAILURE);
  program->stopping = true;
  program->reloading = NULL;
  log_notice("stopping; a second signal ends it at once");
  notify_send(program->notify, "STOPPING=1\nSTATUS=stopping");
  crew_stop(&program->crew);
}

static void on_reload(void *arg, int signo) {
  struct program *program = arg;
  (void)signo;
  if (program->stopping) return;
  notify_send(program->notify, "RELOADING=1\nMONOTONIC_USEC=%lld",
              (long long)clock_now_us());
  program->reloading = reload_run(&program->reload);
  if (crew_has_heard(&program->crew)) end_reload(program);
}

static void on_question(void *arg, int signo) {
  struct program *program = arg;
  (void)signo;
  program->asked = true;
  crew_ping(&program->crew);
}

/* ---- running ---- */

static void say_remarks(const struct config *config) {
  char remark[256];
  for (unsigned n = 0; config_remark(config, n, remark, sizeof remark); n++)
    log_notice("note: %s", remark);
  for (unsigned n = 0;
       config_remark_variable(environ, n, remark, sizeof remark); n++)
    log_notice("note: %s", remark);
}

static void say_admin(const struct program *program) {
  char place[64];
  struct text text;
  text_init(&text, place, sizeof place);
  address_write_place(&text, &program->config.admin,
                      admin_port(program->admin));
  log_notice("metrics at http://%s/metrics", text_end(&text));
}

static void say_ready(const struct program *program) {
  char urls[CREW_URLS_BYTES];
  say_remarks(&program->config);
  if (program->admin) say_admin(program);
  crew_urls(&program->crew, &program->config, urls);
  log_notice("listening on %s", urls);
  notify_send(program->notify, "READY=1\nSTATUS=listening on %s", urls);
}

static bool watch_signals(struct program *program) {
  return loop_on_signal(program->loop, SIGTERM, on_stop, program) &&
         loop_on_signal(program->loop, SIGINT, on_stop, program) &&
         loop_on_signal(program->loop, SIGHUP, on_reload, program) &&
         loop_on_signal(program->loop, SIGUSR1, on_question, program);
}

static bool start(struct program *program) {
  program->loop = loop_new();
  if (!program->loop) return no_memory();
  timer_init(&program->watchdog, program->loop, on_watchdog, program);
  timer_init(&program->learning, program->loop, on_learning, program);
  program->news = wake_new(program->loop, on_news, program);
  if (!program->news || !watch_signals(program) || !make_process(program))
    return no_memory();
  if (!reporter_start(&program->reporter, program->loop, &program->reload,
                      program->log, program->process.log_text))
    return no_memory();
  return start_admin(program) && start_workers(program);
}

static void run(struct program *program) {
  say_ready(program);
  if (notify_watchdog_us(program->notify) > 0) on_watchdog(program);
  on_learning(program);
  loop_run(program->loop);
  timer_clear(&program->watchdog);
  timer_clear(&program->learning);
  reporter_end(&program->reporter);
}

static void clear(struct program *program) {
  admin_free(program->admin);
  crew_free(&program->crew);
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
  if (!read_files(program)) return EXIT_USAGE;
  program->notify = notify_new();
  program->reload.max_connections = program->config.max_connections;
  fit(&program->config);
  if (!start(program)) {
    crew_stop(&program->crew);
    return EXIT_FAILURE;
  }
  run(program);
  return EXIT_SUCCESS;
}

static void put(void *arg, const char *piece) { fputs(piece, arg); }

static void print_version(void) {
  char versions[128];
  libraries_versions(versions, sizeof versions);
  printf("hedgerow %s (%s)\n", HEDGEROW_VERSION, versions);
}

static const char *env(const char *name) { return getenv(name); }

static void dump(const struct config *config) {
  char here[PATH_MAX], folder[PATH_MAX + 1] = "";
  if (getcwd(here, sizeof here)) snprintf(folder, sizeof folder, "%s/", here);
  config_dump(config, folder, put, stdout);
}

/* --check and --dump-config: all is read, and nothing runs. */
static int show(struct program *program) {
  const struct config *config = &program->config;
  if (!secrets_read(&program->reload.secrets, config, log_notice_line, NULL))
    return EXIT_USAGE;
  if (config->dump) dump(config);
  else
    printf("%s: good: %u upstreams with %u targets, %u routes\n",
           config->file ? config->file : "the command line",
           config->upstream_count, config_targets(config), config->route_count);
  return EXIT_SUCCESS;
}

static int run_config(struct program *program) {
  const char *file = program->config.file;
  int code = EXIT_USAGE;
  program->reload.words = &program->words;
  program->reload.config = &program->config;
  program->reload.crew = &program->crew;
  if (settings_read(&program->config, file, &program->words, log_notice_line,
                    NULL)) {
    trace_is_on = program->config.trace;
    if (program->config.check || program->config.dump) code = show(program);
    else code = serve(program);
  }
  clear(program);
  config_clear(&program->config);
  return code;
}

int process_main(int argc, char **argv) {
  static struct program program;
  char error[512];
  int code;
  /* Before and after the loop listens to them. */
  signal(SIGHUP, SIG_IGN);
  signal(SIGUSR1, SIG_IGN);
  program.words = (struct config_words){argc, argv, env};
  switch (config_parse(&program.config, argc, argv, env, error, sizeof error)) {
    case CONFIG_HELP: config_help(put, stdout); return EXIT_SUCCESS;
    case CONFIG_VERSION: print_version(); return EXIT_SUCCESS;
    case CONFIG_SCHEMA: config_schema(put, stdout); return EXIT_SUCCESS;
    case CONFIG_ERROR: log_notice("%s", error); return EXIT_USAGE;
    case CONFIG_RUN: break;
  }
  leaks_begin();
  if (!libraries_init()) {
    log_notice("libcurl could not be initialised");
    return EXIT_FAILURE;
  }
  code = run_config(&program);
  libraries_clear();
  expect_nothing_left(&program.process);
  return code;
}

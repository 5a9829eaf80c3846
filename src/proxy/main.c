/* main: the process. Reads the configuration, starts the workers, waits for a
 * signal, stops them.
 *
 * Exit codes: 0 it ran and was stopped, 1 it could not run (a port in use, no
 * memory), 2 it was called wrongly. What is wrong is one line on stderr.
 *
 * The main thread serves nobody: its loop waits for signals and for workers
 * that have ended, so that a second signal is heard however busy the others
 * are. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/config.h"
#include "core/config_fit.h"
#include "io/leaks.h"
#include "io/libraries.h"
#include "io/log.h"
#include "io/loop.h"
#include "proxy/demo.h"
#include "proxy/mock.h"
#include "proxy/worker.h"

enum {
  EXIT_USAGE = 2,
  TOKEN_BYTES_MAX = 8192,
  LOG_FLUSH_US = 1000000,
};

struct program {
  struct config config;
  struct process process;
  struct loop *loop;
  struct resolver *resolver;
  struct log *log;
  struct wake *worker_done;
  struct worker **workers;
  unsigned worker_count;
  bool stopping;
  char token[TOKEN_BYTES_MAX + 1];
};

/* ---- the token ---- */

static bool is_token(const char *token, size_t len) {
  for (size_t i = 0; i < len; i++)
    if (token[i] <= ' ' || token[i] > '~') return false;
  return len > 0;
}

static bool read_token_file(const char *path, char *token, const char **why) {
  FILE *file = fopen(path, "re");
  size_t len;
  if (!file) {
    *why = strerror(errno);
    return false;
  }
  len = fread(token, 1, TOKEN_BYTES_MAX + 1, file);
  *why = ferror(file) ? "it cannot be read" : NULL;
  fclose(file);
  if (*why) return false;
  if (len > TOKEN_BYTES_MAX) {
    *why = "it is larger than 8192 bytes";
    return false;
  }
  while (len > 0 && isspace((unsigned char)token[len - 1])) len--;
  token[len] = '\0';
  if (is_token(token, len)) return true;
  *why = "expected one line of visible characters, the token";
  return false;
}

/* Not under a sanitizer, whose leak check attaches to its own process. */
static void forbid_dumps(void) {
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  prctl(PR_SET_DUMPABLE, 0);
#endif
}

/* Takes the token, and every trace of it that others could see: the variable
 * out of the process's environment, the memory out of core dumps. */
static bool take_token(struct program *program) {
  const struct config *config = &program->config;
  struct rlimit none = {0, 0};
  const char *why;
  if (config->token_file) {
    if (!read_token_file(config->token_file, program->token, &why)) {
      log_notice("--token-file: %s: %s", config->token_file, why);
      return false;
    }
  } else if (config->token_env) {
    if (strlen(config->token_env) > TOKEN_BYTES_MAX) {
      log_notice("HEDGEROW_TOKEN: it is larger than 8192 bytes");
      return false;
    }
    snprintf(program->token, sizeof program->token, "%s", config->token_env);
  }
  if (config->token_env)
    explicit_bzero((char *)(uintptr_t)config->token_env,
                   strlen(config->token_env));
  program->config.token_env = NULL;
  if (program->token[0]) {
    setrlimit(RLIMIT_CORE, &none); /* a core_pattern with a pipe ignores it */
    forbid_dumps();
  }
  program->process.token = slice_of(program->token);
  return true;
}

/* libcurl would only find out in the first handshake. */
static bool check_ca_file(const struct config *config) {
  if (!config->ca_file || access(config->ca_file, R_OK) == 0) return true;
  log_notice("--ca-file: %s: %s", config->ca_file, strerror(errno));
  return false;
}

/* ---- what the process shares ---- */

static unsigned worker_count(const struct config *config) {
  long cores = sysconf(_SC_NPROCESSORS_ONLN);
  if (config->workers > 0) return (unsigned)config->workers;
  if (cores > CONFIG_WORKERS_MAX) return CONFIG_WORKERS_MAX;
  return cores > 0 ? (unsigned)cores : 1;
}

/* The soft limit is raised to the hard one; see core/config_fit. */
static void fit_descriptors(struct config *config) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  if (limit.rlim_cur > INT32_MAX) return;
  if (config_fit_descriptors(config, (int64_t)limit.rlim_cur,
                             worker_count(config)))
    log_notice("the descriptor limit is %llu: --max-connections is lowered to "
               "%lld, --max-attempts to %lld",
               (unsigned long long)limit.rlim_cur,
               (long long)config->max_connections,
               (long long)config->max_attempts);
}

static bool name_process(struct process *process) {
  uint64_t id;
  if (getrandom(&id, sizeof id, 0) != (ssize_t)sizeof id) return false;
  snprintf(process->pseudonym, sizeof process->pseudonym, "hedgerow-%016llx",
           (unsigned long long)id);
  snprintf(process->via, sizeof process->via, "1.1 %s", process->pseudonym);
  return true;
}

static bool open_log(struct program *program) {
  int64_t mode = program->config.log;
  if (mode == CONFIG_LOG_OFF) return true;
  program->process.log_text =
      mode == CONFIG_LOG_TEXT ||
      (mode == CONFIG_LOG_AUTO && isatty(STDOUT_FILENO));
  program->log = log_new(STDOUT_FILENO);
  return program->log != NULL;
}

static bool make_process(struct program *program) {
  struct process *process = &program->process;
  process->config = &program->config;
  process->budget.max = program->config.max_buffered_bytes;
  program->resolver = resolver_new();
  return name_process(process) && open_log(program) && program->resolver &&
         upstream_shared_init(&process->upstream, &program->config,
                              program->resolver) &&
         resolver_start(program->resolver);
}

/* What fails at start is one line, from whoever knows it best. */
static bool no_memory(void) {
  log_notice("no memory, descriptors or threads to start with");
  return false;
}

/* ---- workers ---- */

static struct worker *make_worker(struct program *program, unsigned i) {
  struct config *config = &program->config;
  char error[256];
  struct worker_setup setup = {
      .process = &program->process,
      .resolver = program->resolver,
      .log = program->log ? log_open(program->log) : NULL,
      .address = config->listen,
      .first = i == 0,
      .on_done = program->worker_done,
  };
  struct worker *worker;
  if (program->log && !setup.log) {
    no_memory();
    return NULL;
  }
  if (i > 0) setup.address.port = worker_port(program->workers[0]);
  worker = worker_new(&setup, error, sizeof error);
  if (!worker) log_notice("%s", error);
  return worker;
}

static bool make_workers(struct program *program) {
  unsigned wanted = worker_count(&program->config);
  program->workers = calloc(wanted, sizeof *program->workers);
  if (!program->workers) return no_memory();
  program->worker_count = wanted;
  for (unsigned i = 0; i < wanted; i++) {
    program->workers[i] = make_worker(program, i);
    if (!program->workers[i]) return false;
  }
  for (unsigned i = 0; i < wanted; i++)
    if (!worker_start(program->workers[i])) return no_memory();
  return true;
}

static void stop_workers(struct program *program) {
  for (unsigned i = 0; i < program->worker_count; i++)
    if (program->workers[i]) worker_stop(program->workers[i]);
}

static void on_worker_done(void *arg) {
  struct program *program = arg;
  for (unsigned i = 0; i < program->worker_count; i++)
    if (!worker_is_done(program->workers[i])) return;
  loop_stop(program->loop);
}

static void on_signal(void *arg, int signo) {
  struct program *program = arg;
  (void)signo;
  if (program->stopping) _exit(EXIT_FAILURE);
  program->stopping = true;
  log_notice("stopping; a second signal ends it at once");
  stop_workers(program);
}

/* ---- running ---- */

static void say_ready(const struct program *program) {
  const struct config *config = &program->config;
  struct slice host = config->listen.host;
  bool v6 = memchr(host.at, ':', host.len) != NULL;
  char remark[256];
  for (unsigned n = 0; config_remark(config, n, remark, sizeof remark); n++)
    log_notice("note: %s", remark);
  log_notice("listening on http://%s%.*s%s:%u", v6 ? "[" : "", SLICE_ARG(host),
             v6 ? "]" : "", worker_port(program->workers[0]));
}

static bool start(struct program *program) {
  program->loop = loop_new();
  if (!program->loop) return no_memory();
  program->worker_done = wake_new(program->loop, on_worker_done, program);
  if (!program->worker_done ||
      !loop_on_signal(program->loop, SIGTERM, on_signal, program) ||
      !loop_on_signal(program->loop, SIGINT, on_signal, program) ||
      !make_process(program))
    return no_memory();
  return make_workers(program);
}

static void clear(struct program *program) {
  for (unsigned i = 0; i < program->worker_count; i++)
    if (program->workers[i]) worker_join(program->workers[i]);
  program->process.worker_count = 0; /* nobody is left to be woken */
  for (unsigned i = 0; i < program->worker_count; i++)
    worker_free(program->workers[i]);
  free(program->workers);
  if (program->resolver) resolver_free(program->resolver);
  if (program->log) log_free(program->log, LOG_FLUSH_US);
  wake_free(program->worker_done);
  loop_free(program->loop);
  explicit_bzero(program->token, sizeof program->token);
}

/* What every request and connection adds to, its end must take away. */
static void expect_nothing_left(struct process *process) {
  leaks_expect_none("buffered bytes", process->budget.used);
  leaks_expect_none("client connections", process->connections);
  leaks_expect_none("client requests", process->requests);
  for (unsigned i = 0; i < CONFIG_TARGETS_MAX; i++)
    leaks_expect_none("attempts", process->upstream.attempts[i].in_flight);
  leaks_end();
}

static int serve(struct program *program) {
  bool started;
  fit_descriptors(&program->config);
  started = start(program);
  if (started) {
    say_ready(program);
    loop_run(program->loop);
  } else {
    stop_workers(program);
  }
  clear(program);
  return started ? EXIT_SUCCESS : EXIT_FAILURE;
}

static void put(void *arg, const char *piece) { fputs(piece, arg); }

static void print_version(void) {
  char versions[128];
  libraries_versions(versions, sizeof versions);
  printf("hedgerow %s (%s)\n", HEDGEROW_VERSION, versions);
}

static const char *env(const char *name) { return getenv(name); }

static int proxy_main(int argc, char **argv) {
  static struct program program;
  char error[512];
  int code;
  switch (config_parse(&program.config, argc, argv, env, error, sizeof error)) {
    case CONFIG_HELP: config_help(put, stdout); return EXIT_SUCCESS;
    case CONFIG_VERSION: print_version(); return EXIT_SUCCESS;
    case CONFIG_ERROR: log_notice("%s", error); return EXIT_USAGE;
    case CONFIG_RUN: break;
  }
  if (!take_token(&program) || !check_ca_file(&program.config))
    return EXIT_USAGE;
  leaks_begin();
  if (!libraries_init()) {
    log_notice("libcurl could not be initialised");
    return EXIT_FAILURE;
  }
  code = serve(&program);
  libraries_clear();
  expect_nothing_left(&program.process);
  return code;
}

/* Else the first sockets would take the numbers of the standard descriptors,
 * and a client would get what is meant for stdout or stderr. */
static void fill_standard_descriptors(void) {
  for (int fd = 0; fd <= STDERR_FILENO; fd++)
    if (fcntl(fd, F_GETFD) < 0) (void)open("/dev/null", O_RDWR); /* takes fd */
}

int main(int argc, char **argv) {
  fill_standard_descriptors();
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN); /* a log at the limit of its size is a full disk */
  if (argc > 1 && strcmp(argv[1], "mock") == 0)
    return mock_main(argc - 1, argv + 1);
  if (argc > 1 && strcmp(argv[1], "demo") == 0)
    return demo_main(argc - 1, argv + 1);
  return proxy_main(argc, argv);
}

/* program: the child process that the end-to-end tests drive.
 *
 * stderr is a pipe that is read whenever a test waits for something it says:
 * its ready line, which names the port, and its end, which is the end of the
 * pipe. stdout takes the log, may be long and is looked at only afterwards, so
 * it goes to a file in memory and can never hold the program up.
 *
 * The environment passes through, but for HEDGEROW_BIN, which is ours: a
 * sanitizer's options come by it, and tests that want a variable set it first
 * (each test is a process of its own). */
#include "support/program.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/wire.h"
#include "support/words.h"

enum { ARGUMENTS_MAX = 128 };

static const char *path_of_program(void) {
  const char *path = getenv("HEDGEROW_BIN");
  return path && *path ? path : "build/release/hedgerow";
}

static void exec_program(const char *const *arguments, int out, int err) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  unsetenv("HEDGEROW_BIN");
  int nothing = open("/dev/null", O_RDONLY);
  if (dup2(nothing, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0) _exit(126);
  execv(arguments[0], (char *const *)arguments);
  dprintf(2, "cannot run %s: %s\n", arguments[0], strerror(errno));
  _exit(127);
}

static struct program *spawn(const char *const *before,
                             const char *const *flags) {
  const char *arguments[ARGUMENTS_MAX] = {path_of_program()};
  size_t count = 1;
  for (; *before; before++) arguments[count++] = *before;
  for (; *flags; flags++) {
    cr_assert(count < ARGUMENTS_MAX - 1, "too many arguments");
    arguments[count++] = *flags;
  }
  struct program *program = calloc(1, sizeof *program);
  cr_assert_not_null(program);
  int err[2];
  cr_assert(pipe2(err, O_CLOEXEC) == 0, "pipe: %s", strerror(errno));
  program->out_fd = memfd_create("stdout", MFD_CLOEXEC);
  program->pid = fork();
  cr_assert(program->pid >= 0, "fork: %s", strerror(errno));
  if (program->pid == 0) exec_program(arguments, program->out_fd, err[1]);
  close(err[1]);
  program->err_fd = err[0];
  return program;
}

/* False at the end of stderr. What is more than fits is read and dropped. */
static bool read_err(struct program *program, const char *what) {
  char bytes[4096];
  wire_await(program->err_fd, POLLIN, what);
  ssize_t n = read(program->err_fd, bytes, sizeof bytes);
  if (n <= 0) return false;
  size_t room = sizeof program->err - 1 - program->err_len;
  size_t kept = (size_t)n < room ? (size_t)n : room;
  memcpy(program->err + program->err_len, bytes, kept);
  program->err_len += kept;
  return true;
}

static void await_line(struct program *program, const char *text) {
  const char *at;
  while (!(at = strstr(program->err, text)) || !strchr(at, '\n')) {
    if (read_err(program, text)) continue;
    program_await_exit(program);
    cr_assert(false, "hedgerow ended with status %d before it said \"%s\":\n%s",
              program->exit_status, text, program->err);
  }
}

void program_await_notice(struct program *program, const char *text) {
  await_line(program, text);
}

void program_forget_notices(struct program *program) {
  memset(program->err, 0, program->err_len);
  program->err_len = 0;
}

void program_reload(struct program *program, const char *notice) {
  program_forget_notices(program);
  program_signal(program, SIGHUP);
  program_await_notice(program, notice);
}

static const char ready[] = "listening on http://";

uint16_t program_port(const struct program *program, unsigned number) {
  const char *url = strstr(program->err, ready) + strlen("listening on ");
  for (; number > 0; number--) {
    url += strcspn(url, " \n");
    if (*url != ' ') return 0;
    url++;
  }
  const char *end = url + strcspn(url, ", \n");
  while (end > url && end[-1] != ':') end--;
  long port = strtol(end, NULL, 10);
  cr_assert(port > 0 && port < 65536, "no port in: %s", url);
  return (uint16_t)port;
}

static uint16_t admin_port(const struct program *program) {
  static const char before[] = "admin at http://";
  const char *at = strstr(program->err, before);
  if (!at) return 0;
  const char *slash = strchr(at + strlen(before), '/');
  while (slash[-1] != ':') slash--;
  return (uint16_t)strtoul(slash, NULL, 10);
}

static const char *const nothing[] = {NULL};

static bool is_among(const char *const *flags, const char *flag) {
  while (*flags && strcmp(*flags, flag) != 0) flags++;
  return *flags != NULL;
}

struct program *program_start_flags(const char *const *flags) {
  static const char *const anywhere[] = {"--listen", "127.0.0.1:0", NULL};
  bool placed = is_among(flags, "--listen") || getenv("HEDGEROW_LISTEN");
  struct program *program = spawn(placed ? nothing : anywhere, flags);
  await_line(program, ready);
  program->port = program_port(program, 0);
  program->admin_port = admin_port(program);
  return program;
}

struct program *program_run_flags(const char *const *flags) {
  struct program *program = spawn(nothing, flags);
  program_await_exit(program);
  return program;
}

long program_kb(const struct program *program, const char *kind) {
  char line[256];
  long kb = -1;
  FILE *file = fopen(words_of("/proc/%d/status", (int)program->pid), "re");
  cr_assert_not_null(file);
  while (kb < 0 && fgets(line, sizeof line, file))
    if (strncmp(line, kind, strlen(kind)) == 0)
      kb = strtol(line + strlen(kind) + 1, NULL, 10);
  fclose(file);
  return kb;
}

void program_signal(struct program *program, int signo) {
  kill(program->pid, signo);
}

static void read_out(struct program *program) {
  ssize_t n = pread(program->out_fd, program->out, sizeof program->out - 1, 0);
  program->out[n > 0 ? n : 0] = '\0';
}

void program_await_exit(struct program *program) {
  int status = 0;
  if (program->pid == 0) return;
  while (read_err(program, "the program to end")) continue;
  while (waitpid(program->pid, &status, 0) < 0 && errno == EINTR) continue;
  program->pid = 0;
  program->exit_status =
      WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  read_out(program);
  cr_assert(!strstr(program->err, "Sanitizer") &&
                !strstr(program->err, "runtime error:"),
            "a sanitizer complained:\n%s", program->err);
}

void program_expect_exit(struct program *program, int status) {
  program_await_exit(program);
  cr_assert(program->exit_status == status, "status %d:\n%s",
            program->exit_status, program->err);
  program->exit_status = 0;
}

void program_stop(struct program *program) {
  if (program->pid != 0) {
    program_signal(program, SIGTERM);
    program_await_exit(program);
  }
  cr_assert(program->exit_status == 0, "hedgerow ended with status %d:\n%s",
            program->exit_status, program->err);
}

void program_expect_log(struct program *program, const char *text) {
  program_stop(program);
  cr_assert(strstr(program->out, text), "no %s in the log:\n%s", text,
            program->out);
}

void program_free(struct program *program) {
  if (program->pid != 0) program_stop(program);
  close(program->err_fd);
  close(program->out_fd);
  free(program);
}

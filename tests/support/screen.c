/* screen: see screen.h. The shell is a process between the test and the
 * program: it leads the session, has the program in a group of its own in the
 * foreground, and says on stderr when that is stopped, goes on, or has ended. */
#include "support/screen.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "support/guard.h"

enum { ARGUMENTS_MAX = 32 };

static void exec_program(const char *const *flags) {
  const char *path = getenv("HEDGEROW_BIN");
  const char *arguments[ARGUMENTS_MAX] = {
      path && *path ? path : "build/release/hedgerow"};
  for (size_t i = 0; flags[i] && i < ARGUMENTS_MAX - 2; i++)
    arguments[i + 1] = flags[i];
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  unsetenv("HEDGEROW_BIN");
  execv(arguments[0], (char *const *)arguments);
  dprintf(2, "cannot run %s: %s\n", arguments[0], strerror(errno));
  _exit(127);
}

static int code_of(int status) {
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* ---- the shell ---- */

static void run_job(const char *const *flags) {
  int status = 0;
  signal(SIGTTOU, SIG_IGN);
  pid_t job = fork();
  if (job == 0) {
    setpgid(0, 0);
    tcsetpgrp(0, getpid());
    signal(SIGTTOU, SIG_DFL);
    exec_program(flags);
  }
  setpgid(job, job);
  tcsetpgrp(0, job);
  dprintf(2, "shell: %d runs\n", (int)job);
  while (waitpid(job, &status, WUNTRACED | WCONTINUED) == job) {
    if (WIFSTOPPED(status)) dprintf(2, "shell: stopped\n");
    else if (WIFCONTINUED(status)) dprintf(2, "shell: continued\n");
    else break;
  }
  _exit(code_of(status));
}

static void set_size(int terminal, unsigned columns, unsigned rows) {
  struct winsize size = {.ws_col = (unsigned short)columns,
                         .ws_row = (unsigned short)rows};
  cr_assert(ioctl(terminal, TIOCSWINSZ, &size) == 0);
}

/* Both ends of a terminal, or of a pipe. */
static void make_ends(unsigned columns, unsigned rows, int ends[2]) {
  if (columns == 0) {
    cr_assert(pipe2(ends, O_CLOEXEC) == 0);
    return;
  }
  ends[0] = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  cr_assert(ends[0] >= 0 && grantpt(ends[0]) == 0 && unlockpt(ends[0]) == 0);
  ends[1] = open(ptsname(ends[0]), O_RDWR | O_NOCTTY | O_CLOEXEC);
  cr_assert(ends[1] >= 0, "no terminal: %s", strerror(errno));
  set_size(ends[1], columns, rows);
}

static void run_child(unsigned columns, int out, int err,
                      const char *const *flags) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (dup2(out, 1) < 0 || dup2(err, 2) < 0) _exit(126);
  int in = columns > 0 ? out : open("/dev/null", O_RDONLY);
  if (dup2(in, 0) < 0) _exit(126);
  if (columns == 0) exec_program(flags);
  setenv("TERM", "xterm", 1);
  if (setsid() < 0 || ioctl(0, TIOCSCTTY, 0) < 0) _exit(126);
  run_job(flags);
}

/* ---- what it writes ---- */

/* False: nobody can write there any more. */
static bool read_side(struct screen_side *side) {
  size_t room = sizeof side->text - 1 - side->len;
  cr_assert(room > 0, "it wrote more than is kept");
  ssize_t n = read(side->fd, side->text + side->len, room);
  if (n > 0) side->len += (size_t)n;
  return n > 0;
}

/* It may write all the time, and never what is awaited. */
static int guard_left_ms(const struct screen *screen) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  time_t left_s = screen->guard_s - now.tv_sec;
  return left_s > 0 ? (int)left_s * 1000 : 0;
}

static void set_guard(struct screen *screen) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  screen->guard_s = now.tv_sec + GUARD_S;
}

/* False: its stderr has ended, and so has it. */
static bool pump(struct screen *screen, const char *what) {
  struct pollfd fds[] = {{screen->out.fd, POLLIN, 0},
                         {screen->err.fd, POLLIN, 0}};
  int left_ms = guard_left_ms(screen);
  cr_assert(left_ms > 0 && poll(fds, 2, left_ms) > 0,
            "waited in vain for %s; it wrote:\n%s\nand on stderr:\n%s", what,
            screen->out.text, screen->err.text);
  if (fds[0].revents && !read_side(&screen->out)) {
    close(screen->out.fd);
    screen->out.fd = -1;
  }
  return !fds[1].revents || read_side(&screen->err);
}

/* What it wrote before its end. */
static void drain(struct screen *screen) {
  struct pollfd out = {screen->out.fd, POLLIN, 0};
  while (out.fd >= 0 && poll(&out, 1, 0) > 0 && read_side(&screen->out))
    continue;
}

static void await(struct screen *screen, struct screen_side *side,
                  const char *text) {
  const char *found;
  bool runs = true;
  set_guard(screen);
  while (!(found = strstr(side->text + side->at, text))) {
    cr_assert(runs, "it ended before it wrote \"%s\":\n%s\nand on stderr:\n%s",
              text, screen->out.text, screen->err.text);
    runs = pump(screen, text);
    if (!runs) drain(screen);
  }
  side->at = (size_t)(found - side->text) + strlen(text);
}

void screen_await(struct screen *screen, const char *text) {
  await(screen, &screen->out, text);
}

void screen_await_err(struct screen *screen, const char *text) {
  await(screen, &screen->err, text);
}

void screen_await_exit(struct screen *screen, int expected) {
  int status = 0;
  set_guard(screen);
  while (pump(screen, "its end")) continue;
  drain(screen);
  while (waitpid(screen->child, &status, 0) < 0 && errno == EINTR) continue;
  screen->child = 0;
  screen->exit_status = code_of(status);
  cr_assert(screen->exit_status == expected,
            "it ended with %d, not %d:\n%s\nand on stderr:\n%s",
            screen->exit_status, expected, screen->out.text, screen->err.text);
  cr_assert(!strstr(screen->err.text, "Sanitizer") &&
                !strstr(screen->err.text, "runtime error:"),
            "a sanitizer complained:\n%s", screen->err.text);
}

/* ---- its begin and its end ---- */

struct screen *screen_open_flags(unsigned columns, unsigned rows,
                                 const char *const *flags) {
  struct screen *screen = calloc(1, sizeof *screen);
  int out[2], err[2];
  cr_assert_not_null(screen);
  make_ends(columns, rows, out);
  cr_assert(pipe2(err, O_CLOEXEC) == 0);
  screen->pid = screen->child = fork();
  cr_assert(screen->child >= 0, "fork: %s", strerror(errno));
  if (screen->child == 0) run_child(columns, out[1], err[1], flags);
  close(err[1]);
  screen->err.fd = err[0];
  screen->out.fd = out[0];
  screen->terminal = columns > 0 ? out[1] : -1;
  if (columns == 0) close(out[1]);
  else {
    screen_await_err(screen, " runs\n");
    screen->pid = atoi(screen->err.text + strlen("shell: "));
  }
  return screen;
}

void screen_free(struct screen *screen) {
  if (screen->child > 0) {
    kill(screen->pid, SIGTERM);
    kill(screen->pid, SIGCONT);
    screen_await_exit(screen, 0);
  }
  screen_leave(screen);
  if (screen->terminal >= 0) close(screen->terminal);
  close(screen->err.fd);
  free(screen);
}

void screen_type(struct screen *screen, const char *keys) {
  cr_assert(write(screen->out.fd, keys, strlen(keys)) > 0);
}

void screen_resize(struct screen *screen, unsigned columns, unsigned rows) {
  set_size(screen->terminal, columns, rows);
}

void screen_leave(struct screen *screen) {
  if (screen->out.fd >= 0) close(screen->out.fd);
  screen->out.fd = -1;
}

bool screen_is_as_before(const struct screen *screen) {
  struct termios mode;
  cr_assert(tcgetattr(screen->terminal, &mode) == 0);
  return (mode.c_lflag & ICANON) && (mode.c_lflag & ECHO);
}

/* What a service manager hears of the built program, on a socket of the test's
 * own. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/folder.h"
#include "support/rows.h"
#include "support/stage.h"
#include "support/wire.h"
#include "support/words.h"

enum { MESSAGE_MAX = 1024, TASKS_MAX = 64 };

#define ALONE "--hedges", "0"

static int manager = -1; /* the socket */
static char message[MESSAGE_MAX];

/* From now on nobody listens, as when the manager has gone: one that does not
 * read holds the program up for a second with each message. */
static void close_manager(void) {
  if (manager >= 0) close(manager);
  manager = -1;
}

static void clear(void) {
  close_manager();
  folder_remove();
}

TestSuite(notify, .fini = clear);

/* Sets NOTIFY_SOCKET to a new socket: name '@': an abstract one. */
static void open_manager(bool is_abstract) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  socklen_t len = sizeof address;
  char name[96];
  manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (is_abstract) {
    len = sizeof address.sun_family;
  } else {
    snprintf(name, sizeof name, "%s", folder_path("notify"));
    snprintf(address.sun_path, sizeof address.sun_path, "%s", name);
  }
  cr_assert(bind(manager, (struct sockaddr *)&address, len) == 0);
  if (is_abstract) {
    len = sizeof address;
    getsockname(manager, (struct sockaddr *)&address, &len);
    snprintf(name, sizeof name, "@%.*s",
             (int)(len - offsetof(struct sockaddr_un, sun_path) - 1),
             address.sun_path + 1);
  }
  setenv("NOTIFY_SOCKET", name, 1);
}

static const char *next_message(void) {
  wire_await(manager, POLLIN, "a notification");
  ssize_t n = recv(manager, message, sizeof message - 1, 0);
  message[n > 0 ? n : 0] = '\0';
  return message;
}

static void expect_message(const char *begins) {
  const char *got = next_message();
  cr_assert(strncmp(got, begins, strlen(begins)) == 0, "expected %s, got %s",
            begins, got);
}

/* The next one but for those of the watchdog. */
static void expect_among_pings(const char *begins) {
  while (strcmp(next_message(), "WATCHDOG=1") == 0) continue;
  cr_assert(strncmp(message, begins, strlen(begins)) == 0,
            "expected %s, got %s", begins, message);
}

static void expect_silence(void) {
  cr_expect(!wire_is_readable(manager), "it said: %s", next_message());
}

static void expect_whole_life(void) {
  SCOPED(stage) s = stage_open(ALONE);
  const char *ready = words_of(
      "READY=1\nSTATUS=listening on http://127.0.0.1:%u", s.program->port);
  expect_message(ready);
  struct arrival *held = stage_ask(&s, "/smart");
  program_signal(s.program, SIGHUP);
  expect_message("RELOADING=1\nMONOTONIC_USEC=");
  expect_message("READY=1\n");
  program_signal(s.program, SIGTERM);
  expect_message("STOPPING=1\n");
  stage_serve(&s, held, 200, "1");
  program_await_exit(s.program);
  expect_silence();
}

Test(notify, it_says_when_it_is_ready_reloads_and_stops) {
  open_manager(false);
  expect_whole_life();
}

Test(notify, a_manager_may_have_an_abstract_name) {
  open_manager(true);
  expect_whole_life();
}

Test(notify, a_reload_that_fails_ends_too) {
  const char *token = folder_write("token", "first\n");
  open_manager(false);
  SCOPED(stage) s = stage_open(ALONE, "--token-file", token);
  expect_message("READY=1\n");
  unlink(token);
  program_signal(s.program, SIGHUP);
  expect_message("RELOADING=1\n");
  expect_message("READY=1\nSTATUS=not reloaded");
  cr_expect(strstr(message, ": --token-file: ") && strstr(message, token) &&
                strstr(message, "No such file"),
            "%s", message);
  folder_write("token", "second\n");
  program_signal(s.program, SIGHUP);
  expect_message("RELOADING=1\n");
  next_message();
  cr_expect_str_eq(message, "READY=1\nSTATUS=reloaded");
}

/* Sixteen long ones: more than a short message holds. */
Test(notify, the_status_names_every_address) {
  enum { ADDRESSES = 16 };
  const char *flags[2 * ADDRESSES + 1] = {0};
  for (size_t i = 0; i < ADDRESSES; i++) {
    flags[2 * i] = "--listen";
    flags[2 * i + 1] = "[0:0:0:0:0:0:0:1]:0";
  }
  if (!wire_has_ipv6()) cr_skip_test("this machine has no ::1");
  open_manager(false);
  setenv("HEDGEROW_TO", "http://127.0.0.1:9", 1);
  OWNED(program) program = program_start_flags(flags);
  expect_message("READY=1\nSTATUS=listening on http://[0:0:0:0:0:0:0:1]:");
  char *said = strstr(program->err, "listening on ");
  cr_assert(program_port(program, ADDRESSES - 1) > 0, "%s", program->err);
  said[strcspn(said, "\n")] = '\0';
  cr_expect_str_eq(message + strlen("READY=1\nSTATUS="), said);
}

Test(notify, a_start_that_fails_is_not_ready) {
  open_manager(false);
  struct program *program =
      program_run("--to", "http://127.0.0.1:9", "--listen", "192.0.2.1:1");
  cr_expect(program->exit_status == 1, "%d", program->exit_status);
  program->exit_status = 0;
  program_free(program);
  expect_silence();
}

Test(notify, without_a_manager_it_runs_all_the_same) {
  static const char *const names[] = {"/nonexistent/notify", "nonsense", ""};
  EACH_ROW (row, names) {
    setenv("NOTIFY_SOCKET", *row, 1);
    setenv("WATCHDOG_USEC", "2000", 1);
    struct stage s = stage_open(ALONE);
    client_get(s.client, "/healthz");
    cr_expect(client_await_reply(s.client)->status == 200);
    stage_close(&s);
  }
}

Test(notify, a_watchdog_is_answered_again_and_again_also_while_it_stops) {
  open_manager(false);
  setenv("WATCHDOG_USEC", "20000", 1);
  SCOPED(stage) s = stage_open(ALONE, "--workers", "4");
  expect_message("READY=1\n");
  for (int i = 0; i < 5; i++) expect_message("WATCHDOG=1");
  struct arrival *held = stage_ask(&s, "/smart");
  program_signal(s.program, SIGTERM);
  expect_among_pings("STOPPING=1\n");
  for (int i = 0; i < 5; i++) expect_message("WATCHDOG=1");
  close_manager();
  stage_serve(&s, held, 200, "1");
  program_await_exit(s.program);
}

Test(notify, the_watchdog_of_another_process_is_not_ours) {
  open_manager(false);
  setenv("WATCHDOG_USEC", "1000", 1);
  setenv("WATCHDOG_PID", "1", 1);
  SCOPED(stage) s = stage_open(ALONE);
  expect_message("READY=1\n");
  for (int i = 0; i < 10; i++) {
    program_signal(s.program, SIGHUP);
    expect_message("RELOADING=1\n");
    expect_message("READY=1\n");
  }
}

/* ---- a worker that is stuck ----------------------------------------------- */

/* Fills in the threads of the program but its first one. */
static int other_threads(const struct program *program, pid_t *threads) {
  int count = 0;
  DIR *dir = opendir(words_of("/proc/%d/task", program->pid));
  cr_assert_not_null(dir);
  for (struct dirent *entry; (entry = readdir(dir));) {
    pid_t thread = (pid_t)atoi(entry->d_name);
    if (thread > 0 && thread != program->pid && count < TASKS_MAX)
      threads[count++] = thread;
  }
  closedir(dir);
  return count;
}

static void hold_threads(const pid_t *threads, int count) {
  for (int i = 0; i < count; i++) {
    if (ptrace(PTRACE_SEIZE, threads[i], NULL, NULL) != 0)
      cr_skip_test("this machine does not let a thread be held");
    cr_assert(ptrace(PTRACE_INTERRUPT, threads[i], NULL, NULL) == 0);
    cr_assert(waitpid(threads[i], NULL, __WALL) == threads[i]);
  }
}

/* Main lives, as its RELOADING shows; the reload, which only held threads can
 * carry out, and the pings wait. One ping may have been on its way. */
Test(notify, a_worker_that_is_stuck_stops_the_pings) {
  pid_t threads[TASKS_MAX];
  open_manager(false);
  setenv("WATCHDOG_USEC", "2000", 1);
  SCOPED(stage) s = stage_open(ALONE, "--workers", "2", "--log", "off");
  expect_message("READY=1\n");
  expect_message("WATCHDOG=1");
  int count = other_threads(s.program, threads);
  hold_threads(threads, count);
  program_signal(s.program, SIGHUP);
  expect_among_pings("RELOADING=1\n");
  for (int i = 0; i < 50; i++) {
    program_signal(s.program, SIGHUP);
    expect_message("RELOADING=1\n");
  }
  for (int i = 0; i < count; i++)
    cr_assert(ptrace(PTRACE_DETACH, threads[i], NULL, NULL) == 0);
  expect_message("READY=1\nSTATUS=reloaded");
  expect_message("WATCHDOG=1");
  expect_message("WATCHDOG=1");
  close_manager();
}

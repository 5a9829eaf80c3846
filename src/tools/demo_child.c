/* demo_child: the real proxy, as a child process of the demo.
 *
 * What the demo shows is the program that a user will run: this binary, started
 * with flags, listening on a port. Its lines on stderr name its ports.
 * What it says otherwise is shown only if it does not start, or does not end,
 * as it should; nobody reads it meanwhile, so its end of the pipe does not
 * block.
 *
 * Whatever happens to the demo, the proxy must not stay behind: PDEATHSIG ends
 * it with its parent, even one that was killed. A process group of its own
 * keeps a Ctrl-C of the terminal away from it: the demo is the one to stop it.
 */
#include "tools/demo_child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/clock.h"
#include "io/log.h"

enum {
  START_US = 10 * 1000 * 1000,
  STOP_US = 5 * 1000 * 1000,
  WORDS_BYTES = 8192,
  URL_BYTES = 64,
  FLAGS_MAX = 20,
};

/* What it is started with. */
struct flags {
  char to[URL_BYTES], mock[URL_BYTES];
  const char *words[FLAGS_MAX];
};

/* The page's come last, so that without them the list ends before. */
static void set_flags(struct flags *flags, const struct demo_ports *mock) {
  const char *words[FLAGS_MAX] = {
      "hedgerow",    "--to",         flags->to,  "--listen",
      "127.0.0.1:0", "--log",        "off",      "--workers",
      "1",           "--hedges",     "2",        "--hedge-after",
      "300ms",       "--drain",      "1s",       mock->admin ? "--admin" : NULL,
      "127.0.0.1:0", "--admin-mock", flags->mock};
  snprintf(flags->to, URL_BYTES, "http://127.0.0.1:%u", mock->requests);
  snprintf(flags->mock, URL_BYTES, "http://127.0.0.1:%u", mock->admin);
  memcpy(flags->words, words, sizeof words);
}

static void become_proxy(pid_t parent, const struct flags *flags, int notices) {
  int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
  (void)setpgid(0, 0);
  (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1); /* it died before the line above */
  if (dup2(nothing, 0) < 0 || dup2(nothing, 1) < 0 || dup2(notices, 2) < 0)
    _exit(1);
  execv("/proc/self/exe", (char *const *)flags->words);
  (void)dprintf(2, "cannot run /proc/self/exe: %s\n", strerror(errno));
  _exit(1);
}

static bool spawn(struct demo_child *child, const struct flags *flags) {
  int ends[2];
  pid_t parent = getpid();
  if (pipe2(ends, O_CLOEXEC) < 0) return false;
  (void)fcntl(ends[1], F_SETFL, O_NONBLOCK);
  child->pid = fork();
  if (child->pid == 0) become_proxy(parent, flags, ends[1]);
  (void)close(ends[1]);
  child->notices = ends[0];
  if (child->pid > 0) return true;
  child->pid = 0;
  (void)close(ends[0]);
  return false;
}

struct words {
  char at[WORDS_BYTES];
  size_t len;
};

/* Adds what the child says. False at the end of it, or when the time is up. */
static bool listen_to(const struct demo_child *child, struct words *words,
                      int64_t until_us) {
  int64_t left_us = until_us - clock_now_us();
  size_t room = WORDS_BYTES - 1 - words->len;
  struct pollfd ear = {.fd = child->notices, .events = POLLIN};
  if (left_us <= 0 || room == 0) return false;
  int heard = poll(&ear, 1, (int)(left_us / 1000) + 1);
  if (heard <= 0) return heard < 0 && errno == EINTR;
  ssize_t n = read(child->notices, words->at + words->len, room);
  if (n <= 0) return n < 0 && errno == EINTR;
  words->len += (size_t)n;
  words->at[words->len] = '\0';
  return true;
}

static void pass_on(const char *what, const struct words *words) {
  log_notice("demo: %s; it said: %s", what, words->len > 0 ? "" : "nothing");
  (void)fputs(words->at, stderr);
}

/* The port in its line that begins so; 0: it has not said that yet. */
static uint16_t port_behind(const char *line, const char *words) {
  const char *at = strstr(words, line);
  if (!at || !strchr(at, '\n')) return 0;
  unsigned long port = strtoul(at + strlen(line), NULL, 10);
  return port <= UINT16_MAX ? (uint16_t)port : 0;
}

/* It tells of the page before it says that it is ready. */
static bool await_ready(struct demo_child *child) {
  struct words words = {.len = 0};
  int64_t until_us = clock_now_us() + START_US;
  while (child->port == 0 && listen_to(child, &words, until_us))
    child->port = port_behind("listening on http://127.0.0.1:", words.at);
  if (child->port == 0) pass_on("the proxy did not start", &words);
  child->page_port = port_behind("admin at http://127.0.0.1:", words.at);
  return child->port != 0;
}

/* Waits for its end. Whether that was a good one. */
static bool reap(struct demo_child *child) {
  int status = 0;
  while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR) continue;
  (void)close(child->notices);
  child->pid = 0;
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool demo_child_start(struct demo_child *child, const struct demo_ports *mock) {
  struct flags flags;
  *child = (struct demo_child){.notices = -1};
  set_flags(&flags, mock);
  if (!spawn(child, &flags)) {
    log_notice("demo: cannot start the proxy: %s", strerror(errno));
    return false;
  }
  if (await_ready(child)) return true;
  (void)kill(child->pid, SIGKILL);
  (void)reap(child);
  return false;
}

bool demo_child_has_ended(struct demo_child *child) {
  if (child->pid == 0) return true;
  if (waitpid(child->pid, NULL, WNOHANG) != child->pid) return false;
  (void)close(child->notices);
  child->pid = 0;
  return true;
}

bool demo_child_stop(struct demo_child *child) {
  struct words words = {.len = 0};
  int64_t until_us = clock_now_us() + STOP_US;
  if (child->pid == 0) return true;
  (void)kill(child->pid, SIGTERM);
  while (listen_to(child, &words, until_us)) continue;
  /* One that has closed its stderr is ending; any other will not end. */
  if (clock_now_us() >= until_us) (void)kill(child->pid, SIGKILL);
  if (reap(child)) return true;
  pass_on("the proxy did not end as it should", &words);
  return false;
}

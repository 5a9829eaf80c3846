/* top: `hedgerow top`, a table that is drawn anew each second.
 *
 *   the admin listener --> coming --> now, before --> top_table --> top_screen
 *
 * One wait (io/download) is for everything: the response, a key, a signal, the
 * time of the next look. Signals come through a descriptor, so each way out is
 * an ordinary one and gives the terminal back: q, Ctrl-C, SIGTERM, a terminal
 * that went away. Ctrl-Z gives it back, too, and stops; SIGCONT takes it again.
 *
 * Without a terminal to draw on it prints one table and is done, so that
 * `hedgerow top | grep` and a script's `hedgerow top` are of use.
 *
 * When hedgerow does not answer, the last table stays, and the line below it
 * says so until hedgerow does. Only the first answer must come. */
#include "tools/top.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "io/buffer.h"
#include "io/clock.h"
#include "io/log.h"
#include "io/terminal.h"
#include "tools/json_view.h"
#include "tools/top_screen.h"
#include "tools/top_table.h"
#include "tools/viewer.h"

enum {
  STATE_BYTES_MAX = 8 * 1024 * 1024,
  TABLE_BYTES = 1024 * 1024,
  NOTICE_BYTES = 512,
  AWHILE_MS = 60 * 1000,
};

#define EVERY_MIN_US INT64_C(100000)
#define EVERY_MAX_US INT64_C(3600000000)

static const char help[] =
    "usage: hedgerow top [options]\n"
    "\n"
    "Shows a running hedgerow as a table that is drawn anew each second: its\n"
    "receipt, its routes, its upstreams with their targets. hedgerow needs\n"
    "--admin for that. q quits; arrows and PgUp, PgDn scroll.\n"
    "\n"
    "  --every TIME      how often to look, 100ms to 60m (1s)\n"
    "  --once            print one table; so it is, too, where stdout is no\n"
    "                    terminal, or TERM is dumb\n"
    "  --admin ADDRESS   where to ask: HOST:PORT, http://HOST:PORT/ or\n"
    "                    unix:/PATH (127.0.0.1:8481, or HEDGEROW_ADMIN)\n"
    "  --admin-token-file FILE\n"
    "                    the token that hedgerow's --admin-token-file holds\n"
    "  --help            this text\n";

struct top {
  struct viewer viewer;
  bool once;
  int64_t every_us;
  struct buffer coming, now, before; /* the last two are states, or empty */
  struct text table, drawn;
  struct top_screen screen;
  struct terminal_state *keys; /* NULL: stdin is no terminal */
  int signals;
  char notice[NOTICE_BYTES]; /* why there is no newer state; or empty */
  bool finished;
  int code;
};

/* ---- options ---- */

static enum flags_reading read_options(struct top *top, char **argv) {
  const struct flag flags[] = {
      {.name = "--help", .shown = help},
      {.name = "--once", .on = &top->once},
      {.name = "--every",
       .read = flags_time,
       .into = &top->every_us,
       .least = EVERY_MIN_US,
       .most = EVERY_MAX_US,
       .expected = "expected a time from 100ms to 60m, with its unit"},
      VIEWER_FLAGS(&top->viewer),
  };
  viewer_init(&top->viewer, "top");
  return flags_read("top", argv, flags, sizeof flags / sizeof *flags);
}

/* ---- states ---- */

static void finish(struct top *top, int code) {
  top->finished = true;
  top->code = code;
}

static bool on_bytes(void *arg, struct slice bytes) {
  struct buffer *coming = &((struct top *)arg)->coming;
  return coming->len + bytes.len <= STATE_BYTES_MAX &&
         buffer_add(coming, bytes.at, bytes.len);
}

static void ask(struct top *top) {
  top->coming.len = 0;
  if (!viewer_ask(&top->viewer, "/api/v1/state", DOWNLOAD_SHORT, on_bytes, top))
    snprintf(top->notice, NOTICE_BYTES, "out of memory");
}

/* NULL, or why what has come is no state. */
static const char *take_state(struct top *top) {
  struct buffer oldest = top->before;
  if (!viewer_is_answered(&top->viewer) || download_error(top->viewer.download))
    return viewer_why(&top->viewer);
  if (!json_view_is_object(buffer_slice(&top->coming)))
    return "what it sends is no state";
  top->before = top->now;
  top->now = top->coming;
  top->coming = oldest;
  return NULL;
}

static void on_state(struct top *top) {
  const char *why = take_state(top);
  top->notice[0] = '\0';
  if (why)
    snprintf(top->notice, NOTICE_BYTES, "%s: %s; asking again",
             top->viewer.admin, why);
}

static void make_table(struct top *top) {
  text_init(&top->table, top->table.at, TABLE_BYTES);
  top_table(&top->table, viewer_look(), top->viewer.admin,
            buffer_slice(&top->now), buffer_slice(&top->before));
}

/* ---- the terminal ---- */

static void put(struct top *top, struct slice bytes) {
  if (!viewer_put(bytes))
    finish(top, errno == EPIPE ? EXIT_SUCCESS : EXIT_FAILURE);
}

/* The other screen, without a cursor; and back. */
static void enter(struct top *top) {
  if (top->keys) terminal_take_again(top->keys);
  put(top, (struct slice)SLICE("\x1b[?1049h\x1b[?25l"));
}

static void leave(struct top *top) {
  put(top, (struct slice)SLICE("\x1b[?25h\x1b[?1049l"));
  if (top->keys) terminal_give_back(top->keys);
}

static void draw(struct top *top) {
  make_table(top);
  top->screen.rows = terminal_size_of(STDOUT_FILENO).rows;
  text_init(&top->drawn, top->drawn.at, TABLE_BYTES);
  top_screen_draw(&top->drawn, viewer_look(), &top->screen,
                  text_slice_of(&top->table),
                  top->notice[0] ? top->notice : NULL);
  put(top, text_slice_of(&top->drawn));
}

/* Stops here, until SIGCONT. */
static void suspend(struct top *top) {
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTSTP);
  leave(top);
  raise(SIGTSTP);
  sigprocmask(SIG_UNBLOCK, &stop, NULL);
  sigprocmask(SIG_BLOCK, &stop, NULL);
  enter(top);
}

static void on_signal(struct top *top) {
  struct signalfd_siginfo info;
  if (read(top->signals, &info, sizeof info) != sizeof info) return;
  if (info.ssi_signo == SIGTSTP) suspend(top);
  else if (info.ssi_signo == SIGCONT) enter(top);
  else if (info.ssi_signo != SIGWINCH) finish(top, EXIT_SUCCESS);
}

static void on_keys(struct top *top) {
  char bytes[256];
  ssize_t n = read(STDIN_FILENO, bytes, sizeof bytes);
  struct slice keys = {bytes, n > 0 ? (size_t)n : 0};
  if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN))
    finish(top, EXIT_SUCCESS);
  while (keys.len > 0)
    if (top_screen_key(&top->screen, &keys) == TOP_QUIT)
      finish(top, EXIT_SUCCESS);
}

/* ---- the course of it ---- */

/* True: there is something to be drawn. */
static bool wait_for(struct top *top, int64_t due_us) {
  struct download *download = top->viewer.download;
  struct pollfd fds[] = {{top->signals, POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
  bool ran = download_is_running(download);
  int64_t left_us = due_us - clock_now_us();
  int64_t left_ms = left_us > 0 ? left_us / 1000 + 1 : 0;
  download_wait(download, fds, top->keys ? 2 : 1,
                ran ? AWHILE_MS : (int)left_ms);
  if (fds[0].revents) on_signal(top);
  if (top->keys && fds[1].revents) on_keys(top);
  bool ended = ran && !download_is_running(download);
  if (ended) on_state(top);
  return ended || fds[0].revents || fds[1].revents;
}

static void watch(struct top *top) {
  int64_t due_us = clock_now_us() + top->every_us;
  draw(top);
  while (!top->finished) {
    if (wait_for(top, due_us) && !top->finished) draw(top);
    if (download_is_running(top->viewer.download) || clock_now_us() < due_us)
      continue;
    due_us = clock_now_us() + top->every_us;
    ask(top);
  }
}

static const int caught[] = {SIGINT,  SIGTERM, SIGHUP,  SIGQUIT,
                             SIGTSTP, SIGCONT, SIGWINCH};

static int run_on_terminal(struct top *top) {
  sigset_t signals;
  sigemptyset(&signals);
  for (size_t i = 0; i < sizeof caught / sizeof *caught; i++)
    sigaddset(&signals, caught[i]);
  sigprocmask(SIG_BLOCK, &signals, NULL);
  top->signals = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
  if (top->signals < 0) {
    log_notice("top: cannot take signals: %s", strerror(errno));
    return EXIT_FAILURE;
  }
  top->keys = terminal_take(STDIN_FILENO);
  enter(top);
  watch(top);
  leave(top);
  terminal_free(top->keys);
  close(top->signals);
  return top->code;
}

static int run(struct top *top) {
  ask(top);
  while (download_is_running(top->viewer.download))
    download_wait(top->viewer.download, NULL, 0, AWHILE_MS);
  const char *why = take_state(top);
  if (why) {
    viewer_give_up(&top->viewer, why);
    return EXIT_FAILURE;
  }
  if (!top->once && terminal_has_escapes(STDOUT_FILENO))
    return run_on_terminal(top);
  make_table(top);
  put(top, text_slice_of(&top->table));
  return top->code;
}

int top_main(int argc, char **argv) {
  (void)argc;
  struct top top = {.every_us = 1000000};
  enum flags_reading reading = read_options(&top, argv);
  if (reading != FLAGS_RUN) return (int)reading;
  top.table.at = malloc(TABLE_BYTES);
  top.drawn.at = malloc(TABLE_BYTES);
  int code = 2;
  if (!top.table.at || !top.drawn.at) log_notice("top: out of memory");
  else if (viewer_open(&top.viewer)) code = run(&top);
  viewer_close(&top.viewer);
  buffer_clear(&top.coming);
  buffer_clear(&top.now);
  buffer_clear(&top.before);
  free(top.table.at);
  free(top.drawn.at);
  return code;
}

/* tap: `hedgerow tap`, from the admin listener's events to lines on stdout.
 *
 * hedgerow filters and samples; this shows what comes. When the connection is
 * lost it says so once, on stderr, and asks again every second: an operator who
 * restarts hedgerow keeps the window open. Only the first connection must
 * succeed, so that a wrong address is told at once.
 *
 * It has nothing to put in order, so a signal ends it where it stands, also
 * while a pager that nobody scrolls holds it in a write. */
#include "tools/tap.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/config_values.h"
#include "core/event_stream.h"
#include "io/log.h"
#include "tools/json_view.h"
#include "tools/tap_line.h"
#include "tools/viewer.h"

enum {
  EVENT_BYTES = 64 * 1024,
  PATH_BYTES = 4096,
  AGAIN_MS = 1000,
  AWHILE_MS = 60 * 1000,
};

static const char help[] =
    "usage: hedgerow tap [options]\n"
    "\n"
    "Shows the races of a running hedgerow as they end, a line each. hedgerow\n"
    "needs --admin for that; at most 50 races a second are shown.\n"
    "\n"
    "  --rescued         only races that hedging saved\n"
    "  --failed          only races that failed\n"
    "  --slow TIME       only races that took at least so long (300ms); of\n"
    "                    these three, whichever holds\n"
    "  --route PATH      only races of this route (/smart)\n"
    "  --json            each race as a line of JSON\n"
    "  --admin ADDRESS   where to ask: HOST:PORT, http://HOST:PORT/ or\n"
    "                    unix:/PATH (127.0.0.1:8481, or HEDGEROW_ADMIN)\n"
    "  --admin-token-file FILE\n"
    "                    the token that hedgerow's --admin-token-file holds\n"
    "  --help            this text\n"
    "\n"
    "  14:03:07.512 200    602.4 |0---!1----2========#| /smart rescued, status "
    "500\n"
    "\n"
    "A line has the time (UTC), the status, how many ms it took, its attempts\n"
    "on a bar that is as long as the race, the route, and what came of it.\n"
    "On the bar a digit is the start of that attempt, - one in flight, = "
    "more,\n"
    "! one that failed, x one that was cancelled, # the one that won. '>245 "
    "ms\n"
    "saved': at least so much, by estimate.\n";

struct tap {
  struct viewer viewer;
  const char *slow, *route; /* NULL: all */
  bool rescued, failed, json;
  struct event_stream stream;
  char room[EVENT_BYTES];
  bool begun;    /* events have come, once */
  bool lost;     /* and it was said that no more do */
  bool finished; /* nobody takes what is written */
  int code;
};

/* ---- options ---- */

/* As it is written, since hedgerow reads it again. */
static const char *read_slow(const struct flag *flag, const char *value) {
  int64_t us;
  if (!config_parse_duration(slice_of(value), &us) || strlen(value) >= 32)
    return "expected a time with its unit, as in 300ms";
  return flags_words(flag, value);
}

static const char *read_route(const struct flag *flag, const char *value) {
  if (*value != '/' || strlen(value) > RECORD_ROUTE_MAX)
    return "expected the path of a route, as in /smart";
  return flags_words(flag, value);
}

static enum flags_reading read_options(struct tap *tap, char **argv) {
  const struct flag flags[] = {
      {.name = "--help", .shown = help},
      {.name = "--rescued", .on = &tap->rescued},
      {.name = "--failed", .on = &tap->failed},
      {.name = "--json", .on = &tap->json},
      {.name = "--slow", .read = read_slow, .into = &tap->slow},
      {.name = "--route", .read = read_route, .into = &tap->route},
      VIEWER_FLAGS(&tap->viewer),
  };
  viewer_init(&tap->viewer, "tap");
  return flags_read("tap", argv, flags, sizeof flags / sizeof *flags);
}

/* ---- what is asked for ---- */

static bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9') || strchr("-._~/", c);
}

/* RFC 3986, section 2.1. */
static void add_encoded(struct text *path, const char *words) {
  static const char digits[] = "0123456789ABCDEF";
  for (; *words; words++) {
    unsigned char c = (unsigned char)*words;
    if (is_unreserved(*words)) text_char(path, *words);
    else text_add(path, (char[]){'%', digits[c >> 4], digits[c & 15]}, 3);
  }
}

static void add_filter(struct text *path, bool *any, const char *name,
                       const char *value) {
  text_put(path, *any ? "," : "&only=", name);
  if (value) add_encoded(path, value);
  *any = true;
}

static void write_path(const struct tap *tap, struct text *path) {
  bool any = false;
  text_str(path, "/api/v1/events?");
  if (tap->route) text_str(path, "route=");
  if (tap->route) add_encoded(path, tap->route);
  if (tap->rescued) add_filter(path, &any, "rescued", NULL);
  if (tap->failed) add_filter(path, &any, "failed", NULL);
  if (tap->slow) add_filter(path, &any, "slow:", tap->slow);
}

/* ---- what comes ---- */

static void finish(struct tap *tap, int code) {
  tap->finished = true;
  tap->code = code;
}

static void put(struct tap *tap, struct slice bytes) {
  if (viewer_put(bytes)) return;
  if (errno != EPIPE) log_notice("tap: cannot write: %s", strerror(errno));
  finish(tap, errno == EPIPE ? EXIT_SUCCESS : EXIT_FAILURE);
}

/* One line, whatever line ends the data had. There is room for its end: data
 * came with a name, which is gone. */
static void put_json(struct tap *tap, struct slice data) {
  char *at = tap->room;
  for (size_t i = 0; i < data.len; i++)
    if (at[i] == '\n') at[i] = ' ';
  at[data.len] = '\n';
  put(tap, (struct slice){at, data.len + 1});
}

/* A reload may bring it. */
static void say_no_route(const struct tap *tap) {
  log_notice("tap: hedgerow has no route %s now (hedgerow top lists them); "
             "waiting for one",
             tap->route ? tap->route : "at all");
}

static void on_event(struct tap *tap) {
  struct slice name = event_stream_name(&tap->stream);
  struct slice data = event_stream_data(&tap->stream);
  bool race = slice_equal(name, slice_of("race"));
  if (slice_equal(name, slice_of("no_route"))) say_no_route(tap);
  if (!race && !slice_equal(name, slice_of("left_out"))) return;
  if (!json_view_is_object(data)) return;
  if (tap->json) {
    put_json(tap, data);
    return;
  }
  char storage[TAP_LINE_BYTES];
  struct text line = TEXT_ON(storage);
  if (race) tap_line_race(&line, viewer_look(), data);
  else tap_line_left_out(&line, viewer_look(), data);
  put(tap, text_slice_of(&line));
}

static void begin(struct tap *tap) {
  char storage[TAP_LINE_BYTES];
  struct text line = TEXT_ON(storage);
  struct sheet_look look = viewer_look();
  tap->begun = true;
  if (tap->json || look.columns == 0) return;
  tap_line_heading(&line, look);
  put(tap, text_slice_of(&line));
}

static bool on_bytes(void *arg, struct slice bytes) {
  struct tap *tap = arg;
  if (!tap->begun) begin(tap);
  if (tap->lost) log_notice("tap: %s: connected again", tap->viewer.admin);
  tap->lost = false;
  while (!tap->finished && event_stream_take(&tap->stream, &bytes))
    on_event(tap);
  return !tap->finished;
}

/* ---- the course of it ---- */

/* Notices, too, that a pipe's reader has gone while there is nothing to tell.
 */
static void wait_for(struct tap *tap, int timeout_ms) {
  struct pollfd out = {.fd = STDOUT_FILENO};
  download_wait(tap->viewer.download, &out, 1, timeout_ms);
  if (out.revents) finish(tap, EXIT_SUCCESS);
}

static void follow(struct tap *tap, const char *path) {
  event_stream_init(&tap->stream, tap->room, sizeof tap->room);
  if (!viewer_ask(&tap->viewer, path, DOWNLOAD_ENDLESS, on_bytes, tap)) {
    log_notice("tap: out of memory");
    finish(tap, EXIT_FAILURE);
  }
  while (!tap->finished && download_is_running(tap->viewer.download))
    wait_for(tap, AWHILE_MS);
}

static void on_loss(struct tap *tap) {
  if (!tap->begun || viewer_is_refused(&tap->viewer)) {
    viewer_give_up(&tap->viewer, viewer_why(&tap->viewer));
    finish(tap, EXIT_FAILURE);
    return;
  }
  if (!tap->lost)
    log_notice("tap: %s: lost (%s); asking again every second",
               tap->viewer.admin, viewer_why(&tap->viewer));
  tap->lost = true;
  wait_for(tap, AGAIN_MS);
}

static int run(struct tap *tap) {
  char storage[PATH_BYTES];
  struct text path = TEXT_ON(storage);
  write_path(tap, &path);
  text_end(&path);
  while (!tap->finished) {
    follow(tap, storage);
    if (!tap->finished) on_loss(tap);
  }
  return tap->code;
}

static void on_signal(int signo) {
  (void)signo;
  _exit(EXIT_SUCCESS);
}

int tap_main(int argc, char **argv) {
  (void)argc;
  static struct tap tap;
  enum flags_reading reading = read_options(&tap, argv);
  if (reading != FLAGS_RUN) return (int)reading;
  signal(SIGINT, on_signal);
  signal(SIGTERM, on_signal);
  int code = viewer_open(&tap.viewer) ? run(&tap) : 2;
  viewer_close(&tap.viewer);
  return code;
}
